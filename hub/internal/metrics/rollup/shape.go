package rollup

import (
	"time"

	"github.com/prometheus/prometheus/storage"
)

const (
	// presentEvery is the distance of samples for those who want the one before a moment. They look back five minutes;
	// a caller may ask for less.
	presentEvery = time.Minute
	// leastParts is how many samples a range has: with this many the parts of buckets at its ends weigh little that is
	// wrong, and a rate is not cut short.
	leastParts = 10
	// closest is the least distance of samples.
	closest = 5 * time.Second
)

// A shape says what samples are made of buckets.
type shape struct {
	window     Window
	resolution int64
	aggregate  string // of gauges
	parts      int64  // samples of a bucket
	sum        bool   // the samples add up to what the original ones did
	count      bool   // there are as many samples as there were
}

func shapeFor(hints *storage.SelectHints, window Window, resolution int64) shape {
	s := shape{window: window, resolution: resolution, aggregate: AggregateAvg}
	if hints.Range == 0 {
		s.parts = max(1, resolution/presentEvery.Milliseconds())
		return s
	}
	wanted := -floorTo(-leastParts*resolution, hints.Range) / hints.Range
	s.parts = min(max(wanted, 1), max(1, resolution/closest.Milliseconds()))
	// With a range, and only then, the function is the one that gets these very samples.
	switch hints.Func {
	case "max_over_time":
		s.aggregate = AggregateMax
	case "min_over_time":
		s.aggregate = AggregateMin
	case "sum_over_time":
		s.sum = true
	case "count_over_time":
		s.count = true
	}
	return s
}

// weighs says that it matters how many samples went into a bucket.
func (s shape) weighs() bool { return s.sum || s.count }
