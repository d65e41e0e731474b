package metrics

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/pulse-hub/pulse/hub/internal/metrics/rollup"
)

// A gatherer puts together what is read of series in several segments. Segments come in order of time.
type gatherer struct {
	reader reader
	series map[string]*gathered // by what labels are as bytes
	key    []byte
}

// gathered is one series.
type gathered struct {
	labels     labels.Labels
	bucketer   bucketer
	incomplete bool
}

// selectSegments answers a query whose time is divided. The caller holds dbMu.
func (s *Store) selectSegments(ctx context.Context, q Query, segments []segment) ([]Result, error) {
	g := gatherer{reader: reader{query: q, room: s.opts.MaxPoints}, series: make(map[string]*gathered)}
	for _, seg := range segments {
		var err error
		if seg.tier == nil {
			err = s.gatherRaw(ctx, &g, q, seg)
		} else {
			err = s.gatherTier(ctx, &g, q, seg)
		}
		if err != nil {
			return nil, err
		}
	}
	s.noteDamage(&g.reader)
	return g.results()
}

func (s *Store) gatherRaw(ctx context.Context, g *gatherer, q Query, seg segment) error {
	matchers, err := q.matchers()
	if err != nil {
		return err
	}
	g.reader.query.From, g.reader.query.To = seg.From, seg.To-1
	return s.readRaw(ctx, seg.From, seg.To-1, matchers, func(set storage.ChunkSeriesSet) error {
		for set.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			series := set.At()
			one := g.of(series.Labels())
			before := len(one.bucketer.points)
			problem := g.reader.readSeries(series, &one.bucketer)
			if err := g.count(one, before, problem); err != nil {
				return err
			}
		}
		if err := set.Err(); err != nil {
			return fmt.Errorf("select series: %w", err)
		}
		return nil
	})
}

func (s *Store) gatherTier(ctx context.Context, g *gatherer, q Query, seg segment) error {
	var gauges, counters []string
	for _, name := range q.Names {
		if rollup.IsCounter(name) {
			counters = append(counters, name)
			continue
		}
		gauges = append(gauges, name)
	}
	for _, names := range [][]string{gauges, counters} {
		if len(names) == 0 {
			continue
		}
		part := q
		part.Names = names
		matchers, err := part.matchers()
		if err != nil {
			return err
		}
		r := rollup.Range{Window: seg.Window, Counters: rollup.IsCounter(names[0]), Matchers: matchers}
		err = seg.tier.Read(ctx, r, func(lset labels.Labels, points []rollup.Point, problem error) error {
			one := g.of(lset)
			before := len(one.bucketer.points)
			for _, p := range points {
				one.bucketer.addSum(p)
			}
			return g.count(one, before, problem)
		})
		if err != nil {
			return fmt.Errorf("read sums: %w", err)
		}
	}
	return nil
}

// of returns the series with these labels.
func (g *gatherer) of(lset labels.Labels) *gathered {
	g.key = lset.Bytes(g.key[:0])
	one := g.series[string(g.key)]
	if one == nil {
		one = &gathered{labels: lset, bucketer: bucketer{step: g.reader.query.Step, counter: isCounter(lset)}}
		g.series[string(g.key)] = one
	}
	return one
}

// count takes note of what a segment has added to a series.
func (g *gatherer) count(one *gathered, before int, problem error) error {
	if problem != nil && !errors.Is(problem, context.Canceled) {
		one.incomplete = true
		g.reader.noteDamage(problem)
	}
	added := len(one.bucketer.points) - before
	if g.reader.room -= added; g.reader.room < 0 {
		return ErrTooManyPoints
	}
	return nil
}

func (g *gatherer) results() ([]Result, error) {
	all := make([]*gathered, 0, len(g.series))
	for _, one := range g.series {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b *gathered) int { return labels.Compare(a.labels, b.labels) })
	results := make([]Result, 0, len(all))
	for _, one := range all {
		before := len(one.bucketer.points)
		points := one.bucketer.finish()
		if g.reader.room -= len(points) - before; g.reader.room < 0 {
			return nil, ErrTooManyPoints
		}
		if len(points) > 0 || one.incomplete {
			results = append(results, Result{Series: seriesOf(one.labels), Points: points, Incomplete: one.incomplete})
		}
	}
	return results, nil
}
