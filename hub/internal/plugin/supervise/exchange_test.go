package supervise_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

func TestPutReplacesWithoutAGap(t *testing.T) {
	inBubble(t, &fakeLauncher{}, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		f.configure(source("b", "{}"))
		old := f.launcher.last()
		finish, outcome := f.use("a")
		f.told()
		f.launcher.alter(func(l *fakeLauncher) { l.startTime = time.Second })

		ended := make(chan error, 1)
		go func() { ended <- f.host.Put(f.Context(), version("2.0.0")) }()
		time.Sleep(500 * time.Millisecond)
		if f.user("b") != old {
			f.Error("while the new process starts, the old one is not used")
		}
		if err := <-ended; err != nil {
			f.Fatal(err)
		}
		f.expect(supervise.StateHealthy)
		if status := f.status(); status.Version != "2.0.0" || status.Pid != 2 || status.Restarts != 0 {
			f.Errorf("status is of version %s with process %d and %d restarts", status.Version, status.Pid, status.Restarts)
		}
		if process := f.user("b"); process == old || process.launch.Plugin.Manifest.Version != "2.0.0" {
			f.Error("calls still go to the old process")
		}
		if got := f.launcher.last().instances(); !cmp.Equal(got, []string{"a", "b"}) {
			f.Errorf("the new process knows %v", got)
		}
		if old.over() {
			f.Error("the old process ended during a call")
		}
		finish()
		if err := <-outcome; err != nil {
			f.Errorf("the call ended with %v", err)
		}
		synctest.Wait()
		if !old.over() {
			f.Error("the old process runs on after its last call")
		}
		if told := f.told(); !slices.Equal(told, []string{"test.fake: healthy to healthy, renewed"}) {
			f.Errorf("although there was no gap, these changes were told: %v", told)
		}
	})
}

func TestDrainHasALimit(t *testing.T) {
	inBubble(t, &fakeLauncher{}, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		_, outcome := f.use("a")
		if err := f.host.Put(f.Context(), version("2.0.0")); err != nil {
			f.Fatal(err)
		}
		started := time.Now()
		if err := <-outcome; !errors.Is(err, supervise.ErrDown) {
			f.Errorf("the call ended with %v, want it down", err)
		}
		if waited := time.Since(started); waited != 10*time.Second {
			f.Errorf("the call was ended after %v", waited)
		}
	})
}

func TestPutThatFailsLeavesTheOldOne(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(*fakeProcess)
		slow    bool
		want    string
	}{
		{"does not start", nil, false, "not switched: no such executable"},
		{"hangs at the start", nil, true, "not switched: start deadline passed"},
		{"refuses what worked", func(p *fakeProcess) { p.refuses = true }, false,
			"not switched: instance good: configuration refused: /url: is missing"},
		{"ends at once", func(p *fakeProcess) { p.die(runner.Exit{Code: 3, At: time.Now()}) }, false,
			"not switched: the plugin is not running: exit code 3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			launcher := &fakeLauncher{}
			inBubble(t, launcher, onePlugin(), func(f *fixture) {
				f.configure(source("good", "{}"))
				f.configure(source("bad", `"bad"`))
				old := f.launcher.last()
				f.told()
				f.launcher.alter(func(l *fakeLauncher) { l.prepare = test.prepare })
				f.launcher.alter(func(l *fakeLauncher) { l.fails = func(int) bool { return test.prepare == nil } })
				if test.slow {
					f.launcher.alter(func(l *fakeLauncher) { l.startTime = time.Hour })
				}
				err := f.host.Put(f.Context(), version("2.0.0"))
				if !errors.Is(err, supervise.ErrNotSwitched) || err.Error() != test.want {
					f.Errorf("got error %q, want %q", err, test.want)
				}
				if f.user("good") != old || old.over() {
					f.Error("the old process is not used any more")
				}
				if f.launcher.last() != old && !f.launcher.last().over() {
					f.Error("the new process is still there")
				}
				if status := f.status(); status.Version != "1.0.0" || status.State != supervise.StateDegraded {
					f.Errorf("status is %s of version %s", status.State, status.Version)
				}
				if told := f.told(); len(told) != 0 {
					f.Errorf("changes were told: %v", told)
				}
			})
		})
	}
}

func TestInstanceThatFailedBeforeDoesNotStopASwitch(t *testing.T) {
	inBubble(t, &fakeLauncher{}, onePlugin(), func(f *fixture) {
		f.configure(source("good", "{}"))
		f.configure(source("bad", `"bad"`))
		if err := f.host.Put(f.Context(), version("2.0.0")); err != nil {
			f.Fatal(err)
		}
		f.expect(supervise.StateDegraded)
		if got := f.status().Version; got != "2.0.0" {
			f.Errorf("version %s runs", got)
		}
	})
}

func TestConfigureDuringASwitch(t *testing.T) {
	launcher := &fakeLauncher{}
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		f.configure(source("b", "{}"))
		f.launcher.alter(func(l *fakeLauncher) { l.startTime = time.Second })
		ended := make(chan error, 1)
		go func() { ended <- f.host.Put(f.Context(), version("2.0.0")) }()
		synctest.Wait()
		changed := source("a", "{}")
		changed.Revision = 2
		f.configure(changed)
		f.configure(source("c", "{}"))
		removed := make(chan error, 1)
		go func() { removed <- f.host.Remove(f.Context(), fakeID, "b") }()
		if err := errors.Join(<-ended, <-removed); err != nil {
			f.Fatal(err)
		}
		f.expect(supervise.StateHealthy)
		want := map[string]uint64{"a": 2, "c": 1}
		if diff := cmp.Diff(want, launcher.last().configured); diff != "" {
			f.Errorf("instances of the new process (-want +got):\n%s", diff)
		}
	})
}

func TestPutWithoutAProcess(t *testing.T) {
	launcher := &fakeLauncher{fails: func(start int) bool { return start == 1 }}
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		put := func(number string) {
			if err := f.host.Put(f.Context(), version(number)); err != nil {
				f.Fatal(err)
			}
		}
		put("2.0.0")
		f.expect(supervise.StateIdle)
		f.configure(source("a", "{}"))
		f.expect(supervise.StateBackoff)
		put("3.0.0")
		f.expect(supervise.StateHealthy) // at once: it did not fail yet
		if got := f.launcher.last().launch.Plugin.Manifest.Version; got != "3.0.0" {
			f.Errorf("version %s was started", got)
		}
		want := []string{
			"test.fake: idle to starting", "test.fake: starting to backoff", "test.fake: backoff to idle",
			"test.fake: idle to starting", "test.fake: starting to configuring, renewed", "test.fake: configuring to healthy",
		}
		if diff := cmp.Diff(want, f.told()); diff != "" {
			f.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestPutAndDropOfAnotherPlugin(t *testing.T) {
	inBubble(t, &fakeLauncher{}, nil, func(f *fixture) {
		synctest.Wait()
		if err := f.host.Put(f.Context(), supervise.Plugin{}); !errors.Is(err, supervise.ErrInvalid) {
			f.Errorf("a plugin without manifest: %v", err)
		}
		if err := f.configure(source("a", "{}")); !errors.Is(err, supervise.ErrUnknownPlugin) {
			f.Errorf("before it is put: %v", err)
		}
		for range 2 {
			if err := f.host.Put(f.Context(), fakePlugin(fakeID)); err != nil {
				f.Fatal(err)
			}
			f.configure(source("a", "{}"))
			f.expect(supervise.StateHealthy)
			process := f.launcher.last()
			_, outcome := f.use("a")
			started := time.Now()
			if err := f.host.Drop(f.Context(), fakeID); err != nil {
				f.Fatal(err)
			}
			if waited := time.Since(started); waited != 2*time.Second || !process.over() {
				f.Errorf("dropped after %v, the process ended: %t", waited, process.over())
			}
			if err := <-outcome; !errors.Is(err, supervise.ErrDown) {
				f.Errorf("the call ended with %v", err)
			}
			if err := f.host.Drop(f.Context(), fakeID); !errors.Is(err, supervise.ErrUnknownPlugin) {
				f.Errorf("dropped twice: %v", err)
			}
			if left := f.host.Status(); len(left) != 0 {
				f.Errorf("status shows %v", left)
			}
		}
	})
}

func TestPutAtTheEnd(t *testing.T) {
	launcher := &fakeLauncher{}
	var err error
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		f.launcher.alter(func(l *fakeLauncher) { l.startTime = time.Hour })
		go func() { err = f.host.Put(context.Background(), version("2.0.0")) }() // the bubble waits for it
		synctest.Wait()
	})
	if !errors.Is(err, supervise.ErrNotSwitched) {
		t.Errorf("got %v", err)
	}
}

func TestInstanceElsewhereGetsAnotherProcess(t *testing.T) {
	launcher := &fakeLauncher{}
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		old := launcher.last()
		finish, outcome := f.use("a")
		f.told()

		if err := f.configure(source("b", elsewhere)); err != nil {
			f.Fatal(err)
		}
		f.expect(supervise.StateHealthy)
		now := launcher.last()
		if now == old || f.user("a") != now || f.user("b") != now {
			f.Error("the instances are not served by a new process")
		}
		if old.told["b"] != 0 || now.told["b"] != 1 {
			f.Errorf("the old process was told %d times of it, the new one %d times", old.told["b"], now.told["b"])
		}
		finish()
		if err := <-outcome; err != nil {
			f.Errorf("a call of another instance ended with %v", err)
		}
		if told := f.told(); !slices.Equal(told, []string{"test.fake: healthy to healthy, renewed"}) {
			f.Errorf("changes were told: %v", told)
		}
		if restarts := f.status().Restarts; restarts != 1 {
			f.Errorf("%d restarts are shown, want 1", restarts)
		}
	})
}

func TestInstanceElsewhereThatCannotBeServed(t *testing.T) {
	launcher := &fakeLauncher{}
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		old := launcher.last()
		f.launcher.alter(func(l *fakeLauncher) { l.fails = func(int) bool { return true } })
		if err := f.configure(source("b", elsewhere)); !errors.Is(err, supervise.ErrNotSwitched) {
			f.Errorf("got %v, want it not switched", err)
		}
		f.expect(supervise.StateDegraded)
		if f.user("a") != old {
			f.Error("the old process is not used any more")
		}
		f.launcher.alter(func(l *fakeLauncher) { l.fails = nil })
		time.Sleep(16 * time.Minute)
		f.expect(supervise.StateHealthy) // it is tried again, though rarely
		if starts := launcher.count(); starts != 3 {
			f.Errorf("%d starts, want 3", starts)
		}

		if err := f.configure(source("c", nowhere)); !errors.Is(err, supervise.ErrNotAdmitted) {
			f.Errorf("got %v, want it not admitted", err)
		}
		time.Sleep(time.Hour)
		f.expect(supervise.StateDegraded)
		if starts := launcher.count(); starts != 4 {
			f.Errorf("%d starts, want 4", starts)
		}
	})
}

func TestImpatienceDoesNotKeepAnInstanceDown(t *testing.T) {
	launcher := &fakeLauncher{}
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		launcher.alter(func(l *fakeLauncher) { l.startTime = 5 * time.Second })
		ctx, cancel := context.WithTimeout(f.Context(), time.Second)
		defer cancel()
		if err := f.host.Configure(ctx, source("b", elsewhere)); !errors.Is(err, context.DeadlineExceeded) {
			f.Errorf("got %v", err)
		}
		f.expect(supervise.StateDegraded)
		time.Sleep(30 * time.Second)
		f.expect(supervise.StateHealthy)
	})
}

func TestWhoWaitsForAStartIsServedByTheSuccessor(t *testing.T) {
	launcher := &fakeLauncher{startTime: 5 * time.Second}
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		finish, outcome := f.use("a")
		if err := f.host.Put(f.Context(), version("2.0.0")); err != nil {
			f.Fatal(err)
		}
		finish()
		if err := <-outcome; err != nil {
			f.Errorf("the call ended with %v", err)
		}
		if process := f.user("a"); process.launch.Plugin.Manifest.Version != "2.0.0" {
			f.Error("the old version was started")
		}
	})
}
