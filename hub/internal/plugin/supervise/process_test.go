//go:build linux

package supervise_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/socketdir"
	"github.com/pulse-hub/pulse/hub/internal/plugin/start"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// hubArgument makes the test binary a hub: it is followed by the plugin's mode and the folder for sockets.
const hubArgument = "run-as-hub"

func TestMain(m *testing.M) {
	faultplugin.Main()
	if len(os.Args) == 4 && os.Args[1] == hubArgument {
		runHub(faultplugin.Mode(os.Args[2]), os.Args[3])
	}
	os.Exit(m.Run())
}

// quick returns short times, so that a test need not wait for long.
func quick() supervise.Timing {
	timing := supervise.DefaultTiming()
	timing.PingInterval = 200 * time.Millisecond
	timing.BackoffBase = 20 * time.Millisecond
	timing.Start, timing.CrashLimit = 30*time.Second, 1000
	return timing
}

// program is the test binary as a plugin.
type program struct {
	path string
	args []string
}

func (p program) Open(context.Context) (*supervise.Executable, error) {
	file, err := os.Open(p.path)
	if err != nil {
		return nil, err
	}
	return &supervise.Executable{File: file, Path: p.path, Args: p.args, Close: file.Close}, nil
}

// faultyPlugin returns the plugin in one of its modes, with its data in that folder.
func faultyPlugin(mode faultplugin.Mode, dataDir string) supervise.Plugin {
	path, args := faultplugin.Executable(mode)
	return supervise.Plugin{
		Manifest: &manifest.Manifest{
			ID: faultplugin.ID, Version: faultplugin.Version, Limits: manifest.Limits{Memory: 500 << 20},
		},
		Program: program{path, args}, DataDir: dataDir,
	}
}

func newHost(mode faultplugin.Mode, sockets string, timing supervise.Timing) *supervise.Host {
	return supervise.NewHost(supervise.Options{
		Plugins: []supervise.Plugin{faultyPlugin(mode, sockets+"/data")},
		Launcher: start.New(start.Options{
			SocketBase: sockets, LookupEnv: os.LookupEnv, Logger: hclog.NewNullLogger(),
		}),
		Timing: timing, Logger: hclog.NewNullLogger(),
	})
}

// runHub is the hub that a test kills: it prints the number of its plugin's process and waits.
func runHub(mode faultplugin.Mode, sockets string) {
	host := newHost(mode, sockets, quick())
	go func() { _ = host.Run(context.Background()) }()
	_ = host.Configure(context.Background(), faulty("a", faultplugin.Config{}))
	for host.Status()[0].State != supervise.StateHealthy {
		<-time.After(5 * time.Millisecond)
	}
	fmt.Println(host.Status()[0].Pid)
	select {}
}

func faulty(id string, config faultplugin.Config) instance.Instance {
	return instance.Instance{
		ID: id, Plugin: faultplugin.ID, Component: "source/thing", Name: id,
		Config: config.JSON(), Secrets: map[string]string{"/token": "s3cr3t-token"}, Enabled: true, Revision: 1,
	}
}

func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "ps")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// real is a host of one real process.
type real struct {
	testing.TB
	host *supervise.Host
}

func newReal(t testing.TB, mode faultplugin.Mode, timing supervise.Timing) *real {
	t.Helper()
	r := &real{TB: t, host: newHost(mode, shortDir(t), timing)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.host.Run(ctx) }()
	t.Cleanup(func() {
		pid := r.status().Pid
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run ended with %v", err)
		}
		if pid != 0 && alive(pid) {
			t.Errorf("process %d is still there", pid)
		}
	})
	return r
}

// status returns the zero value when the plugin was dropped.
func (r *real) status() supervise.Status {
	all := r.host.Status()
	if len(all) == 0 {
		return supervise.Status{}
	}
	return all[0]
}

func (r *real) until(what string, condition func(supervise.Status) bool) supervise.Status {
	r.Helper()
	var status supervise.Status
	until(r, what, func() bool {
		status = r.status()
		return condition(status)
	})
	return status
}

func (r *real) healthy(instances ...instance.Instance) supervise.Status {
	r.Helper()
	for _, one := range instances {
		_ = r.host.Configure(r.Context(), one) // the state says how that went
	}
	return r.until("the plugin is healthy", func(s supervise.Status) bool { return s.State == supervise.StateHealthy })
}

// collect collects with a deadline and returns the number of resources.
func (r *real) collect(id string, limit time.Duration) (int, error) {
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	count := 0
	err := r.host.Collect(ctx, supervise.Call{Plugin: faultplugin.ID, Instance: id, Dataset: "things"}, func(chunk *pluginv1.CollectChunk) error {
		count += len(chunk.GetResources())
		return nil
	})
	return count, err
}

func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
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

func send(t testing.TB, pid int, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		t.Fatalf("signal %d: %v", pid, err)
	}
}

func TestKilledHubLeavesNoPlugin(t *testing.T) {
	for _, mode := range []faultplugin.Mode{faultplugin.Good, faultplugin.Hermit, faultplugin.Authored} {
		t.Run(string(mode), func(t *testing.T) {
			sockets := shortDir(t)
			executable, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			hub := exec.Command(executable, hubArgument, string(mode), sockets)
			output, err := hub.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := hub.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(output).ReadString('\n')
			plugin, convErr := strconv.Atoi(strings.TrimSpace(line))
			if err := errors.Join(err, convErr); err != nil || !alive(plugin) {
				t.Fatalf("the hub said %q: %v", line, err)
			}
			t.Cleanup(func() {
				if alive(plugin) { // the test has failed
					_ = syscall.Kill(plugin, syscall.SIGKILL)
				}
			})
			started := time.Now()
			send(t, hub.Process.Pid, syscall.SIGKILL)
			until(t, "the plugin is gone", func() bool { return !alive(plugin) })
			if took := time.Since(started); took > 2*time.Second {
				t.Errorf("the plugin was gone after %v", took)
			}
			_ = hub.Wait()

			if left := folders(t, sockets); len(left) == 0 {
				t.Error("the killed hub left no sockets: nothing to clear away")
			}
			next, err := socketdir.Open(sockets)
			if err != nil {
				t.Fatal(err)
			}
			defer next.Close()
			if left := folders(t, sockets); len(left) != 1 {
				t.Errorf("after the next start there are %v, want its own folder only", left)
			}
		})
	}
}

// folders returns the socket folders of hubs.
func folders(t testing.TB, base string) []string {
	t.Helper()
	entries, err := os.ReadDir(base)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "data" {
			names = append(names, entry.Name())
		}
	}
	return names
}

func TestKilledPluginComesBackConfigured(t *testing.T) {
	r := newReal(t, faultplugin.Good, quick())
	before := r.healthy(faulty("a", faultplugin.Config{Resources: 3}), faulty("b", faultplugin.Config{Resources: 700}))
	send(t, before.Pid, syscall.SIGKILL)
	after := r.until("another process is healthy", func(s supervise.Status) bool {
		return s.State == supervise.StateHealthy && s.Pid != before.Pid
	})
	if after.LastExit == nil || after.LastExit.Signal != "killed" || after.LastExit.Pid != before.Pid || after.Restarts != 1 {
		t.Errorf("status shows exit %+v and %d restarts", after.LastExit, after.Restarts)
	}
	for id, want := range map[string]int{"a": 3, "b": 700} {
		if got, err := r.collect(id, 30*time.Second); err != nil || got != want {
			t.Errorf("collect %s: got %d resources and error %v, want %d", id, got, err, want)
		}
	}
}

func TestStoppedPluginIsReplaced(t *testing.T) {
	timing := quick()
	timing.Stop = 100 * time.Millisecond
	timing.PingInterval, timing.PingTimeout = 50*time.Millisecond, 200*time.Millisecond
	r := newReal(t, faultplugin.Good, timing)
	before := r.healthy(faulty("a", faultplugin.Config{Resources: 3}))
	send(t, before.Pid, syscall.SIGSTOP)

	started := time.Now()
	_, err := r.collect("a", 150*time.Millisecond)
	if took := time.Since(started); err == nil || took > time.Second {
		t.Errorf("a call to a stopped process came back after %v with error %v", took, err)
	}
	r.until("the process is replaced", func(s supervise.Status) bool {
		return s.State == supervise.StateHealthy && s.Pid != before.Pid && strings.Contains(s.LastError, supervise.ErrHung.Error())
	})
	if alive(before.Pid) {
		t.Error("the stopped process is still there")
	}
}

func TestCrashInACallIsToldApart(t *testing.T) {
	r := newReal(t, faultplugin.Good, quick())
	r.healthy(faulty("bad", faultplugin.Config{Fail: "crash"}))
	_, err := r.collect("bad", 30*time.Second)
	if fault.Of(err) == nil || fault.Of(err).Code != supervise.CodeDown || !strings.Contains(err.Error(), "exit code 3") {
		t.Errorf("got %v, want the plugin to be down with exit code 3", err)
	}
}

func TestFaultsOfTheOtherSide(t *testing.T) {
	r := newReal(t, faultplugin.Good, quick())
	r.healthy(faulty("auth", faultplugin.Config{Fail: "auth"}), faulty("net", faultplugin.Config{Fail: "transient"}),
		faulty("good", faultplugin.Config{Resources: 1}))
	if _, err := r.collect("auth", 30*time.Second); fault.Of(err) == nil || fault.Of(err).Code != fault.CodeAuth || fault.Of(err).Transient {
		t.Errorf("refused credentials: got %v", err)
	}
	if _, err := r.collect("net", 30*time.Second); fault.Of(err) == nil || !fault.Of(err).Transient || fault.Of(err).Code == supervise.CodeDown {
		t.Errorf("refused connection: got %v", err)
	}
	if got, err := r.collect("good", 30*time.Second); err != nil || got != 1 {
		t.Errorf("a good one: got %d resources and error %v", got, err)
	}
}

func TestPanicInACallEndsOnlyTheCall(t *testing.T) {
	r := newReal(t, faultplugin.Authored, quick())
	before := r.healthy(faulty("bad", faultplugin.Config{Fail: "panic"}), faulty("good", faultplugin.Config{Resources: 2}))
	if _, err := r.collect("bad", 30*time.Second); fault.Of(err) == nil || fault.Of(err).Code != fault.CodePanic {
		t.Errorf("got %v, want a panic", err)
	}
	if got, err := r.collect("good", 30*time.Second); err != nil || got != 2 {
		t.Errorf("another instance: got %d resources and error %v", got, err)
	}
	after := r.until("the stack is in the log", func(s supervise.Status) bool {
		return slices.ContainsFunc(s.Lines, func(line journal.Line) bool { return strings.Contains(line.Text, "the author made a mistake") })
	})
	if after.Pid != before.Pid {
		t.Errorf("process %d was replaced by %d", before.Pid, after.Pid)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	r := newReal(t, faultplugin.Good, quick())
	r.healthy(faulty("good", faultplugin.Config{}))
	err := r.host.Configure(t.Context(), faulty("bad", faultplugin.Config{Fail: "refuse"}))
	if err == nil || strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "***") {
		t.Errorf("got error %v, want the token masked", err)
	}
	if message := r.status().Instances[0].Message; strings.Contains(message, "s3cr3t") {
		t.Errorf("status shows %q", message)
	}
}

func TestStartsThatFailAreShown(t *testing.T) {
	tests := []struct {
		mode faultplugin.Mode
		want string // in the last error
		line string // in the last lines
	}{
		{faultplugin.Garbage, "Welcome to the faulty plugin!", ""},
		{faultplugin.PanicStart, "exit code 2", "about to fail: no such device"},
		{faultplugin.Silent, "no handshake in time", ""},
		{faultplugin.Stranger, "another plugin", ""},
	}
	for _, test := range tests {
		t.Run(string(test.mode), func(t *testing.T) {
			timing := quick()
			if test.mode == faultplugin.Silent {
				timing.Start = 500 * time.Millisecond
			}
			timing.BackoffBase = time.Minute
			r := newReal(t, test.mode, timing)
			_ = r.host.Configure(t.Context(), faulty("a", faultplugin.Config{}))
			status := r.until("it is in backoff", func(s supervise.Status) bool { return s.State == supervise.StateBackoff })
			if !strings.Contains(status.LastError, test.want) {
				t.Errorf("last error is %q, want %q in it", status.LastError, test.want)
			}
			var lines strings.Builder
			for _, line := range status.Lines {
				lines.WriteString(line.Text + "\n")
			}
			if !strings.Contains(lines.String(), test.line) {
				t.Errorf("last lines are\n%s, want %q in them", lines.String(), test.line)
			}
		})
	}
}

func TestTooLongSocketFolderIsShown(t *testing.T) {
	host := newHost(faultplugin.Good, shortDir(t)+"/"+strings.Repeat("x", 80), quick())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- host.Run(ctx) }()
	_ = host.Configure(t.Context(), faulty("a", faultplugin.Config{}))
	until(t, "status says why", func() bool { return strings.Contains(host.Status()[0].LastError, "too long") })
	cancel()
	if err := <-ended; !errors.Is(err, socketdir.ErrTooLong) {
		t.Errorf("run ended with %v, want %v", err, socketdir.ErrTooLong)
	}
}

func TestOnlyTheAllowedEnvironmentIsPassedOn(t *testing.T) {
	t.Setenv("PULSE_SECRET", "hub-secret")
	t.Setenv("TZ", "Europe/Vienna")
	r := newReal(t, faultplugin.Good, quick())
	r.healthy(faulty("a", faultplugin.Config{}))
	result, err := r.host.Test(t.Context(), faulty("", faultplugin.Config{}))
	if err != nil || !result.OK {
		t.Fatalf("test: %+v, %v", result, err)
	}
	if _, ok := result.Facts["PULSE_SECRET"]; ok {
		t.Error("the plugin sees PULSE_SECRET")
	}
	want := map[string]string{"TZ": "Europe/Vienna", "PATH": "", "GOMEMLIMIT": strconv.Itoa(400 << 20)}
	got := map[string]string{}
	for name := range want {
		got[name] = result.Facts[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestRestartsLeakNothing(t *testing.T) {
	r := newReal(t, faultplugin.Good, quick())
	restart := func(times int) {
		for range times {
			before := r.status()
			if err := r.host.Restart(faultplugin.ID); err != nil {
				t.Fatal(err)
			}
			r.until("it is restarted", func(s supervise.Status) bool {
				return s.State == supervise.StateHealthy && s.Restarts > before.Restarts
			})
		}
	}
	r.healthy(faulty("a", faultplugin.Config{}))
	restart(3) // until caches are filled
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	restart(50)
	// go-plugin's goroutines end a moment after their connection.
	until(t, "the goroutines are as many as before", func() bool { return runtime.NumGoroutine() <= goroutines })
	if now := openFiles(t); now > files {
		t.Errorf("%d open files after 50 restarts, %d before", now, files)
	}
}

func openFiles(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
