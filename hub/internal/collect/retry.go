package collect

import "time"

// Retry holds the numbers of failure handling.
type Retry struct {
	// A failed poll is tried again after Base, doubled by each further failure up to Cap, give or take a fifth.
	Base, Cap time.Duration
	// After DeadAfter transient failures in a row, or one permanent failure, a
	// dataset is a dead letter until it works: tried every AwayInterval when all
	// that was wrong could pass by itself, else every DeadInterval.
	DeadAfter                  int
	AwayInterval, DeadInterval time.Duration
	// After BreakAfter failures in a row, of whatever dataset, a source is left
	// alone for BreakBase, doubled by each failed probe up to BreakCap.
	BreakAfter          int
	BreakBase, BreakCap time.Duration
}

// DefaultRetry returns the numbers that a hub runs with. A machine that is away
// for a few minutes must be seen soon after it is back, so only what somebody
// has to mend, such as a refused password, waits for half an hour.
func DefaultRetry() Retry {
	return Retry{
		Base: 5 * time.Second, Cap: 5 * time.Minute,
		DeadAfter: 5, AwayInterval: time.Minute, DeadInterval: 30 * time.Minute,
		BreakAfter: 3, BreakBase: 5 * time.Second, BreakCap: time.Minute,
	}
}

// quickRetry returns the numbers for intervals of at most fifteen seconds, where
// waiting for minutes would be out of proportion.
func quickRetry() Retry {
	quick := DefaultRetry()
	quick.Base, quick.Cap = 750*time.Millisecond, 4*time.Second
	quick.BreakBase, quick.BreakCap = 2*time.Second, 10*time.Second
	return quick
}

// wait returns the time until the attempt after so many failures in a row; random is from 0 to 1.
func (r Retry) wait(failures int, random float64) time.Duration {
	// Beyond 2^16 the cap has long been reached.
	wait := min(r.Base<<min(max(failures-1, 0), 16), r.Cap)
	return time.Duration(float64(wait) * (0.8 + 0.4*random))
}

// deadWait returns the time until a dead letter is tried again.
func (r Retry) deadWait(reason Reason) time.Duration {
	if reason == ReasonRetries {
		return r.AwayInterval
	}
	return r.DeadInterval
}

// BreakerState is what a breaker does with polls.
type BreakerState string

// The states of a breaker.
const (
	BreakerClosed   BreakerState = "closed"    // polls go on
	BreakerOpen     BreakerState = "open"      // polls wait
	BreakerHalfOpen BreakerState = "half_open" // one poll goes on and decides
)

// breaker keeps a source that fails from being asked all the time.
type breaker struct {
	retry    Retry
	state    BreakerState
	failures int       // in a row
	since    time.Time // of the state; zero if it never changed
	retryAt  time.Time // when an open one lets a probe through
	next     time.Duration
}

func newBreaker(retry Retry) breaker {
	return breaker{retry: retry, state: BreakerClosed, next: retry.BreakBase}
}

// admit reports whether a poll may begin now, and if not, when to ask again.
func (b *breaker) admit(now time.Time) (bool, time.Time) {
	switch {
	case b.state == BreakerClosed:
		return true, now
	case b.state == BreakerHalfOpen: // its probe goes on
		return false, now.Add(time.Second)
	case now.Before(b.retryAt):
		return false, b.retryAt
	}
	b.enter(BreakerHalfOpen, now)
	return true, now
}

// succeed closes the breaker.
func (b *breaker) succeed(now time.Time) {
	b.failures = 0
	b.next = b.retry.BreakBase
	b.enter(BreakerClosed, now)
}

// fail counts a failure, which may open it.
func (b *breaker) fail(now time.Time) {
	b.failures++
	if b.state == BreakerClosed && b.failures < b.retry.BreakAfter {
		return
	}
	if b.state == BreakerOpen {
		return // a poll that began before it opened
	}
	b.retryAt = now.Add(b.next)
	b.next = min(2*b.next, b.retry.BreakCap)
	b.enter(BreakerOpen, now)
}

// release lets another probe through: the one that went on decided nothing.
func (b *breaker) release(now time.Time) {
	if b.state == BreakerHalfOpen {
		b.enter(BreakerOpen, now)
		b.retryAt = now
	}
}

// allow lets a probe through now.
func (b *breaker) allow(now time.Time) {
	if b.state == BreakerOpen {
		b.retryAt = now
	}
}

func (b *breaker) enter(state BreakerState, now time.Time) {
	if b.state != state {
		b.state, b.since = state, now
	}
}
