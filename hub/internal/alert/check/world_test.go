package check

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The sources of a lab.
var (
	pveSource   = inventory.SourceRef{ID: "pve-lab", Type: "pve", Name: "lab", Plugin: "pulse.proxmox"}
	pbsSource   = inventory.SourceRef{ID: "pbs-vault", Type: "pbs", Name: "vault", Plugin: "pulse.pbs"}
	pmgSource   = inventory.SourceRef{ID: "pmg-edge", Type: "pmg", Name: "edge", Plugin: "pulse.pmg"}
	agentOfNode = inventory.SourceRef{ID: "host:pve1", Type: "host", Name: "pve1"}
)

// freshFor is how long what a source of a lab tells is fresh.
const freshFor = time.Minute

// lab is an installation with a clock of its own, that begins at viewtest.Epoch. The hub began an hour before.
type lab struct {
	testing.TB
	inventory *inventory.Inventory
	checker   *Checker
	config    policy.Config
	now       time.Time
	started   time.Time
	// closed: no resource has alerts.
	closed bool
}

func newLab(tb testing.TB) *lab {
	tb.Helper()
	l := &lab{TB: tb, checker: New(), config: policy.Default(), now: viewtest.Epoch(), started: viewtest.Epoch().Add(-time.Hour)}
	l.inventory = inventory.New(inventory.Options{Now: func() time.Time { return l.now }})
	return l
}

// tells lets a source say that it sees these resources, and no others.
func (l *lab) tells(source inventory.SourceRef, resources ...resource.Resource) *lab {
	l.Helper()
	return l.tellsOf(source, "all", resources...)
}

func (l *lab) tellsOf(source inventory.SourceRef, dataset string, resources ...resource.Resource) *lab {
	l.Helper()
	outcome, err := l.inventory.Apply(l.Context(), inventory.Observation{
		Source: source, Dataset: dataset, At: l.now, Complete: true, ValidFor: freshFor, Resources: resources,
	})
	if err != nil || len(outcome.Rejected) > 0 {
		l.Fatalf("tell %s: %v %v", source.ID, err, outcome.Rejected)
	}
	return l
}

// remembers brings back what a source told before the hub started, a moment ago.
func (l *lab) remembers(source inventory.SourceRef, resources ...resource.Resource) *lab {
	l.Helper()
	l.started = l.now
	observation := inventory.Observation{Source: source, Dataset: "all", At: l.now.Add(-time.Minute), Resources: resources}
	if err := l.inventory.Restore(l.Context(), observation); err != nil {
		l.Fatal(err)
	}
	return l
}

// fails lets a source fail.
func (l *lab) fails(source inventory.SourceRef) *lab {
	l.Helper()
	failure := inventory.Failure{Source: source, Dataset: "all", At: l.now, Message: "connection refused"}
	if err := l.inventory.Fail(l.Context(), failure); err != nil {
		l.Fatal(err)
	}
	return l
}

// announces makes a source known that has told nothing yet.
func (l *lab) announces(source inventory.SourceRef) *lab {
	l.Helper()
	if err := l.inventory.Announce(l.Context(), source); err != nil {
		l.Fatal(err)
	}
	return l
}

// passes lets time go by.
func (l *lab) passes(d time.Duration) *lab {
	l.Helper()
	l.now = l.now.Add(d)
	if err := l.inventory.Sweep(l.Context()); err != nil {
		l.Fatal(err)
	}
	return l
}

func (l *lab) world() *World {
	l.Helper()
	p, err := policy.New(l.config)
	if err != nil {
		l.Fatal(err)
	}
	return NewWorld(l.inventory.Snapshot(), p, l.now, l.started, func(string) bool { return !l.closed })
}

// check returns what is found out about a key; of sources it is "source/<id>".
func (l *lab) check(key string) alert.Checked {
	l.Helper()
	for _, checked := range l.checker.All(l.world()) {
		if checked.Key == key {
			return checked
		}
	}
	l.Fatalf("nothing is checked of %q", key)
	return alert.Checked{}
}

// wants fails unless the finding of a type and part is as wanted.
func (l *lab) wants(checked alert.Checked, kind alert.Type, part string, want outline) {
	l.Helper()
	if diff := cmp.Diff(want, outlineOf(l, checked, kind, part)); diff != "" {
		l.Errorf("%s %q of %s (-want +got):\n%s", kind, part, checked.Key, diff)
	}
}

// good and unknown are findings that say so of an id.
func good(id string) outline    { return outline{ID: id, Verdict: alert.Good} }
func unknown(id string) outline { return outline{ID: id, Verdict: alert.Unknown} }

func aNode(name string) resource.Resource {
	return resource.Resource{
		ID: "node/" + name, Kind: resource.KindNode, Name: name, Status: resource.StatusRunning,
		Usage:  resource.Usage{CPU: new(0.2), Memory: capacity(100, 30), Disk: capacity(100, 30)},
		Detail: &resource.Node{ClusterName: "lab"},
	}
}

func aGuest(vmid string, number int, node string) resource.Resource {
	return resource.Resource{
		ID: "qemu/" + vmid, Kind: resource.KindVM, Name: "web", ParentID: "node/" + node, Status: resource.StatusRunning,
		Usage: resource.Usage{
			CPU: new(0.2), Memory: capacity(100, 30), Disk: capacity(100, 30), Rates: &resource.Rates{},
		},
		Detail: &resource.Guest{Node: node, VMID: number},
	}
}

func aStorage(name, node string, shared bool) resource.Resource {
	return resource.Resource{
		ID: "storage/" + node + "/" + name, Kind: resource.KindStorage, Name: name, ParentID: "node/" + node,
		Status: resource.StatusRunning, Usage: resource.Usage{Disk: capacity(1000, 300)},
		Detail: &resource.Storage{Node: node, Type: "dir", Shared: shared, Enabled: true, Active: true},
	}
}
