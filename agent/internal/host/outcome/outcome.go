// Package outcome says how a part of the collection went, in terms a person can act on: what is missing, what is
// forbidden, and what to do about it.
package outcome

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
)

// State is how a part of the collection stands.
type State string

// States of a part.
const (
	// OK means that the part works.
	OK State = "ok"
	// Unavailable means that the machine has nothing for the part to measure, or lacks the program it needs. It is no
	// failure.
	Unavailable State = "unavailable"
	// Denied means that the agent lacks a permission.
	Denied State = "denied"
	// Failed means that the part ought to work and does not.
	Failed State = "failed"
)

// rootRemedy is the advice for a missing permission nobody knows better advice for.
const rootRemedy = "run the agent as root, or give its user access"

// Outcome is how the last run of one part went.
type Outcome struct {
	// Name is the part's, such as "cpu".
	Name string
	// State is how the part stands; Reason and Remedy, for people, may be empty.
	State          State
	Reason, Remedy string
	// Duration is how long the last run took.
	Duration time.Duration
	// Err is nil in the states OK and Unavailable.
	Err error
}

// Problem is an error that knows its state and remedy.
type Problem struct {
	State  State
	Reason string
	// Remedy is what a person can do; may be empty.
	Remedy string
	// Err is the cause; may be nil.
	Err error
}

// Error returns the reason.
func (p *Problem) Error() string { return p.Reason }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

// None says that the machine has nothing of what the part measures.
func None(reason string) error { return &Problem{State: Unavailable, Reason: reason} }

// Missing says that a program is not installed although it would be of use.
func Missing(reason, remedy string) error {
	return &Problem{State: Unavailable, Reason: reason, Remedy: remedy}
}

// Forbidden says that the agent lacks a permission.
func Forbidden(reason string, err error) error {
	return &Problem{State: Denied, Reason: reason, Remedy: rootRemedy, Err: err}
}

// Of judges the error of a run of the named part.
func Of(name string, err error, duration time.Duration) Outcome {
	result := Outcome{Name: name, State: OK, Duration: duration}
	if err == nil {
		return result
	}
	result.State, result.Reason, result.Remedy = judge(err)
	result.Reason = strings.Join(strings.Fields(result.Reason), " ") // joined errors come in lines
	if result.State != Unavailable {
		result.Err = err
	}
	return result
}

func judge(err error) (state State, reason, remedy string) {
	var problem *Problem
	switch {
	case errors.As(err, &problem):
		return problem.State, err.Error(), problem.Remedy
	case errors.Is(err, command.ErrNotInstalled):
		return Unavailable, err.Error(), ""
	case errors.Is(err, fs.ErrPermission):
		return Denied, err.Error(), rootRemedy
	case errors.Is(err, command.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return Failed, err.Error(), "run it by hand and see what it waits for"
	}
	return Failed, err.Error(), ""
}
