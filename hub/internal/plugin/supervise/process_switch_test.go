//go:build linux

package supervise_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// manyResources do not fit into what a connection buffers.
const manyResources = 50_000

// put replaces the plugin by itself in another mode.
func (r *real) put(mode faultplugin.Mode, change func(*supervise.Plugin)) error {
	r.Helper()
	plugin := faultyPlugin(mode, shortDir(r)+"/data")
	if change != nil {
		change(&plugin)
	}
	return r.host.Put(r.Context(), plugin)
}

func TestRunningCollectIsDrained(t *testing.T) {
	r := newReal(t, faultplugin.Good, quick())
	before := r.healthy(faulty("a", faultplugin.Config{Resources: manyResources}), faulty("b", faultplugin.Config{Resources: 2}))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	begun, goOn, outcome := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	count, first := 0, true
	go func() {
		call := supervise.Call{Plugin: faultplugin.ID, Instance: "a", Dataset: "things"}
		outcome <- r.host.Collect(ctx, call, func(chunk *pluginv1.CollectChunk) error {
			if first {
				first = false
				close(begun)
				<-goOn
			}
			count += len(chunk.GetResources())
			return nil
		})
	}()
	<-begun
	if err := r.put(faultplugin.Good, nil); err != nil {
		t.Fatal(err)
	}
	after := r.status()
	if after.State != supervise.StateHealthy || after.Pid == before.Pid {
		t.Errorf("after the switch it is %s with process %d", after.State, after.Pid)
	}
	if got, err := r.collect("b", 30*time.Second); err != nil || got != 2 {
		t.Errorf("another collect: %d resources and error %v", got, err)
	}
	if !alive(before.Pid) {
		t.Error("the old process ended during a collect")
	}
	close(goOn)
	if err := <-outcome; err != nil || count != manyResources {
		t.Errorf("the collect gave %d resources and error %v", count, err)
	}
	until(t, "the old process is gone", func() bool { return !alive(before.Pid) })
}

func TestSwitchThatFails(t *testing.T) {
	for mode, want := range map[faultplugin.Mode]string{
		faultplugin.PanicStart: "exit code 2",
		faultplugin.Silent:     "no handshake in time",
		faultplugin.Stranger:   "another plugin",
		faultplugin.Picky:      "the token *** is not wanted",
	} {
		t.Run(string(mode), func(t *testing.T) {
			timing := quick()
			if mode == faultplugin.Silent {
				timing.Start = time.Second
			}
			r := newReal(t, faultplugin.Good, timing)
			before := r.healthy(faulty("a", faultplugin.Config{Resources: 3}))
			err := r.put(mode, nil)
			if !errors.Is(err, supervise.ErrNotSwitched) || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q in it", err, want)
			}
			if got, err := r.collect("a", 30*time.Second); err != nil || got != 3 {
				t.Errorf("collect: %d resources and error %v", got, err)
			}
			if after := r.status(); after.Pid != before.Pid || after.State != supervise.StateHealthy {
				t.Errorf("process %d became %d, and is %s", before.Pid, after.Pid, after.State)
			}
			if left := children(t); len(left) != 1 {
				t.Errorf("processes %v are there, want one", left)
			}
		})
	}
}

// children returns the numbers of the processes that the test has started.
func children(t testing.TB) []string {
	t.Helper()
	var numbers []string
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		list, err := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		if err == nil { // else the thread has ended
			numbers = append(numbers, strings.Fields(string(list))...)
		}
	}
	return numbers
}

func TestCrashOfAnIsolatedInstance(t *testing.T) {
	r := newReal(t, faultplugin.Good, quick())
	if err := r.put(faultplugin.Good, func(p *supervise.Plugin) { p.Isolation = manifest.IsolationInstance }); err != nil {
		t.Fatal(err)
	}
	before := r.healthy(faulty("a", faultplugin.Config{Resources: 1}), faulty("b", faultplugin.Config{Resources: 2}))
	if len(before.Processes) != 2 || before.Processes[0].Pid == before.Processes[1].Pid {
		t.Fatalf("processes are %+v", before.Processes)
	}
	a, b := before.Processes[0].Pid, before.Processes[1].Pid
	send(t, a, syscall.SIGKILL)
	after := r.until("it is started again", func(s supervise.Status) bool {
		return s.State == supervise.StateHealthy && s.Processes[0].Pid != a
	})
	if after.Processes[1].Pid != b || after.Processes[1].Restarts != 0 || after.Processes[0].LastExit.Signal != "killed" {
		t.Errorf("processes are %+v", after.Processes)
	}
	for id, want := range map[string]int{"a": 1, "b": 2} {
		if got, err := r.collect(id, 30*time.Second); err != nil || got != want {
			t.Errorf("collect %s: %d resources and error %v", id, got, err)
		}
	}
	result, err := r.host.Test(t.Context(), faulty("", faultplugin.Config{}))
	if err != nil || !strings.HasSuffix(result.Facts["HOME"], "/data/.test-1") {
		t.Errorf("test: %v with HOME %q", err, result.Facts["HOME"])
	}
	if _, err := os.Stat(result.Facts["HOME"]); !os.IsNotExist(err) {
		t.Errorf("the folder of the test is still there: %v", err)
	}
	if left := children(t); len(left) != 2 {
		t.Errorf("processes %v are there, want two", left)
	}
}

func TestTooLargeProcessIsReplaced(t *testing.T) {
	timing := quick()
	timing.Sample = 20 * time.Millisecond
	r := newReal(t, faultplugin.Good, timing)
	r.healthy(faulty("a", faultplugin.Config{Resources: 3}))
	sampled := r.until("it is measured", func(s supervise.Status) bool { return !s.Processes[0].Sampled.IsZero() }).Processes[0]
	if sampled.MemoryBytes < 1<<20 || sampled.Threads == 0 || sampled.FDs == 0 {
		t.Errorf("the sample is %+v", sampled)
	}
	if _, err := r.collect("a", 30*time.Second); err != nil {
		t.Fatal(err)
	}
	counted := false
	for _, method := range r.status().Calls {
		counted = counted || strings.HasSuffix(method.Method, "/Collect") && method.Count == 1
	}
	if !counted {
		t.Errorf("calls are %+v", r.status().Calls)
	}

	if err := r.put(faultplugin.Good, func(p *supervise.Plugin) { p.Manifest.Limits.Memory = 1 << 20 }); err != nil {
		t.Fatal(err)
	}
	r.until("it was ended for its memory", func(s supervise.Status) bool {
		return strings.Contains(s.LastError, supervise.ErrMemory.Error()) && s.Restarts > 0
	})
}

func TestFollow(t *testing.T) {
	r := newReal(t, faultplugin.Good, quick())
	lines, err := r.host.Follow(t.Context(), faultplugin.ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	r.healthy(faulty("a", faultplugin.Config{}))
	seen := 0
	for line := range lines {
		if !strings.Contains(line.Text, "faulty plugin starts") {
			continue
		}
		if seen++; seen == 1 {
			if err := r.host.Restart(faultplugin.ID); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if line.Level != hclog.Info || line.Lost != 0 {
			t.Errorf("line is %+v", line)
		}
		if err := r.host.Drop(t.Context(), faultplugin.ID); err != nil { // ends the loop
			t.Fatal(err)
		}
	}
	if seen != 2 {
		t.Errorf("%d starts were seen", seen)
	}
	if _, err := r.host.Follow(t.Context(), faultplugin.ID, 10); !errors.Is(err, supervise.ErrUnknownPlugin) {
		t.Errorf("a dropped plugin: %v", err)
	}
}
