package devhub

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/cli/project"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

// asHub has the test binary be a hub instead: one that tells what it was
// started with and which instances it gets, and ends when it is told to.
const asHub = "DEVHUB_TEST_HUB"

func TestMain(m *testing.M) {
	if os.Getenv(asHub) != "" {
		if err := beHub(); err != nil {
			fmt.Println("hub:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func beHub() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	settings, err := config.Load(config.Source{Args: os.Args[1:], Environ: os.Environ(), Output: os.Stdout})
	if err != nil {
		return err
	}
	for id, folder := range settings.Plugins.Folders {
		fmt.Println("hub: plugin", id, folder)
	}
	if os.Getenv(asHub) == "ends" {
		return fmt.Errorf("out of order")
	}
	listener, err := net.Listen("unix", settings.AdminSocket)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/plugins/{id}", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{}`)) })
	mux.HandleFunc("GET /api/instances", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"instances":[]}`)) })
	mux.HandleFunc("POST /api/instances", func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		fmt.Println("hub: instance", body["component"], body["config"])
		w.Write([]byte(`{}`))
	})
	server := &http.Server{Handler: mux}
	go func() {
		<-ctx.Done()
		fmt.Println("hub: told to end")
		server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// output keeps what was written and lets a test wait for a text.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newOutput() *output { return &output{changed: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until the text has been written n times.
func (o *output) await(t *testing.T, text string, n int) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for strings.Count(o.String(), text) < n {
		select {
		case <-o.changed:
		case <-limit.C:
			t.Fatalf("no %q in\n%s", text, o.String())
		}
	}
}

// program is a plugin that can do nothing but say what it is.
const program = `package main

import "os"

func main() {
	os.Stdout.WriteString(` + "`" + `{"manifest":1,"id":"acme.%s","version":"%s","name":"X","protocol":{"min":1,"max":1},
	"components":[{"kind":"notifier","type":"x","name":"X","config":{"type":"object","properties":{
		"url":{"type":"string"},"token":{"type":"string","writeOnly":true}}}}]}` + "`" + `)
}
`

func writeProgram(t *testing.T, dir, name, version string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), fmt.Appendf(nil, program, name, version), 0o600); err != nil {
		t.Fatal(err)
	}
}

// running is a session that runs.
type running struct {
	dir  string // of the sources
	out  *output
	stop context.CancelFunc
	wait func() error // for its end
}

// start runs a session for a new plugin until the test ends.
func start(t *testing.T, mode string) *running {
	t.Helper()
	t.Setenv("GOTOOLCHAIN", "local")
	dir := t.TempDir()
	writeProgram(t, dir, "some", "1.0.0")
	for name, content := range map[string]string{
		"go.mod": "module x\n\ngo 1.26\n", "sample.json": `{"notifier/x":{"config":{"url":"u"},"secrets":{"/token":"hunter2"}}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	plugin, err := project.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := newOutput()
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			Program: os.Args[0], Project: plugin, Samples: filepath.Join(dir, "sample.json"),
			Environ: append(os.Environ(), asHub+"="+mode), Out: out, Look: 20 * time.Millisecond,
		})
	}()
	wait := sync.OnceValue(func() error { return <-ended })
	t.Cleanup(func() {
		cancel()
		_ = wait()
	})
	return &running{dir: dir, out: out, stop: cancel, wait: wait}
}

// folderOf returns where the hub was told to run the plugin from.
func folderOf(t *testing.T, out *output) string {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(out.String()))
	for lines.Scan() {
		if folder, ok := strings.CutPrefix(lines.Text(), "hub: plugin acme.some "); ok {
			return folder
		}
	}
	t.Fatalf("the hub was not told of the plugin:\n%s", out.String())
	return ""
}

func TestDay(t *testing.T) {
	session := start(t, "runs")
	dir, out := session.dir, session.out
	out.await(t, "hub: instance notifier/x map[token:hunter2 url:u]", 1)
	out.await(t, "Page: http://localhost:", 1)
	folder := folderOf(t, out)
	version := func() string {
		m, err := project.ReadManifest(folder)
		if err != nil {
			t.Fatal(err)
		}
		return m.Version
	}

	writeProgram(t, dir, "some", "2.0.0")
	out.await(t, "the hub switches to it", 1)
	if got := version(); got != "2.0.0" {
		t.Errorf("after a change the plugin has version %s", got)
	}
	writeProgram(t, dir, "some", "3.0.0\n`nonsense`")
	out.await(t, "does not build", 1)
	writeProgram(t, dir, "other", "3.0.0")
	out.await(t, "start again for the new one", 1)
	if got := version(); got != "2.0.0" {
		t.Errorf("after failed builds the plugin has version %s", got)
	}

	session.stop()
	if err := session.wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if !strings.Contains(out.String(), "hub: told to end") {
		t.Error("the hub was not told to end")
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("the hub's files are still there")
	}
}

func TestHubThatEndsIsAnError(t *testing.T) {
	if err := start(t, "ends").wait(); err == nil || !strings.Contains(err.Error(), "the hub ended: exit status 1") {
		t.Errorf("got %v", err)
	}
}
