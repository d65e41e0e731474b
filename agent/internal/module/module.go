// Package module is what every reporting part of the agent has in common: what a module is, and its rhythm.
//
// A module (host, Docker, Kubernetes) collects one report at a time. The agent runs it ([Run]), numbers and delivers its
// reports to every hub, and hands the hubs' answers back to it. A new module implements [Module], and [Background],
// [Nudger] or [Prober] where it needs them, and is added to the composition root.
package module

import (
	"context"
	"errors"

	"github.com/pulse-hub/pulse/agent/report"
)

// Errors by which a module says how to go on; others mean that there is no report this time.
var (
	// ErrUnavailable means that what the module watches is not there now. It is asked again after 5 seconds, then after
	// twice as long each time, up to 5 minutes.
	ErrUnavailable = errors.New("unavailable")
	// ErrEnded means that it is over for good: from Collect for the module, from Hear for the hub that answered.
	ErrEnded = errors.New("ended for good")
)

// Info is what does not change about a module.
type Info struct {
	// Name is the module's in the log, the configuration and the spool: "host", "docker" or "kubernetes".
	Name string
	// Path is the endpoint of its reports, such as report.HostPath, and MaxBytes the largest body that takes.
	Path     string
	MaxBytes int
	// UserAgent is sent with its reports.
	UserAgent string
	// DropForbidden says that a report is given up when the hub answers 403, rather than tried again.
	DropForbidden bool
}

// Module is one reporting part of the agent. Collect is called by one goroutine, Hear and Checks by others at the same
// time.
type Module interface {
	// Info must always return the same.
	Info() Info
	// Collect returns a report that is complete but for its sequence, and that the module does not touch again. It must
	// bound its own time and return soon after the context ends. Errors may wrap ErrUnavailable or ErrEnded.
	Collect(ctx context.Context) (report.Report, error)
	// Hear is told what a hub answered, in the order of the answers of that hub. It must not block: longer work belongs
	// into Background. It returns ErrEnded when nothing more is to be sent to that hub, such as after "was removed"; other
	// errors are logged.
	Hear(answer Answer) error
	// Checks tells how the parts of the last collection went; empty before the first.
	Checks() []Check
}

// Background is a module that has work besides collecting.
type Background interface {
	// Run blocks until the context ends and returns nil then. It runs beside Collect.
	Run(ctx context.Context) error
}

// Nudger is a module that sometimes wants to collect before its time.
type Nudger interface {
	// Nudge returns a channel, always the same, from which a value is received when the module wants to collect at once.
	// One that nobody reads yet must not block the module: give it room for one.
	Nudge() <-chan struct{}
}

// Prober is a module of which a collection alone does not show everything.
type Prober interface {
	// Probe runs everything once and returns how it went. It is called instead of all else, and may take minutes.
	Probe(ctx context.Context) []Check
}

// Answer is what a hub said to a report.
type Answer struct {
	// Target is the place of the hub in the configuration. Only the first, 0, may give commands.
	Target int
	// Status is the HTTP status: 200 to 299 when the report was accepted, else 400 to 499.
	Status int
	// Body is the JSON of the answer: that of the module's kind, or report.ErrorAnswer. It must not be kept.
	Body []byte
}

// Accepted reports whether the hub took the report.
func (a Answer) Accepted() bool { return a.Status < 300 }
