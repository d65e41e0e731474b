package notify

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// maxOffered bounds the events that wait in memory to be taken; beyond it the oldest are only in the store, if there.
const maxOffered = 10_000

// Records is what a Pipeline needs of the store.
type Records interface {
	store.Reader
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Options are the parts of a Pipeline. All are needed. The functions are called from the goroutine that runs the
// pipeline, and must not call it.
type Options struct {
	Records  Records
	Channels Channels
	Sender   Sender
	// Grouping says how to group from now on.
	Grouping func() Grouping
	// PublicURL returns the URL at which people find the hub; empty: not known.
	PublicURL func() string
	// Values writes the value and the threshold of an alert with their units.
	Values func(*alert.Alert) (value, threshold string)
	Logger hclog.Logger
}

// Pipeline brings events to channels. Make it with New; it is safe for concurrent use. Only one may run on a store.
type Pipeline struct {
	Options
	wake   chan struct{}
	log    *archive[Delivery]
	dead   *archive[buried]
	status atomic.Pointer[status]
	// shelf is held by whoever takes something out of the dead letters.
	shelf chan struct{}

	mu       sync.Mutex
	offered  []alert.Event
	returned []*message // from the dead letters
}

// New returns a Pipeline that has not read anything yet.
func New(options Options) *Pipeline {
	p := &Pipeline{
		Options: options, wake: make(chan struct{}, 1), shelf: make(chan struct{}, 1), log: newLog(), dead: newDead(),
	}
	p.status.Store(&status{})
	return p
}

// Offer tells of events that were decided and handed to the Outbox, whether they could be kept or not, in order. Those
// that could not are delivered from memory. It does not block, and does not keep the slice.
func (p *Pipeline) Offer(events []alert.Event) {
	p.mu.Lock()
	before := len(p.offered)
	for i := range events {
		if concerns(&events[i]) {
			p.offered = append(p.offered, events[i])
		}
	}
	news := len(p.offered) > before
	if excess := len(p.offered) - maxOffered; excess > 0 {
		p.offered = append([]alert.Event(nil), p.offered[excess:]...)
	}
	p.mu.Unlock()
	if news {
		p.rouse()
	}
}

// rouse makes the pipeline look for news.
func (p *Pipeline) rouse() {
	select {
	case p.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// drain returns what was offered and brought back since the last time.
func (p *Pipeline) drain() (offered []alert.Event, returned []*message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	offered, returned = p.offered, p.returned
	p.offered, p.returned = nil, nil
	return offered, returned
}

// Run goes on with what was not finished, and brings to channels what is decided, until ctx ends; then it gives what is
// being sent a moment to end. It fails only if the store cannot be read at the start.
func (p *Pipeline) Run(ctx context.Context) error {
	w := newWork(p)
	if err := w.load(ctx); err != nil {
		return fmt.Errorf("load notifications: %w", err)
	}
	defer w.end(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		timer.Reset(w.step(ctx))
		select {
		case <-ctx.Done():
		case <-p.wake:
			w.news = true
		case r := <-w.results:
			w.settle(ctx, w.finished(r))
		case <-timer.C:
		}
	}
	return nil
}

// enter waits for the turn to take something out of the dead letters; leave gives it back.
func (p *Pipeline) enter(ctx context.Context) (leave func(), err error) {
	select {
	case p.shelf <- struct{}{}:
		return func() { <-p.shelf }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for others to write: %w", context.Cause(ctx))
	}
}
