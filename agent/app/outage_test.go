package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/klauspost/compress/gzip"

	"github.com/pulse-hub/pulse/agent/app"
	"github.com/pulse-hub/pulse/agent/internal/spool"
	"github.com/pulse-hub/pulse/agent/report"
)

// Variables that make this test program an agent that reports to those hubs, from that directory.
const (
	agentDir  = "PULSE_TEST_AGENT_DIR"
	agentHubs = "PULSE_TEST_AGENT_HUBS"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(agentDir); dir != "" {
		cfg := settings(dir, strings.Split(os.Getenv(agentHubs), ",")...)
		if err := app.New(cfg, "dev", hclog.NewNullLogger()).Run(context.Background()); err != nil {
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// hub takes reports when it is not away.
type hub struct {
	*httptest.Server
	mu       sync.Mutex
	away     bool
	features string
	bodies   [][]byte
}

func newHub(t *testing.T, features string) *hub {
	hub := &hub{features: features}
	hub.Server = httptest.NewServer(hub)
	t.Cleanup(hub.Close)
	return hub
}

func (h *hub) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		panic(http.ErrAbortHandler)
	}
	if h.features != "" {
		writer.Header().Set(report.FeaturesHeader, h.features)
	}
	from := io.Reader(request.Body)
	if request.Header.Get("Content-Encoding") == "gzip" {
		from, _ = gzip.NewReader(request.Body)
	}
	body, _ := io.ReadAll(from)
	h.bodies = append(h.bodies, body)
	_, _ = writer.Write([]byte(`{"success":true,"hostId":"h"}`))
}

func (h *hub) setAway(away bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = away
}

func (h *hub) received() [][]byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bodies
}

// eventually waits for a condition across processes.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !met() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// process starts an agent of its own and returns what kills it with no chance to say anything.
func process(t *testing.T, dir string, hubs ...*hub) (kill func()) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	var urls []string
	for _, hub := range hubs {
		urls = append(urls, hub.URL)
	}
	command.Env = append(os.Environ(), agentDir+"="+dir, agentHubs+"="+strings.Join(urls, ","))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	t.Cleanup(kill)
	return kill
}

func TestKilledAgentAndAbsentHubLoseNothing(t *testing.T) {
	dir := t.TempDir()
	ours, legacy := newHub(t, "gzip, sequence, replay, detail"), newHub(t, "")
	onFile := func() int {
		count, _, err := spool.Inspect(filepath.Join(dir, "spool", "host"))
		if err != nil {
			t.Fatal(err)
		}
		return count
	}
	kill := process(t, dir, ours, legacy)
	eventually(t, "the first reports have arrived", func() bool { return len(ours.received()) > 2 && len(legacy.received()) > 2 })
	ours.setAway(true)
	for range 3 {
		before := onFile()
		eventually(t, "reports pile up", func() bool { return onFile() > before+10 })
		kill()
		kill = process(t, dir, ours, legacy)
	}
	kill()
	waiting, already := onFile(), len(ours.received())
	ours.setAway(false)
	process(t, dir, ours, legacy)
	eventually(t, "everything has arrived", func() bool { return len(ours.received()) > already+waiting })

	var last report.Host
	for i, body := range ours.received() {
		var host report.Host
		if err := json.Unmarshal(body, &host); err != nil {
			t.Fatal(err)
		}
		if i > 1 && host.Sequence <= last.Sequence || !host.Timestamp.After(last.Timestamp) {
			t.Fatalf("report %d: sequence %d at %s after %d at %s", i, host.Sequence, host.Timestamp, last.Sequence, last.Timestamp)
		}
		last = host
	}
	for _, body := range legacy.received() {
		if text := string(body); strings.Contains(text, `"sequence"`) || strings.Contains(text, `"detail"`) {
			t.Fatalf("a hub that has not asked for them got additions: %s", text)
		}
	}
}

func TestReportSaysThatTheSpoolCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "spool"), nil, 0o600); err != nil { // where the directory would be
		t.Fatal(err)
	}
	hub := newHub(t, "detail")
	process(t, dir, hub)
	eventually(t, "a report with details has arrived", func() bool { return len(hub.received()) > 2 })
	var host report.Host
	if err := json.Unmarshal(hub.received()[2], &host); err != nil {
		t.Fatal(err)
	}
	if host.Detail == nil || !slices.ContainsFunc(host.Detail.Degraded, func(part report.DegradedPart) bool { return part.Part == "spool" }) {
		t.Errorf("detail = %+v", host.Detail)
	}
}

func TestDoctor(t *testing.T) {
	dir := t.TempDir()
	hub := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		writer.WriteHeader(http.StatusNotFound)
		_, _ = writer.Write([]byte(`{"error":"x","code":"host_not_found"}`))
	}))
	defer hub.Close()
	agent := app.New(settings(dir, hub.URL), "1.2.3", hclog.NewNullLogger())
	var text strings.Builder
	healthy, err := agent.Doctor(t.Context(), &text)
	if err != nil || !healthy {
		t.Errorf("Doctor = %v, %v\n%s", healthy, err, text.String())
	}
	for _, part := range []string{"pulse-agent 1.2.3", "cpu", "hub 127.0.0.1", "token", "spool "} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("findings lack %q:\n%s", part, text.String())
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	hub.Close()
	if healthy, _ := agent.Doctor(t.Context(), io.Discard); healthy {
		t.Error("healthy without a hub")
	}
}
