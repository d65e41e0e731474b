package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/app"
	"github.com/pulse-hub/pulse/agent/internal/command/allow"
	"github.com/pulse-hub/pulse/agent/internal/config"
	"github.com/pulse-hub/pulse/agent/report"
)

// text is a log that may be read while it is written.
type text struct {
	mu      sync.Mutex
	builder strings.Builder
}

func (t *text) Write(part []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.builder.Write(part)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.builder.String()
}

// settings is the configuration of an agent that reports to those hubs and keeps everything in one directory.
func settings(dir string, urls ...string) config.Config {
	cfg := config.Config{
		Interval: 20 * time.Millisecond, Host: config.Host{Enabled: true}, Docker: config.Docker{Enabled: config.Off}, StateDir: dir,
		Spool: config.Spool{Dir: filepath.Join(dir, "spool"), MaxBytes: 1 << 20, MaxAge: time.Hour},
	}
	for _, url := range urls {
		cfg.Targets = append(cfg.Targets, config.Target{URL: url, Token: "tok"})
	}
	return cfg
}

// run runs an agent against a stub hub until two reports have arrived, and returns them and the log.
func run(t *testing.T, change func(*config.Config)) (first, second report.Host, log string) {
	t.Helper()
	received := make(chan report.Host)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	hub := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.URL.Path != report.HostPath {
			http.NotFound(writer, request)
			return
		}
		var body report.Host
		if err := json.NewDecoder(request.Body).Decode(&body); err != nil {
			t.Errorf("decode report: %v", err)
		}
		writer.Header().Set(report.FeaturesHeader, "sequence, replay")
		_, _ = writer.Write([]byte(`{"success":true,"hostId":"h","config":{"commandsEnabled":true}}`))
		select {
		case received <- body:
		case <-ctx.Done():
		}
	}))
	defer hub.Close()

	cfg := settings(t.TempDir(), hub.URL)
	cfg.Interval, cfg.HealthAddr = 50*time.Millisecond, "127.0.0.1:0"
	change(&cfg)
	var output text
	agent := app.New(cfg, "1.2.3", hclog.New(&hclog.LoggerOptions{Output: &output}))
	done := make(chan error, 1)
	go func() { done <- agent.Run(ctx) }()
	for _, target := range []*report.Host{&first, &second} {
		select {
		case *target = <-received:
		case err := <-done:
			t.Fatalf("agent ended before it reported twice: %v\n%s", err, output.String())
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
	return first, second, output.String()
}

func TestAgentReportsAtOnceAndAgain(t *testing.T) {
	first, second, log := run(t, func(cfg *config.Config) {
		cfg.Hostname, cfg.AgentID, cfg.Tags = "h", "a", []string{"prod"}
		cfg.Interval = time.Second
	})
	if first.Agent != (report.HostAgent{ID: "a", Version: "1.2.3", Type: "unified", IntervalSeconds: 1, Hostname: "h"}) {
		t.Errorf("agent = %+v", first.Agent)
	}
	if first.Host.Hostname != "h" || len(first.Tags) != 1 || first.Metrics.Memory.TotalBytes == 0 {
		t.Errorf("report = %+v", first)
	}
	if first.Sequence != 0 || second.Sequence == 0 || !second.Timestamp.After(first.Timestamp) {
		t.Errorf("sequence %d at %s, then %d at %s; want a number once the hub has asked", first.Sequence, first.Timestamp, second.Sequence, second.Timestamp)
	}
	if first.Host.ID == "" || first.Host.ID != second.Host.ID {
		t.Errorf("host id %q, then %q", first.Host.ID, second.Host.ID)
	}
	if strings.Contains(log, "tok\"") || strings.Contains(log, "no such module") {
		t.Errorf("unexpected log:\n%s", log)
	}
	if strings.Count(log, "the hub may run commands on this machine") != 1 {
		t.Errorf("wish for commands is not logged once:\n%s", log)
	}
}

func TestCommandsAreReportedAsTheMachineIsConfigured(t *testing.T) {
	own, _, log := run(t, func(*config.Config) {})
	if own.Agent.CommandsEnabled || strings.Count(log, "the hub may run commands on this machine: commands=none") != 1 {
		t.Errorf("what the hub wants counts as configured here: %+v, log:\n%s", own.Agent, log)
	}
	own, _, log = run(t, func(cfg *config.Config) {
		cfg.Proxmox.Enabled, cfg.EnableCommands, cfg.CommandsAllow = true, true, allow.List{"uptime"}
	})
	if !own.Agent.CommandsEnabled || strings.Count(log, `the hub may run commands on this machine: commands="allow list"`) != 1 {
		t.Errorf("agent = %+v, log:\n%s", own.Agent, log)
	}
	if strings.Count(log, "Proxmox is not known to the hub") != 1 {
		t.Errorf("the log says nothing of Proxmox:\n%s", log)
	}
}

// TestProgramIsFollowed: a program that takes the place of another is noticed, and its first report is noted.
func TestProgramIsFollowed(t *testing.T) {
	first := make(chan report.Host, 1)
	hub := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		var body report.Host
		if request.URL.Path != report.HostPath || json.NewDecoder(request.Body).Decode(&body) != nil {
			http.NotFound(writer, request)
			return
		}
		_, _ = writer.Write([]byte(`{"success":true,"hostId":"h"}`))
		select {
		case first <- body:
		default:
		}
	}))
	defer hub.Close()
	dir := t.TempDir()
	program := app.Program{Path: filepath.Join(dir, "pulse-agent")}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name+".new"), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, name+".new"), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	write("pulse-agent", "old")
	write(".pulse-update-info", `{"from":"1.2.2","to":"1.2.3","at":"2026-01-02T03:04:05Z"}`)
	cfg := settings(filepath.Join(dir, "state"), hub.URL)
	cfg.DisableAutoUpdate = true
	ended := make(chan error, 1)
	go func() { ended <- app.New(cfg, "1.2.3", hclog.NewNullLogger()).RunProgram(t.Context(), program) }()
	if body := <-first; body.Agent.UpdatedFrom != "1.2.2" {
		t.Errorf("updated from %q", body.Agent.UpdatedFrom)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(20 * time.Second)
	for {
		if raw, _ := os.ReadFile(filepath.Join(cfg.StateDir, "accepted")); string(raw) == "1.2.3\n" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the accepted report is not noted")
		}
		<-tick.C
	}
	write("pulse-agent", "new")
	if err := <-ended; !errors.Is(err, app.ErrReplaced) {
		t.Errorf("RunProgram = %v", err)
	}
}

func TestAgentWithoutModulesOnlyAnswersHealth(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	agent := app.New(config.Config{HealthAddr: "127.0.0.1:0", StateDir: t.TempDir(), Docker: config.Docker{Enabled: config.Off}}, "dev", hclog.NewNullLogger())
	if err := agent.Run(ctx); err != nil {
		t.Errorf("Run = %v, want nil when the context ends", err)
	}
}
