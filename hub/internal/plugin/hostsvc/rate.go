package hostsvc

import (
	"sync"
	"time"
)

// rate lets so many things per second happen, and counts the others. It is safe for concurrent use.
type rate struct {
	perSecond float64
	burst     float64

	mu      sync.Mutex
	tokens  float64
	filled  time.Time
	dropped uint64
	// flooded is set by the first drop, and ends when half of the burst is free again.
	flooded bool
	since   uint64 // dropped when flooded was set
}

func newRate(perSecond, burst float64) *rate {
	return &rate{perSecond: perSecond, burst: burst, tokens: burst}
}

// flood says how a call to take changed things.
type flood struct {
	began bool
	ended bool
	count uint64 // dropped in the flood that ended
}

// take tells whether one more may happen now.
func (r *rate) take(now time.Time) (allowed bool, change flood) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.filled.IsZero() {
		r.tokens = min(r.burst, r.tokens+max(now.Sub(r.filled).Seconds(), 0)*r.perSecond)
	}
	r.filled = now
	if r.tokens < 1 {
		change.began = !r.flooded
		if change.began {
			r.flooded, r.since = true, r.dropped
		}
		r.dropped++
		return false, change
	}
	if r.flooded && r.tokens >= r.burst/2 {
		r.flooded = false
		change = flood{ended: true, count: r.dropped - r.since}
	}
	r.tokens--
	return true, change
}

// total returns how many were dropped.
func (r *rate) total() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}
