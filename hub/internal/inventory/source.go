package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// sourceState is what the writer remembers of a source between observations.
type sourceState struct {
	ref      SourceRef
	datasets map[string]*datasetState
	// failures counts the failed attempts in a row, of whatever dataset.
	failures int
}

// lostAfter is after how many failures in a row, of whatever dataset, a source
// counts as failed. Datasets that are seldom looked at are not waited for: what
// they told last says nothing about whether the source answers now.
const lostAfter = 3

// datasetState is what the writer remembers of one dataset.
type datasetState struct {
	at         time.Time // of the newest observation
	seen       sequences // numbers of observations that were taken in
	newest     time.Time // of any observation, late ones included
	validUntil time.Time // by the hub's clock; zero: for ever
	expired    bool
	restored   bool   // told from memory, not observed since the hub started
	failure    string // message of the last failed attempt; empty after a success
	problems   []resource.Problem
	rejected   []resource.Problem // resources of the newest observation that were left out
	counters   map[string]counterReading
	// lateCounters are the readings of late observations; nil until there is one.
	lateCounters map[string]counterReading
}

func checkSource(ref SourceRef) error {
	if ref.ID == "" {
		return fmt.Errorf("%w: source id is empty", ErrInvalid)
	}
	if strings.ContainsAny(ref.ID, "/\x00") {
		return fmt.Errorf("%w: source id %q has a slash or a zero byte", ErrInvalid, ref.ID)
	}
	return nil
}

func (s *sourceState) dataset(name string) *datasetState {
	d := s.datasets[name]
	if d == nil {
		d = &datasetState{counters: map[string]counterReading{}}
		s.datasets[name] = d
	}
	return d
}

// expire marks the datasets whose time is up and says whether there were any.
func (s *sourceState) expire(now time.Time) bool {
	any := false
	for _, d := range s.datasets {
		if d.expired || d.validUntil.IsZero() || !now.After(d.validUntil) {
			continue
		}
		d.expired = true
		any = true
	}
	return any
}

// published renders the state for readers.
func (s *sourceState) published() *Source {
	source := &Source{SourceRef: s.ref, Health: HealthStarting}
	failing, seen := 0, 0
	for _, name := range slices.Sorted(maps.Keys(s.datasets)) {
		d := s.datasets[name]
		if !d.at.IsZero() {
			source.Datasets = append(source.Datasets, DatasetTime{Name: name, At: d.at})
		}
		if d.at.After(source.LastSeen) {
			source.LastSeen = d.at
		}
		if !d.at.IsZero() && !d.restored {
			seen++
		}
		source.Problems = append(append(source.Problems, d.problems...), d.rejected...)
		switch {
		case d.failure != "":
			failing++
			source.Message = d.failure
		case d.expired && !d.restored:
			failing++
			source.Message = lateMessage(name, d.at)
		}
	}
	switch {
	case failing > 0 && (failing == len(s.datasets) || s.failures >= lostAfter):
		source.Health = HealthFailed
	case failing > 0:
		source.Health = HealthDegraded
	case len(source.Problems) > 0:
		source.Health = HealthDegraded
		source.Message = source.Problems[0].Message
	case seen > 0:
		source.Health = HealthOK
	}
	return source
}

func lateMessage(dataset string, at time.Time) string {
	since := at.UTC().Format(time.RFC3339)
	if dataset == "" {
		return "nothing heard since " + since
	}
	return fmt.Sprintf("no %s heard since %s", dataset, since)
}

// sameSource says whether readers could tell a from b, the time of the last
// observation aside.
func sameSource(a, b *Source) bool {
	return a != nil && a.SourceRef == b.SourceRef && a.Health == b.Health && a.Message == b.Message && len(a.Problems) == len(b.Problems)
}
