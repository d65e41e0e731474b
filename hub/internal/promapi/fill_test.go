package promapi_test

import (
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

const (
	step = 15 * time.Second
	back = 2 * time.Hour
)

// fill is a store with two hours of samples that end shortly before end. No sample lies on a whole second: whether a
// range has the sample at its very beginning differs between versions of Prometheus.
type fill struct {
	*metrics.Store
	dir     string
	end     time.Time
	samples int
}

func newFill(t testing.TB) *fill {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "metrics")
	store, err := metrics.Open(metrics.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = store.Run(t.Context()) })
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	f := &fill{Store: store, dir: dir, end: time.Now().Truncate(time.Minute)}
	f.write(t)
	return f
}

// write stores series that differ in kind, shape and how late they come.
func (f *fill) write(t testing.TB) {
	t.Helper()
	for i := range 5 {
		id := fmt.Sprintf("lab/vm/%d", 100+i)
		wave := func(n int) float64 { return 0.5 + 0.4*math.Sin(float64(n)/20+float64(i)) }
		f.series(t, metrics.Series{Name: metrics.CPUUsageRatio, Resource: id, Kind: "vm"}, wave)
		f.series(t, metrics.Series{Name: metrics.MemoryUsedBytes, Resource: id, Kind: "vm"}, func(n int) float64 { return 1e9 * (1 + wave(n)) })
		f.series(t, metrics.Series{Name: "pulse_reads_total", Resource: id, Kind: "vm"}, func(n int) float64 { return float64(n % 200 * (i + 1)) })
	}
	for _, sensor := range []string{"cpu", "nvme0", `odd "name"\`} {
		f.series(t, metrics.Series{
			Name: metrics.TemperatureCelsius, Resource: "lab/node/pve1", Kind: "node", Extra: []metrics.Label{{Name: metrics.LabelSensor, Value: sensor}},
		}, func(n int) float64 { return 40 + float64(n%13) })
	}
	f.series(t, metrics.Series{Name: metrics.Up, Resource: "lab/node/pve1", Kind: "node"}, func(n int) float64 { return float64(n / 100 % 2) })
	// Every second sample of this one comes after all the others.
	late := metrics.Series{Name: metrics.DiskUsedBytes, Resource: "lab/storage/tank", Kind: "storage"}
	grow := func(n int) float64 { return 5e11 + float64(n)*1e7 }
	f.some(t, late, grow, func(n int) bool { return n%2 == 1 })
	f.some(t, late, grow, func(n int) bool { return n%2 == 0 })
}

func (f *fill) series(t testing.TB, series metrics.Series, value func(n int) float64) {
	t.Helper()
	f.some(t, series, value, func(int) bool { return true })
}

func (f *fill) some(t testing.TB, series metrics.Series, value func(n int) float64, wanted func(n int) bool) {
	t.Helper()
	handle, err := f.Intern(series)
	if err != nil {
		t.Fatal(err)
	}
	var batch []metrics.Sample
	start := f.end.Add(-back).Add(7123 * time.Millisecond)
	for n := range int(back / step) {
		if wanted(n) {
			batch = append(batch, metrics.Sample{Series: handle, At: start.Add(time.Duration(n) * step).UnixMilli(), Value: value(n)})
		}
	}
	if err := f.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if err := f.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.samples += len(batch)
}
