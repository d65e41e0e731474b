package collect

import (
	"context"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/fault"
)

// task is one dataset of one source. The scheduler's mutex guards all but
// target and dataset, which do not change.
type task struct {
	target  *target
	dataset Dataset

	rhythm rhythm // since the last success
	next   rhythm // that of the poll that goes on, if it succeeds

	due    time.Time
	index  int // in the queue
	queued bool
	again  bool // due again right after the poll that goes on

	cancel   context.CancelCauseFunc // of the poll that goes on
	ended    chan struct{}           // closed at its end; nil if none goes on
	began    time.Time
	sequence uint64

	lastSuccess  time.Time
	lastDuration time.Duration
	lastError    *PollError
	failures     int // in a row
	firstFailure time.Time
	dead         *DeadLetter
}

func (t *task) running() bool { return t.ended != nil }

// outcome is what a poll brought.
type outcome struct {
	err error
	// ours says that the fault lies in this hub and not in what is collected.
	ours bool
}

// condition is how a dataset does, in one word.
type condition uint8

const (
	conditionFine condition = iota
	conditionFailing
	conditionDead
)

func (t *task) condition() condition {
	switch {
	case t.dead != nil:
		return conditionDead
	case t.lastError != nil && t.lastError.At.After(t.lastSuccess):
		return conditionFailing
	}
	return conditionFine
}

// settle records an outcome and plans the next poll; random is from 0 to 1.
func (t *task) settle(now time.Time, outcome outcome, retry Retry, random float64) {
	t.lastDuration = now.Sub(t.began)
	defer func() {
		if t.again {
			t.again, t.due = false, now
		}
	}()
	if outcome.err == nil {
		t.succeed(now, random)
		return
	}
	decision := fault.Of(outcome.err)
	t.lastError = &PollError{At: now, Message: outcome.err.Error(), Permanent: !decision.Transient}
	if outcome.ours || decision.Code == supervise.CodeDown {
		// It says nothing about the source: try soon, and hold nothing against it.
		t.lastError.Permanent = false
		t.target.breaker.release(now)
		t.due = now.Add(retry.wait(1, random))
		return
	}
	t.fail(now, decision, retry, random)
}

func (t *task) succeed(now time.Time, random float64) {
	t.lastSuccess = now
	t.failures, t.firstFailure, t.dead = 0, time.Time{}, nil
	t.target.breaker.succeed(now)
	t.rhythm = t.next
	t.due = t.began.Add(t.rhythm.spread(random))
	if t.due.Before(now) {
		t.due = now
	}
}

// strain is how things stand for a poll that begins now among so many that wait.
func (t *task) strain(now time.Time, waiting int) strain {
	s := strain{age: -1, failures: t.failures, waiting: waiting}
	if !t.lastSuccess.IsZero() {
		s.age = now.Sub(t.lastSuccess)
	}
	return s
}

func (t *task) fail(now time.Time, decision *fault.Error, retry Retry, random float64) {
	t.failures++
	if t.firstFailure.IsZero() {
		t.firstFailure = now
	}
	t.target.breaker.fail(now)
	wait := max(retry.wait(t.failures, random), decision.RetryAfter)
	if t.dead != nil || !decision.Transient || t.failures >= retry.DeadAfter {
		t.bury(now, decision.Transient)
		wait = max(retry.deadWait(t.dead.Reason), decision.RetryAfter)
	}
	t.due = now.Add(wait)
}

// bury makes the task a dead letter or counts one more attempt of one.
func (t *task) bury(now time.Time, transient bool) {
	switch {
	case t.dead != nil:
		t.dead.Retries++
		if !transient {
			t.dead.Reason = ReasonPermanent
		}
	case transient:
		t.dead = &DeadLetter{Reason: ReasonRetries, FirstAttempt: t.firstFailure}
	default:
		t.dead = &DeadLetter{Reason: ReasonPermanent, FirstAttempt: t.firstFailure}
	}
	t.dead.LastAttempt = now
}
