package supervise

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// Reasons for which a run ends without a failure.
var (
	errRestart = errors.New("restart wanted")
	errUnused  = errors.New("not needed any more")
	errRetired = errors.New("replaced by another process")
)

// means are what all supervisors of a host share. They do not change.
type means struct {
	launcher   Launcher
	timing     Timing
	slots      chan struct{}  // one for each start that may go on at the same time
	random     func() float64 // from 0 to 1
	hubVersion string
	services   func(plugin string) pluginv1.HostServiceServer // nil: no plugin gets any
	announcer  *announcer
}

// assignment is what one supervisor runs. It does not change.
type assignment struct {
	plugin Plugin
	// instance is the id of the one it serves, empty if it serves all.
	instance string
	calls    *usage.Calls
}

// name is that of the process.
func (a assignment) name() string {
	if a.instance == "" {
		return a.plugin.ID()
	}
	return a.plugin.ID() + "/" + a.instance
}

func (a assignment) dataDir() string { return filepath.Join(a.plugin.DataDir, a.instance) }

// supervisor keeps one process running. Its methods may be called by several
// goroutines; run is called at most once.
type supervisor struct {
	assignment
	*means
	tenant  *tenant
	logger  hclog.Logger
	journal *journal.Journal
	restart chan struct{} // holds one wish
	wake    chan struct{} // holds one note that what is needed has changed
	ended   chan struct{} // closed when run is over

	mu        sync.Mutex
	changed   chan struct{} // closed and replaced when anything below changes
	state     State
	since     time.Time
	shown     bool                    // it has its place, and its changes are told
	retired   bool                    // it has lost its place, and nobody is let in
	cancel    context.CancelCauseFunc // ends run; nil until it has begun
	process   Process                 // nil when there is none to call
	launched  []*instance.Instance    // what the process was confined for
	instances map[string]*managed
	users     int       // calls that go on
	lastUse   time.Time // end of the last one
	taken     measurement
	record
}

// record is what is remembered of the processes before.
type record struct {
	starts    int
	nextStart time.Time
	lastExit  *Exit
	lastError string
	errorAt   time.Time
}

// run keeps a process running until the context is done, and returns when it is gone.
func (s *supervisor) run(ctx context.Context) {
	defer close(s.ended)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.mu.Lock()
	s.cancel = cancel
	if s.retired {
		cancel(errRetired)
	}
	s.mu.Unlock()

	failures := &failures{timing: s.timing, random: s.random}
	defer s.enter(StateStopped, "")
	for s.awaitNeed(ctx) {
		err := s.live(ctx, failures)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errRestart):
			failures.reset()
			continue
		case errors.Is(err, errUnused):
			s.enter(StateIdle, errUnused.Error())
			continue
		}
		if !s.pause(ctx, failures, err) {
			return
		}
	}
}

// awaitNeed returns true when a process is needed or already there, and false when the context is done.
func (s *supervisor) awaitNeed(ctx context.Context) bool {
	for {
		s.mu.Lock()
		there, needed := s.process != nil, s.neededLocked()
		s.mu.Unlock()
		if there {
			return true // it has to be ended in any case
		}
		if needed {
			return ctx.Err() == nil
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return false
		}
	}
}

// pause waits before the next start; a wish to restart ends it. It returns false when the context is done.
func (s *supervisor) pause(ctx context.Context, failures *failures, cause error) bool {
	wait, looping := failures.add(time.Now())
	state := StateBackoff
	if looping {
		state = StateCrashLoop
	}
	s.mu.Lock()
	s.enterLocked(state, s.lastError)
	s.nextStart = time.Now().Add(wait)
	s.mu.Unlock()
	s.logFailure(cause, wait, looping, failures.row == 1)

	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.restart:
		failures.reset()
	case <-ctx.Done():
		return false
	}
	return true
}

// logFailure tells the first failure and a crash loop to whoever reads the log, the others to whoever looks closer.
func (s *supervisor) logFailure(cause error, wait time.Duration, looping, first bool) {
	switch {
	case looping:
		s.logger.Error("plugin keeps failing", "error", cause, "retry_in", wait)
	case first:
		s.logger.Warn("plugin failed", "error", cause, "retry_in", wait)
	default:
		s.logger.Debug("plugin failed again", "error", cause, "retry_in", wait)
	}
}

// live is the life of one process: it starts it unless there is one, watches it, and leaves none behind.
func (s *supervisor) live(ctx context.Context, failures *failures) error {
	process := s.current()
	if process == nil {
		var err error
		if process, err = s.start(ctx); err != nil {
			if ctx.Err() == nil {
				s.fail(err)
			}
			return err
		}
	}
	err := s.watch(ctx, process, failures)
	s.end(process, err)
	return err
}

// end makes sure that the process is gone and records how.
func (s *supervisor) end(process Process, cause error) {
	s.mu.Lock()
	s.process = nil
	s.launched = nil
	s.taken = measurement{}
	for _, m := range s.instances {
		m.enter(InstancePending, nil)
	}
	s.enterLocked(StateStopping, s.journal.Text(cause.Error()))
	s.mu.Unlock()

	if err := s.stop(process); err != nil {
		s.logger.Error("plugin process is still there", "pid", process.Pid(), "error", err)
	}
	exit := Exit{Exit: process.Exit(), Pid: process.Pid()}
	s.mu.Lock()
	s.lastExit = &exit
	s.mu.Unlock()
	if !planned(cause) {
		s.fail(cause)
	}
}

// planned reports whether a process ended because it was to.
func planned(cause error) bool {
	for _, plan := range []error{errRestart, errUnused, errRetired, ErrEnded, context.Canceled} {
		if errors.Is(cause, plan) {
			return true
		}
	}
	return false
}

// stop ends a process with the time it has for that. It is also called when the supervisor itself is to stop.
func (s *supervisor) stop(process Process) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.timing.Stop)
	defer cancel()
	return process.Stop(ctx)
}

// fail records an error for Status.
func (s *supervisor) fail(err error) {
	text := s.journal.Text(err.Error())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastError, s.errorAt = text, time.Now()
}

// current returns the process that can be called, nil if there is none.
func (s *supervisor) current() Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}
