package record

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// ledger is a store that notes what it is given. Its handles are real ones.
type ledger struct {
	*metrics.Store
	lines []string
	busy  int // how many times yet to say that there is no room
}

func newLedger(tb testing.TB) *ledger {
	tb.Helper()
	store, err := metrics.Open(metrics.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	return &ledger{Store: store}
}

func (l *ledger) Append(_ context.Context, batch []metrics.Sample) error {
	if l.busy > 0 {
		l.busy--
		return metrics.ErrBusy
	}
	for _, sample := range batch {
		series := sample.Series.Series()
		line := fmt.Sprintf("%s %s %s", series.Kind, series.Resource, series.Name)
		for _, label := range series.Extra {
			line += " " + label.Name + "=" + label.Value
		}
		l.lines = append(l.lines, fmt.Sprintf("%s = %g @%d", line, sample.Value, sample.At))
	}
	return nil
}

// take returns what was written since the last call, sorted.
func (l *ledger) take() []string {
	lines := l.lines
	l.lines = nil
	slices.Sort(lines)
	return lines
}

// bench is an inventory whose batches are recorded into a ledger.
type bench struct {
	inv      *inventory.Inventory
	sub      *inventory.Subscription
	ledger   *ledger
	recorder *Recorder
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	b := &bench{inv: viewtest.Inventory(), ledger: newLedger(tb)}
	b.sub = b.inv.Subscribe("record", 1000)
	tb.Cleanup(b.sub.Close)
	b.recorder = New(b.ledger, hclog.NewNullLogger())
	return b
}

func (b *bench) record(tb testing.TB) []string {
	tb.Helper()
	for len(b.sub.Batches()) > 0 {
		if err := b.recorder.Record(tb.Context(), <-b.sub.Batches()); err != nil {
			tb.Fatal(err)
		}
	}
	return b.ledger.take()
}

func (b *bench) apply(tb testing.TB, after time.Duration, resources ...resource.Resource) {
	tb.Helper()
	viewtest.ApplyAt(tb, b.inv, inventory.SourceRef{ID: "s", Type: "x", Name: "s"}, viewtest.Epoch().Add(after), resources...)
}

func TestEverySeriesOfAResource(t *testing.T) {
	b := newBench(t)
	b.apply(t, 0, resource.Resource{
		ID: "h", Kind: resource.KindHost, Name: "h", Status: resource.StatusDegraded,
		Usage: resource.Usage{
			CPU: viewtest.Ratio(0.5), Memory: resource.Capacity{Total: 8, Used: 2}, Disk: resource.Capacity{Total: 4, Used: 1, Free: 3},
			Temperature: viewtest.Ratio(60), Rates: &resource.Rates{NetIn: 1, NetOut: 2, DiskRead: 3, DiskWrite: 4},
		},
		Metrics: []resource.Metric{
			{Name: "connect_time", Value: 7, Unit: resource.UnitSeconds},
			{Name: "mails", Value: 8, Counter: true, Labels: map[string]string{"queue": "in", "b": "x", "empty": ""}},
			{Name: "bad name", Value: 9},
		},
		Detail: &resource.Host{Sensors: resource.Sensors{Temperatures: map[string]float64{"cpu": 1, "nvme0": 40}}},
	})
	at := viewtest.Epoch().UnixMilli()
	var want []string
	for _, line := range []string{
		"pulse_connect_time_seconds = 7", "pulse_cpu_usage_ratio = 0.5", "pulse_disk_read_bytes_per_second = 3",
		"pulse_disk_total_bytes = 4", "pulse_disk_usage_ratio = 0.25", "pulse_disk_used_bytes = 1",
		"pulse_disk_write_bytes_per_second = 4", "pulse_mails_total b=x queue=in = 8", "pulse_memory_usage_ratio = 0.25",
		"pulse_memory_used_bytes = 2", "pulse_network_receive_bytes_per_second = 1",
		"pulse_network_transmit_bytes_per_second = 2", "pulse_temperature_celsius sensor=cpu = 60",
		"pulse_temperature_celsius sensor=nvme0 = 40", "pulse_up = 1",
	} {
		want = append(want, fmt.Sprintf("host s/h %s @%d", line, at))
	}
	if diff := cmp.Diff(want, b.record(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsNotKnownIsNotWritten(t *testing.T) {
	b := newBench(t)
	b.apply(t, 0,
		resource.Resource{ID: "vm", Kind: resource.KindVM, Status: resource.StatusStopped, Usage: resource.Usage{Disk: resource.Capacity{Total: 4}}, Detail: &resource.Guest{DiskUnknown: "vm-stopped"}},
		resource.Resource{ID: "st", Kind: resource.KindStorage},
		resource.Resource{ID: "b", Kind: resource.KindBackup, Status: resource.StatusRunning})
	want := []string{fmt.Sprintf("vm s/vm pulse_up = 0 @%d", viewtest.Epoch().UnixMilli())}
	if diff := cmp.Diff(want, b.record(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOldValuesAreToldOnce(t *testing.T) {
	b := newBench(t)
	silent := resource.Resource{ID: "h", Kind: resource.KindHost, Status: resource.StatusOffline, SeenAt: viewtest.Epoch().Add(-time.Hour), Usage: resource.Usage{CPU: viewtest.Ratio(0.5)}}
	b.apply(t, 0, silent)
	b.apply(t, 10*time.Second, silent)
	at := viewtest.Epoch().UnixMilli()
	want := []string{
		fmt.Sprintf("host s/h pulse_cpu_usage_ratio = 0.5 @%d", at-3_600_000),
		fmt.Sprintf("host s/h pulse_up = 0 @%d", at),
		fmt.Sprintf("host s/h pulse_up = 0 @%d", at+10_000),
	}
	if diff := cmp.Diff(want, b.record(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLateReportsKeepTheirTime(t *testing.T) {
	b := newBench(t)
	report := func(cpu float64) resource.Resource {
		return resource.Resource{ID: "h", Kind: resource.KindHost, Status: resource.StatusRunning, Usage: resource.Usage{CPU: viewtest.Ratio(cpu)}}
	}
	b.apply(t, 0, report(0.5))
	b.record(t)
	b.apply(t, -time.Minute, report(0.25))
	b.apply(t, 10*time.Second, report(0.75))
	at := viewtest.Epoch().UnixMilli()
	want := []string{
		fmt.Sprintf("host s/h pulse_cpu_usage_ratio = 0.25 @%d", at-60_000),
		fmt.Sprintf("host s/h pulse_cpu_usage_ratio = 0.75 @%d", at+10_000),
		fmt.Sprintf("host s/h pulse_up = 1 @%d", at-60_000),
		fmt.Sprintf("host s/h pulse_up = 1 @%d", at+10_000),
	}
	if diff := cmp.Diff(want, b.record(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGoneResourcesAreForgotten(t *testing.T) {
	b := newBench(t)
	vm := resource.Resource{ID: "vm", Kind: resource.KindVM, Status: resource.StatusRunning}
	b.apply(t, 0, vm, resource.Resource{ID: "other", Kind: resource.KindVM, Status: resource.StatusRunning})
	b.apply(t, time.Second, vm)
	b.record(t)
	if got := b.recorder.Known(); got != 1 {
		t.Errorf("holds the series of %d resources, want 1", got)
	}
	if err := b.inv.Forget(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	b.record(t)
	if got := b.recorder.Known(); got != 0 {
		t.Errorf("holds the series of %d resources after the source is gone, want 0", got)
	}
}

func TestExtraSeriesAreBounded(t *testing.T) {
	b := newBench(t)
	one := resource.Resource{ID: "x", Kind: "ups", Metrics: make([]resource.Metric, 2*maxExtra)}
	for i := range one.Metrics {
		one.Metrics[i] = resource.Metric{Name: fmt.Sprintf("m%d", i)}
	}
	b.apply(t, 0, one)
	if got := len(b.record(t)); got != maxExtra {
		t.Errorf("wrote %d values, want %d", got, maxExtra)
	}
}

func TestABusyStoreLosesNothing(t *testing.T) {
	store := newLedger(t)
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		recorder := New(store, hclog.New(&hclog.LoggerOptions{Output: &log}))
		store.busy = 3
		entry := &inventory.Entry{Resource: &resource.Resource{ID: "h", Kind: resource.KindHost, Status: resource.StatusRunning}, Key: "s/h", SeenAt: viewtest.Epoch()}
		batch := &inventory.Batch{Measured: true, At: viewtest.Epoch(), Changes: []inventory.Change{{After: entry}}}
		if err := recorder.Record(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if got := store.take(); len(got) != 1 {
			t.Errorf("wrote %v, want one sample", got)
		}
		if got := strings.Count(log.String(), "store is busy"); got != 1 {
			t.Errorf("logged %d times that the store is busy, want once:\n%s", got, log.String())
		}
	})
}

func TestWhatIsQueuedWhenTheHubStopsIsWritten(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	for i := range 5 {
		b.apply(t, time.Duration(i)*time.Second, resource.Resource{ID: "h", Kind: resource.KindHost, Status: resource.StatusRunning})
	}
	b.ledger.busy = 1
	cancel()
	if err := b.recorder.Run(ctx, b.sub.Batches()); err != nil {
		t.Fatal(err)
	}
	if got := len(b.ledger.take()); got != 5 {
		t.Errorf("wrote %d samples, want 5", got)
	}
}

// BenchmarkRecord is one host report.
func BenchmarkRecord(b *testing.B) {
	fleet := viewtest.NewFleet(b, 1, 0)
	sub := fleet.Inventory.Subscribe("bench", 10)
	b.Cleanup(sub.Close)
	fleet.Report(b, 0)
	batch := <-sub.Batches()
	benchmarkRecord(b, batch)
}

// benchmarkRecord records the first change of a batch again and again, each time as a newer one.
func benchmarkRecord(b *testing.B, batch *inventory.Batch) {
	b.Helper()
	store := &discard{Store: newLedger(b).Store}
	recorder := New(store, hclog.NewNullLogger())
	b.ReportAllocs()
	for b.Loop() {
		next, entry := *batch, *batch.Changes[0].After
		entry.SeenAt = entry.SeenAt.Add(time.Duration(store.batches+1) * time.Second)
		next.Changes = []inventory.Change{{After: &entry}}
		if err := recorder.Record(b.Context(), &next); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(store.samples)/float64(store.batches), "samples/report")
}

// discard counts samples.
type discard struct {
	*metrics.Store
	batches, samples int
}

func (d *discard) Append(_ context.Context, batch []metrics.Sample) error {
	d.batches++
	d.samples += len(batch)
	return nil
}
