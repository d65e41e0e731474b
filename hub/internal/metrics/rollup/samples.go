package rollup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"
)

// Samples reads the buckets of a window as if they were samples, the way PromQL wants them. All samples are in the window.
//
// A bucket becomes some samples of the same value at even distances, the last one at the bucket's last millisecond, so
// that whoever looks back from a moment finds one. How many there are follows from the hints: as many as a range needs
// to be covered and a rate to be worked out, no more. The value of a gauge is the average, for max_over_time and
// min_over_time the maximum and the minimum; for sum_over_time and count_over_time samples add up to what the original
// ones did. A counter rises evenly from the last value of a bucket to that of the next.
func (t *Tier) Samples(window Window) (storage.Querier, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		return nil, ErrClosed
	}
	// The bucket that a window begins in, and the one before that, from which a counter rises.
	from := window.From - 2*t.resolution
	var queriers []storage.Querier
	for _, b := range t.blocks {
		if meta := b.Meta(); !(Window{from, window.To}).overlaps(meta.MinTime, meta.MaxTime) {
			continue
		}
		q, err := tsdb.NewBlockQuerier(b, from, window.To-1)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open block of a tier: %w", err), closeQueriers(queriers))
		}
		queriers = append(queriers, q)
	}
	merged := storage.NewMergeQuerier(queriers, nil, storage.ChainedSeriesMerge)
	return &sampleQuerier{Querier: merged, window: window, resolution: t.resolution}, nil
}

func closeQueriers(queriers []storage.Querier) error {
	var problems []error
	for _, q := range queriers {
		problems = append(problems, q.Close())
	}
	return errors.Join(problems...)
}

// A sampleQuerier hides from those who read samples that there are aggregates. Its Querier reads what is stored.
type sampleQuerier struct {
	storage.Querier
	window     Window
	resolution int64
}

// LabelValues is part of storage.Querier.
func (q *sampleQuerier) LabelValues(ctx context.Context, name string, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	matchers, some := plainMatchers(matchers)
	if name == LabelAggregate || !some {
		return nil, nil, nil
	}
	return q.Querier.LabelValues(ctx, name, hints, matchers...)
}

// LabelNames is part of storage.Querier.
func (q *sampleQuerier) LabelNames(ctx context.Context, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	matchers, some := plainMatchers(matchers)
	if !some {
		return nil, nil, nil
	}
	// The one that is hidden must not count against the limit, which cuts off what sorts last.
	if hints != nil && hints.Limit > 0 {
		hints = &storage.LabelHints{Limit: hints.Limit + 1}
	}
	names, notes, err := q.Querier.LabelNames(ctx, hints, matchers...)
	return slices.DeleteFunc(names, func(name string) bool { return name == LabelAggregate }), notes, err
}

// Select is part of storage.Querier.
func (q *sampleQuerier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	matchers, some := plainMatchers(matchers)
	if !some {
		return storage.EmptySeriesSet()
	}
	if hints == nil {
		hints = &storage.SelectHints{Start: q.window.From, End: q.window.To - 1}
	}
	shape := shapeFor(hints, q.window, q.resolution)
	inner := *hints
	inner.Start = max(hints.Start, q.window.From) - 2*q.resolution
	inner.End = min(hints.End, q.window.To-1)
	inner.DisableTrimming = true // what is outside is skipped anyway
	set := &sampleSet{shape: shape}
	set.SeriesSet = q.Querier.Select(ctx, sorted || shape.weighs(), &inner, ofAggregate(matchers, shape.aggregate)...)
	if shape.weighs() {
		set.counts = q.Querier.Select(ctx, true, &inner, ofAggregate(matchers, AggregateCount)...)
	}
	return set
}

// ofAggregate selects one stored series for each original one: of a gauge the aggregate, of a counter the only one.
func ofAggregate(matchers []*labels.Matcher, aggregate string) []*labels.Matcher {
	kind := labels.MustNewMatcher(labels.MatchRegexp, LabelAggregate, aggregate+"|"+AggregateLast)
	return append(slices.Clone(matchers), kind)
}

// plainMatchers takes those away that speak of the label for the aggregate, which samples do not have. It reports
// whether any samples can match.
func plainMatchers(matchers []*labels.Matcher) (plain []*labels.Matcher, some bool) {
	for _, m := range matchers {
		if m.Name != LabelAggregate {
			plain = append(plain, m)
			continue
		}
		if !m.Matches("") {
			return nil, false
		}
	}
	return plain, true
}

// A sampleSet turns stored series into series of samples.
type sampleSet struct {
	storage.SeriesSet
	counts   storage.SeriesSet // of the same series, nil when they do not matter
	shape    shape
	stripped labels.ScratchBuilder
	err      error
}

// Next is part of storage.SeriesSet.
func (s *sampleSet) Next() bool {
	if s.err != nil || !s.SeriesSet.Next() {
		return false
	}
	if s.counts != nil && !s.counts.Next() {
		s.err = errors.Join(ErrDamaged, s.counts.Err())
		return false
	}
	return true
}

// At is part of storage.SeriesSet.
func (s *sampleSet) At() storage.Series {
	stored := s.SeriesSet.At()
	one := &sampleSeries{stored: stored, labels: withoutAggregate(&s.stripped, stored.Labels()), shape: s.shape}
	one.counter = stored.Labels().Get(LabelAggregate) == AggregateLast
	if s.counts != nil && !one.counter {
		one.counts = s.counts.At()
	}
	return one
}

// Err is part of storage.SeriesSet.
func (s *sampleSet) Err() error { return errors.Join(s.err, s.SeriesSet.Err()) }

// A sampleSeries is one series of samples.
type sampleSeries struct {
	stored  storage.Series
	counts  storage.Series // nil when they do not matter
	labels  labels.Labels
	shape   shape
	counter bool
}

// Labels is part of storage.Series.
func (s *sampleSeries) Labels() labels.Labels { return s.labels }

// Iterator is part of storage.Series.
func (s *sampleSeries) Iterator(used chunkenc.Iterator) chunkenc.Iterator {
	it, ok := used.(*sampleIterator)
	if !ok {
		it = &sampleIterator{}
	}
	*it = sampleIterator{shape: s.shape, counter: s.counter, buckets: s.stored.Iterator(it.buckets), counts: it.counts}
	if s.counts == nil {
		it.counts = nil
		return it
	}
	it.counts = s.counts.Iterator(it.counts)
	return it
}
