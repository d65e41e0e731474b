package supervise

import (
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
)

// commit gives the new supervisors their places, unless one of them is not good.
func (x *exchange) commit(warm []*supervisor, reason string) error {
	x.tenant.mu.Lock()
	defer x.tenant.mu.Unlock()
	x.assignLocked()
	for _, s := range warm {
		if err := x.judge(s); err != nil {
			return err
		}
	}
	if x.whole {
		x.tenant.plugin, x.tenant.calls, x.tenant.seats = x.plugin, x.calls, map[string]*supervisor{}
	}
	for key, s := range x.next {
		before := x.old[key]
		if !x.whole {
			s.inherit(before)
		}
		s.appear(before, reason)
		x.tenant.seats[key] = s
	}
	for key, s := range x.old {
		if x.next[key] == nil {
			s.disappear(reason)
		}
	}
	return nil
}

// judge returns why a new supervisor may not replace the old ones: its process
// has ended, or fails with an instance that one of theirs works with.
func (x *exchange) judge(s *supervisor) error {
	process := s.current()
	select {
	case <-process.Done():
		return fmt.Errorf("%w: %s", ErrDown, process.Exit())
	default:
	}
	for _, id := range s.ids() {
		m, err := s.managed(id)
		if err != nil {
			continue
		}
		before, ok := x.old[x.tenant.plugin.seatOf(id)]
		if !ok || !before.works(id, m.desired) {
			continue
		}
		if failed := s.failure(m); failed != nil {
			return fmt.Errorf("instance %s: %w", id, failed)
		}
	}
	return nil
}

// works reports whether the process works with exactly this configuration of an instance.
func (s *supervisor) works(id string, desired *instance.Instance) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.instances[id]
	return ok && m.desired == desired && m.state == InstanceConfigured
}

// failure returns why an instance does not work, nil if it does or was not tried.
func (s *supervisor) failure(m *managed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.state == InstanceFailed {
		return m.err
	}
	return nil
}

// inherit takes over what is remembered of the processes before.
func (s *supervisor) inherit(before *supervisor) {
	before.mu.Lock()
	remembered := before.record
	before.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	remembered.starts += s.starts
	s.record = remembered
}
