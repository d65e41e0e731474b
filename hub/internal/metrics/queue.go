package metrics

import (
	"context"
	"sync"
	"time"
)

// A queue holds samples between those who append and the one writer. It is bounded in samples; when full, those who
// append wait. It is safe for concurrent use.
type queue struct {
	limit   int
	timeout time.Duration
	// work has a token when there are samples to write, urgent when someone waits for room.
	work, urgent chan struct{}

	mu      sync.Mutex
	samples []Sample
	added   uint64        // samples ever taken in
	done    uint64        // samples ever written
	changed chan struct{} // closed and replaced when room is made or samples are written
	closed  bool
}

func newQueue(limit int, timeout time.Duration) *queue {
	return &queue{
		limit:   limit,
		timeout: timeout,
		work:    make(chan struct{}, 1),
		urgent:  make(chan struct{}, 1),
		changed: make(chan struct{}),
	}
}

// put takes in all samples of batch, in order, copying them. It waits for room until the timeout of the queue, then
// fails with ErrBusy. On error a first part of the batch may have been taken.
func (q *queue) put(ctx context.Context, batch []Sample) error {
	rest, changed, err := q.tryPut(batch)
	if err != nil || len(rest) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, q.timeout, ErrBusy)
	defer cancel()
	for {
		signal(q.urgent)
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if rest, changed, err = q.tryPut(rest); err != nil || len(rest) == 0 {
			return err
		}
	}
}

// tryPut takes in what there is room for and returns the rest. A batch that fits into an empty queue is taken whole or
// not at all.
func (q *queue) tryPut(batch []Sample) (rest []Sample, changed <-chan struct{}, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, nil, ErrClosed
	}
	n := min(len(batch), q.limit)
	if len(q.samples)+n > q.limit {
		return batch, q.changed, nil
	}
	if n > 0 {
		q.samples = append(q.samples, batch[:n]...)
		q.added += uint64(n)
		signal(q.work)
	}
	return batch[n:], q.changed, nil
}

// take removes and returns all samples. The queue uses the memory of spare from then on.
func (q *queue) take(spare []Sample) []Sample {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.samples
	q.samples = spare[:0]
	q.wakeLocked()
	return taken
}

// wrote records that n more samples are written.
func (q *queue) wrote(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.done += uint64(n)
	q.wakeLocked()
}

// flush waits until all samples that were taken in before it are written.
func (q *queue) flush(ctx context.Context) error {
	var target uint64
	for first := true; ; first = false {
		q.mu.Lock()
		if first {
			target = q.added
		}
		written, changed := q.done >= target, q.changed
		q.mu.Unlock()
		if written {
			return nil
		}
		signal(q.urgent)
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// close refuses samples from now on; those inside can still be taken.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wakeLocked()
}

// len returns the samples that wait.
func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.samples)
}

func (q *queue) wakeLocked() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// signal leaves a token; one that is there already says the same.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
