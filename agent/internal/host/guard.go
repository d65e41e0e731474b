package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// errPanic is a panic inside a library that reads the system's files. It costs one part of one report.
var errPanic = errors.New("panic while collecting")

// recovered turns a panic into an error. It is to be deferred.
func recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("%w: %v", errPanic, cause)
	}
}

// maxStuck is how many calls may hang before a guard makes no more: their goroutines are those of a machine in trouble.
const maxStuck = 32

// guard makes calls of the operating system that may never come back, such as measuring a file system whose disk died.
// Such a call cannot be interrupted: its goroutine is left behind and ends when the call does. Until then the same call
// is not made again, so that it costs one goroutine and one delay, not one for each cycle. It must not be used
// concurrently.
type guard struct {
	timeout time.Duration
	// stuck holds, by the name of the call, what is closed when the call comes back after all.
	stuck map[string]<-chan struct{}
}

func newGuard(timeout time.Duration) *guard {
	return &guard{timeout: timeout, stuck: map[string]<-chan struct{}{}}
}

// forgive forgets the calls that have come back since.
func (g *guard) forgive() {
	maps.DeleteFunc(g.stuck, func(_ string, back <-chan struct{}) bool {
		select {
		case <-back:
			return true
		default:
			return false
		}
	})
}

// answered is what a guarded call came back with.
type answered[T any] struct {
	value T
	err   error
	back  chan struct{} // nil when the call was not made
}

// guarded makes the call of that name and gives up with ErrStuck after the guard's timeout or when the context ends.
func guarded[T any](ctx context.Context, g *guard, name string, call func() (T, error)) (T, error) {
	values, errs := guardedAll(ctx, g, []string{name}, func(string) (T, error) { return call() })
	return values[0], errs[0]
}

// guardedAll makes one call for each name, all at the same time, and gives up on those that do not come back in time. It
// returns values and errors in the order of the names.
func guardedAll[T any](ctx context.Context, g *guard, names []string, call func(name string) (T, error)) ([]T, []error) {
	calls := make([]*answered[T], len(names))
	for i, name := range names {
		if calls[i] = new(answered[T]); g.stuck[name] != nil || len(g.stuck) >= maxStuck {
			continue
		}
		calls[i].start(func() (T, error) { return call(name) })
	}
	limited, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	values, errs := make([]T, len(names)), make([]error, len(names))
	for i, each := range calls {
		if values[i], errs[i] = each.wait(limited); each.back != nil && errors.Is(errs[i], ErrStuck) {
			g.stuck[names[i]] = each.back
		}
	}
	return values, errs
}

// wait waits until the call is back or the context ends. What is back by then counts.
func (a *answered[T]) wait(ctx context.Context) (T, error) {
	var none T
	if a.back == nil {
		return none, ErrStuck
	}
	select {
	case <-a.back:
		return a.value, a.err
	case <-ctx.Done():
	}
	select {
	case <-a.back:
		return a.value, a.err
	default:
		return none, ErrStuck
	}
}

// start makes the call in a goroutine of its own.
func (a *answered[T]) start(call func() (T, error)) {
	a.back = make(chan struct{})
	go func() {
		defer close(a.back)
		defer recovered(&a.err)
		a.value, a.err = call()
	}()
}
