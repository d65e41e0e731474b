//go:build linux

package start_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/start"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

// service listens until the test ends and returns its address.
func service(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

// TestEveryLevel starts the same plugin at every level and has it try what the levels differ in.
func TestEveryLevel(t *testing.T) {
	for level := launcher.Process; level <= launcher.Separate; level++ {
		t.Run(level.String(), func(t *testing.T) {
			needs(t, level)
			b := newBench(t)
			granted, refused := service(t), service(t)
			secret := filepath.Join(t.TempDir(), "pulse.db")
			must(t, os.WriteFile(secret, []byte("secret"), 0o600))
			what := b.faulty(level, granted)
			process := b.start(what)

			report := process.Confinement()
			if report.Requested != level || report.Effective != level || len(report.Missing) > 0 {
				t.Fatalf("confined as %+v, want %s", report, level)
			}
			state := filepath.Join(b.data, "state")
			got, err := b.try(process, "connect "+granted, "connect "+refused, "read "+secret, "write "+state, "read "+state,
				"write "+filepath.Join(filepath.Dir(b.data), "x"), "count", "user", "home",
				"work 100") // so that there is processor time to see: its unit is 10 ms
			must(t, err)
			confined := level >= launcher.Confined
			for attempt, denied := range map[string]bool{
				"connect " + granted: false, "connect " + refused: confined, "read " + secret: confined,
				"write " + state: false, "read " + state: false,
				"write " + filepath.Join(filepath.Dir(b.data), "x"): confined,
			} {
				if result, ok := got[attempt]; !ok || denied == (result == faultplugin.Done) {
					t.Errorf("%s: %q, want denied: %v", attempt, result, denied)
				}
			}
			if got["count"] != "1" || got["home"] != b.data {
				t.Errorf("counted %q, home %q", got["count"], got["home"])
			}
			user := strconv.Itoa(os.Getuid()) + ":" + strconv.Itoa(os.Getgid())
			if level == launcher.Separate {
				user = "61003:61003"
			}
			if got["user"] != user || report.UIDSeparated != (level == launcher.Separate) {
				t.Errorf("is user %q, want %q; report %+v", got["user"], user, report)
			}
			if again, err := b.try(process, "count"); err != nil || again["count"] != "2" {
				t.Errorf("counted %q, %v", again["count"], err)
			}
			b.checkUsage(process, what.Calls)
		})
	}
}

// checkUsage checks that what was measured is about this process and these calls.
func (b *bench) checkUsage(process supervise.Process, calls *usage.Calls) {
	b.Helper()
	taken, err := process.Usage(b.limited())
	if err != nil || taken.MemoryBytes < 1<<20 || taken.MemoryBytes > 256<<20 || taken.Threads < 2 || taken.CPUSeconds <= 0 {
		b.Errorf("usage %+v, %v", taken, err)
	}
	counted := map[string]uint64{}
	for _, method := range calls.Stats() {
		counted[method.Method] = method.Count
	}
	if counted["Plugin/Init"] != 1 || counted["Plugin/Configure"] != 2 || counted["Source/Collect"] != 2 {
		b.Errorf("counted calls %v", counted)
	}
	b.stop(process)
	if _, err := process.Usage(b.limited()); !errors.Is(err, usage.ErrGone) {
		b.Errorf("usage of an ended process: %v, want %v", err, usage.ErrGone)
	}
}

func TestDataStaysThePluginsWhenItsLevelChanges(t *testing.T) {
	needs(t, launcher.Separate)
	b := newBench(t)
	state := filepath.Join(b.data, "state")
	for _, level := range []launcher.Level{launcher.Confined, launcher.Separate, launcher.Confined, launcher.Separate} {
		process := b.start(b.faulty(level, ""))
		got, err := b.try(process, "write "+state)
		if err != nil || got["write "+state] != faultplugin.Done {
			t.Errorf("at %s: %v, %v", level, got, err)
		}
		b.stop(process)
	}
}

func TestAdmits(t *testing.T) {
	at := func(ports ...string) []instance.Instance {
		var list []instance.Instance
		for _, port := range ports {
			list = append(list, configured("10.0.0.1:"+port))
		}
		return list
	}
	for _, c := range []struct {
		name    string
		level   launcher.Level
		network []string
		served  []instance.Instance
		asked   []instance.Instance
		want    bool
	}{
		{"same port", launcher.Confined, []string{"instance:address"}, at("80", "81"), at("81"), true},
		{"other port", launcher.Confined, []string{"instance:address"}, at("80"), at("80", "82"), false},
		{"fixed port", launcher.Confined, []string{"instance:address", "tcp:443"}, nil, at("443"), true},
		{"any port", launcher.Confined, []string{"tcp:*"}, nil, at("82"), true},
		{"not confined", launcher.Limited, []string{"instance:address"}, at("80"), at("82"), true},
		{"no launcher", launcher.Process, []string{"instance:address"}, at("80"), at("82"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			needs(t, c.level)
			b := newBench(t)
			what := b.faulty(c.level, "")
			what.Plugin.Manifest.Needs.Network, what.Plugin.Granted.Network = c.network, c.network
			what.Instances = c.served
			if got := b.start(what).Admits(c.asked); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestLauncherMustHaveTheExpectedHash(t *testing.T) {
	needs(t, launcher.Limited)
	content, err := os.ReadFile(program(bundleName))
	must(t, err)
	path := filepath.Join(t.TempDir(), bundleName)
	must(t, os.WriteFile(path, content, 0o755))
	sum := sha256.Sum256(content)
	b := newBench(t, func(o *start.Options) { o.Program, o.ProgramSHA256 = path, hex.EncodeToString(sum[:]) })
	b.stop(b.start(b.faulty(launcher.Limited, "")))

	must(t, os.WriteFile(path, append(content, 0), 0o755)) // it would still run
	for _, required := range []bool{false, true} {
		what := b.faulty(launcher.Limited, "")
		what.Plugin.Required = required
		if _, err := b.launch(what); !errors.Is(err, runner.ErrModified) {
			t.Errorf("tampered: %v, want %v", err, runner.ErrModified)
		}
	}
	must(t, os.Remove(path))
	if _, err := b.launch(b.faulty(launcher.Limited, "")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v, want %v", err, fs.ErrNotExist)
	}
}

func TestProgramThatIsNoLauncherRunsNothing(t *testing.T) {
	needs(t, launcher.Limited)
	b := newBench(t, func(o *start.Options) { o.Program = "/bin/true" })
	if _, err := b.launch(b.faulty(launcher.Limited, "")); !errors.Is(err, launcher.ErrNoReport) {
		t.Errorf("got %v, want %v", err, launcher.ErrNoReport)
	}
}

func TestWithoutLauncher(t *testing.T) {
	b := newBench(t, func(o *start.Options) { o.Program = "" })
	report := b.start(b.faulty(launcher.Confined, "")).Confinement()
	if report.Requested != launcher.Confined || report.Effective != launcher.Process || len(report.Missing) != 1 {
		t.Errorf("shown: %+v", report)
	}
	required := b.faulty(launcher.Confined, "")
	required.Plugin.Required = true
	if _, err := b.launch(required); !errors.Is(err, sandbox.ErrTooLow) {
		t.Errorf("required: %v, want %v", err, sandbox.ErrTooLow)
	}
}

func TestClosedWayCostsTheUserAndIsSaid(t *testing.T) {
	needs(t, launcher.Separate)
	b := newBench(t, func(o *start.Options) { o.Passages = nil })
	closed := filepath.Dir(filepath.Dir(b.data))
	report := b.start(b.faulty(launcher.Separate, "")).Confinement()
	if report.UIDSeparated || report.Effective != launcher.Confined || !strings.Contains(strings.Join(report.Missing, "\n"), closed) {
		t.Errorf("shown: %+v", report)
	}
	required := b.faulty(launcher.Separate, "")
	required.Plugin.Required = true
	if _, err := b.launch(required); !errors.Is(err, sandbox.ErrTooLow) || !strings.Contains(err.Error(), closed) {
		t.Errorf("required: %v, want %v about %s", err, sandbox.ErrTooLow, closed)
	}
}

// TestMemoryLimitEndsThePlugin: the hub sees a process that ended, not one that hangs.
func TestMemoryLimitEndsThePlugin(t *testing.T) {
	needs(t, launcher.Limited)
	b := newBench(t)
	process := b.start(b.faulty(launcher.Limited, ""))
	if got, err := b.try(process, "fill 64"); err != nil || got["fill 64"] != faultplugin.Done {
		t.Fatalf("64 of 256 MiB: %v, %v", got, err)
	}
	if got, err := b.try(process, "fill 1024"); err == nil {
		t.Errorf("1024 of 256 MiB: %v", got)
	}
	select {
	case <-process.Done():
	case <-b.limited().Done():
		t.Fatal("the process lives on")
	}
	if exit := process.Exit(); exit.Code == 0 && exit.Signal == "" {
		t.Errorf("ended with %s", exit)
	}
}

func TestInstanceOfItsOwnWorksInItsOwnFolder(t *testing.T) {
	for _, level := range []launcher.Level{launcher.Confined, launcher.Separate} {
		t.Run(level.String(), func(t *testing.T) {
			needs(t, level)
			b := newBench(t)
			what := b.faulty(level, "")
			what.Name, what.DataDir = faultplugin.ID+"/one", filepath.Join(b.data, "one")
			process := b.start(what)
			own, other := "write "+filepath.Join(b.data, "one", "x"), "write "+filepath.Join(b.data, "x")
			if got, err := b.try(process, own, other); err != nil || got[own] != faultplugin.Done || got[other] == faultplugin.Done {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// TestLinkInThePlaceOfAFolder is laid by a plugin that wants to write elsewhere from now on.
func TestLinkInThePlaceOfAFolder(t *testing.T) {
	b := newBench(t)
	must(t, os.Mkdir(b.data, 0o700))
	must(t, os.Symlink(t.TempDir(), filepath.Join(b.data, "one")))
	what := b.faulty(launcher.Process, "")
	what.DataDir = filepath.Join(b.data, "one")
	if _, err := b.launch(what); err == nil || !strings.Contains(err.Error(), "not a folder") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestInterpreterMustBeAllowed(t *testing.T) {
	for _, c := range []struct {
		name, interpreter string
		runtimes          start.Runtimes
	}{
		{"no runtimes", "node", nil},
		{"another", "node", start.Runtimes{"python3": "/usr/bin/python3"}},
		{"relative", "node", start.Runtimes{"node": "bin/node"}},
		{"missing", "node", start.Runtimes{"node": "/nowhere/node"}},
		{"path that is not allowed", "/bin/sh", start.Runtimes{"node": "/usr/bin/node"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, func(o *start.Options) { o.Runtimes = c.runtimes })
			what := b.faulty(launcher.Process, "")
			what.Plugin.Program = openProgram(func() (*supervise.Executable, error) {
				return &supervise.Executable{Path: "/nowhere/plugin.js", Interpreter: c.interpreter, Close: func() error { return nil }}, nil
			})
			if _, err := b.launch(what); !errors.Is(err, start.ErrRuntime) || !strings.Contains(err.Error(), "node") && !strings.Contains(err.Error(), "sh") {
				t.Errorf("got %v, want %v", err, start.ErrRuntime)
			}
		})
	}
}

func TestNothingIsLeftWhenTheHubIsKilled(t *testing.T) {
	for level := launcher.Process; level <= launcher.Separate; level++ {
		t.Run(level.String(), func(t *testing.T) {
			needs(t, level)
			hub := startHub(t, level)
			must(t, hub.cmd.Process.Kill())
			_ = hub.cmd.Wait()
			awaitGone(t, hub.plugin)
		})
	}
}

// awaitGone waits until there is no process of that number, or it is only not reaped yet.
func awaitGone(t *testing.T, pid int) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for alive(pid) {
		select {
		case <-tick.C:
		case <-deadline:
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("the plugin lives on")
		}
	}
}

func alive(pid int) bool {
	state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(state), ") Z ")
}
