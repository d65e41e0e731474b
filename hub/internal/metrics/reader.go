package metrics

import (
	"context"
	"fmt"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/pulse-hub/pulse/hub/internal/metrics/rollup"
)

// maxChunksAhead bounds the room that is made for chunks not seen yet: four chunks an hour for three days or so.
const maxChunksAhead = 256

// A reader turns the chunks that a query selects into results. It serves one query.
type reader struct {
	query Query
	room  int // points that the answer may still hold

	chunkIt chunks.Iterator   // reused from series to series
	it      chunkenc.Iterator // reused from chunk to chunk

	damaged int
	damage  error // the first one
}

func (r *reader) readAll(ctx context.Context, set storage.ChunkSeriesSet) ([]Result, error) {
	var results []Result
	for set.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		series := set.At()
		b := bucketer{step: r.query.Step, counter: isCounter(series.Labels())}
		readErr := r.readSeries(series, &b)
		points := b.finish()
		if r.room -= len(points); r.room < 0 {
			return nil, ErrTooManyPoints
		}
		if readErr != nil {
			r.noteDamage(readErr)
		}
		if len(points) > 0 || readErr != nil {
			results = append(results, Result{Series: seriesOf(series.Labels()), Points: points, Incomplete: readErr != nil})
		}
	}
	if err := set.Err(); err != nil {
		return nil, fmt.Errorf("select series: %w", err)
	}
	return results, nil
}

// readSeries feeds the samples of one series to b. It stops early when the answer grows too large.
func (r *reader) readSeries(series storage.ChunkSeries, b *bucketer) error {
	r.chunkIt = series.Iterator(r.chunkIt)
	for r.chunkIt.Next() {
		meta := r.chunkIt.At()
		if meta.MaxTime < r.query.From || meta.MinTime > r.query.To {
			continue
		}
		if err := r.readChunk(meta, b); err != nil {
			return err
		}
		if len(b.points) > r.room {
			return nil
		}
	}
	return r.chunkIt.Err()
}

func (r *reader) readChunk(meta chunks.Meta, b *bucketer) error {
	from, to := r.query.From, r.query.To
	b.expect(meta.Chunk.NumSamples(), float64(to-meta.MinTime)/float64(meta.MaxTime-meta.MinTime+1))
	r.it = meta.Chunk.Iterator(r.it)
	for r.it.Next() == chunkenc.ValFloat {
		at, v := r.it.At()
		if at < from {
			continue
		}
		if at > to {
			break
		}
		b.add(at, v)
	}
	return r.it.Err()
}

func (r *reader) noteDamage(err error) {
	r.damaged++
	if r.damage == nil {
		r.damage = err
	}
}

func isCounter(lset labels.Labels) bool { return rollup.IsCounter(lset.Get(model.MetricNameLabel)) }

// A bucketer turns samples in order of time into points.
type bucketer struct {
	step    int64 // milliseconds; 0 makes a point of every sample
	counter bool
	points  []Point

	open       bool
	start, end int64
	sum, count float64
	last       float64
	min, max   float64
}

// expect makes room for a chunk of n samples that comes next. The time left to the end of the query is timesAsLong as
// the chunk, so as many chunks may follow.
func (b *bucketer) expect(n int, timesAsLong float64) {
	if b.step != 0 || cap(b.points)-len(b.points) >= n {
		return
	}
	follow := float64(n) * min(max(timesAsLong, 1), maxChunksAhead)
	b.points = slices.Grow(b.points, max(n, int(follow*1.05)))
}

func (b *bucketer) add(at int64, v float64) {
	if b.step == 0 {
		b.points = append(b.points, Point{At: at, Avg: v, Min: v, Max: v})
		return
	}
	if b.open && at < b.end {
		b.sum += v
		b.count++
		b.last = v
		b.min = min(b.min, v)
		b.max = max(b.max, v)
		return
	}
	b.begin(at)
	b.sum, b.count, b.last, b.min, b.max = v, 1, v, v, v
}

// addSum adds samples that have been summed up.
func (b *bucketer) addSum(p rollup.Point) {
	if b.step == 0 {
		b.points = append(b.points, Point{At: p.At, Avg: p.Avg, Min: p.Min, Max: p.Max})
		return
	}
	if !b.open || p.At >= b.end {
		b.begin(p.At)
		b.sum, b.count, b.min, b.max = 0, 0, p.Min, p.Max
	}
	b.sum += p.Avg * p.Count
	b.count += p.Count
	b.last = p.Avg
	b.min = min(b.min, p.Min)
	b.max = max(b.max, p.Max)
}

func (b *bucketer) begin(at int64) {
	b.flush()
	b.open = true
	b.start = floorTo(at, b.step)
	b.end = b.start + b.step
}

func (b *bucketer) flush() {
	if !b.open {
		return
	}
	b.open = false
	if b.counter {
		b.points = append(b.points, Point{At: b.start, Avg: b.last, Min: b.last, Max: b.last})
		return
	}
	b.points = append(b.points, Point{At: b.start, Avg: b.sum / b.count, Min: b.min, Max: b.max})
}

// finish returns all points.
func (b *bucketer) finish() []Point {
	b.flush()
	return b.points
}
