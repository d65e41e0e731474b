//go:build linux

package launch_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/launch"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/socketdir"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

func TestMain(m *testing.M) {
	faultplugin.Main()
	os.Exit(m.Run())
}

// bench is a launcher that runs for as long as the test does.
type bench struct {
	testing.TB
	launcher *launch.Launcher
	journal  *journal.Journal
	sockets  string
}

func newBench(t testing.TB) *bench {
	t.Helper()
	sockets, err := os.MkdirTemp("/tmp", "pl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(sockets) })
	b := &bench{
		TB: t, sockets: sockets,
		launcher: launch.New(launch.Options{SocketBase: sockets}),
		journal:  journal.New(journal.Options{Logger: hclog.NewNullLogger()}),
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.launcher.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("launcher ended with %v", err)
		}
	})
	return b
}

func command(mode faultplugin.Mode) launch.Command {
	path, args := faultplugin.Executable(mode)
	return launch.Command{Command: runner.Command{Path: path, Args: args, Env: []string{"PATH="}}}
}

func (b *bench) launch(command launch.Command, limit time.Duration) (*launch.Process, error) {
	ctx, cancel := context.WithTimeout(b.Context(), limit)
	defer cancel()
	return b.launcher.Launch(ctx, command, b.journal)
}

// start launches a plugin that is expected to start, and stops it at the end of the test.
func (b *bench) start(mode faultplugin.Mode) *launch.Process {
	b.Helper()
	process, err := b.launch(command(mode), 30*time.Second)
	if err != nil {
		b.Fatalf("launch %s: %v", mode, err)
	}
	b.Cleanup(func() { b.stop(process) })
	return process
}

func (b *bench) stop(process *launch.Process) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := process.Stop(ctx); err != nil {
		b.Errorf("stop: %v", err)
	}
}

func (b *bench) output() string {
	var text strings.Builder
	for _, line := range b.journal.Tail(journal.MaxLines) {
		text.WriteString(line.Text + "\n")
	}
	return text.String()
}

// until waits for a condition of the world outside.
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
	if err != nil {
		return false
	}
	return !bytes.Contains(state, []byte(") Z "))
}

func TestLaunchAndStop(t *testing.T) {
	b := newBench(t)
	process := b.start(faultplugin.Good)
	if err := process.Ping(t.Context()); err != nil {
		t.Fatalf("ping: %v", err)
	}
	b.stop(process)
	<-process.Done()
	if exit := process.Exit(); exit.Code != 0 || exit.Signal != "" {
		t.Errorf("asked to end, it ended with %s", exit)
	}
	if !strings.Contains(b.output(), "faulty plugin starts mode=good") {
		t.Errorf("its log is missing in the journal:\n%s", b.output())
	}
}

func TestStartsThatFail(t *testing.T) {
	tests := []struct {
		mode  faultplugin.Mode
		limit time.Duration
		want  error
		text  string
	}{
		{faultplugin.Garbage, 30 * time.Second, launch.ErrHandshake, "Welcome to the faulty plugin!"},
		{faultplugin.PanicStart, 30 * time.Second, launch.ErrEnded, "exit code 2; it said: "},
		{faultplugin.Newer, 30 * time.Second, nil, "incompatible API version"},
		{faultplugin.EndStart, 30 * time.Second, launch.ErrEnded, "exit code 7"},
		{faultplugin.Silent, 300 * time.Millisecond, launch.ErrSilent, "deadline"},
	}
	for _, test := range tests {
		t.Run(string(test.mode), func(t *testing.T) {
			b := newBench(t)
			_, err := b.launch(command(test.mode), test.limit)
			if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("got error %v, want %v with %q", err, test.want, test.text)
			}
			if test.mode == faultplugin.PanicStart && !strings.Contains(b.output(), "panic: cannot start") {
				t.Errorf("the panic is missing in the journal:\n%s", b.output())
			}
			b.expectNoSockets()
		})
	}
}

// expectNoSockets checks that no plugin has left a folder behind.
func (b *bench) expectNoSockets() {
	b.Helper()
	hubs, err := os.ReadDir(b.sockets)
	if err != nil {
		b.Fatal(err)
	}
	for _, hub := range hubs {
		plugins, _ := os.ReadDir(b.sockets + "/" + hub.Name()) // the lock file is not a folder
		for _, plugin := range plugins {
			if plugin.IsDir() {
				b.Errorf("socket folder %s is left", plugin.Name())
			}
		}
	}
}

func TestFloodWithoutNewlineDoesNotBlock(t *testing.T) {
	b := newBench(t)
	process := b.start(faultplugin.Flood)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := process.Clients().Plugin.Init(ctx, &pluginv1.InitRequest{}); err != nil {
		t.Fatalf("init after a flood: %v", err)
	}
	until(t, "the flood is in the journal", func() bool { return strings.Contains(b.output(), "xxxx") })
	for _, line := range b.journal.Tail(journal.MaxLines) {
		if len(line.Text) > runner.MaxLine {
			t.Fatalf("a line of %d bytes", len(line.Text))
		}
	}
}

func TestCertificateThatNobodyAskedForEndsOnlyTheStart(t *testing.T) {
	b := newBench(t)
	certified := command(faultplugin.Certified)
	certified.WithoutMTLS = true
	if _, err := b.launch(certified, 30*time.Second); !errors.Is(err, launch.ErrHandshake) {
		t.Errorf("got error %v, want %v", err, launch.ErrHandshake)
	}
	b.expectNoSockets()
}

func TestManyLinesDoNotBlock(t *testing.T) {
	b := newBench(t)
	process := b.start(faultplugin.Chatty)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := process.Clients().Plugin.Init(ctx, &pluginv1.InitRequest{}); err != nil {
		t.Fatalf("init after many lines: %v", err)
	}
	until(t, "the first lines are in the journal", func() bool { return strings.Contains(b.output(), "line 0 of many") })
	if err := process.Ping(ctx); err != nil {
		t.Errorf("ping after many lines: %v", err)
	}
}

func TestEnvironmentOfTheHubIsNotVisible(t *testing.T) {
	t.Setenv("PULSE_SECRET", "hub-secret")
	b := newBench(t)
	process := b.start(faultplugin.Good)
	response, err := process.Clients().Plugin.Test(t.Context(), &pluginv1.ConfigureRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range response.GetFacts() {
		if name != "PATH" && name != "PULSE_PLUGIN" && !strings.HasPrefix(name, "PLUGIN_") {
			t.Errorf("the plugin sees %s=%s", name, value)
		}
	}
	if path, ok := response.GetFacts()["PATH"]; !ok || path != "" {
		t.Errorf("PATH is %q, want it set and empty", path)
	}
}

func TestGrandchildDoesNotDelayTheEnd(t *testing.T) {
	b := newBench(t)
	process := b.start(faultplugin.Parent)
	var child int
	until(t, "the child is known", func() bool {
		_, after, ok := strings.Cut(b.output(), "child ")
		if ok {
			number, _, _ := strings.Cut(after, "\n")
			child, _ = strconv.Atoi(number)
		}
		return child != 0
	})
	started := time.Now()
	if err := syscall.Kill(process.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-process.Done()
	if took := time.Since(started); took > time.Second {
		t.Errorf("its end was noticed after %v", took)
	}
	until(t, "the child is gone", func() bool { return !alive(child) })
	if exit := process.Exit(); exit.Signal != "killed" {
		t.Errorf("got exit %s, want signal killed", exit)
	}
}

func TestStopOfAStoppedProcess(t *testing.T) {
	b := newBench(t)
	process := b.start(faultplugin.Good)
	if err := syscall.Kill(process.Pid(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitStopped(t, process.Pid())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := process.Ping(ctx); err == nil {
		t.Error("a stopped process gave a sign of life")
	}
	started := time.Now()
	if err := process.Stop(ctx); err != nil {
		t.Fatalf("stop: %v", err)
	}
	if took := time.Since(started); took > time.Second {
		t.Errorf("stop took %v", took)
	}
}

func TestSocketFolder(t *testing.T) {
	t.Run("too long", func(t *testing.T) {
		launcher := launch.New(launch.Options{SocketBase: "/tmp/" + strings.Repeat("long/", 20)})
		if err := launcher.Run(t.Context()); !errors.Is(err, socketdir.ErrTooLong) {
			t.Fatalf("run: got %v, want %v", err, socketdir.ErrTooLong)
		}
		_, err := launcher.Launch(t.Context(), command(faultplugin.Good), journal.New(journal.Options{Logger: hclog.NewNullLogger()}))
		if !errors.Is(err, socketdir.ErrTooLong) {
			t.Errorf("launch: got %v, want %v", err, socketdir.ErrTooLong)
		}
	})
}

func BenchmarkStart(b *testing.B) {
	bench := newBench(b)
	for b.Loop() {
		process, err := bench.launch(command(faultplugin.Good), 30*time.Second)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := process.Clients().Plugin.Init(b.Context(), &pluginv1.InitRequest{}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		bench.stop(process)
		b.StartTimer()
	}
}

func BenchmarkUnary(b *testing.B) {
	process := newBench(b).start(faultplugin.Good)
	b.ReportAllocs()
	for b.Loop() {
		if err := process.Ping(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// waitStopped waits until a process that was sent SIGSTOP runs no more: the signal takes effect some time after it was
// sent. The process is a child of this one, and stays one that can be waited for.
func waitStopped(t *testing.T, pid int) {
	t.Helper()
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
}
