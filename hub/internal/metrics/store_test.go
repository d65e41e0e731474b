package metrics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// openTest opens a store that is closed with the test.
func openTest(t testing.TB, opts Options) *Store {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	s, err := Open(opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// runTest runs a store until the test ends.
func runTest(t testing.TB, s *Store) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() {
		// Closing can come first, when a test has nothing to write.
		if err := s.Run(context.Background()); err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		wg.Wait()
	})
}

func mustIntern(t testing.TB, s *Store, series Series) *Handle {
	t.Helper()
	h, err := s.Intern(series)
	if err != nil {
		t.Fatalf("intern %+v: %v", series, err)
	}
	return h
}

func mustAppend(t testing.TB, s *Store, batch ...Sample) {
	t.Helper()
	if err := s.Append(t.Context(), batch); err != nil {
		t.Fatalf("append: %v", err)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatalf("flush: %v", err)
	}
}

func mustSelect(t testing.TB, s *Store, q Query) []Result {
	t.Helper()
	results, err := s.Select(t.Context(), q)
	if err != nil {
		t.Fatalf("select %+v: %v", q, err)
	}
	return results
}

func TestSelectFilters(t *testing.T) {
	s := openTest(t, Options{})
	runTest(t, s)
	now := time.Now().UnixMilli()
	all := []Series{
		{Name: CPUUsageRatio, Resource: "n1", Kind: "node"},
		{Name: CPUUsageRatio, Resource: "v1", Kind: "vm"},
		{Name: CPUUsageRatio, Resource: "v.", Kind: "vm"},
		{Name: TemperatureCelsius, Resource: "n1", Kind: "node", Extra: []Label{{LabelSensor, "cpu"}}},
		{Name: TemperatureCelsius, Resource: "n1", Kind: "node", Extra: []Label{{LabelSensor, "disk"}}},
		{Name: Up, Resource: "bare"},
	}
	for _, series := range all {
		mustAppend(t, s, Sample{Series: mustIntern(t, s, series), At: now, Value: 1})
	}
	tests := []struct {
		name  string
		query Query
		want  []int // into all
	}{
		{"one name", Query{Names: []string{CPUUsageRatio}}, []int{0, 2, 1}},
		{"kind", Query{Names: []string{CPUUsageRatio}, Kinds: []string{"vm"}}, []int{2, 1}},
		{"resources are not patterns", Query{Names: []string{CPUUsageRatio}, Resources: []string{"v.", "x"}}, []int{2}},
		{"several names and resources", Query{Names: []string{CPUUsageRatio, TemperatureCelsius}, Resources: []string{"n1", "v1"}}, []int{0, 1, 3, 4}},
		{"extra label", Query{Names: []string{TemperatureCelsius}, Extra: []Label{{LabelSensor, "disk"}}}, []int{4}},
		{"without kind", Query{Names: []string{Up}}, []int{5}},
		{"nothing", Query{Names: []string{"pulse_other"}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.query.From, tt.query.To = now-1000, now
			var got, want []Series
			for _, r := range mustSelect(t, s, tt.query) {
				got = append(got, r.Series)
			}
			for _, i := range tt.want {
				want = append(want, all[i])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("series (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSelectRefusesBadQueries(t *testing.T) {
	s := openTest(t, Options{MaxPoints: 3})
	runTest(t, s)
	now := time.Now().UnixMilli()
	h := mustIntern(t, s, Series{Name: Up, Resource: "r"})
	for i := range int64(5) {
		mustAppend(t, s, Sample{h, now - i*1000, 1})
	}
	tests := []struct {
		name  string
		query Query
		want  error
	}{
		{"no names", Query{From: 1, To: 2}, ErrBadQuery},
		{"backwards", Query{Names: []string{Up}, From: 2, To: 1}, ErrBadQuery},
		{"negative step", Query{Names: []string{Up}, From: 1, To: 2, Step: -1}, ErrBadQuery},
		{"too many points", Query{Names: []string{Up}, From: 1, To: now}, ErrTooManyPoints},
		{"few buckets", Query{Names: []string{Up}, From: 1, To: now, Step: 3_600_000}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := s.Select(t.Context(), tt.query); !errors.Is(err, tt.want) {
				t.Errorf("Select(%+v) = %v, want %v", tt.query, err, tt.want)
			}
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Select(ended, Query{Names: []string{Up}, To: now}); !errors.Is(err, context.Canceled) {
		t.Errorf("Select with an ended context = %v, want %v", err, context.Canceled)
	}
}

func TestRejectedSamplesAreCountedAndAlone(t *testing.T) {
	s := openTest(t, Options{Retention: 48 * time.Hour})
	runTest(t, s)
	now := time.Now().UnixMilli()
	h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
	const hour = int64(time.Hour / time.Millisecond)
	mustAppend(t, s, Sample{h, now, 1})
	mustAppend(t, s,
		Sample{h, now + 1, 2},
		Sample{h, now + 2, math.NaN()},
		Sample{h, now + 3, math.Inf(-1)},
		Sample{h, now + hour, 3},
		Sample{h, now - 72*hour, 4}, // beyond retention
		Sample{h, now - 25*hour, 5}, // beyond the out-of-order window
		Sample{h, -5, 6},
		Sample{h, now, 9}, // another value
		Sample{h, now, 1}, // the same value
		Sample{nil, now, 7},
		Sample{h, now - hour, 8},
	)
	stats := s.Stats()
	want := Rejections{NotFinite: 2, Future: 1, TooOld: 3, Conflict: 1, Invalid: 1}
	if diff := cmp.Diff(want, stats.Rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	if stats.Appended != 4 || stats.Series != 1 || stats.LastAppend.IsZero() || stats.DiskBytes == 0 {
		t.Errorf("stats = %+v, want 4 appended in 1 series", stats)
	}
	got := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: 0, To: now + 2*hour})
	points := []Point{{now - hour, 8, 8, 8}, {now, 1, 1, 1}, {now + 1, 2, 2, 2}}
	if len(got) != 1 || !cmp.Equal(points, got[0].Points) {
		t.Errorf("stored = %+v, want %+v", got, points)
	}
}

// TestAgainstModel does random things to a store and to a map, and compares what both answer.
func TestAgainstModel(t *testing.T) {
	const (
		seriesCount = 5
		rounds      = 400
		span        = int64(10 * time.Hour / time.Millisecond)
	)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	base := time.Now().UnixMilli() - span
	model := make(map[string]map[int64]float64)
	s, stop := startModelStore(t, dir)
	newest := base
	for round := range rounds {
		switch op := rng.IntN(40); {
		case op == 0:
			stop()
			s, stop = startModelStore(t, dir)
		case op == 1:
			if err := s.compact(t.Context()); err != nil {
				t.Fatalf("round %d: compact: %v", round, err)
			}
		case op == 2:
			if err := s.db.CompactOOOHead(t.Context()); err != nil {
				t.Fatalf("round %d: compact late samples: %v", round, err)
			}
		case op < 25:
			newest = min(newest+rng.Int64N(span/100), base+span)
			modelAppend(t, rng, s, model, base, newest, seriesCount)
		default:
			modelCompare(t, rng, s, model, base, span)
		}
	}
	modelCompare(t, rng, s, model, base, span)
	stop()
}

func startModelStore(t *testing.T, dir string) (s *Store, stop func()) {
	t.Helper()
	s, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		// Closing can come first, when a test has nothing to write.
		if err := s.Run(context.Background()); err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("run: %v", err)
		}
	})
	return s, func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		wg.Wait()
	}
}

func modelAppend(t *testing.T, rng *rand.Rand, s *Store, model map[string]map[int64]float64, base, newest int64, seriesCount int) {
	t.Helper()
	var batch []Sample
	for range 1 + rng.IntN(60) {
		resource := fmt.Sprint("r", rng.IntN(seriesCount))
		if model[resource] == nil {
			model[resource] = make(map[int64]float64)
		}
		at := newest - rng.Int64N(2000)
		if rng.IntN(5) == 0 { // late
			at = base + rng.Int64N(newest-base+1)
		}
		value, known := model[resource][at]
		if !known {
			value = float64(rng.IntN(1000))
		}
		model[resource][at] = value
		batch = append(batch, Sample{mustIntern(t, s, Series{Name: modelGauge, Resource: resource}), at, value})
	}
	mustAppend(t, s, batch...)
	if r := s.Stats().Rejected; r.Total() != 0 {
		t.Fatalf("rejected %+v", r)
	}
}

func modelCompare(t *testing.T, rng *rand.Rand, s *Store, model map[string]map[int64]float64, base, span int64) {
	t.Helper()
	q := Query{Names: []string{modelGauge}, From: base + rng.Int64N(span), Step: []int64{0, 1, 1000, 7001, 60_000, 3_600_000}[rng.IntN(6)]}
	q.To = q.From + rng.Int64N(span)
	got := make(map[string][]Point)
	for _, r := range mustSelect(t, s, q) {
		got[r.Resource] = r.Points
	}
	want := make(map[string][]Point)
	for resource, samples := range model {
		if points := modelSelect(samples, q); len(points) > 0 {
			want[resource] = points
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Fatalf("select %+v (-want +got):\n%s", q, diff)
	}
}

// modelSelect is the contract of Select in its plainest form.
func modelSelect(samples map[int64]float64, q Query) []Point {
	buckets := make(map[int64][]float64)
	for at, v := range samples {
		start, from := at, q.From
		if q.Step > 0 {
			start, from = at-at%q.Step, q.From-q.From%q.Step
		}
		if at >= from && at <= q.To {
			buckets[start] = append(buckets[start], v)
		}
	}
	var points []Point
	for start, values := range buckets {
		p := Point{At: start, Min: math.Inf(1), Max: math.Inf(-1)}
		for _, v := range values {
			p.Avg += v
			p.Min, p.Max = min(p.Min, v), max(p.Max, v)
		}
		p.Avg /= float64(len(values))
		points = append(points, p)
	}
	sortPoints(points)
	return points
}
