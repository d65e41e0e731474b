package supervise_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/transport"
)

func TestPluginRunsWhileItHasASource(t *testing.T) {
	inBubble(t, &fakeLauncher{startTime: time.Second}, onePlugin(), func(f *fixture) {
		f.expect(supervise.StateIdle)
		f.configure(source("a", "{}"))
		f.expect(supervise.StateStarting)
		time.Sleep(time.Second)
		f.expect(supervise.StateHealthy)
		if got := f.launcher.last().instances(); !cmp.Equal(got, []string{"a"}) {
			f.Errorf("the plugin knows %v, want a", got)
		}
		f.configure(source("b", "{}"))
		if got := f.launcher.last().instances(); !cmp.Equal(got, []string{"a", "b"}) {
			f.Errorf("the plugin knows %v, want a and b", got)
		}

		disabled := source("b", "{}")
		disabled.Enabled = false
		f.configure(disabled)
		if err := f.host.Remove(f.Context(), fakeID, "a"); err != nil {
			f.Fatal(err)
		}
		if got := f.launcher.last().instances(); len(got) != 0 {
			f.Errorf("the plugin still knows %v", got)
		}
		time.Sleep(2 * time.Minute)
		f.expect(supervise.StateIdle)
	})
}

func TestBackoffGrowsToACrashLoop(t *testing.T) {
	launcher := &fakeLauncher{fails: func(int) bool { return true }}
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		f.expect(supervise.StateBackoff)
		time.Sleep(16 * time.Second)
		f.expect(supervise.StateCrashLoop)
		if next := time.Until(f.status().NextStart); next > 15*time.Minute || next < 14*time.Minute {
			f.Errorf("the next start is in %v", next)
		}
		time.Sleep(31 * time.Minute)
		want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Minute, 15 * time.Minute}
		if diff := cmp.Diff(want, launcher.gaps()); diff != "" {
			f.Errorf("waits between starts (-want +got):\n%s", diff)
		}
		status := f.status()
		if status.LastError != errNoStart.Error() || status.Restarts != 6 {
			f.Errorf("status has error %q and %d restarts", status.LastError, status.Restarts)
		}

		if err := f.host.Restart(fakeID); err != nil {
			f.Fatal(err)
		}
		f.expect(supervise.StateBackoff) // at once, and from the beginning
	})
}

func TestBackoffIsCappedAndForgottenWhenStable(t *testing.T) {
	launcher := &fakeLauncher{}
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		for range 3 {
			f.expect(supervise.StateHealthy)
			time.Sleep(6 * time.Minute)
			synctest.Wait()
			launcher.last().die(runner.Exit{Code: -1, Signal: "killed", At: time.Now()})
			f.expect(supervise.StateBackoff)
			if got := time.Until(f.status().NextStart); got != time.Second {
				f.Errorf("wait of %v after a long healthy time", got)
			}
			time.Sleep(time.Second)
		}
		f.expect(supervise.StateHealthy)
		if got := f.launcher.last().instances(); !cmp.Equal(got, []string{"a"}) {
			f.Errorf("after restarts the plugin knows %v, want a", got)
		}
		status := f.status()
		if status.LastExit == nil || status.LastExit.Signal != "killed" || status.LastExit.Pid != 3 {
			f.Errorf("last exit is %+v", status.LastExit)
		}
	})
}

func TestHungPluginIsReplaced(t *testing.T) {
	inBubble(t, &fakeLauncher{}, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		f.launcher.last().silence(true)
		time.Sleep(2*15*time.Second + 3*time.Second)
		f.expect(supervise.StateHealthy) // two misses are none too many
		time.Sleep(15 * time.Second)
		f.expect(supervise.StateBackoff)
		if got := f.status().LastError; got != "the plugin does not answer: 3 signs of life missed: liveness deadline passed" {
			f.Errorf("last error is %q", got)
		}
		time.Sleep(time.Second)
		f.expect(supervise.StateHealthy)
	})
}

func TestMissesMustBeInARow(t *testing.T) {
	inBubble(t, &fakeLauncher{}, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		for range 3 {
			f.launcher.last().silence(true)
			time.Sleep(2*15*time.Second + 3*time.Second)
			f.launcher.last().silence(false)
			time.Sleep(30 * time.Second)
		}
		f.expect(supervise.StateHealthy)
		if got := f.launcher.count(); got != 1 {
			f.Errorf("%d starts, want 1", got)
		}
	})
}

func TestStartHasADeadline(t *testing.T) {
	inBubble(t, &fakeLauncher{startTime: time.Hour}, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		time.Sleep(10 * time.Second)
		f.expect(supervise.StateBackoff)
		if got := f.status().LastError; got != "start deadline passed" {
			f.Errorf("last error is %q", got)
		}
	})
}

func TestInstancesFailAlone(t *testing.T) {
	inBubble(t, &fakeLauncher{}, onePlugin(), func(f *fixture) {
		f.configure(source("good", "{}"))
		f.expect(supervise.StateHealthy)

		var refused *supervise.ConfigError
		if err := f.configure(source("bad", `"bad"`)); !errors.As(err, &refused) || refused.Fields[0].Path != "/url" {
			f.Errorf("got error %v, want one for /url", err)
		}
		f.expect(supervise.StateDegraded)
		f.configure(source("bad", "{}"))
		f.expect(supervise.StateHealthy)

		started := time.Now()
		if err := f.configure(source("slow", `"hang"`)); err == nil || time.Since(started) != 10*time.Second {
			f.Errorf("after %v got error %v", time.Since(started), err)
		}
		f.expect(supervise.StateDegraded)

		use := func(id string) error {
			ctx, cancel := context.WithTimeout(f.Context(), time.Second)
			defer cancel()
			return f.host.Use(ctx, fakeID, id, func(context.Context, *transport.Client) error { return nil })
		}
		if err := use("good"); err != nil {
			f.Errorf("use of a good instance: %v", err)
		}
		if err := use("slow"); err == nil || !fault.Of(err).Transient {
			f.Errorf("use of one that failed: %v, want a transient error", err)
		}
		if err := use("none"); !errors.Is(err, supervise.ErrUnknownInstance) {
			f.Errorf("use of none: %v", err)
		}
	})
}

func TestPluginWithoutSourceRunsOnlyWhenUsed(t *testing.T) {
	inBubble(t, &fakeLauncher{startTime: time.Second}, onePlugin(), func(f *fixture) {
		channel := source("channel", "{}")
		channel.Component = "notifier/mail"
		f.configure(channel)
		f.expect(supervise.StateIdle)

		for range 2 {
			ctx, cancel := context.WithTimeout(f.Context(), 5*time.Second)
			defer cancel()
			err := f.host.Use(ctx, fakeID, "channel", func(context.Context, *transport.Client) error {
				time.Sleep(time.Second)
				return nil
			})
			if err != nil {
				f.Fatalf("use: %v", err)
			}
			f.expect(supervise.StateHealthy)
			time.Sleep(9 * time.Minute)
			f.expect(supervise.StateHealthy)
		}
		if got := f.launcher.count(); got != 1 {
			f.Errorf("%d starts for two uses, want 1", got)
		}
		time.Sleep(3 * time.Minute)
		f.expect(supervise.StateIdle)
	})
}

func TestUseOfAPluginThatIsDown(t *testing.T) {
	launcher := &fakeLauncher{fails: func(int) bool { return true }}
	inBubble(t, launcher, onePlugin(), func(f *fixture) {
		f.configure(source("a", "{}"))
		f.expect(supervise.StateBackoff)
		started := time.Now()
		err := f.host.Use(f.Context(), fakeID, "a", nil)
		if !errors.Is(err, supervise.ErrDown) || fault.Of(err).Code != supervise.CodeDown {
			f.Errorf("got %v, want it down", err)
		}
		if waited := time.Since(started); waited != 0 {
			f.Errorf("waited %v for a start that is only planned", waited)
		}
		if err := f.host.Use(f.Context(), "test.none", "a", nil); !errors.Is(err, supervise.ErrUnknownPlugin) {
			f.Errorf("got %v, want %v", err, supervise.ErrUnknownPlugin)
		}
	})
}

func TestStartsAtTheSameTimeAreBounded(t *testing.T) {
	var plugins []supervise.Plugin
	for i := range 7 {
		plugins = append(plugins, fakePlugin(fmt.Sprintf("test.fake%d", i)))
	}
	launcher := &fakeLauncher{startTime: time.Second}
	inBubble(t, launcher, plugins, func(f *fixture) {
		for _, plugin := range plugins {
			one := source("a", "{}")
			one.Plugin = plugin.ID()
			f.configure(one)
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if launcher.atOnce() != 2 || launcher.count() != 7 {
			f.Errorf("%d of %d starts at the same time, want 2 of 7", launcher.atOnce(), launcher.count())
		}
	})
}
