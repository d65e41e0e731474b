package supervise_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

// states returns the states of the processes by name.
func (f *fixture) states() map[string]supervise.State {
	states := map[string]supervise.State{}
	for _, process := range f.status().Processes {
		states[process.Name] = process.State
	}
	return states
}

func TestIsolatedInstancesHaveTheirOwnProcesses(t *testing.T) {
	inBubble(t, &fakeLauncher{}, []supervise.Plugin{isolated()}, func(f *fixture) {
		f.expect(supervise.StateIdle)
		f.configure(source("a", "{}"))
		f.configure(source("b", "{}"))
		f.expect(supervise.StateHealthy)
		a, b := f.user("a"), f.user("b")
		if a == b || a.launch.Name != "test.fake/a" || b.launch.DataDir != "/data/test.fake/b" {
			f.Errorf("processes are %q and %q in %q", a.launch.Name, b.launch.Name, b.launch.DataDir)
		}
		if got := b.instances(); !cmp.Equal(got, []string{"b"}) {
			f.Errorf("the process of b knows %v", got)
		}
		if a.init.GetDataDir() != "/data/test.fake/a" {
			f.Errorf("the process of a was told %q", a.init.GetDataDir())
		}

		f.told()
		a.die(runner.Exit{Code: 3, At: time.Now()})
		want := map[string]supervise.State{"test.fake/a": supervise.StateBackoff, "test.fake/b": supervise.StateHealthy}
		if diff := cmp.Diff(want, f.states()); diff != "" {
			f.Errorf("states (-want +got):\n%s", diff)
		}
		if status := f.status(); status.State != supervise.StateBackoff || status.LastExit.Pid != a.pid {
			f.Errorf("status is %s with exit %+v", status.State, status.LastExit)
		}
		if f.user("b") != b {
			f.Error("the process of b was replaced")
		}
		time.Sleep(time.Second)
		f.expect(supervise.StateHealthy)

		if err := f.host.Remove(f.Context(), fakeID, "a"); err != nil {
			f.Fatal(err)
		}
		synctest.Wait()
		if !f.launcher.named("test.fake/a").over() {
			f.Error("the process of a removed instance runs on")
		}
		wantTold := []string{
			"test.fake/a: healthy to stopping", "test.fake/a: stopping to backoff", "test.fake/a: backoff to starting",
			"test.fake/a: starting to configuring, renewed", "test.fake/a: configuring to healthy", "test.fake/a: healthy to stopped",
		}
		if diff := cmp.Diff(wantTold, f.told()); diff != "" {
			f.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestIsolatedInstanceNamesAFolder(t *testing.T) {
	inBubble(t, &fakeLauncher{}, []supervise.Plugin{isolated()}, func(f *fixture) {
		for _, id := range []string{"..", ".", "a/b", "/etc"} {
			if err := f.configure(source(id, "{}")); !errors.Is(err, supervise.ErrInvalid) {
				f.Errorf("instance %q: %v", id, err)
			}
		}
		if got := f.launcher.count(); got != 0 {
			f.Errorf("%d starts", got)
		}
	})
}

func TestIsolationChanges(t *testing.T) {
	launcher := &fakeLauncher{}
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		f.configure(source("b", "{}"))
		shared := launcher.last()
		if err := f.host.Put(f.Context(), isolated()); err != nil {
			f.Fatal(err)
		}
		want := map[string]supervise.State{"test.fake/a": supervise.StateHealthy, "test.fake/b": supervise.StateHealthy}
		if diff := cmp.Diff(want, f.states()); diff != "" {
			f.Errorf("states (-want +got):\n%s", diff)
		}
		if !shared.over() {
			f.Error("the shared process runs on")
		}

		b := f.user("b")
		f.launcher.alter(func(l *fakeLauncher) { l.prepare = func(p *fakeProcess) { p.refuses = true } })
		if err := f.host.Put(f.Context(), isolated()); !errors.Is(err, supervise.ErrNotSwitched) {
			f.Errorf("got %v, want it not switched", err)
		}
		if f.user("b") != b {
			f.Error("after a failed switch another process is used")
		}
		f.launcher.alter(func(l *fakeLauncher) { l.prepare = nil })
		if err := f.host.Put(f.Context(), fakePlugin(fakeID)); err != nil {
			f.Fatal(err)
		}
		synctest.Wait()
		if f.user("a") != f.user("b") || !b.over() {
			f.Error("the instances do not share a process again")
		}
	})
}

func TestTrialsWithTheirOwnProcess(t *testing.T) {
	try := func(f *fixture, config string) (supervise.TestResult, *fakeProcess) {
		f.Helper()
		result, err := f.host.Test(f.Context(), source("", config))
		if err != nil {
			f.Fatal(err)
		}
		synctest.Wait()
		return result, f.launcher.last()
	}
	apart := func(f *fixture, config string) {
		f.Helper()
		starts := f.launcher.count()
		result, process := try(f, config)
		if result.Summary != process.launch.Name || result.Facts["data"] == "/data/"+fakeID || f.launcher.count() != starts+1 {
			f.Errorf("tested by %q in %q", result.Summary, result.Facts["data"])
		}
		if !process.over() {
			f.Error("the process runs on")
		}
		if launched := process.launch.Instances; len(launched) != 1 || string(launched[0].Config) != config {
			f.Errorf("the process was launched for %v", launched)
		}
	}
	t.Run("shared", func(t *testing.T) {
		inBubble(t, &fakeLauncher{}, onePlugin(), func(f *fixture) {
			f.expect(supervise.StateIdle)
			apart(f, "{}") // there is no process
			f.configure(source("a", "{}"))
			if result, _ := try(f, "{}"); result.Summary != fakeID {
				f.Errorf("tested by %q", result.Summary)
			}
			apart(f, elsewhere)
			f.expect(supervise.StateHealthy)
		})
	})
	t.Run("isolated", func(t *testing.T) {
		inBubble(t, &fakeLauncher{}, []supervise.Plugin{isolated()}, func(f *fixture) {
			f.configure(source("a", "{}"))
			apart(f, "{}")
			if got := len(f.status().Processes); got != 1 {
				f.Errorf("%d processes are shown", got)
			}
		})
	})
	t.Run("down", func(t *testing.T) {
		launcher := &fakeLauncher{fails: func(int) bool { return true }}
		inBubble(t, launcher, onePlugin(), func(f *fixture) {
			if _, err := f.host.Test(f.Context(), source("", "{}")); !errors.Is(err, supervise.ErrDown) {
				f.Errorf("got %v", err)
			}
		})
	})
}
