package rollup

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// An order says which block a tier is to make.
type order struct {
	window Window
	from   origin
	// replaced are the blocks that the new one stands for. They cover no time that the new one does not.
	replaced []*tsdb.Block
	// fill writes all symbols and series.
	fill func(w *blockWriter) error
}

// make writes a block and puts it in the place of others. Nothing is changed when it fails. It reports whether there was
// anything to write.
func (t *Tier) make(ctx context.Context, o order) (made bool, err error) {
	w, err := newBlockWriter(ctx, t.opts.Dir, o.window)
	if err != nil {
		return false, err
	}
	if err := o.fill(w); err != nil {
		return false, errors.Join(err, w.abort())
	}
	if w.meta.Stats.NumSamples == 0 {
		return false, w.abort()
	}
	for _, b := range o.replaced {
		meta := b.Meta()
		o.from.replaces = append(o.from.replaces, tsdb.BlockDesc{ULID: meta.ULID, MinTime: meta.MinTime, MaxTime: meta.MaxTime})
	}
	dir, err := w.commit(o.from)
	if err != nil {
		return false, err
	}
	return true, t.adopt(dir, o.replaced)
}

// A summer sums the series of one window up. It goes through them metric by metric: what it holds at a time are the
// encoded buckets of one metric.
type summer struct {
	tier    *Tier
	window  Window
	querier storage.ChunkQuerier
	// read visits the series of one metric.
	read func(ctx context.Context, metric string, visit Visit) error

	chunkers [4]chunker // one for each aggregate, used again
	all      []summed   // of one metric, used again
}

// summed is one series with its aggregates.
type summed struct {
	labels  labels.Labels
	chunked []chunks.Meta
}

// fill writes the sums to a block.
func (s *summer) fill(ctx context.Context, w *blockWriter) error {
	names, symbols, err := s.vocabulary(ctx)
	if err != nil {
		return err
	}
	if err := w.addSymbols(symbols); err != nil {
		return err
	}
	if sortsBeforeName(symbols) {
		// Labels are sorted by name, and so are series by their first label: those that have one before the metric's name
		// come before all others.
		if err := s.write(ctx, w, names, true); err != nil {
			return err
		}
	}
	for i := range names {
		if err := s.write(ctx, w, names[i:i+1], false); err != nil {
			return err
		}
	}
	return nil
}

// sortsBeforeName reports whether there may be a label whose name comes before that of the metric's name.
func sortsBeforeName(symbols []string) bool {
	return slices.ContainsFunc(symbols, func(s string) bool { return s != "" && s[0] < model.MetricNameLabel[0] })
}

// vocabulary returns the metrics and all strings in labels, sorted.
func (s *summer) vocabulary(ctx context.Context) (names, symbols []string, err error) {
	labelNames, _, err := s.querier.LabelNames(ctx, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("list labels: %w", err)
	}
	seen := map[string]struct{}{LabelAggregate: {}}
	for _, kind := range append(gaugeAggregates(), counterAggregates()...) {
		seen[kind] = struct{}{}
	}
	for _, name := range labelNames {
		values, _, err := s.querier.LabelValues(ctx, name, nil)
		if err != nil {
			return nil, nil, fmt.Errorf("list values of a label: %w", err)
		}
		if name == model.MetricNameLabel {
			names = slices.Clone(values)
		}
		seen[name] = struct{}{}
		for _, v := range values {
			seen[v] = struct{}{}
		}
	}
	for symbol := range seen {
		symbols = append(symbols, symbol)
	}
	slices.Sort(names)
	slices.Sort(symbols)
	return names, symbols, nil
}

// write writes those series of some metrics whose labels sort before the metric's name, or all the others.
func (s *summer) write(ctx context.Context, w *blockWriter, names []string, early bool) error {
	s.all = s.all[:0]
	for _, name := range names {
		err := s.read(ctx, name, func(lset labels.Labels, points []Point, problem error) error {
			if problem != nil {
				s.tier.opts.Logger.Warn("a damaged series is summed up in part", "metric", name, "error", problem)
			}
			if isEarly(lset) != early {
				return nil
			}
			return s.sum(name, lset, points)
		})
		if err != nil {
			return err
		}
	}
	slices.SortFunc(s.all, func(a, b summed) int { return labels.Compare(a.labels, b.labels) })
	for _, one := range s.all {
		if err := w.add(one.labels, one.chunked); err != nil {
			return err
		}
	}
	clear(s.all)
	return nil
}

func isEarly(lset labels.Labels) bool {
	early, first := false, true
	lset.Range(func(l labels.Label) {
		if first {
			early, first = l.Name < model.MetricNameLabel, false
		}
	})
	return early
}

func withAggregate(lset labels.Labels, kind string) labels.Labels {
	b := labels.NewBuilder(lset)
	b.Set(LabelAggregate, kind)
	return b.Labels()
}

// sum sums the points of one series up and encodes each aggregate by itself.
func (s *summer) sum(name string, lset labels.Labels, points []Point) error {
	if len(points) == 0 {
		return nil
	}
	kinds := aggregatesOf(name)
	var problem error
	a := accumulator{resolution: s.tier.resolution, counter: IsCounter(name), round: s.tier.rounding(name)}
	a.emit = func(p Point) {
		values := [...]float64{p.Avg, p.Count, p.Max, p.Min}
		for i := range kinds {
			problem = errors.Join(problem, s.chunkers[i].append(p.At, values[i]))
		}
	}
	for _, p := range points {
		a.add(p)
	}
	a.flush()
	for i, kind := range kinds {
		metas, err := s.chunkers[i].take()
		problem = errors.Join(problem, err)
		s.all = append(s.all, summed{withAggregate(lset, kind), metas})
	}
	return problem
}

func (t *Tier) rounding(metric string) func(float64) float64 {
	if t.opts.Round != nil {
		if round := t.opts.Round(metric); round != nil {
			return round
		}
	}
	return func(v float64) float64 { return v }
}

// readRaw visits the plain samples of one metric as points.
func readRaw(q storage.ChunkQuerier, window Window) func(context.Context, string, Visit) error {
	return func(ctx context.Context, metric string, visit Visit) error {
		hints := &storage.SelectHints{Start: window.From, End: window.To - 1, DisableTrimming: true}
		set := q.Select(ctx, true, hints, nameMatcher(metric))
		reader := zipper{window: window}
		for set.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			problem := reader.read([]storage.ChunkSeriesSet{set})
			if err := visit(set.At().Labels(), reader.points, problem); err != nil {
				return err
			}
		}
		if err := set.Err(); err != nil {
			return fmt.Errorf("select samples: %w", err)
		}
		return nil
	}
}

// readTier visits the buckets of one metric of a finer tier.
func readTier(q storage.ChunkQuerier, window Window) func(context.Context, string, Visit) error {
	return func(ctx context.Context, metric string, visit Visit) error {
		r := Range{Window: window, Counters: IsCounter(metric), Matchers: []*labels.Matcher{nameMatcher(metric)}}
		return readAggregates(ctx, q, r, visit)
	}
}

func nameMatcher(metric string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, metric)
}

// copySeries writes all series of blocks whose windows follow each other to one block, one series at a time. Chunks are
// filled up: those of short windows are too small to be worth their place in the index.
func copySeries(ctx context.Context, q storage.ChunkQuerier, w *blockWriter) error {
	symbols := &summer{querier: q}
	_, all, err := symbols.vocabulary(ctx)
	if err != nil {
		return err
	}
	if err := w.addSymbols(all); err != nil {
		return err
	}
	hints := &storage.SelectHints{Start: math.MinInt64, End: math.MaxInt64, DisableTrimming: true}
	set := q.Select(ctx, true, hints, labels.MustNewMatcher(labels.MatchNotEqual, model.MetricNameLabel, ""))
	copier := copier{}
	for set.Next() {
		metas, err := copier.refill(set.At())
		if err != nil {
			return err
		}
		if err := w.add(set.At().Labels(), metas); err != nil {
			return err
		}
	}
	if err := set.Err(); err != nil {
		return fmt.Errorf("select aggregates: %w", err)
	}
	return nil
}

// A copier fills chunks up.
type copier struct {
	chunkIt chunks.Iterator
	it      chunkenc.Iterator
	to      chunker
}

func (c *copier) refill(series storage.ChunkSeries) ([]chunks.Meta, error) {
	c.chunkIt = series.Iterator(c.chunkIt)
	for c.chunkIt.Next() {
		c.it = c.chunkIt.At().Chunk.Iterator(c.it)
		for c.it.Next() == chunkenc.ValFloat {
			if err := c.to.append(c.it.At()); err != nil {
				return nil, err
			}
		}
		if err := c.it.Err(); err != nil {
			return nil, fmt.Errorf("read chunk: %w", err)
		}
	}
	if err := c.chunkIt.Err(); err != nil {
		return nil, fmt.Errorf("read chunks: %w", err)
	}
	return c.to.take()
}
