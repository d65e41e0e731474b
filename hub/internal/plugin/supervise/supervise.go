// Package supervise keeps plugin processes running: it starts them, configures
// their instances, notices when one ends or hangs, and starts it again after a
// wait that grows with its failures.
package supervise

import (
	"context"
	"errors"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/sdk/transport"
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
)

// Deadlines, as the causes that a call ends with.
var (
	errStartTimeout     = errors.New("start deadline passed")
	errConfigureTimeout = errors.New("configure deadline passed")
	errTestTimeout      = errors.New("test deadline passed")
	errPingTimeout      = errors.New("liveness deadline passed")
	errCallTimeout      = errors.New("call deadline passed")
)

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

// Timing holds all numbers of supervision.
type Timing struct {
	Start     time.Duration // from the start to the end of the handshake and first calls
	Configure time.Duration // one Configure or Remove call
	Test      time.Duration // one Test call

	Call time.Duration // one call whose context has no deadline

	PingInterval time.Duration
	PingTimeout  time.Duration
	PingMisses   int // so many misses in a row mean that the process hangs

	Stop time.Duration // from asking to end to killing

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
		Start: 10 * time.Second, Configure: 10 * time.Second, Test: 30 * time.Second, Call: time.Minute,
		PingInterval: 15 * time.Second, PingTimeout: 3 * time.Second, PingMisses: 3,
		Stop:        3 * time.Second,
		BackoffBase: time.Second, BackoffCap: time.Minute, StableAfter: 5 * time.Minute,
		CrashLimit: 5, CrashWindow: 10 * time.Minute, CrashRetry: 15 * time.Minute,
		IdleAfter: 10 * time.Minute, ParallelStarts: 2,
	}
}

// Process is a running plugin. Its methods may be called by several goroutines.
type Process interface {
	Pid() int
	Clients() *transport.Client
	// Ping asks for a sign of life. It returns when the context is done.
	Ping(ctx context.Context) error
	// Done is closed when the process has ended; Exit says how.
	Done() <-chan struct{}
	Exit() runner.Exit
	// Stop asks the process to end, and kills it when the context is done.
	Stop(ctx context.Context) error
}

// Launcher starts processes.
type Launcher interface {
	// Run makes Launch possible until the context is done.
	Run(ctx context.Context) error
	// Launch starts a process of the plugin. The context limits the start only.
	Launch(ctx context.Context, plugin Plugin, log *journal.Journal) (Process, error)
}

// Plugin says what to run.
type Plugin struct {
	ID      string
	Version string
	// Path is the executable, Args its arguments.
	Path string
	Args []string
	// SHA256 is the hash the executable must have, in lower-case hexadecimal;
	// empty for an unverified development build.
	SHA256 string
	// WithoutMTLS says that it cannot do mutual TLS.
	WithoutMTLS bool
	// DataDir is the only folder it may write to.
	DataDir string
	// MemoryBytes is the memory it promises to stay below; 0 if it promises nothing.
	MemoryBytes uint64
}
