//go:build linux

package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/app"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

const (
	// hubArgument makes the test binary a hub; the hub's own arguments follow.
	hubArgument = "run-as-hub"
	// keeperArgument makes it write tokens into the settings of the data folder that follows.
	keeperArgument = "run-as-keeper"
	// socketsEnv tells a hub where its plugins make their sockets.
	socketsEnv = "PULSE_TEST_HUB_SOCKETS"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == hubArgument {
		os.Exit(runHub(os.Args[2:]))
	}
	if len(os.Args) == 3 && os.Args[1] == keeperArgument {
		os.Exit(runKeeper(os.Args[2]))
	}
	code := m.Run()
	if program.folder != "" {
		os.RemoveAll(program.folder)
	}
	os.Exit(code)
}

// program is the bundled plugins' program, once a test needs it.
var program struct {
	once   sync.Once
	folder string
	err    error
}

// buildProgram builds the faulty plugin, with the sandbox's launcher in it, as
// a release has it: static, and without the race detector, whose programs do
// not start within a sandbox's limits. It returns its path.
func buildProgram(t *testing.T) string {
	t.Helper()
	program.once.Do(func() {
		if program.folder, program.err = os.MkdirTemp("", "pulse-app"); program.err != nil {
			return
		}
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(program.folder, "pulse-plugins"),
			"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin/faulty")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := cmd.CombinedOutput(); err != nil {
			program.err = fmt.Errorf("build plugin: %w: %s", err, output)
		}
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return filepath.Join(program.folder, "pulse-plugins")
}

// runHub is the hub's main function with quicker plugins. It prints where it
// listens, and ends with its parent, who holds the other end of its input.
func runHub(args []string) int {
	settings, err := config.Load(config.Source{Args: args, Environ: os.Environ(), Output: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	logger := hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: settings.LogLevel})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go endWithParent()
	one := app.NewTuned(settings, app.Build{Version: "5.1.0"}, quick(os.Getenv(socketsEnv)), logger)
	go func() {
		<-one.Ready()
		fmt.Println(one.Address())
	}()
	if err := one.Run(ctx); err != nil {
		logger.Error("hub failed", "error", err)
		return 1
	}
	return 0
}

func endWithParent() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(3)
}

// quick returns short times, so that a test need not wait for long.
func quick(sockets string) app.Tuning {
	supervision, retry := supervise.DefaultTiming(), collect.DefaultRetry()
	supervision.PingInterval, supervision.PingTimeout = 200*time.Millisecond, time.Second
	supervision.Start, supervision.Stop = 30*time.Second, 300*time.Millisecond
	// Sources are polled and pages told once a second: long enough for both to see that it is away.
	supervision.BackoffBase, supervision.BackoffCap = 2500*time.Millisecond, 2500*time.Millisecond
	supervision.CrashLimit = 3
	retry.Base, retry.Cap = 50*time.Millisecond, 200*time.Millisecond
	retry.BreakBase, retry.BreakCap, retry.AwayInterval = 50*time.Millisecond, 200*time.Millisecond, 200*time.Millisecond
	return app.Tuning{Supervision: supervision, Retry: retry, Sockets: sockets}
}

// child is a hub in a process of its own.
type child struct {
	*hub
	cmd   *exec.Cmd
	ended chan struct{} // closed when cmd has been waited for
	log   *lockedBuffer
}

// spawn starts a hub on a data folder and waits until it is ready.
func spawn(t *testing.T, dir string, args ...string) *child {
	t.Helper()
	args = append([]string{hubArgument, "--data-dir", dir, "--bind-address", "127.0.0.1", "--port", "0", "--metrics-address", "off"}, args...)
	c := &child{cmd: exec.Command(os.Args[0], args...), ended: make(chan struct{}), log: &lockedBuffer{}}
	c.cmd.Env = append(os.Environ(), "API_TOKENS="+token, socketsEnv+"="+filepath.Join(dir, "s"))
	c.cmd.Stderr = c.log
	input, inputErr := c.cmd.StdinPipe()
	output, outputErr := c.cmd.StdoutPipe()
	if err := errors.Join(inputErr, outputErr, c.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("the hub of process %d wrote:\n%s", c.cmd.Process.Pid, c.log)
		}
	})
	address := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(output).ReadString('\n') // empty when it has ended
		address <- strings.TrimSpace(line)
		_ = c.cmd.Wait() // how it ended stands in its state
		_ = input.Close()
		close(c.ended)
	}()
	select {
	case at := <-address:
		if at == "" {
			t.Fatalf("hub ended before it was ready")
		}
		c.hub = &hub{url: "http://" + at}
	case <-time.After(30 * time.Second):
		t.Fatal("hub is not ready")
	}
	return c
}

// kill ends the hub as kill -9 does, and returns when it is gone.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // an error means that it has ended
	<-c.ended
}

// lockedBuffer keeps what is written to it.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// until waits for a condition.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited too long until %s", what)
		}
	}
}

func alive(pid int) bool {
	state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !bytes.Contains(state, []byte(") Z "))
}

// shortDir is a folder whose path leaves room for those of sockets.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "ph")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// get asks for a JSON document.
func get[T any](t *testing.T, h *hub, path string) T {
	t.Helper()
	status, raw := h.do(t, "GET", path, nil)
	var answer T
	if err := json.Unmarshal(raw, &answer); err != nil || status != 200 {
		t.Fatalf("%s gave %d %s: %v", path, status, raw, err)
	}
	return answer
}
