// Package supervise keeps plugin processes running: it starts them, configures
// their instances, notices when one ends, hangs or takes too much, starts it
// again after a wait that grows with its failures, and replaces one by another
// without a gap.
//
// A Host has a tenant for each plugin. A tenant has one supervisor for all
// instances, or one for each where they are kept apart; a supervisor has one
// process at a time. What shall run otherwise is run by new supervisors that
// take the places of the old ones when their processes have proved good.
package supervise

import (
	"errors"
	"time"
)

// Errors of using a plugin.
var (
	// ErrUnknownPlugin says that the hub has no plugin of that id.
	ErrUnknownPlugin = errors.New("no such plugin")
	// ErrUnknownInstance says that the plugin has no instance of that id.
	ErrUnknownInstance = errors.New("no such instance")
	// ErrDown says that the plugin's process does not run, or ended during the call.
	ErrDown = errors.New("the plugin is not running")
	// ErrHung says that a process was killed because it no longer answered.
	ErrHung = errors.New("the plugin does not answer")
	// ErrWrongPlugin says that the process is another plugin than its manifest says.
	ErrWrongPlugin = errors.New("the process is another plugin")
	// ErrNotSwitched says that the process that should have replaced another is
	// not good, and that the other runs on. The text that wraps it says why.
	ErrNotSwitched = errors.New("not switched")
	// ErrMemory says that a process was ended because it took more memory than it may.
	ErrMemory = errors.New("too much memory")
	// ErrNotAdmitted says that a process is confined so that it cannot serve an instance.
	ErrNotAdmitted = errors.New("the plugin is not allowed to reach what the instance names")
	// ErrInvalid says that a plugin or an instance lacks what it must have.
	ErrInvalid = errors.New("not valid")
	// ErrEnded says that the host runs no more.
	ErrEnded = errors.New("no plugins are run any more")
)

// Deadlines, as the causes that a call ends with.
var (
	errStartTimeout     = errors.New("start deadline passed")
	errConfigureTimeout = errors.New("configure deadline passed")
	errTestTimeout      = errors.New("test deadline passed")
	errPingTimeout      = errors.New("liveness deadline passed")
	errCallTimeout      = errors.New("call deadline passed")
	errSampleTimeout    = errors.New("measuring deadline passed")
)

// Timing holds all numbers of supervision.
type Timing struct {
	Start time.Duration // from the start to the end of the handshake and first calls
	// StartInterpreted is Start for plugins that an interpreter runs.
	StartInterpreted time.Duration
	Configure        time.Duration // one Configure or Remove call
	Test             time.Duration // one Test call

	Call time.Duration // one call whose context has no deadline

	PingInterval time.Duration
	PingTimeout  time.Duration
	PingMisses   int // so many misses in a row mean that the process hangs

	Stop time.Duration // from asking to end to killing
	// Drain is how long the calls to a process that was replaced may still take,
	// DrainDropped those to one that is not wanted any more.
	Drain, DrainDropped time.Duration

	Sample time.Duration // between two measurements of what a process takes

	BackoffBase time.Duration // wait after the first failure; doubled by each further one
	BackoffCap  time.Duration
	StableAfter time.Duration // so long without failure and the wait starts at its base again

	CrashLimit  int           // so many failures …
	CrashWindow time.Duration // … in this time are a crash loop …
	CrashRetry  time.Duration // … in which a start is tried this often

	IdleAfter      time.Duration // a plugin without sources ends after so long without use
	ParallelStarts int           // of all plugins together
}

// DefaultTiming returns the numbers that a hub runs with.
func DefaultTiming() Timing {
	return Timing{
		Start: 10 * time.Second, StartInterpreted: 30 * time.Second,
		Configure: 10 * time.Second, Test: 30 * time.Second, Call: time.Minute,
		PingInterval: 15 * time.Second, PingTimeout: 3 * time.Second, PingMisses: 3,
		Stop: 3 * time.Second, Drain: 10 * time.Second, DrainDropped: 2 * time.Second,
		Sample:      10 * time.Second,
		BackoffBase: time.Second, BackoffCap: time.Minute, StableAfter: 5 * time.Minute,
		CrashLimit: 5, CrashWindow: 10 * time.Minute, CrashRetry: 15 * time.Minute,
		IdleAfter: 10 * time.Minute, ParallelStarts: 2,
	}
}
