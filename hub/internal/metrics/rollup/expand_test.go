package rollup

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

type moment struct {
	At    int64
	Value float64
}

// The methods are part of chunks.Sample.
func (s moment) ST() int64                     { return 0 }
func (s moment) T() int64                      { return s.At }
func (s moment) F() float64                    { return s.Value }
func (s moment) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s moment) H() *histogram.Histogram       { return nil }
func (s moment) FH() *histogram.FloatHistogram { return nil }
func (s moment) Copy() chunks.Sample           { return s }

// storedAs makes a stored series of starts of buckets and values.
func storedAs(kind string, samples ...moment) storage.Series {
	all := make([]chunks.Sample, len(samples))
	for i, s := range samples {
		all[i] = s
	}
	return storage.NewListSeries(labels.FromStrings(LabelAggregate, kind), all)
}

func drain(it chunkenc.Iterator) (all []moment) {
	for it.Next() == chunkenc.ValFloat {
		at, v := it.At()
		all = append(all, moment{at, v})
	}
	return all
}

func TestSamplesOfBuckets(t *testing.T) {
	everything := Window{-1000, 1000}
	gauge := storedAs(AggregateAvg, moment{0, 6}, moment{10, 8}, moment{30, 4})
	counter := storedAs(AggregateLast, moment{0, 6}, moment{10, 8}, moment{20, 4}, moment{40, 10})
	counts := storedAs(AggregateCount, moment{0, 3}, moment{10, 1}, moment{30, 2})
	for _, tt := range []struct {
		name   string
		series sampleSeries
		want   []moment
	}{
		{"one at the end", sampleSeries{stored: gauge, shape: shape{window: everything, parts: 1}},
			[]moment{{9, 6}, {19, 8}, {39, 4}}},
		{"two", sampleSeries{stored: gauge, shape: shape{window: everything, parts: 2}},
			[]moment{{4, 6}, {9, 6}, {14, 8}, {19, 8}, {34, 4}, {39, 4}}},
		{"three, which do not divide", sampleSeries{stored: gauge, shape: shape{window: Window{0, 10}, parts: 3}},
			[]moment{{2, 6}, {5, 6}, {9, 6}}},
		{"of a window", sampleSeries{stored: gauge, shape: shape{window: Window{5, 19}, parts: 2}},
			[]moment{{9, 6}, {14, 8}}},
		{"as many as there were", sampleSeries{stored: gauge, counts: counts, shape: shape{window: everything, parts: 2, count: true}},
			[]moment{{2, 6}, {5, 6}, {9, 6}, {19, 8}, {34, 4}, {39, 4}}},
		{"of the same sum", sampleSeries{stored: gauge, counts: counts, shape: shape{window: everything, parts: 2, sum: true}},
			[]moment{{4, 9}, {9, 9}, {14, 4}, {19, 4}, {34, 4}, {39, 4}}},
		{"a counter rises, begins anew, and rises unseen", sampleSeries{stored: counter, counter: true, shape: shape{window: everything, parts: 2}},
			[]moment{{4, 6}, {9, 6}, {14, 7}, {19, 8}, {24, 2}, {29, 4}, {44, 10}, {49, 10}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.series.shape.resolution = 10
			it := tt.series.Iterator(nil)
			if diff := cmp.Diff(tt.want, drain(it)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, drain(tt.series.Iterator(it))); diff != "" {
				t.Errorf("with an iterator that was used (-want +got):\n%s", diff)
			}
			if it.Err() != nil || it.Next() != chunkenc.ValNone || it.Seek(0) != chunkenc.ValNone {
				t.Errorf("there is more after the end, or %v", it.Err())
			}
			seekLikeWalk(t, tt.series, tt.want)
		})
	}
}

// seekLikeWalk jumps about and expects what a walk has found.
func seekLikeWalk(t *testing.T, series sampleSeries, want []moment) {
	t.Helper()
	for range 200 {
		it, at, i := series.Iterator(nil), int64(-10), 0
		for i < len(want) {
			at += rand.Int64N(15)
			for i < len(want) && want[i].At < at {
				i++
			}
			found := it.Seek(at)
			if i == len(want) {
				if found != chunkenc.ValNone {
					t.Fatalf("seek to %d finds %d, want the end", at, it.AtT())
				}
				break
			}
			time, value := it.At()
			if found != chunkenc.ValFloat || (moment{time, value}) != want[i] {
				t.Fatalf("seek to %d finds %v at %d, want %v", at, value, time, want[i])
			}
			if rand.IntN(3) == 0 && i+1 < len(want) {
				i++
				at = want[i].At
				if it.Next() != chunkenc.ValFloat || it.AtT() != at {
					t.Fatalf("next finds %d, want %d", it.AtT(), at)
				}
			}
		}
	}
}

func TestCountsThatDoNotMatchAreTold(t *testing.T) {
	series := sampleSeries{
		stored: storedAs(AggregateAvg, moment{0, 6}, moment{10, 8}), counts: storedAs(AggregateCount, moment{0, 3}),
		shape: shape{window: Window{0, 100}, resolution: 10, parts: 1, sum: true},
	}
	it := series.Iterator(nil)
	if got := drain(it); len(got) != 1 || it.Err() == nil {
		t.Errorf("got %v and %v, want one sample and an error", got, it.Err())
	}
}

func TestShapesFollowHints(t *testing.T) {
	const minute, hour = 60_000, 3_600_000
	for _, tt := range []struct {
		hints      storage.SelectHints
		resolution int64
		want       shape
	}{
		{storage.SelectHints{}, 5 * minute, shape{aggregate: AggregateAvg, parts: 5}},
		{storage.SelectHints{Func: "max"}, hour, shape{aggregate: AggregateAvg, parts: 60}},
		{storage.SelectHints{Func: "max_over_time"}, hour, shape{aggregate: AggregateAvg, parts: 60}},
		{storage.SelectHints{Func: "max_over_time", Range: hour}, hour, shape{aggregate: AggregateMax, parts: 10}},
		{storage.SelectHints{Func: "min_over_time", Range: 24 * hour}, hour, shape{aggregate: AggregateMin, parts: 1}},
		{storage.SelectHints{Func: "rate", Range: 5 * minute}, 5 * minute, shape{aggregate: AggregateAvg, parts: 10}},
		{storage.SelectHints{Func: "rate", Range: 1}, 5 * minute, shape{aggregate: AggregateAvg, parts: 60}},
		{storage.SelectHints{Func: "sum_over_time", Range: 3 * hour}, hour, shape{aggregate: AggregateAvg, parts: 4, sum: true}},
		{storage.SelectHints{Func: "count_over_time", Range: 10 * hour}, hour, shape{aggregate: AggregateAvg, parts: 1, count: true}},
	} {
		tt.want.resolution = tt.resolution
		if got := shapeFor(&tt.hints, Window{}, tt.resolution); got != tt.want {
			t.Errorf("%+v of %d: %+v, want %+v", tt.hints, tt.resolution, got, tt.want)
		}
	}
}

// BenchmarkSamplesOfBuckets walks through a month of sums of five minutes, as one moment each minute.
func BenchmarkSamplesOfBuckets(b *testing.B) {
	const resolution, buckets = 300_000, 30 * 288
	stored := make([]moment, buckets)
	for i := range stored {
		stored[i] = moment{int64(i) * resolution, float64(i % 97)}
	}
	series := sampleSeries{
		stored: storedAs(AggregateAvg, stored...),
		shape:  shape{window: Window{0, buckets * resolution}, resolution: resolution, parts: 5},
	}
	var it chunkenc.Iterator
	b.ReportAllocs()
	for b.Loop() {
		it = series.Iterator(it)
		for it.Next() == chunkenc.ValFloat {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(buckets*5), "ns/sample")
}
