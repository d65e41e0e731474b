package roadtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// apiToken signs in to the hubs.
const apiToken = "a-token-for-the-road"

// The programs of a release.
const (
	hubProgram     = "pulse"
	pluginsProgram = "pulse-plugins"
)

// folder is where the programs are, once a test needs them.
var folder string

// programs builds the hub and the bundled plugins once, as a release has them.
var programs = sync.OnceValue(build)

func TestMain(m *testing.M) {
	code := m.Run()
	if folder != "" {
		_ = os.RemoveAll(folder) // it is in the folder for temporary files
	}
	os.Exit(code)
}

// build fills the folder with the programs and the plugins' manifests. The hub
// knows the plugins' program by its sum, as it does in a release.
func build() (err error) {
	if folder, err = os.MkdirTemp("", "pulse-road"); err != nil {
		return err
	}
	plugins := filepath.Join(folder, pluginsProgram)
	if err := run("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", plugins, "github.com/pulse-hub/pulse/plugins/cmd/pulse-plugins"); err != nil {
		return err
	}
	if err := run(plugins, "manifests", filepath.Join(folder, "plugins")); err != nil {
		return err
	}
	program, err := os.ReadFile(plugins)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(program)
	flags := "-s -w -X main.version=5.1.0 -X main.pluginsSHA256=" + hex.EncodeToString(sum[:])
	return run("go", "build", "-trimpath", "-ldflags", flags, "-o", filepath.Join(folder, hubProgram), "github.com/pulse-hub/pulse/hub/cmd/pulse")
}

func run(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", filepath.Base(name), args[0], err, output)
	}
	return nil
}

// hub is a hub in a process of its own, with its plugins in theirs.
type hub struct {
	url string
	pid int
	log *journal
}

// startHub starts a hub that ends with the test.
func startHub(t testing.TB) *hub {
	t.Helper()
	if err := programs(); err != nil {
		t.Fatal(err)
	}
	h := &hub{log: &journal{address: make(chan string, 1)}}
	cmd := exec.Command(filepath.Join(folder, hubProgram),
		"--data-dir", shortDir(t), "--bind-address", "127.0.0.1", "--port", "0", "--metrics-address", "off")
	cmd.Env = append(os.Environ(), "API_TOKENS="+apiToken)
	cmd.Stderr = h.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h.pid = cmd.Process.Pid
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { h.stop(t, cmd.Process, ended) })
	select {
	case address := <-h.log.address:
		h.url = "http://" + address
	case err := <-ended:
		ended <- err
		t.Fatalf("the hub ended before it was ready: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("the hub is not ready")
	}
	return h
}

func (h *hub) stop(t testing.TB, process *os.Process, ended <-chan error) {
	_ = process.Signal(syscall.SIGTERM) // an error means that it has ended
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the hub ended: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the hub did not end when told to")
		_ = process.Kill()
		<-ended
	}
	if t.Failed() {
		t.Logf("the hub wrote:\n%s", h.log)
	}
}

// shortDir is a folder whose path leaves room for those of sockets.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pr")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// readyLine is what the hub writes when it listens.
var readyLine = regexp.MustCompile(`hub is ready: address=(\S+)`)

// journal keeps what the hub writes, and looks for its address in it.
type journal struct {
	address chan string // receives it once

	mu    sync.Mutex
	text  bytes.Buffer
	found bool
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Write(p)
	if match := readyLine.FindSubmatch(j.text.Bytes()); match != nil && !j.found {
		j.found = true
		j.address <- string(match[1])
	}
	return len(p), nil
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// do makes a request.
func (h *hub) do(t testing.TB, method, path string, body any) (int, []byte) {
	t.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), method, h.url+path, &sent)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Token", apiToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

// get reads a JSON document. Numbers stay as they are written.
func (h *hub) get(t testing.TB, path string) any {
	t.Helper()
	status, answer := h.do(t, http.MethodGet, path, nil)
	if status != http.StatusOK {
		t.Fatalf("GET %s gave %d: %.500s", path, status, answer)
	}
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return document
}

// pollInterval is how often a condition is looked at.
const pollInterval = 50 * time.Millisecond

// until waits for a condition, which says what is missing yet or nothing.
func until(t testing.TB, within time.Duration, missing func() string) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		last := missing()
		if last == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after %s: %s", within, last)
		}
	}
}
