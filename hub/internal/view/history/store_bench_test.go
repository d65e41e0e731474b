package history

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// fill appends an hour of all charts of every host in the snapshot to a real store.
func fill(b *testing.B, snap *inventory.Snapshot, now time.Time, interval time.Duration) *metrics.Store {
	b.Helper()
	store, err := metrics.Open(metrics.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := store.Run(context.Background()); err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
		running.Wait()
	})
	var samples []metrics.Sample
	for e := range snap.OfKind(resource.KindHost) {
		for _, m := range wireMetrics() {
			handle, err := store.Intern(metrics.Series{Name: m.name, Resource: e.Key, Kind: string(e.Kind)})
			if err != nil {
				b.Fatal(err)
			}
			samples = append(samples, metrics.Sample{Series: handle})
		}
	}
	round := 0
	for at := now.Add(-time.Hour); at.Before(now); at = at.Add(interval) {
		round++
		for batch := samples; len(batch) > 0; batch = batch[min(len(batch), 5000):] {
			part := batch[:min(len(batch), 5000)]
			for i := range part {
				part[i].At, part[i].Value = at.UnixMilli(), float64((i*7+round*31)%1000)/1000
			}
			if err := store.Append(b.Context(), part); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := store.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	return store
}

// BenchmarkChartsFromStore reads and encodes all charts of many machines over the last hour from a real store: of 1,000
// with a sample every 10 seconds, of 10,000 with one a minute.
func BenchmarkChartsFromStore(b *testing.B) {
	for _, size := range []struct {
		hosts    int
		interval time.Duration
	}{{1000, 10 * time.Second}, {10_000, time.Minute}} {
		b.Run(fmt.Sprint(size.hosts), func(b *testing.B) {
			snap, now := viewtest.NewFleet(b, size.hosts, 0).Inventory.Snapshot(), time.Now().Truncate(time.Minute)
			store := fill(b, snap, now, size.interval)
			var written count
			b.ReportAllocs()
			for b.Loop() {
				written = 0
				if err := PlanCharts(Request{Snapshot: snap, Now: now, Span: time.Hour}).Write(b.Context(), store, &written); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(written)/1e6, "MB")
		})
	}
}
