package supervise

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// CodeDown is the fault's code of every error that comes from the plugin's
// process not running, and not from what it looks at.
const CodeDown = "plugin-down"

// endNotice is how much later than a broken connection the end of its process may be noticed.
const endNotice = 200 * time.Millisecond

// use calls fn with the running process, which is started if need be. It waits
// for a start in progress as long as the context allows, and not for one that
// is only planned. The process is ready when ready, called under the mutex, says
// so. It returns errRetired, and has not called fn, if another supervisor is to be asked.
func (s *supervisor) use(ctx context.Context, ready func() bool, fn func(Process) error) error {
	s.mu.Lock()
	s.users++
	s.mu.Unlock()
	note(s.wake)
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.users--
		s.lastUse = time.Now()
		if s.retired {
			s.broadcastLocked()
		}
	}()
	process, err := s.await(ctx, ready)
	if err != nil {
		return err
	}
	return fn(process)
}

// useProcess calls fn with the clients of the process, whatever its instances.
func (s *supervisor) useProcess(ctx context.Context, fn func(context.Context, *transport.Client) error) error {
	return s.use(ctx, func() bool { return true }, func(process Process) error {
		return s.call(ctx, process, fn)
	})
}

// useInstance calls fn with the clients of a process that has accepted the instance.
func (s *supervisor) useInstance(ctx context.Context, id string, fn func(context.Context, *transport.Client) error) error {
	s.mu.Lock()
	m, ok := s.instances[id]
	retired := s.retired
	s.mu.Unlock()
	switch {
	case retired:
		return errRetired
	case !ok:
		return unknownInstance(id)
	}
	ready := func() bool { return m.state != InstancePending || m.removed }
	return s.use(ctx, ready, func(process Process) error {
		if err := s.refusal(m); err != nil {
			return err
		}
		return s.call(ctx, process, fn)
	})
}

// refusal returns the reason for which an instance cannot be used, nil if it can.
func (s *supervisor) refusal(m *managed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.removed:
		return unknownInstance(m.desired.ID)
	case m.state == InstanceFailed:
		return &fault.Error{Origin: fault.OriginCaller, Code: fault.CodeRejected, Transient: m.retry, Err: m.err}
	}
	return nil
}

func unknownInstance(id string) error {
	return &fault.Error{Origin: fault.OriginCaller, Code: fault.CodeNotFound, Err: fmt.Errorf("%w: %s", ErrUnknownInstance, id)}
}

func (s *supervisor) call(ctx context.Context, process Process, fn func(context.Context, *transport.Client) error) error {
	if err := fn(ctx, process.Clients()); err != nil {
		return s.judge(ctx, process, err)
	}
	return nil
}

// await returns the process when it runs and ready says so, under the mutex.
func (s *supervisor) await(ctx context.Context, ready func() bool) (Process, error) {
	for {
		s.mu.Lock()
		process, state, changed, reason := s.process, s.state, s.changed, s.lastError
		retired, ok := s.retired, process != nil && ready()
		s.mu.Unlock()
		switch {
		case retired:
			return nil, errRetired
		case ok:
			return process, nil
		case state == StateBackoff || state == StateCrashLoop:
			// The last error may itself be that it ended.
			return nil, down(fmt.Errorf("%w: %s", ErrDown, strings.TrimPrefix(reason, ErrDown.Error()+": ")))
		case state == StateStopped || state == StateStopping:
			return nil, down(ErrDown)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, down(fmt.Errorf("%w: %s: %w", ErrDown, state, context.Cause(ctx)))
		}
	}
}

// judge says of a failed call whether it failed because its process ended or its time was up.
func (s *supervisor) judge(ctx context.Context, process Process, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: cause}
	}
	received, ok := status.FromError(err)
	if !ok {
		return err
	}
	if broken(received) && endsSoon(ctx, process) {
		return down(fmt.Errorf("%w: %s", ErrDown, process.Exit()))
	}
	decision := *fault.Of(err)
	decision.Err = errors.New(s.journal.Text(received.Message()))
	return &decision
}

// broken says that no answer came because the connection is no more: it broke
// (Unavailable), or its process had ended and it was closed on this side
// (Canceled, while nobody has cancelled the call).
func broken(received *status.Status) bool {
	code := received.Code()
	return (code == codes.Unavailable || code == codes.Canceled) && len(received.Details()) == 0
}

func endsSoon(ctx context.Context, process Process) bool {
	timer := time.NewTimer(endNotice)
	defer timer.Stop()
	select {
	case <-process.Done():
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

func down(err error) error {
	return &fault.Error{Origin: fault.OriginPlugin, Code: CodeDown, Transient: true, Err: err}
}
