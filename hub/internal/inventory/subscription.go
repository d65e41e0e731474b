package inventory

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Subscription is a consumer's queue of batches.
type Subscription struct {
	inv     *Inventory
	name    string
	batches chan *Batch
	close   sync.Once
}

// Subscribe gives a consumer every batch that is published from now on, in
// order. The queue holds up to size batches; while it is full, the inventory
// takes no observation in. A consumer reads Batches until it is closed. After
// Close, what is still queued may be read or left.
func (inv *Inventory) Subscribe(name string, size int) *Subscription {
	sub := &Subscription{inv: inv, name: name, batches: make(chan *Batch, size)}
	inv.writer <- struct{}{}
	defer func() { <-inv.writer }()
	inv.subs = append(inv.subs, sub)
	return sub
}

// Batches is the queue. It is closed after Close.
func (s *Subscription) Batches() <-chan *Batch { return s.batches }

// Close ends the subscription. It may be called more than once, and while a
// writer waits for this very queue.
func (s *Subscription) Close() {
	s.close.Do(func() {
		s.takeWriter()
		s.inv.subs = slices.DeleteFunc(s.inv.subs, func(other *Subscription) bool { return other == s })
		close(s.batches)
		<-s.inv.writer
	})
}

// takeWriter becomes the writer. One that waits for room in this very queue
// would never let go of the token, so room is made for it.
func (s *Subscription) takeWriter() {
	for {
		select {
		case s.inv.writer <- struct{}{}:
			return
		default:
		}
		select {
		case s.inv.writer <- struct{}{}:
			return
		case <-s.batches:
		}
	}
}

// waitForRoom returns when every queue can take one more batch. Only the
// writer fills the queues, so what has room keeps it. A full queue is the
// exception and short, so a short tick is enough to wait for it.
func (inv *Inventory) waitForRoom(ctx context.Context) error {
	full := inv.fullQueue()
	if full == nil {
		return nil
	}
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for full != nil {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: consumer %s is behind: %w", ErrBusy, full.name, context.Cause(ctx))
		case <-ticker.C:
			full = inv.fullQueue()
		}
	}
	return nil
}

func (inv *Inventory) fullQueue() *Subscription {
	for _, sub := range inv.subs {
		if len(sub.batches) == cap(sub.batches) {
			return sub
		}
	}
	return nil
}
