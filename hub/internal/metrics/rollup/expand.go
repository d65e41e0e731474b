package rollup

import (
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// unixMillis is a time. It has a name because vet takes a method Seek of an int64 for one of [io.Seeker].
type unixMillis = int64

// A sampleIterator goes through the samples that buckets stand for; [Tier.Samples] says which.
type sampleIterator struct {
	shape   shape
	counter bool
	buckets chunkenc.Iterator
	counts  chunkenc.Iterator // side by side with buckets; nil when they do not matter

	ended bool
	err   error

	// The bucket at hand, once there is one.
	some         bool
	start        int64
	before, last float64 // a counter rises from the one to the other; of a gauge both are the value
	parts        int64
	part         int64 // the one at hand, from 1 on
}

// Next is part of chunkenc.Iterator.
func (it *sampleIterator) Next() chunkenc.ValueType {
	if it.ended {
		return chunkenc.ValNone
	}
	if !it.some {
		return it.Seek(it.shape.window.From)
	}
	it.part++
	for it.part > it.parts {
		if !it.load() {
			return it.end()
		}
		it.part = 1
	}
	return it.within()
}

// Seek is part of chunkenc.Iterator.
func (it *sampleIterator) Seek(t unixMillis) chunkenc.ValueType {
	if it.ended {
		return chunkenc.ValNone
	}
	t = max(t, it.shape.window.From)
	if it.some && it.AtT() >= t {
		return chunkenc.ValFloat
	}
	if !it.some || it.start < t-2*it.shape.resolution {
		// The bucket before the one that is wanted is read as well: a counter rises from there.
		if !it.jump(t - 2*it.shape.resolution + 1) {
			return it.end()
		}
	}
	for it.lastMoment() < t {
		if !it.load() {
			return it.end()
		}
	}
	it.part = max(1, -floorTo(-(t+1-it.start)*it.parts, it.shape.resolution)/it.shape.resolution)
	return it.within()
}

// within ends the samples with the window.
func (it *sampleIterator) within() chunkenc.ValueType {
	if it.AtT() >= it.shape.window.To {
		return it.end()
	}
	return chunkenc.ValFloat
}

func (it *sampleIterator) end() chunkenc.ValueType {
	it.ended = true
	return chunkenc.ValNone
}

// jump goes to the first bucket that begins at a time or later.
func (it *sampleIterator) jump(t int64) bool {
	it.some = false
	return it.take(it.buckets.Seek(t), func() chunkenc.ValueType { return it.counts.Seek(t) })
}

// load goes to the next bucket.
func (it *sampleIterator) load() bool {
	return it.take(it.buckets.Next(), func() chunkenc.ValueType { return it.counts.Next() })
}

// take makes the bucket that was found the one at hand.
func (it *sampleIterator) take(found chunkenc.ValueType, count func() chunkenc.ValueType) bool {
	if found != chunkenc.ValFloat {
		it.err = it.buckets.Err()
		return false
	}
	start, value := it.buckets.At()
	it.before = it.rise(start, value)
	it.some, it.start, it.last, it.parts = true, start, value, it.shape.parts
	if it.counts == nil {
		return true
	}
	if count() != chunkenc.ValFloat || it.counts.AtT() != start {
		it.err = ErrDamaged
		return false
	}
	_, n := it.counts.At()
	it.weigh(n)
	return true
}

// rise returns what a counter rises from in a bucket: the last value before, 0 when it began anew, and itself when
// nothing is known of before.
func (it *sampleIterator) rise(start int64, value float64) float64 {
	switch {
	case !it.counter || !it.some || it.start+it.shape.resolution != start:
		return value
	case it.last > value:
		return 0
	}
	return it.last
}

// weigh makes samples of a bucket that stand for n original ones.
func (it *sampleIterator) weigh(n float64) {
	if it.shape.count {
		// One a millisecond is the most there can have been.
		it.parts = int64(math.Min(math.Max(n, 1), float64(it.shape.resolution)))
		return
	}
	it.last *= n / float64(it.parts)
	it.before = it.last
}

func (it *sampleIterator) lastMoment() int64 { return it.start + it.shape.resolution - 1 }

// AtT is part of chunkenc.Iterator.
func (it *sampleIterator) AtT() int64 { return it.start + it.shape.resolution*it.part/it.parts - 1 }

// At is part of chunkenc.Iterator.
func (it *sampleIterator) At() (int64, float64) {
	if it.part == it.parts || it.before == it.last {
		return it.AtT(), it.last
	}
	return it.AtT(), it.before + (it.last-it.before)*float64(it.part)/float64(it.parts)
}

// AtST is part of chunkenc.Iterator.
func (it *sampleIterator) AtST() int64 { return 0 }

// AtHistogram is part of chunkenc.Iterator. There are no histograms.
func (it *sampleIterator) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) {
	return it.AtT(), nil
}

// AtFloatHistogram is part of chunkenc.Iterator. There are no histograms.
func (it *sampleIterator) AtFloatHistogram(*histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	return it.AtT(), nil
}

// Err is part of chunkenc.Iterator.
func (it *sampleIterator) Err() error { return it.err }
