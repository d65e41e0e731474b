package module

import (
	"context"
	"errors"
	"time"
)

// State is how a part stands.
type State string

// States of a part, from good to bad.
const (
	// OK means that the part works.
	OK State = "ok"
	// Unavailable means that there is nothing to see, or the program it needs is not installed. It is no failure.
	Unavailable State = "not available"
	// Denied means that the agent lacks a permission.
	Denied State = "no permission"
	// Failed means that the part ought to work and does not.
	Failed State = "failed"
)

// Check is how one part of the agent stands, for people.
type Check struct {
	// Name is the part's, such as "cpu".
	Name  string
	State State
	// Reason says why it is not OK, and Remedy what can be done; both may be empty.
	Reason, Remedy string
	// Duration is how long the last run took; zero when nothing was measured.
	Duration time.Duration
}

// Try runs everything once, or collects once, and returns how the parts of the module stand, and the module itself when it has no report.
func Try(ctx context.Context, subject Module) []Check {
	if prober, ok := subject.(Prober); ok {
		return prober.Probe(ctx)
	}
	_, err := subject.Collect(ctx)
	checks := subject.Checks()
	if err == nil {
		return checks
	}
	state := Failed
	if errors.Is(err, ErrUnavailable) {
		state = Unavailable
	}
	return append(checks, Check{Name: subject.Info().Name, State: state, Reason: err.Error()})
}
