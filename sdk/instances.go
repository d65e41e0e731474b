package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/secret"
)

const (
	maxInstances = 1000
	// closeDelay lets running calls of a replaced instance end before it is closed.
	closeDelay = 5 * time.Second
)

// instance is one configured T and what the SDK knows of it.
type instance struct {
	id        string
	revision  uint64
	component *component
	value     any
	redact    secret.Redactor

	mu     sync.Mutex
	health Health // of the last call
}

// observe remembers how a call went.
func (in *instance) observe(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err == nil {
		in.health = Health{State: HealthOK, LastOK: time.Now()}
		return
	}
	in.health.State, in.health.Message = stateOf(err), in.redact.Redact(err.Error())
}

func (in *instance) lastHealth() Health {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.health
}

func stateOf(err error) HealthState {
	if fault.Of(err).Code == fault.CodeAuth {
		return HealthAuthFailed
	}
	return HealthFailed
}

// fail turns the error of a call into what goes over the wire: with its
// decision, without the instance's secrets.
func (in *instance) fail(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	known := *fault.Of(err)
	// The text is that of err and not of known.Err: whoever wrapped the fault had something to say.
	known.Err = errors.New(in.redact.Redact(err.Error()))
	return known.GRPCStatus().Err()
}

// instances are the instances of the process. It is safe for concurrent use.
type instances struct {
	closing    chan struct{}
	background sync.WaitGroup // waits to close what was replaced

	mu     sync.RWMutex
	byID   map[string]*instance
	closed bool
}

func newInstances() *instances {
	return &instances{closing: make(chan struct{}), byID: map[string]*instance{}}
}

// put adds an instance or replaces the one of the same id. It refuses one
// that is older than the one in force; that one is closed at once.
func (s *instances) put(in *instance) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byID[in.id]
	switch {
	case s.closed:
		return status.Error(codes.Unavailable, "plugin is stopping")
	case old != nil && old.revision > in.revision:
		return status.Error(codes.FailedPrecondition, "a newer configuration is in force")
	case old == nil && len(s.byID) >= maxInstances:
		return status.Errorf(codes.ResourceExhausted, "more than %d instances", maxInstances)
	}
	s.byID[in.id] = in
	s.retireLocked(old)
	return nil
}

// remove ends an instance, if there is one of this id.
func (s *instances) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byID[id]
	delete(s.byID, id)
	s.retireLocked(old)
}

// retireLocked closes an instance after closeDelay, or when everything is closed.
func (s *instances) retireLocked(old *instance) {
	if old == nil || s.closed {
		return
	}
	s.background.Go(func() {
		timer := time.NewTimer(closeDelay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.closing:
		}
		closeValue(old.value)
	})
}

// close closes all instances and waits for it. It may be called twice.
func (s *instances) close() {
	s.mu.Lock()
	if !s.closed {
		close(s.closing)
	}
	s.closed = true
	rest := s.byID
	s.byID = map[string]*instance{}
	s.mu.Unlock()
	for _, in := range rest {
		closeValue(in.value)
	}
	s.background.Wait()
}

// closeValue closes what can be closed. The error of an io.Closer is of no
// use to anybody: the instance is gone either way.
func closeValue(value any) {
	switch v := value.(type) {
	case Closer:
		v.Close()
	case io.Closer:
		_ = v.Close()
	}
}

// find returns an instance and the role it is asked to play.
func find[T any](s *instances, id string) (*instance, T, error) {
	s.mu.RLock()
	in := s.byID[id]
	s.mu.RUnlock()
	var none T
	if in == nil {
		return nil, none, notFound("no instance %q", id)
	}
	role, ok := in.value.(T)
	if !ok {
		return nil, none, status.Error(codes.Unimplemented, fmt.Sprintf("%s cannot do this", in.component.description.Key()))
	}
	return in, role, nil
}
