package supervise

import (
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
)

// statusLines is how many of the last lines of output a Status holds.
const statusLines = 50

// Exit is how a plugin's process ended.
type Exit struct {
	runner.Exit
	Pid int
}

// Status is what is known of one plugin. It is a copy: the caller owns it.
type Status struct {
	ID, Version string
	State       State
	// Since is when it came into the state.
	Since time.Time
	// Verified says that the executable is checked against an expected hash at each start.
	Verified bool
	// Pid is the number of the process that runs, 0 if none does.
	Pid int
	// Restarts counts the starts after the first, successful or not.
	Restarts int
	// NextStart is when the next start is tried, zero if none is planned.
	NextStart time.Time
	// LastExit is how the last process ended, nil if none has.
	LastExit *Exit
	// LastError is why the last start or process failed, with secrets masked; empty if none has.
	LastError   string
	LastErrorAt time.Time
	// Lines are the last lines of output, the oldest first.
	Lines []journal.Line
	// Instances are ordered by ID.
	Instances []InstanceStatus
}

// InstanceStatus is what is known of one instance of a plugin.
type InstanceStatus struct {
	ID, Component, Name string
	State               InstanceState
	// Message says why it failed.
	Message string
	Since   time.Time
}

func (s *supervisor) status() Status {
	lines := s.journal.Tail(statusLines)
	s.mu.Lock()
	defer s.mu.Unlock()
	status := Status{
		ID: s.plugin.ID, Version: s.plugin.Version, State: s.state, Since: s.since,
		Verified: s.plugin.SHA256 != "", Restarts: s.restarts, NextStart: s.nextStart,
		LastExit: s.lastExit, LastError: s.lastError, LastErrorAt: s.errorAt, Lines: lines,
	}
	if s.process != nil {
		status.Pid = s.process.Pid()
	}
	for _, m := range s.instances {
		status.Instances = append(status.Instances, InstanceStatus{
			ID: m.desired.ID, Component: m.desired.Component, Name: m.desired.Name,
			State: m.state, Message: m.message, Since: m.since,
		})
	}
	slices.SortFunc(status.Instances, func(a, b InstanceStatus) int { return strings.Compare(a.ID, b.ID) })
	return status
}
