package backtest_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert/backtest"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const (
	day          = 24 * time.Hour
	benchGuests  = 1000
	benchDays    = 30
	benchSpacing = 5 * time.Minute
	benchAlerts  = 3 // of each guest
)

// benchMetrics are what is measured of each guest beside whether it runs.
var benchMetrics = []string{metrics.CPUUsageRatio, metrics.MemoryUsageRatio, metrics.DiskUsageRatio, metrics.NetworkReceiveRate}

// BenchmarkThirtyDays looks at four metrics of 1,000 guests over 30 days, all samples of which are kept. Each guest
// has three alerts of twenty minutes. It is to take no more than ten seconds. Making the history takes minutes, which is
// why it has one sample for each sum; what is read of the sums is the same with more of them.
func BenchmarkThirtyDays(b *testing.B) {
	if testing.Short() {
		b.Skip("making the history takes minutes")
	}
	from := time.Now().Add(-benchDays * day).Truncate(time.Minute)
	store := fillThirtyDays(b, from)
	h := newHub(b, time.Now(), nil)
	var guests []resource.Resource
	for i := range benchGuests {
		guests = append(guests, resource.Resource{
			ID: fmt.Sprint("qemu/", i), Kind: resource.KindVM, Name: fmt.Sprint("web", i), Status: resource.StatusRunning,
			Usage: resource.Usage{Disk: resource.Capacity{Total: 1, Free: 1}}, Detail: &resource.Guest{Node: "pve1", VMID: 100 + i},
		})
	}
	if _, err := h.inventory.Apply(b.Context(), inventory.Observation{Source: pve, Dataset: "all", At: h.now, Complete: true, Resources: guests}); err != nil {
		b.Fatal(err)
	}
	request := backtest.Request{
		Store: store, Snapshot: h.inventory.Snapshot(), From: from, To: from.Add(benchDays * day),
		Policy: policyOf(b, func(c *policy.Config) { c.GuestDefaults.NetworkIn = &policy.Threshold{Trigger: 90, Clear: 80} }),
	}
	b.ReportAllocs()
	for b.Loop() {
		report, err := backtest.Run(b.Context(), request)
		if err != nil {
			b.Fatal(err)
		}
		if report.Measures != benchGuests*len(benchMetrics) || report.Firings != benchGuests*benchAlerts {
			b.Fatalf("report is %+v", report.Figures)
		}
		b.ReportMetric(float64(report.Firings), "firings")
		if !report.ApproximateBefore.IsZero() {
			b.ReportMetric(report.ApproximateBefore.Sub(from).Hours()/24, "days-of-sums")
		}
	}
}

// fillThirtyDays returns a store whose history has been summed up.
func fillThirtyDays(b *testing.B, from time.Time) *metrics.Store {
	b.Helper()
	dir := b.TempDir()
	writing, stop := runStore(b, dir)
	random := rand.New(rand.NewPCG(1, 2))
	batch, level := []metrics.Sample{}, []float64{}
	for i := range benchGuests {
		for _, name := range append([]string{metrics.Up}, benchMetrics...) {
			handle, err := writing.Intern(metrics.Series{Name: name, Resource: fmt.Sprint("pve-lab/qemu/", i), Kind: "vm"})
			if err != nil {
				b.Fatal(err)
			}
			batch, level = append(batch, metrics.Sample{Series: handle, Value: 1}), append(level, 0.2+0.3*random.Float64())
		}
	}
	for n := range int(benchDays * day / benchSpacing) {
		at := from.Add(time.Duration(n) * benchSpacing)
		for i := range batch {
			batch[i].At = at.UnixMilli()
			if i%5 != 0 {
				batch[i].Value = benchValue(random, i, n, &level[i])
			}
		}
		if err := writing.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		// A day at a time, or the log of all of them would be read again and again.
		if kept := uint64(n * len(batch)); n%int(day/benchSpacing) == 0 && n > 0 {
			behind := uint64(len(batch)) * uint64(8*time.Hour/benchSpacing)
			waitUntil(b, func() bool { return writing.Stats().BlockSamples+behind >= kept })
		}
	}
	if err := writing.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	stop()
	store, _ := runStore(b, dir) // it sums up all there is when it starts
	waitUntil(b, func() bool {   // the newest sums of an hour come with eight days at a time
		stats := store.Stats()
		return stats.Coarse.Newest.After(from.Add((benchDays-11)*day)) && !stats.Fine.Newest.Before(from.Add((benchDays-2)*day))
	})
	stats := store.Stats()
	b.Logf("%d blocks of samples, %d and %d of sums", stats.Blocks, stats.Fine.Blocks, stats.Coarse.Blocks)
	return store
}

// waitUntil waits for the store to get something done.
func waitUntil(b *testing.B, done func() bool) {
	b.Helper()
	deadline := time.After(10 * time.Minute)
	for !done() {
		select {
		case <-deadline:
			b.Fatal("the store is late")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// benchValue is below 0.7, but for the processors of each guest at three times.
func benchValue(random *rand.Rand, i, n int, level *float64) float64 {
	if i%5 == 1 {
		for k := range benchAlerts {
			if since := n - (400 + 2600*k + 7*(i/5)%1800); since >= 0 && since < 4 {
				return 0.92
			}
		}
	}
	*level = min(0.7, max(0, *level+0.02*(random.Float64()-0.5)))
	if i%5 == 4 {
		return *level * 100 * (1 << 20)
	}
	return *level
}

// runStore opens a store that forgets nothing within 30 days, and returns what closes it.
func runStore(b *testing.B, dir string) (*metrics.Store, func()) {
	b.Helper()
	store, err := metrics.Open(metrics.Options{
		Dir: dir, Retention: 60 * day, FineRetention: 90 * day, QueueSamples: 1 << 20, AppendTimeout: time.Minute,
	})
	if err != nil {
		b.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = store.Run(b.Context()) })
	stop := sync.OnceFunc(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
		running.Wait()
	})
	b.Cleanup(stop)
	return store, stop
}
