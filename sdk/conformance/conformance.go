// Package conformance puts a plugin to the test from outside, in whatever
// language it is written: it starts the program the way a hub does, talks the
// plugin protocol to it and reports which promises of the protocol it keeps.
//
// Nothing outside is contacted unless the caller gives a sample
// configuration: made-up configurations name addresses on this machine where
// nobody listens, or where somebody listens who never answers.
package conformance

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Level says how much time a run may take.
type Level int

// The levels. The zero value is LevelStandard.
const (
	LevelStandard Level = iota // all checks, with 60 calls to look for leaks
	LevelQuick                 // without the search for leaks
	LevelThorough              // all checks, with 1000 calls to look for leaks
)

// Options say what to test and with what.
type Options struct {
	// Command is the program and its arguments. It runs with an empty PATH: a
	// program that is not an absolute path is looked up in the caller's own.
	Command []string
	// Dir is the working directory of the program; empty: a fresh folder.
	Dir string
	// Env is added to the small environment that a hub gives, as "NAME=value".
	Env []string
	// ManifestPath is the plugin's plugin.json.
	ManifestPath string
	// Samples are configurations that work, by component: "source/tcp". A
	// component without one is tested with a made-up configuration, as far as
	// that goes.
	Samples map[string]Sample
	// Level says how much time the run may take.
	Level Level
	// Confine confines a start the way a hub does; nil: the checks that need a
	// sandbox do not apply. "pulse plugin test" has one.
	Confine Confine
	// Checks are the ids of the checks to run; empty: all of them.
	Checks []string
}

// Sample is how a component can be configured so that it works.
type Sample struct {
	// Config is one JSON object without the secrets; empty is {}.
	Config json.RawMessage
	// Secrets are plain values by JSON pointer, as in ConfigureRequest.
	Secrets map[string]string
	// Variants are other configurations that go with the same secrets. With
	// them the run can tell whether instances are mixed up.
	Variants []json.RawMessage
	// Panic is a configuration with which the component's call panics or
	// throws; empty: there is no way to make it do so.
	Panic json.RawMessage
	// Idempotent says that the provider behind a notifier knows idempotency
	// keys: one delivery id sent twice is one message. Two messages with one
	// delivery id are sent to find out.
	Idempotent bool
}

// Outcome is what became of a check.
type Outcome string

// The outcomes.
const (
	Passed        Outcome = "passed"
	Failed        Outcome = "failed"
	NotApplicable Outcome = "not applicable"
)

// Result is what became of one check.
type Result struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"`
	Outcome Outcome `json:"outcome"`
	// Reason says why the check failed or does not apply; empty if it passed.
	Reason string `json:"reason,omitempty"`
	// Seconds is how long the check took.
	Seconds float64 `json:"seconds"`
}

// Report is what a run found.
type Report struct {
	// Plugin and Version are those of the manifest; empty if it cannot be read.
	Plugin  string `json:"plugin"`
	Version string `json:"version"`
	// Conforms is true if no check failed.
	Conforms bool `json:"conforms"`
	// Results are in the order of Checks.
	Results []Result `json:"results"`
}

// checkLimit bounds one check; a plugin that hangs in every call is a failure and no hang of ours.
func (l Level) checkLimit() time.Duration {
	if l == LevelThorough {
		return 10 * time.Minute
	}
	return time.Minute
}

// Run runs the checks one after the other and returns what they found. Each
// has a process of its own, which has ended when Run returns. When the context
// is done, the rest of the checks fails.
func Run(ctx context.Context, options Options) Report {
	s, cleanUp := newSubject(options)
	defer cleanUp()
	report := Report{Conforms: true}
	if s.manifest != nil {
		report.Plugin, report.Version = s.manifest.ID, s.manifest.Version
	}
	for _, check := range Checks() {
		if !options.wants(check.ID) {
			continue
		}
		result := check.perform(ctx, s)
		report.Conforms = report.Conforms && result.Outcome != Failed
		report.Results = append(report.Results, result)
	}
	return report
}

func (o *Options) wants(id string) bool {
	return len(o.Checks) == 0 || slices.Contains(o.Checks, id)
}
