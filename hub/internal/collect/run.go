package collect

import (
	"context"
	"sync"
	"time"
)

// idleWait is how long Run sleeps when nothing is due; a note wakes it.
const idleWait = time.Hour

// Run polls until the context is done, and gives the polls that go on then two
// seconds to end.
func (s *Scheduler) Run(ctx context.Context) error {
	polling, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	var polls sync.WaitGroup
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-s.wake:
		case <-ctx.Done():
			drain(&polls, abort)
			return nil
		}
		timer.Reset(s.dispatch(polling, &polls))
	}
}

// drain waits for the polls, and gives them up when that takes too long.
func drain(polls *sync.WaitGroup, abort context.CancelCauseFunc) {
	timer := time.AfterFunc(drainTimeout, func() { abort(errStopping) })
	defer timer.Stop()
	polls.Wait()
}

// dispatch begins the polls that are due and returns the time until the next one is.
func (s *Scheduler) dispatch(ctx context.Context, polls *sync.WaitGroup) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for {
		t := s.queue.first()
		if t == nil || s.running >= s.workers {
			return idleWait // the end of a poll wakes
		}
		if t.due.After(now) {
			return t.due.Sub(now)
		}
		admitted, later := t.target.breaker.admit(now)
		if !admitted {
			t.due = later
			s.queue.fix(t)
			continue
		}
		t.next = s.adaptive.next(&t.dataset, t.rhythm, t.strain(now, s.queue.due(now)))
		s.beginLocked(ctx, t, polls)
	}
}

// beginLocked starts one poll.
func (s *Scheduler) beginLocked(ctx context.Context, t *task, polls *sync.WaitGroup) {
	s.queue.remove(t)
	s.running++
	ctx, cancel := context.WithCancelCause(ctx)
	t.cancel, t.ended = cancel, make(chan struct{})
	t.began = time.Now()
	t.sequence = max(t.sequence+1, uint64(t.began.UnixMicro())) // grows over restarts, too
	about := attempt{sequence: t.sequence, validFor: t.next.validFor(t.dataset.deadline())}
	polls.Go(func() {
		defer cancel(nil)
		s.finish(t, s.poll(ctx, t, about))
	})
}

// finish records the outcome of a poll and plans the next one.
func (s *Scheduler) finish(t *task, outcome outcome) {
	s.mu.Lock()
	before := t.condition()
	now := time.Now()
	s.running--
	t.settle(now, outcome, s.retry, s.random())
	close(t.ended)
	t.ended = nil
	removed := t.target.removed
	if !removed {
		s.queue.add(t)
	}
	after, next := t.condition(), t.due
	s.mu.Unlock()
	if !removed {
		s.logChange(t, before, after, next, outcome.err)
	}
	s.note()
}

// logChange tells when a dataset begins to fail, is given up, and works again.
func (s *Scheduler) logChange(t *task, before, after condition, next time.Time, err error) {
	if before == after {
		return
	}
	about := []any{"source", t.target.source.Ref.Name, "source_id", t.target.source.Ref.ID, "dataset", t.dataset.Name}
	switch after {
	case conditionFine:
		s.logger.Info("collecting works again", about...)
	case conditionFailing:
		s.logger.Warn("collecting failed", append(about, "error", err)...)
	case conditionDead:
		s.logger.Warn("collecting given up for now", append(about, "error", err, "next_try", next)...)
	}
}
