package supervise

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// Reasons for which a run ends without a failure.
var (
	errRestart = errors.New("restart wanted")
	errUnused  = errors.New("not needed any more")
)

// supervisor keeps one plugin running. Its methods may be called by several
// goroutines; run is called once.
type supervisor struct {
	plugin   Plugin
	launcher Launcher
	timing   Timing
	slots    chan struct{} // one for each start that may go on at the same time
	init     *pluginv1.InitRequest
	logger   hclog.Logger
	journal  *journal.Journal
	random   func() float64
	restart  chan struct{} // holds one wish
	wake     chan struct{} // holds one note that what is needed has changed

	mu        sync.Mutex
	changed   chan struct{} // closed and replaced when anything below changes
	state     State
	since     time.Time
	process   Process // nil when there is none to call
	instances map[string]*managed
	users     int       // calls that go on
	lastUse   time.Time // end of the last one
	restarts  int
	starts    int
	nextStart time.Time
	lastExit  *Exit
	lastError string
	errorAt   time.Time
}

func newSupervisor(plugin Plugin, options Options, slots chan struct{}) *supervisor {
	logger := options.Logger.Named(plugin.ID)
	return &supervisor{
		plugin: plugin, launcher: options.Launcher, timing: options.Timing, slots: slots,
		init: &pluginv1.InitRequest{
			HubVersion: options.HubVersion, DataDir: plugin.DataDir, LogLevel: logger.GetLevel().String(),
		},
		logger: logger, journal: journal.New(journal.Options{Logger: logger}), random: options.Random,
		restart: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		changed: make(chan struct{}), state: StateIdle, since: time.Now(), instances: map[string]*managed{},
	}
}

// run keeps the plugin running until the context is done, and returns when its process is gone.
func (s *supervisor) run(ctx context.Context) {
	failures := &failures{timing: s.timing, random: s.random}
	defer s.enter(StateStopped)
	for s.awaitNeed(ctx) {
		err := s.live(ctx, failures)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errRestart):
			failures.reset()
			continue
		case errors.Is(err, errUnused):
			s.enter(StateIdle)
			continue
		}
		if !s.pause(ctx, failures, err) {
			return
		}
	}
}

// awaitNeed returns true when a process is needed, and false when the context is done.
func (s *supervisor) awaitNeed(ctx context.Context) bool {
	for {
		s.mu.Lock()
		needed := s.neededLocked()
		s.mu.Unlock()
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
	s.nextStart = time.Now().Add(wait)
	s.enterLocked(state)
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

// live is the life of one process: it starts it, watches it, and leaves none behind.
func (s *supervisor) live(ctx context.Context, failures *failures) error {
	process, err := s.start(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.fail(err)
		}
		return err
	}
	s.mu.Lock()
	s.process = process
	s.enterLocked(StateConfiguring)
	s.mu.Unlock()
	s.logger.Info("plugin started", "version", s.plugin.Version, "pid", process.Pid())

	err = s.watch(ctx, process, failures)
	s.end(process, err)
	return err
}

// start starts a process and introduces the hub to it. It takes one of the slots for that time.
func (s *supervisor) start(ctx context.Context) (Process, error) {
	s.enter(StateStarting)
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-s.slots }()

	s.mu.Lock()
	s.starts++
	s.restarts = s.starts - 1
	s.mu.Unlock()
	starting, cancel := context.WithTimeoutCause(ctx, s.timing.Start, errStartTimeout)
	defer cancel()
	process, err := s.launcher.Launch(starting, s.plugin, s.journal)
	if err != nil {
		return nil, err
	}
	if err := s.introduce(starting, process); err != nil {
		return nil, errors.Join(err, s.stop(process))
	}
	return process, nil
}

// introduce makes the first calls: what the hub is, and whether the plugin is the expected one.
func (s *supervisor) introduce(ctx context.Context, process Process) error {
	plugin := process.Clients().Plugin
	if _, err := plugin.Init(ctx, s.init); err != nil {
		return fmt.Errorf("introduce hub: %w", because(ctx, err))
	}
	manifest, err := plugin.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return fmt.Errorf("ask who it is: %w", because(ctx, err))
	}
	if manifest.GetId() != s.plugin.ID {
		return fmt.Errorf("%w: %q instead of %q", ErrWrongPlugin, manifest.GetId(), s.plugin.ID)
	}
	return nil
}

// end makes sure that the process is gone and records how.
func (s *supervisor) end(process Process, cause error) {
	s.mu.Lock()
	s.process = nil
	for _, m := range s.instances {
		m.enter(InstancePending, "", false)
	}
	s.enterLocked(StateStopping)
	s.mu.Unlock()

	if err := s.stop(process); err != nil {
		s.logger.Error("plugin process is still there", "pid", process.Pid(), "error", err)
	}
	exit := Exit{Exit: process.Exit(), Pid: process.Pid()}
	s.mu.Lock()
	s.lastExit = &exit
	s.mu.Unlock()
	if !errors.Is(cause, errRestart) && !errors.Is(cause, errUnused) && !errors.Is(cause, context.Canceled) {
		s.fail(cause)
	}
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

func (s *supervisor) enter(state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enterLocked(state)
}

// enterLocked changes the state and tells whoever waits for that.
func (s *supervisor) enterLocked(state State) {
	if s.state != state {
		s.state, s.since = state, time.Now()
	}
	if state != StateBackoff && state != StateCrashLoop {
		s.nextStart = time.Time{}
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// settleLocked derives the state of a running plugin from its instances.
func (s *supervisor) settleLocked() {
	if !s.state.running() {
		return
	}
	state := StateHealthy
	for _, m := range s.instances {
		if m.state == InstanceFailed {
			state = StateDegraded
		}
		if m.state == InstancePending {
			s.enterLocked(StateConfiguring)
			return
		}
	}
	s.enterLocked(state)
}

// neededLocked reports whether there is anything to run the plugin for: a
// source, which is collected all the time, or a call that goes on.
func (s *supervisor) neededLocked() bool {
	if s.users > 0 {
		return true
	}
	for _, m := range s.instances {
		if m.desired.Kind() == "source" {
			return true
		}
	}
	return false
}

// ids returns the ids of the instances, sorted.
func (s *supervisor) ids() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.instances))
}

// note puts a note into a channel that holds one.
func note(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}

// because replaces the error of a call by the cause for which its context ended, if it did.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
