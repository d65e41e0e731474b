package password

import (
	"context"
	"errors"
	"runtime"
)

// ErrBusy is returned when so many wait for their turn that waiting is
// pointless. A later try can help.
var ErrBusy = errors.New("too many passwords are being checked")

// maxWaiting bounds those that wait, preferred ones and others each.
const maxWaiting = 64

type preferred struct{}

// Prefer marks a context: Hash and Verify keep a slot for those who call with it.
func Prefer(ctx context.Context) context.Context {
	return context.WithValue(ctx, preferred{}, true)
}

// gate bounds how many passwords are worked on at a time, because each takes a
// processor and 19 MiB. It is safe for concurrent use.
type gate struct {
	open       chan struct{} // slots of everybody
	kept       chan struct{} // the slot of preferred calls
	strangers  chan struct{} // those in the waiting room
	privileged chan struct{}
}

func newGate(slots int) *gate {
	if slots < 1 {
		slots = max(1, runtime.GOMAXPROCS(0)-1)
	}
	return &gate{
		open: make(chan struct{}, slots), kept: make(chan struct{}, 1),
		strangers: make(chan struct{}, maxWaiting), privileged: make(chan struct{}, maxWaiting),
	}
}

// enter waits for a slot. The caller calls leave when done.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// A nil channel is never ready, so that strangers cannot take the kept slot.
	var kept chan struct{}
	room := g.strangers
	if ctx.Value(preferred{}) != nil {
		kept, room = g.kept, g.privileged
	}
	select {
	case g.open <- struct{}{}:
		return func() { <-g.open }, nil
	case kept <- struct{}{}:
		return func() { <-kept }, nil
	default:
	}
	select {
	case room <- struct{}{}:
		defer func() { <-room }()
	default:
		return nil, ErrBusy
	}
	select {
	case g.open <- struct{}{}:
		return func() { <-g.open }, nil
	case kept <- struct{}{}:
		return func() { <-kept }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
