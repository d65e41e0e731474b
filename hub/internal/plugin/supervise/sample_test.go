package supervise_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

const mebibyte = 1 << 20

func TestUsageIsSampled(t *testing.T) {
	plugin := fakePlugin(fakeID)
	plugin.Level, plugin.Digest, plugin.Verified = launcher.Limited, "abc", true
	inBubble(t, &fakeLauncher{}, []supervise.Plugin{plugin}, func(f *fixture) {
		f.configure(source("a", "{}"))
		f.launcher.last().take(usage.Usage{CPUSeconds: 1, MemoryBytes: 20 * mebibyte})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		f.launcher.last().take(usage.Usage{CPUSeconds: 6, MemoryBytes: 40 * mebibyte, Exact: true, Threads: 9, FDs: 11})
		time.Sleep(10 * time.Second)
		status := f.status()
		want := supervise.ProcessStatus{
			Name: fakeID, Pid: 1, State: supervise.StateHealthy, Since: time.Now().Add(-20 * time.Second),
			Confinement: launcher.Report{Requested: launcher.Limited, Effective: launcher.Limited},
			Sampled:     time.Now(), CPU: 0.5, MemoryBytes: 40 * mebibyte, MemoryLimit: 512 * mebibyte, MemoryExact: true,
			Threads: 9, FDs: 11,
		}
		if diff := cmp.Diff([]supervise.ProcessStatus{want}, status.Processes); diff != "" {
			f.Errorf("processes (-want +got):\n%s", diff)
		}
		if status.Digest != "abc" || !status.Verified {
			f.Errorf("digest is %q, verified %t", status.Digest, status.Verified)
		}
	})
}

func TestTooMuchMemory(t *testing.T) {
	plugin := fakePlugin(fakeID)
	plugin.Manifest.Limits.Memory = 100 * mebibyte
	inBubble(t, &fakeLauncher{}, []supervise.Plugin{plugin}, func(f *fixture) {
		f.configure(source("a", "{}"))
		process := f.launcher.last()
		f.told()
		sample := func(memory uint64) supervise.Status {
			process.take(usage.Usage{MemoryBytes: memory * mebibyte})
			time.Sleep(10 * time.Second)
			return f.status()
		}
		warnings := []struct {
			memory uint64
			warns  bool
		}{{79, false}, {81, true}, {76, true}, {74, false}, {78, false}, {101, true}, {99, true}, {101, true}}
		for _, step := range warnings {
			if status := sample(step.memory); (status.Warning != "") != step.warns {
				f.Errorf("with %d MiB the warning is %q", step.memory, status.Warning)
			}
		}
		if process.over() {
			f.Fatal("it was ended although it was never too large twice in a row")
		}
		status := sample(102)
		if status.State != supervise.StateBackoff || status.LastError != "too much memory: 102 MiB taken, 100 MiB allowed" {
			f.Errorf("state is %s with error %q", status.State, status.LastError)
		}
		if reason := f.reasonOf(supervise.StateBackoff); !strings.Contains(reason, "memory") {
			f.Errorf("the reason told is %q", reason)
		}
		time.Sleep(time.Second)
		f.expect(supervise.StateHealthy)
		if status := f.status(); status.Warning != "" || status.Pid == process.pid {
			f.Errorf("the new process %d has warning %q", status.Pid, status.Warning)
		}
	})
}

// reasonOf returns the reason of the last change to a state.
func (f *fixture) reasonOf(state supervise.State) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	reason := ""
	for _, change := range f.changes {
		if change.To == state {
			reason = change.Reason
		}
	}
	return reason
}
