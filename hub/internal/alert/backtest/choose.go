package backtest

import (
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert/check"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// A subject is a resource with what is to be looked at of it.
type subject struct {
	entry    *inventory.Entry
	measures []check.Measure
	// runs are when backups of it were made, in order of their start.
	runs []run
}

// choose returns the resources that have anything to look at.
func choose(r *Request) []subject {
	world := check.NewWorld(r.Snapshot, r.Policy, r.To, time.Time{}, nil)
	runs := indexRuns(r.Snapshot, r.To)
	var out []subject
	for e := range r.Snapshot.All() {
		if len(r.Keys) > 0 && !slices.Contains(r.Keys, e.Key) {
			continue
		}
		measures := slices.DeleteFunc(world.Measures(e), func(m check.Measure) bool { return !r.wants(&m) })
		if len(measures) > 0 {
			out = append(out, subject{entry: e, measures: measures, runs: runs.of(e)})
		}
	}
	return out
}

// wants says whether a measure is to be looked at.
func (r *Request) wants(m *check.Measure) bool {
	if len(r.Types) > 0 && !slices.Contains(r.Types, m.Outline().Type) {
		return false
	}
	return r.Resource == "" || m.Subject.ID == r.Resource
}

// series counts the series to read.
func (s *subject) series() int64 {
	n := int64(1) // whether it ran
	for i := range s.measures {
		n++
		if s.measures[i].Stored.Whole != "" {
			n++
		}
	}
	return n
}

// endsWhenDown says that alerts of what is measured end when the resource stops. Otherwise nothing is known then.
func (s *subject) endsWhenDown() bool {
	switch s.entry.Kind {
	case resource.KindVM, resource.KindContainer, resource.KindAppContainer:
		return true
	}
	return false
}
