package rollup

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// LabelAggregate is the label that says which aggregate of a series a stored series is. No series of ours can have it.
const LabelAggregate = "__rollup__"

// The values of LabelAggregate. A gauge has the first four, a counter only the last.
const (
	AggregateAvg   = "avg"
	AggregateCount = "count" // samples that went into the bucket
	AggregateMax   = "max"
	AggregateMin   = "min"
	AggregateLast  = "last"
)

// gaugeAggregates and counterAggregates are in the order in which blocks hold them.
func gaugeAggregates() []string {
	return []string{AggregateAvg, AggregateCount, AggregateMax, AggregateMin}
}
func counterAggregates() []string { return []string{AggregateLast} }

func aggregatesOf(name string) []string {
	if IsCounter(name) {
		return counterAggregates()
	}
	return gaugeAggregates()
}

// IsCounter reports whether a metric only grows, which OpenMetrics says with its name. Of a counter a bucket keeps the
// last value: the average of a count means nothing.
func IsCounter(name string) bool { return strings.HasSuffix(name, "_total") }

// A Point sums up the samples of one bucket. Of a counter Avg, Min and Max are the last value and Count is 1.
type Point struct {
	At            int64 // start of the bucket
	Avg, Min, Max float64
	Count         float64
}

// An accumulator sums samples up into buckets, in order of time.
type accumulator struct {
	resolution int64
	counter    bool
	round      func(float64) float64
	emit       func(Point)

	open             bool
	start, end       int64
	sum, count, last float64
	min, max         float64
}

// add takes points that sum up count samples each; of a plain sample all values are the same and count is 1.
func (a *accumulator) add(p Point) {
	if !a.open || p.At >= a.end {
		a.flush()
		a.open = true
		a.start = floorTo(p.At, a.resolution)
		a.end = a.start + a.resolution
		a.sum, a.count, a.min, a.max = 0, 0, math.Inf(1), math.Inf(-1)
	}
	a.sum += p.Avg * p.Count
	a.count += p.Count
	a.min, a.max = min(a.min, p.Min), max(a.max, p.Max)
	a.last = p.Avg
}

// flush ends the open bucket.
func (a *accumulator) flush() {
	if !a.open {
		return
	}
	a.open = false
	p := Point{At: a.start, Avg: a.round(a.sum / a.count), Min: a.min, Max: a.max, Count: a.count}
	if a.counter {
		p = Point{At: a.start, Avg: a.last, Min: a.last, Max: a.last, Count: 1}
	}
	a.emit(p)
}

// maxChunkSamples is the size of chunks, that of the TSDB.
const maxChunkSamples = 120

// A chunker encodes values in order of time. The zero value is ready.
type chunker struct {
	metas []chunks.Meta
	last  chunkenc.Appender
	chunk chunkenc.XORChunk
	buf   []byte // of the chunk, used again
}

func (c *chunker) append(at int64, v float64) error {
	if c.last != nil && c.chunk.NumSamples() >= maxChunkSamples {
		if err := c.seal(); err != nil {
			return err
		}
	}
	if c.last == nil {
		if err := c.begin(at); err != nil {
			return err
		}
	}
	c.last.Append(0, at, v)
	c.metas[len(c.metas)-1].MaxTime = at
	return nil
}

// begin begins a chunk.
func (c *chunker) begin(at int64) error {
	if c.buf == nil {
		c.buf = make([]byte, 0, 4*maxChunkSamples)
	}
	c.chunk.Reset(append(c.buf[:0], 0, 0)) // no samples
	appender, err := c.chunk.Appender()
	if err != nil {
		return fmt.Errorf("begin chunk: %w", err)
	}
	c.last = appender
	c.metas = append(c.metas, chunks.Meta{MinTime: at})
	return nil
}

// seal ends the newest chunk, in memory of its own that is just as large.
func (c *chunker) seal() error {
	if c.last == nil {
		return nil
	}
	sealed, err := chunkenc.FromData(chunkenc.EncXOR, slices.Clone(c.chunk.Bytes()))
	if err != nil {
		return fmt.Errorf("end chunk: %w", err)
	}
	c.metas[len(c.metas)-1].Chunk = sealed
	c.last = nil
	return nil
}

// take returns all chunks and begins anew.
func (c *chunker) take() ([]chunks.Meta, error) {
	err := c.seal()
	metas := c.metas
	c.metas, c.last = nil, nil
	return metas, err
}

// floorTo moves t down to a multiple of step.
func floorTo(t, step int64) int64 {
	down := t - t%step
	if t < 0 && down != t {
		down -= step
	}
	return down
}
