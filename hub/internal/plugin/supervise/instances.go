package supervise

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// FieldError is one fault of a configuration. Path is a JSON pointer, empty for the whole.
type FieldError struct{ Path, Message string }

// ConfigError says that a plugin refuses a configuration.
type ConfigError struct{ Fields []FieldError }

// Error names the fields and what is wrong with them.
func (e *ConfigError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, field := range e.Fields {
		parts[i] = strings.TrimPrefix(field.Path+": "+field.Message, ": ")
	}
	return "configuration refused: " + strings.Join(parts, "; ")
}

// managed is one instance of a plugin. The supervisor's mutex guards all but turn.
type managed struct {
	turn    chan struct{} // holds one: calls about this instance go one after another
	desired instance.Instance
	removed bool
	state   InstanceState
	message string
	since   time.Time
	retry   bool // a failed one is worth another try
}

func (m *managed) enter(state InstanceState, message string, retry bool) {
	if m.state != state {
		m.since = time.Now()
	}
	m.state, m.message, m.retry = state, message, retry
}

// configure adds or replaces an instance. A running plugin is told at once and
// its answer returned; otherwise it is told when it starts.
func (s *supervisor) configure(ctx context.Context, desired instance.Instance) error {
	s.journal.Mask(desired.ID, secretsOf(desired))
	s.mu.Lock()
	m, ok := s.instances[desired.ID]
	if !ok {
		m = &managed{turn: make(chan struct{}, 1)}
		s.instances[desired.ID] = m
	}
	m.desired = desired
	m.enter(InstancePending, "", false)
	process := s.process
	s.mu.Unlock()
	note(s.wake)
	if process == nil {
		return nil
	}
	return s.apply(ctx, process, m)
}

// remove ends an instance.
func (s *supervisor) remove(ctx context.Context, id string) error {
	s.mu.Lock()
	m, ok := s.instances[id]
	if !ok {
		s.mu.Unlock()
		return nil
	}
	delete(s.instances, id)
	m.removed = true
	process := s.process
	s.settleLocked()
	s.mu.Unlock()
	defer s.journal.Mask(id, nil)
	if process == nil {
		return nil
	}

	ctx, cancel := context.WithTimeoutCause(ctx, s.timing.Configure, errConfigureTimeout)
	defer cancel()
	if err := m.take(ctx); err != nil {
		return err
	}
	defer m.give()
	_, err := process.Clients().Plugin.Remove(ctx, &pluginv1.RemoveRequest{InstanceId: id})
	if err != nil {
		return fmt.Errorf("remove instance: %w", s.judge(ctx, process, err))
	}
	return nil
}

// apply tells a process the newest configuration of an instance and records the outcome.
func (s *supervisor) apply(ctx context.Context, process Process, m *managed) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timing.Configure, errConfigureTimeout)
	defer cancel()
	if err := m.take(ctx); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		m.enter(InstanceFailed, err.Error(), true)
		s.settleLocked()
		return err
	}
	defer m.give()

	s.mu.Lock()
	desired, removed := m.desired, m.removed
	s.mu.Unlock()
	if removed {
		return nil
	}
	err := s.callConfigure(ctx, process, desired)

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != process || m.desired.Revision != desired.Revision {
		return err // the outcome is about something that is no more
	}
	var refused *ConfigError
	switch {
	case err == nil:
		m.enter(InstanceConfigured, "", false)
	case errors.As(err, &refused):
		m.enter(InstanceFailed, err.Error(), false)
	default:
		m.enter(InstanceFailed, err.Error(), fault.Of(err).Transient)
	}
	s.settleLocked()
	return err
}

func (s *supervisor) callConfigure(ctx context.Context, process Process, desired instance.Instance) error {
	response, err := process.Clients().Plugin.Configure(ctx, configureRequest(desired))
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

func configureRequest(one instance.Instance) *pluginv1.ConfigureRequest {
	config := string(one.Config)
	if config == "" {
		config = "{}"
	}
	return &pluginv1.ConfigureRequest{
		InstanceId: one.ID, Component: one.Component, ConfigJson: config,
		Secrets: one.Secrets, Revision: one.Revision, Name: one.Name,
	}
}

func fieldErrors(list []*pluginv1.FieldError, mask func(string) string) []FieldError {
	fields := make([]FieldError, len(list))
	for i, p := range list {
		fields[i] = FieldError{Path: p.GetPath(), Message: mask(p.GetMessage())}
	}
	return fields
}

// secretsOf returns the values of an instance's secrets, sorted, and never nil.
func secretsOf(one instance.Instance) []string {
	values := make([]string, 0, len(one.Secrets))
	for _, value := range one.Secrets {
		values = append(values, value)
	}
	slices.Sort(values)
	return values
}
