package rollup

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// ErrDamaged is given with a series of which a part cannot be read.
var ErrDamaged = errors.New("aggregates of a series do not match")

// A Visit is given one series: its labels, without the one for the aggregate, and its points in order of time, which it
// must not keep. The problem is not nil when only a part of the points could be read. Its error ends the reading.
type Visit func(lset labels.Labels, points []Point, problem error) error

// A Range is what is read of a tier: the points of all buckets that begin at From or later and before To.
type Range struct {
	Window
	// Counters says which of the two kinds of metrics is meant: those that only grow, or all others.
	Counters bool
	// Matchers select series.
	Matchers []*labels.Matcher
}

// Read visits the series of a range, sorted by labels.
func (t *Tier) Read(ctx context.Context, r Range, visit Visit) error {
	q, err := t.ChunkQuerier(r.From, r.To-1)
	if err != nil {
		return err
	}
	// Closing a querier ends its hold on blocks; its error concerns nothing that was read.
	defer q.Close()
	return readAggregates(ctx, q, r, visit)
}

// ChunkQuerier reads the stored series as they are. Times are both included.
func (t *Tier) ChunkQuerier(from, to int64) (storage.ChunkQuerier, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		return nil, ErrClosed
	}
	var queriers []storage.ChunkQuerier
	for _, b := range t.blocks {
		if meta := b.Meta(); !(Window{from, to + 1}).overlaps(meta.MinTime, meta.MaxTime) {
			continue
		}
		q, err := tsdb.NewBlockChunkQuerier(b, from, to)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open block of a tier: %w", err), closeChunkQueriers(queriers))
		}
		queriers = append(queriers, q)
	}
	return storage.NewMergeChunkQuerier(queriers, nil, storage.NewCompactingChunkSeriesMerger(storage.ChainedSeriesMerge)), nil
}

func closeChunkQueriers(queriers []storage.ChunkQuerier) error {
	var problems []error
	for _, q := range queriers {
		problems = append(problems, q.Close())
	}
	return errors.Join(problems...)
}

// readAggregates goes through the aggregates of all series side by side. Each block has all aggregates of a series, so
// the sets have the same series in the same order.
func readAggregates(ctx context.Context, q storage.ChunkQuerier, r Range, visit Visit) error {
	kinds := gaugeAggregates()
	if r.Counters {
		kinds = counterAggregates()
	}
	// Trimming would encode chunks anew; points outside are skipped instead.
	hints := &storage.SelectHints{Start: r.From, End: r.To - 1, DisableTrimming: true}
	sets := make([]storage.ChunkSeriesSet, len(kinds))
	for i, kind := range kinds {
		matchers := append([]*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, LabelAggregate, kind)}, r.Matchers...)
		sets[i] = q.Select(ctx, true, hints, matchers...)
	}
	reader := zipper{window: r.Window}
	stripped := labels.NewScratchBuilder(16)
	for sets[0].Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, set := range sets[1:] {
			if !set.Next() {
				return errors.Join(ErrDamaged, set.Err())
			}
		}
		problem := reader.read(sets)
		if err := visit(withoutAggregate(&stripped, sets[0].At().Labels()), reader.points, problem); err != nil {
			return err
		}
	}
	for _, set := range sets {
		if err := set.Err(); err != nil {
			return fmt.Errorf("select aggregates: %w", err)
		}
	}
	return nil
}

func withoutAggregate(b *labels.ScratchBuilder, lset labels.Labels) labels.Labels {
	b.Reset()
	lset.Range(func(l labels.Label) {
		if l.Name != LabelAggregate {
			b.Add(l.Name, l.Value)
		}
	})
	return b.Labels()
}

// A zipper reads the aggregates of one series after the other into points.
type zipper struct {
	window  Window
	points  []Point
	chunkIt chunks.Iterator
	it      chunkenc.Iterator
}

// read replaces the points by those of the series that the sets are at. On error they are those that are whole.
func (z *zipper) read(sets []storage.ChunkSeriesSet) error {
	z.points = z.points[:0]
	err := z.values(sets[0].At(), func(i int, at int64, v float64) bool {
		z.points = append(z.points, Point{At: at, Avg: v, Min: v, Max: v, Count: 1})
		return true
	})
	for kind, set := range sets[1:] {
		whole := 0
		next := z.values(set.At(), func(i int, at int64, v float64) bool {
			if i >= len(z.points) || z.points[i].At != at {
				return false
			}
			z.points[i].set(kind, v)
			whole++
			return true
		})
		if next == nil && whole != len(z.points) {
			next = ErrDamaged
		}
		z.points = z.points[:whole]
		err = errors.Join(err, next)
	}
	return err
}

// set sets the aggregate after the first in the order of gaugeAggregates.
func (p *Point) set(kind int, v float64) {
	switch kind {
	case 0:
		p.Count = v
	case 1:
		p.Max = v
	case 2:
		p.Min = v
	}
}

// values gives the values of one stored series within the window, until take returns false.
func (z *zipper) values(series storage.ChunkSeries, take func(i int, at int64, v float64) bool) error {
	z.chunkIt = series.Iterator(z.chunkIt)
	n := 0
	for z.chunkIt.Next() {
		meta := z.chunkIt.At()
		if meta.MaxTime < z.window.From || meta.MinTime >= z.window.To {
			continue
		}
		z.it = meta.Chunk.Iterator(z.it)
		for z.it.Next() == chunkenc.ValFloat {
			at, v := z.it.At()
			if at < z.window.From {
				continue
			}
			if at >= z.window.To {
				break
			}
			if !take(n, at, v) {
				return ErrDamaged
			}
			n++
		}
		if err := z.it.Err(); err != nil {
			return err
		}
	}
	return z.chunkIt.Err()
}
