package supervise

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// parallelConfigures bounds the Configure calls to one process at a time.
const parallelConfigures = 4

// watch configures the instances of a process and returns the reason for which its life is over.
func (s *supervisor) watch(ctx context.Context, process Process, failures *failures) error {
	ctx, cancel := context.WithCancel(ctx)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()

	bad := make(chan error, 2)
	parts.Go(func() { bad <- s.checkLiveness(ctx, process) })
	parts.Go(func() { bad <- s.sampleUsage(ctx, process) })
	parts.Go(func() { s.keepConfigured(ctx, process) })

	stable := time.NewTimer(s.timing.StableAfter)
	defer stable.Stop()
	unused := time.NewTicker(max(s.timing.IdleAfter/10, time.Millisecond))
	defer unused.Stop()
	for {
		select {
		case <-process.Done():
			return fmt.Errorf("%w: %s", ErrDown, process.Exit())
		case err := <-bad:
			return err
		case <-stable.C:
			failures.reset()
		case <-unused.C:
			if s.isUnused() {
				return errUnused
			}
		case <-s.restart:
			return errRestart
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// isUnused reports whether the plugin has no source and has not been used for long enough.
func (s *supervisor) isUnused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.neededLocked() && time.Since(s.lastUse) >= s.timing.IdleAfter
}

// checkLiveness asks for a sign of life again and again, and returns ErrHung
// when too many in a row were missed, or the context's error.
func (s *supervisor) checkLiveness(ctx context.Context, process Process) error {
	ticker := time.NewTicker(s.timing.PingInterval)
	defer ticker.Stop()
	for missed := 0; ; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		err := s.ping(ctx, process)
		if err == nil {
			missed = 0
			continue
		}
		if missed++; missed >= s.timing.PingMisses {
			return fmt.Errorf("%w: %d signs of life missed: %w", ErrHung, missed, err)
		}
	}
}

func (s *supervisor) ping(ctx context.Context, process Process) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timing.PingTimeout, errPingTimeout)
	defer cancel()
	if err := process.Ping(ctx); err != nil {
		return because(ctx, err)
	}
	return nil
}

// keepConfigured configures every instance, and those again that could not be,
// as long as trying can help.
func (s *supervisor) keepConfigured(ctx context.Context, process Process) {
	s.configurePending(ctx, process)
	ticker := time.NewTicker(s.timing.PingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.configureWhere(ctx, process, func(m *managed) bool { return m.worthRetry(time.Now()) })
		case <-ctx.Done():
			return
		}
	}
}

// configurePending configures what the process has not been told yet.
func (s *supervisor) configurePending(ctx context.Context, process Process) {
	s.configureWhere(ctx, process, func(m *managed) bool { return m.state == InstancePending })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleLocked()
}

// worthRetry reports whether an instance that could not be configured is to be tried again.
func (m *managed) worthRetry(now time.Time) bool {
	return m.state == InstanceFailed && m.retry && !now.Before(m.retryAt)
}

func (s *supervisor) configureWhere(ctx context.Context, process Process, wanted func(*managed) bool) {
	var calls sync.WaitGroup
	defer calls.Wait()
	places := make(chan struct{}, parallelConfigures)
	for _, id := range s.ids() {
		s.mu.Lock()
		m, ok := s.instances[id]
		ok = ok && wanted(m)
		s.mu.Unlock()
		if !ok {
			continue
		}
		places <- struct{}{}
		calls.Go(func() {
			defer func() { <-places }()
			_ = s.apply(ctx, process, m) // its outcome is the state of the instance
		})
	}
}
