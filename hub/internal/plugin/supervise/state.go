package supervise

import "time"

// State is what a supervisor is doing.
type State string

// The states of a plugin.
const (
	StateIdle        State = "idle"        // not needed, no process
	StateStarting    State = "starting"    // process being started
	StateConfiguring State = "configuring" // process up, instances being configured
	StateHealthy     State = "healthy"     // all instances configured
	StateDegraded    State = "degraded"    // process up, some instances not configured
	StateBackoff     State = "backoff"     // ended or hung, waiting for the next start
	StateCrashLoop   State = "crash-loop"  // ended too often, tried rarely
	StateStopping    State = "stopping"    // being ended
	StateStopped     State = "stopped"     // ended, will not start again
)

// running reports whether there is a process that answers calls.
func (s State) running() bool {
	return s == StateConfiguring || s == StateHealthy || s == StateDegraded
}

// badness orders states: the worst of several is what a person has to know.
func (s State) badness() int {
	switch s {
	case StateStopped:
		return 0
	case StateIdle:
		return 1
	case StateHealthy:
		return 2
	case StateConfiguring:
		return 3
	case StateStarting:
		return 4
	case StateStopping:
		return 5
	case StateDegraded:
		return 6
	case StateBackoff:
		return 7
	}
	return 8
}

func (s *supervisor) enter(state State, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enterLocked(state, reason)
}

// enterLocked changes the state and tells whoever waits for that.
func (s *supervisor) enterLocked(state State, reason string) {
	if s.state != state {
		if s.shown {
			s.announcer.add(Change{
				Plugin: s.plugin.ID(), Process: s.name(), From: s.state, To: state, Reason: reason,
				Renewed: s.state == StateStarting && state.running(),
			})
		}
		s.state, s.since = state, time.Now()
	}
	s.nextStart = time.Time{}
	s.broadcastLocked()
}

// broadcastLocked wakes whoever waits for a change.
func (s *supervisor) broadcastLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// settleLocked derives the state of a running plugin from its instances.
func (s *supervisor) settleLocked() {
	if !s.state.running() {
		return
	}
	state, reason := StateHealthy, ""
	for _, m := range s.instances {
		if m.state == InstanceFailed {
			state, reason = StateDegraded, m.desired.Name+": "+m.message()
		}
		if m.state == InstancePending {
			s.enterLocked(StateConfiguring, "")
			return
		}
	}
	s.enterLocked(state, reason)
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

// appear gives the supervisor its place after another one, nil if there was none.
func (s *supervisor) appear(before *supervisor, reason string) {
	from := StateIdle
	if before != nil {
		from = before.leave()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = true
	if renewed := from.running() && s.state.running(); renewed || from != s.state {
		s.announcer.add(Change{Plugin: s.plugin.ID(), Process: s.name(), From: from, To: s.state, Reason: reason, Renewed: renewed})
	}
}

// disappear takes its place away, and nobody takes it.
func (s *supervisor) disappear(reason string) {
	from := s.leave()
	if from != StateStopped {
		s.announcer.add(Change{Plugin: s.plugin.ID(), Process: s.name(), From: from, To: StateStopped, Reason: reason})
	}
}

// leave lets nobody in from now on, and returns the state.
func (s *supervisor) leave() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown, s.retired = false, true
	s.broadcastLocked()
	return s.state
}

// drain waits for the calls that go on, as long as they may take, and for the
// end of the process. The supervisor must have left its place.
func (s *supervisor) drain(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for s.awaitQuiet(timer.C) {
	}
	s.mu.Lock()
	cancel, begun := s.cancel, s.cancel != nil || s.process != nil
	s.mu.Unlock()
	if cancel != nil {
		cancel(errRetired)
	}
	if begun {
		<-s.ended
	}
}

// awaitQuiet waits for the next change. It returns false when there is nothing or no time left to wait for.
func (s *supervisor) awaitQuiet(limit <-chan time.Time) bool {
	s.mu.Lock()
	users, changed := s.users, s.changed
	s.mu.Unlock()
	if users == 0 {
		return false
	}
	select {
	case <-changed:
		return true
	case <-limit:
		return false
	}
}
