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

// guard makes calls of the operating system that may never come back, such as measuring a file system whose disk died.
// Such a call cannot be interrupted: its goroutine is left behind and ends when the call does. Until then the same call
// is not made again, so that it costs one goroutine and one delay, not one for each cycle.
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

// guarded makes the call of that name and gives up with ErrStuck after the guard's timeout or when the context ends.
func guarded[T any](ctx context.Context, g *guard, name string, call func() (T, error)) (T, error) {
	var result, none T
	var err error
	if _, stuck := g.stuck[name]; stuck {
		return none, ErrStuck
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		defer recovered(&err)
		result, err = call()
	}()
	timer := time.NewTimer(g.timeout)
	defer timer.Stop()
	select {
	case <-back:
		return result, err
	case <-timer.C:
	case <-ctx.Done():
	}
	g.stuck[name] = back
	return none, ErrStuck
}
