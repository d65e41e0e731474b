package supervise

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	"github.com/pulse-hub/pulse/sdk/launcher"
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
	// Digest is that of the content that runs; empty for a development build.
	Digest string
	// Verified says that the content is checked against an expected hash at each start.
	Verified bool

	// State, Since, Pid, NextStart, LastExit, LastError, LastErrorAt and Warning
	// are those of the process that is worst off; Restarts is the sum of all.
	State       State
	Since       time.Time
	Pid         int
	Restarts    int
	NextStart   time.Time
	LastExit    *Exit
	LastError   string
	LastErrorAt time.Time
	Warning     string

	// Processes are ordered by name. A plugin that keeps its instances apart has
	// one for each, else there is one.
	Processes []ProcessStatus
	// Calls are those of all its processes since this version runs, by method.
	Calls []usage.MethodStats
	// Lines are the last lines of output, the oldest first.
	Lines []journal.Line
	// Instances are ordered by ID.
	Instances []InstanceStatus
}

// ProcessStatus is what is known of a process, running or not.
type ProcessStatus struct {
	// Name is the plugin's id, or "<id>/<instance>".
	Name string
	// Instance is the ID of the one it serves, empty if it serves all.
	Instance string
	// Pid is the number of the process that runs, 0 if none does.
	Pid   int
	State State
	// Since is when it came into the state.
	Since time.Time
	// Confinement is how it is confined in fact; the zero value if none runs.
	Confinement launcher.Report

	// Sampled is when the following was measured, zero if it has not been.
	Sampled time.Time
	// CPU is the share of one processor it took since the measurement before: 1.5 is one and a half.
	CPU float64
	// MemoryBytes is what it and its children take, of MemoryLimit bytes.
	// MemoryExact says that memory which they share with others is counted in part.
	MemoryBytes, MemoryLimit uint64
	MemoryExact              bool
	Threads, FDs             int
	// Warning says, for people, what will soon be a failure; empty if nothing is near.
	Warning string

	// Restarts counts the starts after the first, successful or not.
	Restarts int
	// NextStart is when the next start is tried, zero if none is planned.
	NextStart time.Time
	// LastExit is how the last process ended, nil if none has.
	LastExit *Exit
	// LastError is why the last start or process failed, with secrets masked; empty if none has.
	LastError   string
	LastErrorAt time.Time
}

// InstanceStatus is what is known of one instance of a plugin.
type InstanceStatus struct {
	ID, Component, Name string
	State               InstanceState
	// Message says why it failed.
	Message string
	Since   time.Time
}

func (t *tenant) status() Status {
	t.mu.Lock()
	plugin, calls := t.plugin, t.calls
	t.mu.Unlock()
	status := Status{
		ID: t.id, Version: plugin.Manifest.Version, Digest: plugin.Digest, Verified: plugin.Verified,
		State: StateIdle, Calls: calls.Stats(), Lines: t.journal.Tail(statusLines),
	}
	if t.stage.over() {
		status.State = StateStopped
	}
	for _, s := range t.supervisors() {
		process, instances := s.status()
		status.Processes = append(status.Processes, process)
		status.Instances = append(status.Instances, instances...)
	}
	slices.SortFunc(status.Processes, func(a, b ProcessStatus) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(status.Instances, func(a, b InstanceStatus) int { return strings.Compare(a.ID, b.ID) })
	status.summarize()
	return status
}

// summarize says of the plugin what is to be said of its worst process.
func (s *Status) summarize() {
	if len(s.Processes) == 0 {
		return
	}
	worst := slices.MaxFunc(s.Processes, func(a, b ProcessStatus) int { return cmp.Compare(a.State.badness(), b.State.badness()) })
	s.State, s.Since, s.Pid, s.NextStart = worst.State, worst.Since, worst.Pid, worst.NextStart
	s.LastExit, s.LastError, s.LastErrorAt = worst.LastExit, worst.LastError, worst.LastErrorAt
	for _, process := range s.Processes {
		s.Restarts += process.Restarts
		s.Warning = cmp.Or(s.Warning, process.Warning)
	}
}

func (s *supervisor) status() (ProcessStatus, []InstanceStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := ProcessStatus{
		Name: s.name(), Instance: s.instance, State: s.state, Since: s.since,
		Sampled: s.taken.at, CPU: s.taken.cpu, MemoryBytes: s.taken.usage.MemoryBytes, MemoryExact: s.taken.usage.Exact,
		MemoryLimit: s.memoryLimit(), Threads: s.taken.usage.Threads, FDs: s.taken.usage.FDs, Warning: s.taken.warning,
		Restarts: max(s.starts-1, 0), NextStart: s.nextStart,
		LastExit: s.lastExit, LastError: s.lastError, LastErrorAt: s.errorAt,
	}
	if s.process != nil {
		status.Pid, status.Confinement = s.process.Pid(), s.process.Confinement()
	}
	instances := make([]InstanceStatus, 0, len(s.instances))
	for _, m := range s.instances {
		instances = append(instances, InstanceStatus{
			ID: m.desired.ID, Component: m.desired.Component, Name: m.desired.Name,
			State: m.state, Message: m.message(), Since: m.since,
		})
	}
	return status, instances
}
