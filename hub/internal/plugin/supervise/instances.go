package supervise

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
)

// InstanceState is how far one instance has got in the running process.
type InstanceState string

// The states of an instance.
const (
	InstancePending    InstanceState = "pending"    // not told to the plugin yet
	InstanceConfigured InstanceState = "configured" // accepted by the plugin
	InstanceFailed     InstanceState = "failed"     // refused, or the call failed
)

// managed is one instance of a plugin. The supervisor's mutex guards all but turn.
type managed struct {
	turn    chan struct{} // holds one: calls about this instance go one after another
	desired *instance.Instance
	removed bool
	state   InstanceState
	err     error // why it failed
	since   time.Time
	retry   bool // a failed one is worth another try …
	retryAt time.Time
}

func (m *managed) enter(state InstanceState, err error) {
	if m.state != state {
		m.since = time.Now()
	}
	m.state, m.err, m.retry, m.retryAt = state, err, false, time.Time{}
}

func (m *managed) message() string {
	if m.err == nil {
		return ""
	}
	return m.err.Error()
}

// put makes the supervisor serve an instance, or another configuration of it,
// of which a running process has still to be told.
func (s *supervisor) put(desired *instance.Instance) *managed {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.instances[desired.ID]
	if !ok {
		m = &managed{turn: make(chan struct{}, 1)}
		s.instances[desired.ID] = m
	}
	m.desired = desired
	m.enter(InstancePending, nil)
	note(s.wake)
	return m
}

// forget makes the supervisor serve an instance no longer, of which a running
// process has still to be told. It returns nil if it does not serve it.
func (s *supervisor) forget(id string) *managed {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.instances[id]
	if !ok {
		return nil
	}
	delete(s.instances, id)
	m.removed = true
	s.settleLocked()
	return m
}

// tell tells a running process what is desired of an instance, unless it was
// told already, and returns its answer. It returns errRetired if another
// supervisor is to be asked.
func (s *supervisor) tell(ctx context.Context, m *managed) error {
	s.mu.Lock()
	process, told, err := s.process, m.state != InstancePending, m.err
	retired := s.retired
	s.mu.Unlock()
	switch {
	case retired:
		return errRetired
	case process == nil:
		return nil
	case told:
		return err
	}
	err = s.apply(ctx, process, m)

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.retired {
		return errRetired
	}
	return err
}

// tellRemoved tells a running process that an instance is no more.
func (s *supervisor) tellRemoved(ctx context.Context, m *managed) error {
	process := s.current()
	if process == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.timing.Configure, errConfigureTimeout)
	defer cancel()
	if err := m.take(ctx); err != nil {
		return err
	}
	defer m.give()
	_, err := process.Clients().Plugin.Remove(ctx, &pluginv1.RemoveRequest{InstanceId: m.desired.ID})
	if err != nil {
		return fmt.Errorf("remove instance: %w", s.judge(ctx, process, err))
	}
	return nil
}

// apply tells a process the newest configuration of an instance and records the outcome.
func (s *supervisor) apply(ctx context.Context, process Process, m *managed) error {
	s.mu.Lock()
	desired, launched := m.desired, slices.Contains(s.launched, m.desired)
	s.mu.Unlock()
	if !process.Admits([]instance.Instance{*desired}) {
		err := ErrNotAdmitted // a process made for it would not help
		if !launched {
			err = s.tenant.widen(ctx, s)
		}
		if err != nil && ctx.Err() != nil { // nothing is known about the other process, which may be tried soon
			err = fmt.Errorf("start another process: %w", context.Cause(ctx))
		}
		s.conclude(process, m, desired, err)
		return err
	}

	ctx, cancel := context.WithTimeoutCause(ctx, s.timing.Configure, errConfigureTimeout)
	defer cancel()
	if err := m.take(ctx); err != nil {
		s.conclude(process, m, desired, err)
		return err
	}
	defer m.give()
	s.mu.Lock()
	obsolete := m.removed || m.desired != desired // then somebody else tells the process what is new
	s.mu.Unlock()
	if obsolete {
		return nil
	}
	err := s.callConfigure(ctx, process, desired)
	s.conclude(process, m, desired, err)
	return err
}

// conclude records how telling a process about an instance went, unless the
// outcome is about something that is no more.
func (s *supervisor) conclude(process Process, m *managed, desired *instance.Instance, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != process || m.desired != desired || s.retired {
		return
	}
	var refused *ConfigError
	switch {
	case err == nil:
		m.enter(InstanceConfigured, nil)
	case errors.Is(err, ErrNotSwitched):
		m.enter(InstanceFailed, err)
		// Each try starts a process.
		m.retry, m.retryAt = true, time.Now().Add(s.timing.CrashRetry)
	default:
		m.enter(InstanceFailed, err)
		m.retry = !errors.As(err, &refused) && !errors.Is(err, ErrNotAdmitted) && fault.Of(err).Transient
	}
	s.settleLocked()
}

func (s *supervisor) callConfigure(ctx context.Context, process Process, desired *instance.Instance) error {
	response, err := process.Clients().Plugin.Configure(ctx, configureRequest(s.tenant.renewals.apply(*desired)))
	if err != nil {
		return fmt.Errorf("configure instance: %w", s.judge(ctx, process, err))
	}
	if len(response.GetErrors()) > 0 {
		return &ConfigError{Fields: fieldErrors(response.GetErrors(), s.journal.Text)}
	}
	return nil
}

func (m *managed) take(ctx context.Context) error {
	select {
	case m.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (m *managed) give() { <-m.turn }

// managed returns the instance of that id.
func (s *supervisor) managed(id string) (*managed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.instances[id]
	if !ok {
		return nil, unknownInstance(id)
	}
	return m, nil
}

// ids returns the ids of the instances, sorted.
func (s *supervisor) ids() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.instances))
}
