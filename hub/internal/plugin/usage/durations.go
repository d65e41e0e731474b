package usage

import (
	"math"
	"time"
)

const (
	// shortest and stepsPerDoubling make the buckets of a histogram: from 10 µs
	// up, each 9 % wider than the one before, the last from 160 s on.
	shortest         = 10 * time.Microsecond
	stepsPerDoubling = 8
	bucketCount      = 24*stepsPerDoubling + 1
	// windowCalls is after how many calls a histogram gives way to a new one.
	windowCalls = 1024
)

// buckets counts durations.
type buckets [bucketCount]uint32

// durations holds how long the last 1024 to 2048 calls took.
type durations struct {
	now, before buckets
	calls       int // in now
}

func (d *durations) add(took time.Duration) {
	if d.calls == windowCalls {
		d.before, d.now, d.calls = d.now, buckets{}, 0
	}
	d.now[bucketOf(took)]++
	d.calls++
}

// addTo adds what it holds to the buckets.
func (d *durations) addTo(sum *buckets) {
	for i := range sum {
		sum[i] += d.now[i] + d.before[i]
	}
}

// quantile returns the duration that the share of calls, 0 to 1, stayed below, 0 if there were none.
func (b *buckets) quantile(share float64) time.Duration {
	var total uint32
	for _, count := range b {
		total += count
	}
	if total == 0 {
		return 0
	}
	rank := uint32(math.Ceil(share * float64(total)))
	var seen uint32
	for i, count := range b {
		if seen += count; seen >= rank {
			return upperEnd(i)
		}
	}
	return upperEnd(bucketCount - 1)
}

func bucketOf(took time.Duration) int {
	if took <= shortest {
		return 0
	}
	steps := math.Log2(float64(took)/float64(shortest)) * stepsPerDoubling
	return min(int(math.Ceil(steps)), bucketCount-1)
}

func upperEnd(bucket int) time.Duration {
	return time.Duration(float64(shortest) * math.Exp2(float64(bucket)/stepsPerDoubling))
}
