package collect

import (
	"cmp"
	"time"
)

// Adaptive says how intervals follow the way things go: datasets that were just
// seen are asked for rarely, those whose picture is old, or that have failed,
// soon. The zero value keeps every dataset at its own interval.
type Adaptive struct {
	Enabled bool
	// Base is the interval for which Min and Max, the bounds, hold. A dataset
	// with an interval of its own that is k times Base has bounds k times as
	// long. Zero values mean those of DefaultAdaptive.
	Base, Min, Max time.Duration
}

// DefaultAdaptive returns the numbers of adaptive polling, switched off.
func DefaultAdaptive() Adaptive {
	return Adaptive{Base: 10 * time.Second, Min: 5 * time.Second, Max: 5 * time.Minute}
}

// quickMax is the Max up to which failures are tried again quickly, too.
const quickMax = 15 * time.Second

// The weights of what an interval follows.
const (
	errorWeight = 0.6 // of each failure in a row: shorter
	queueWeight = 0.1 // of each other dataset that waits for a worker: longer
	smoothing   = 0.6 // of the new interval against the one before
)

func (a Adaptive) withDefaults() Adaptive {
	usual := DefaultAdaptive()
	a.Base, a.Min, a.Max = cmp.Or(a.Base, usual.Base), cmp.Or(a.Min, usual.Min), cmp.Or(a.Max, usual.Max)
	a.Max = max(a.Max, a.Min)
	return a
}

// retry returns the numbers of failure handling that go with these intervals.
func (a Adaptive) retry() Retry {
	if a.Enabled && a.Max <= quickMax {
		return quickRetry()
	}
	return DefaultRetry()
}

// fullyStale is the age of the last success at which a source is as stale as one that never worked.
func (a Adaptive) fullyStale() time.Duration {
	if a.Enabled {
		return a.Max
	}
	return DefaultAdaptive().Max
}

// strain is how things stand when a poll begins.
type strain struct {
	// age is the time since the last success; negative: there was none.
	age      time.Duration
	failures int // in a row
	waiting  int // datasets that are due, this one included
}

// rhythm is the time from a poll to the next one.
type rhythm struct {
	interval    time.Duration
	least, most time.Duration // however it is spread
}

// steady is the rhythm of a dataset at its own interval.
func steady(d *Dataset) rhythm {
	return rhythm{interval: d.Interval, most: 2 * d.Interval}
}

// next returns the rhythm after a poll that succeeds; before is the one it began in.
func (a Adaptive) next(d *Dataset, before rhythm, s strain) rhythm {
	if !a.Enabled {
		return before
	}
	scale := float64(d.Interval) / float64(a.Base)
	least := max(scale*float64(a.Min), float64(d.MinInterval))
	most := max(scale*float64(a.Max), least)
	staleness := 1.0
	if s.age >= 0 {
		staleness = min(1, float64(s.age)/most)
	}
	target := least + (most-least)*(1-staleness)
	target /= 1 + errorWeight*float64(s.failures)
	target *= 1 + queueWeight*float64(max(0, s.waiting-1))
	target = smoothing*target + (1-smoothing)*float64(before.interval)
	return rhythm{
		interval: time.Duration(min(max(target, least), most)), least: time.Duration(least), most: time.Duration(most),
	}
}

// spread returns the interval, a little shorter or longer, so that datasets
// with the same one do not stay together; random is from 0 to 1.
func (r rhythm) spread(random float64) time.Duration {
	spread := time.Duration(float64(r.interval) * (1 + jitter*(2*random-1)))
	return min(max(spread, r.least), r.most)
}

// validFor returns how long an answer may be shown as fresh: until the one
// after the next is due.
func (r rhythm) validFor(deadline time.Duration) time.Duration {
	return max(2*r.interval+deadline, minValid)
}
