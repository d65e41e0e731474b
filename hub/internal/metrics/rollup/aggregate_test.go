package rollup

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

func sample(at int64, v float64) Point { return Point{At: at, Avg: v, Min: v, Max: v, Count: 1} }

func TestBuckets(t *testing.T) {
	half := func(v float64) float64 { return float64(int(v*2)) / 2 }
	tests := []struct {
		name    string
		counter bool
		round   func(float64) float64
		in      []Point
		want    []Point
	}{
		{"nothing", false, nil, nil, nil},
		{"samples", false, nil,
			[]Point{sample(1, 2), sample(9, 4), sample(10, 7), sample(35, 1)},
			[]Point{{0, 3, 2, 4, 2}, {10, 7, 7, 7, 1}, {30, 1, 1, 1, 1}}},
		{"before the epoch", false, nil, []Point{sample(-1, 5), sample(0, 6)}, []Point{{-10, 5, 5, 5, 1}, {0, 6, 6, 6, 1}}},
		{"sums of unequal numbers", false, nil,
			[]Point{{0, 10, 1, 20, 3}, {5, 2, -4, 2, 1}},
			[]Point{{0, 8, -4, 20, 4}}},
		{"rounded averages, exact extremes", false, half,
			[]Point{sample(1, 1.25), sample(2, 1.2)},
			[]Point{{0, 1, 1.2, 1.25, 2}}},
		{"a counter that begins again", true, nil,
			[]Point{sample(1, 100), sample(2, 3), sample(11, 4)},
			[]Point{{0, 3, 3, 3, 1}, {10, 4, 4, 4, 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []Point
			a := accumulator{resolution: 10, counter: tt.counter, round: tt.round, emit: func(p Point) { got = append(got, p) }}
			if a.round == nil {
				a.round = func(v float64) float64 { return v }
			}
			for _, p := range tt.in {
				a.add(p)
			}
			a.flush()
			a.flush()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("buckets (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChunksHoldWhatWasAppended(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var c chunker
	for _, n := range []int{0, 1, maxChunkSamples, maxChunkSamples + 1, 1000} { // with the same memory
		var want, got []Point
		for i := range n {
			want = append(want, sample(int64(i)*300_000, rng.NormFloat64()))
			if err := c.append(want[i].At, want[i].Avg); err != nil {
				t.Fatal(err)
			}
		}
		metas, err := c.take()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range metas {
			it := m.Chunk.Iterator(nil)
			first := len(got)
			for it.Next() == chunkenc.ValFloat {
				got = append(got, sample(it.At()))
			}
			if m.MinTime != got[first].At || m.MaxTime != got[len(got)-1].At || len(got)-first > maxChunkSamples {
				t.Errorf("%d samples: a chunk of %d says %d to %d", n, len(got)-first, m.MinTime, m.MaxTime)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d samples (-want +got):\n%s", n, diff)
		}
	}
}

func TestCountersAreKnownByTheirName(t *testing.T) {
	for name, want := range map[string]bool{"pulse_events_total": true, "pulse_disk_total_bytes": false, "pulse_up": false, "total": false} {
		if got := IsCounter(name); got != want {
			t.Errorf("IsCounter(%q) = %v, want %v", name, got, want)
		}
	}
}
