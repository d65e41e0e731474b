package check

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// scene is what an agent told, and when it is looked at.
type scene struct {
	// source is that of an agent unless it is set.
	source inventory.SourceRef
	// remembered: it was told before the hub started, and not since.
	remembered bool
	resources  []resource.Resource
	// settings are what people have set, by key.
	settings map[string]*inventory.Settings
	config   func(*policy.Config)
	// now is how long after the report it is looked at, up how long the hub has looked by then; 0: an hour.
	now, up time.Duration
	// closed: no resource has alerts.
	closed bool
}

const agentSource = "agent"

func (s scene) world(tb testing.TB) *World {
	tb.Helper()
	inv := viewtest.Inventory()
	s.fill(tb, inv)
	for key, settings := range s.settings {
		if err := inv.Annotate(tb.Context(), key, settings); err != nil {
			tb.Fatal(err)
		}
	}
	return s.look(tb, inv)
}

// fill puts the resources into an inventory.
func (s scene) fill(tb testing.TB, inv *inventory.Inventory) {
	tb.Helper()
	if s.source.ID == "" {
		s.source = inventory.SourceRef{ID: agentSource, Type: "host", Name: "db1"}
	}
	if !s.remembered {
		viewtest.Apply(tb, inv, s.source, s.resources...)
		return
	}
	observation := inventory.Observation{Source: s.source, Dataset: "all", At: viewtest.Epoch(), Resources: s.resources}
	if err := inv.Restore(tb.Context(), observation); err != nil {
		tb.Fatal(err)
	}
}

func (s scene) look(tb testing.TB, inv *inventory.Inventory) *World {
	tb.Helper()
	config := policy.Default()
	if s.config != nil {
		s.config(&config)
	}
	p, err := policy.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	if s.up == 0 {
		s.up = time.Hour
	}
	now := viewtest.Epoch().Add(s.now)
	return NewWorld(inv.Snapshot(), p, now, now.Add(-s.up), func(string) bool { return !s.closed })
}

// check returns what is found out about the resource with an id.
func (s scene) check(tb testing.TB, id string) alert.Checked {
	tb.Helper()
	return checkIn(tb, New(), s.world(tb), id)
}

func checkIn(tb testing.TB, c *Checker, w *World, id string) alert.Checked {
	tb.Helper()
	for e := range w.All() {
		if e.ID == id {
			checked, _ := c.Entry(w, e)
			return checked
		}
	}
	tb.Fatalf("no resource %q", id)
	return alert.Checked{}
}

// outline is what tests look at of a finding.
type outline struct {
	ID             string
	Verdict        alert.Verdict
	Level          alert.Level
	Value, Trigger float64
	Message        string
}

var noFinding = outline{}

// outlineOf returns the only finding with a type and part, or noFinding.
func outlineOf(tb testing.TB, checked alert.Checked, kind alert.Type, part string) outline {
	tb.Helper()
	f := findingOf(tb, checked, kind, part)
	if f == nil {
		return noFinding
	}
	out := outline{f.AlertID, f.Verdict, f.Level, f.Value, f.Trigger, f.Message}
	if f.Verdict == alert.Good || f.Verdict == alert.Unknown {
		out.Message, out.Level = "", ""
	}
	return out
}

func findingOf(tb testing.TB, checked alert.Checked, kind alert.Type, part string) *alert.Finding {
	tb.Helper()
	var found *alert.Finding
	for i := range checked.Findings {
		f := &checked.Findings[i]
		if f.Identity != alert.IdentityOf(checked.Key, kind, part) {
			continue
		}
		if found != nil {
			tb.Fatalf("%s %q is found twice", kind, part)
		}
		found = f
	}
	return found
}

// wantKeys fails unless metadata has exactly these members.
func wantKeys(tb testing.TB, metadata map[string]any, want ...string) {
	tb.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(metadata))); diff != "" {
		tb.Errorf("metadata keys (-want +got):\n%s", diff)
	}
}

func capacity(total, used uint64) resource.Capacity {
	return resource.Capacity{Total: total, Used: used, Free: total - used}
}
