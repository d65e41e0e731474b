//go:build linux

package collect_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/start"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

func TestMain(m *testing.M) {
	faultplugin.Main()
	os.Exit(m.Run())
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

// road is the whole way from a real plugin process to the inventory.
type road struct {
	testing.TB
	host      *supervise.Host
	scheduler *collect.Scheduler
	inventory *inventory.Inventory
}

func newRoad(t testing.TB) *road {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path, args := faultplugin.Executable(faultplugin.Good)
	timing := supervise.DefaultTiming()
	timing.BackoffBase = 20 * time.Millisecond
	r := &road{TB: t, inventory: inventory.New(inventory.Options{})}
	r.host = supervise.NewHost(supervise.Options{
		Plugins: []supervise.Plugin{{
			Manifest: &manifest.Manifest{ID: faultplugin.ID, Version: faultplugin.Version},
			Program:  program{path, args}, DataDir: dir + "/data",
		}},
		Launcher: start.New(start.Options{
			SocketBase: dir, LookupEnv: os.LookupEnv, Logger: hclog.NewNullLogger(),
		}),
		Timing: timing, Logger: hclog.NewNullLogger(),
	})
	retry := collect.DefaultRetry()
	retry.Base = 50 * time.Millisecond
	r.scheduler = collect.New(collect.Options{Sink: r.inventory, Caller: r.host, Logger: hclog.NewNullLogger(), Retry: retry})
	r.runParts()
	return r
}

// runParts runs the host and the scheduler until the test ends, the scheduler first to stop.
func (r *road) runParts() {
	for _, run := range []func(context.Context) error{r.host.Run, r.scheduler.Run} {
		ctx, cancel := context.WithCancel(context.Background())
		var part sync.WaitGroup
		part.Go(func() {
			if err := run(ctx); err != nil {
				r.Errorf("run: %v", err)
			}
		})
		r.Cleanup(func() {
			cancel()
			part.Wait()
		})
	}
}

// configure makes an instance known to the plugin.
func (r *road) configure(id string, config faultplugin.Config) {
	r.Helper()
	one := instance.Instance{
		ID: id, Plugin: faultplugin.ID, Component: "source/thing", Name: id, Config: config.JSON(), Enabled: true, Revision: 1,
	}
	if err := r.host.Configure(r.Context(), one); err != nil {
		r.Fatal(err)
	}
}

func (r *road) add(id string) {
	r.Helper()
	err := r.scheduler.Add(r.Context(), collect.Source{
		Ref:      inventory.SourceRef{ID: id, Type: "thing", Name: id, Plugin: faultplugin.ID},
		Datasets: []collect.Dataset{{Name: "things", Interval: 10 * time.Second}},
	})
	if err != nil {
		r.Fatal(err)
	}
}

func (r *road) until(what string, condition func(*inventory.Snapshot) bool) {
	r.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition(r.inventory.Snapshot()) {
		select {
		case <-tick.C:
		case <-deadline:
			r.Fatalf("waited too long until %s", what)
		}
	}
}

func health(id string, want inventory.Health) func(*inventory.Snapshot) bool {
	return func(snapshot *inventory.Snapshot) bool {
		source, ok := snapshot.Source(id)
		return ok && source.Health == want
	}
}

func TestFromProcessToInventory(t *testing.T) {
	r := newRoad(t)
	r.configure("good", faultplugin.Config{Resources: 1200, Metrics: 2})
	r.configure("bad", faultplugin.Config{Fail: "auth"})
	r.add("good")
	r.add("bad")
	r.until("the good source is seen", health("good", inventory.HealthOK))
	r.until("the bad source has failed", health("bad", inventory.HealthFailed))
	snapshot := r.inventory.Snapshot()
	if got := snapshot.Len(); got != 1200 {
		t.Errorf("the inventory holds %d resources, want 1200", got)
	}
	if source, _ := snapshot.Source("bad"); source.Message == "" {
		t.Error("the bad source does not say why")
	}

	pid := r.host.Status()[0].Pid
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.until("another process runs", func(*inventory.Snapshot) bool {
		status := r.host.Status()[0]
		return status.State == supervise.StateHealthy && status.Pid != pid
	})
	r.configure("late", faultplugin.Config{Resources: 1})
	r.add("late")
	r.until("the new process is collected from", health("late", inventory.HealthOK))
}

func BenchmarkCollect10kResources10Metrics(b *testing.B) {
	r := newRoad(b)
	r.configure("big", faultplugin.Config{Resources: 10_000, Metrics: 10})
	warm, cancel := context.WithTimeout(b.Context(), 10*time.Second)
	defer cancel()
	call := supervise.Call{Plugin: faultplugin.ID, Instance: "big", Dataset: "things"}
	if err := r.host.Collect(warm, call, func(*pluginv1.CollectChunk) error { return nil }); err != nil {
		b.Fatal(err)
	}
	sub := r.inventory.Subscribe("bench", 16)
	defer sub.Close()
	b.ReportAllocs()
	first := true
	for b.Loop() {
		if first {
			r.add("big")
			first = false
		} else {
			r.scheduler.Retry("big")
		}
		for batch := range sub.Batches() {
			if len(batch.Changes) == 10_000 {
				break
			}
		}
	}
}

func BenchmarkCall(b *testing.B) {
	r := newRoad(b)
	r.configure("small", faultplugin.Config{Resources: 1})
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	call := supervise.Call{Plugin: faultplugin.ID, Instance: "small", Dataset: "things"}
	var missing = errors.New("no resource")
	b.ReportAllocs()
	for b.Loop() {
		count := 0
		err := r.host.Collect(ctx, call, func(chunk *pluginv1.CollectChunk) error {
			count += len(chunk.GetResources())
			return nil
		})
		if err != nil || count != 1 {
			b.Fatal(errors.Join(err, missing))
		}
	}
}
