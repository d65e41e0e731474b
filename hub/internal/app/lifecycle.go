package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// parts runs the parts of the hub and ends them in the opposite order, so that
// whatever a part leans on is still there when it ends.
type parts struct {
	running []*part
	// failed gets the first error of a part that ended by itself.
	failed chan error
}

type part struct {
	name   string
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

func newParts() *parts { return &parts{failed: make(chan error, 1)} }

// start runs a part. Its context keeps the values of ctx and is ended by stop alone.
func (p *parts) start(ctx context.Context, name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	started := &part{name: name, cancel: cancel, done: make(chan struct{})}
	p.running = append(p.running, started)
	go func() {
		defer close(started.done)
		started.err = run(ctx)
		if ctx.Err() != nil {
			return
		}
		reason := started.err
		if reason == nil {
			reason = errors.New("ended by itself")
		}
		select {
		case p.failed <- fmt.Errorf("%s: %w", name, reason):
		default: // the first one is enough to end the hub
		}
	}()
}

// stop ends the parts one after the other, the last one started first. A part
// that has not ended at the deadline is named in the error and left behind.
func (p *parts) stop(deadline time.Time) error {
	var problems []error
	for i := len(p.running) - 1; i >= 0; i-- {
		stopping := p.running[i]
		stopping.cancel()
		timer := time.NewTimer(time.Until(deadline))
		select {
		case <-stopping.done:
			if stopping.err != nil && !errors.Is(stopping.err, context.Canceled) {
				problems = append(problems, fmt.Errorf("%s: %w", stopping.name, stopping.err))
			}
		case <-timer.C:
			problems = append(problems, fmt.Errorf("%s did not end in time", stopping.name))
		}
		timer.Stop()
	}
	return errors.Join(problems...)
}
