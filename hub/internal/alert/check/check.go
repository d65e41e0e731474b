// Package check finds out what is wrong with resources: it holds what was observed of each against the thresholds that
// apply to it.
package check

import (
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// World is everything there is at one moment. Make it with NewWorld, once for all resources of a round.
type World struct {
	*inventory.Snapshot
	Policy *policy.Policy
	// Now is the moment, Started when the hub began to look: silence from before then says nothing.
	Now, Started time.Time
	// Open says whether a key has alerts or waits for some; nil: all may.
	Open func(key string) bool

	links    v5.Links
	places   places
	backups  backupIndex
	storages storageIndex
	// metricRules says that rules may choose guests by what is measured of them.
	metricRules bool
	// revived is the key of a resource that is looked at as if it were there and running, whatever is the case; empty: none.
	revived string
}

// NewWorld makes a World. It walks over the kinds of resources that others are looked up in.
func NewWorld(snap *inventory.Snapshot, p *policy.Policy, now, started time.Time, open func(key string) bool) *World {
	w := &World{
		Snapshot: snap, Policy: p, Now: now, Started: started, Open: open, links: v5.NewLinks(snap), places: indexPlaces(snap),
		metricRules: len(p.Config().CustomRules) > 0,
	}
	w.backups, w.storages = indexBackups(w), indexStorages(w)
	return w
}

// Checker looks at resources. It remembers what has to be seen over some time, such as restarts; everything else is a
// function of the World. Make it with New; it is not safe for concurrent use.
type Checker struct {
	memory memory
	bench  bench // the one that every resource is laid on in its turn
}

// New returns a Checker that remembers nothing.
func New() *Checker { return &Checker{memory: newMemory()} }

// All looks at every resource and every source.
func (c *Checker) All(w *World) []alert.Checked {
	out := make([]alert.Checked, 0, w.Len())
	for e := range w.All() {
		if checked, any := c.Entry(w, e); any {
			out = append(out, checked)
		}
	}
	for source := range w.Sources() {
		if checked, any := c.source(w, source); any {
			out = append(out, checked)
		}
	}
	c.memory.forget(w)
	return out
}

// Entry looks at one resource. It reports false for kinds that nothing is checked of.
func (c *Checker) Entry(w *World, e *inventory.Entry) (alert.Checked, bool) {
	look := lookAt(e.Kind)
	if look == nil {
		return alert.Checked{}, false
	}
	c.bench = w.bench(&c.memory, e)
	checked := c.bench.run(look)
	c.bench = bench{}
	return checked, true
}

// bench lays an entry down to be looked at.
func (w *World) bench(m *memory, e *inventory.Entry) bench {
	return bench{World: w, memory: m, entry: e, at: e.SeenAt, open: w.Open == nil || w.Open(e.Key)}
}

// run looks at the resource. Of one that nobody wants to know about nothing is found out.
func (b *bench) run(look func(*bench)) alert.Checked {
	checked := alert.Checked{Key: b.entry.Key}
	if !b.Policy.Enabled() {
		return checked
	}
	look(b)
	if !b.thresholds.Disabled {
		checked.Unseen, checked.Findings = b.unseen, b.findings
	}
	return checked
}

// lookAt returns what looks at a kind.
func lookAt(kind resource.Kind) func(*bench) {
	switch kind {
	case resource.KindNode:
		return checkNode
	case resource.KindVM, resource.KindContainer:
		return checkGuest
	case resource.KindStorage:
		return checkStorage
	case resource.KindDisk:
		return checkDisk
	case resource.KindCeph:
		return checkCeph
	case resource.KindReplication:
		return checkReplication
	case resource.KindSnapshot:
		return checkSnapshot
	case resource.KindBackupServer:
		return checkBackupServer
	case resource.KindDatastore:
		return checkDatastore
	case resource.KindBackupJob:
		return checkBackupJob
	case resource.KindMailGateway:
		return checkMailGateway
	case resource.KindHost:
		return checkHost
	case resource.KindContainerHost:
		return checkContainerHost
	case resource.KindAppContainer:
		return checkAppContainer
	case resource.KindService:
		return checkService
	case resource.KindCluster:
		return checkCluster
	case resource.KindClusterNode:
		return checkClusterNode
	case resource.KindPod:
		return checkPod
	case resource.KindDeployment:
		return checkDeployment
	}
	return nil
}

// Exists says whether there is a resource or a source with a key.
func (w *World) Exists(key string) bool {
	if _, exists := w.Get(key); exists {
		return true
	}
	id, isSource := strings.CutPrefix(key, "source/")
	if !isSource {
		return false
	}
	_, exists := w.Source(id)
	return exists
}
