package check

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// settling is how long after its start the hub waits for what it remembers to be confirmed before it calls that silence.
const settling = 2 * time.Minute

// places are what other resources are on.
type places struct {
	nodes  map[nodeName]*inventory.Entry
	hosts  map[string]*inventory.Entry // machines with an agent, by their ID
	guests map[guestNumber]*inventory.Entry
	// served are the sources that have told of the server that they stand for.
	served map[string]bool
}

// nodeName names a node: only within a source it is unique.
type nodeName struct{ source, node string }

// guestNumber names a guest within a source.
type guestNumber struct {
	source string
	vmid   int
}

func indexPlaces(snap *inventory.Snapshot) places {
	p := places{
		nodes: map[nodeName]*inventory.Entry{}, hosts: map[string]*inventory.Entry{},
		guests: map[guestNumber]*inventory.Entry{}, served: map[string]bool{},
	}
	for _, kind := range []resource.Kind{resource.KindVM, resource.KindContainer} {
		for e := range snap.OfKind(kind) {
			p.guests[guestNumber{e.Source, guestOf(e).VMID}] = e
		}
	}
	for _, kind := range []resource.Kind{resource.KindBackupServer, resource.KindMailGateway} {
		for e := range snap.OfKind(kind) {
			p.served[e.Source] = true
		}
	}
	for e := range snap.OfKind(resource.KindNode) {
		p.nodes[nodeName{e.Source, e.Name}] = e
	}
	if len(p.nodes) == 0 {
		return p // hosts are looked up for nodes only
	}
	for e := range snap.OfKind(resource.KindHost) {
		p.hosts[e.ID] = e
	}
	return p
}

// contact says whether a source tells of a resource now: Bad when it has failed, or is silent about the resource, and
// Unknown as long as that may come of a start.
func (w *World) contact(e *inventory.Entry) alert.Verdict {
	source, known := w.Source(e.Source)
	switch {
	case w.isRevived(e):
		return alert.Good
	case !known:
		return alert.Unknown
	case source.Health == inventory.HealthFailed:
		return alert.Bad
	case !e.Stale:
		return alert.Good
	case source.Health == inventory.HealthStarting, source.Health == inventory.HealthUnknown, w.Now.Sub(w.Started) < settling:
		return alert.Unknown
	}
	return alert.Bad
}

// sees says whether an entry is told of now, and so is the node that it is on, if it is on one.
func (w *World) sees(e *inventory.Entry, node string) bool {
	return w.contact(e) == alert.Good && !w.isDown(e.Source, node)
}

// isDown says whether nothing on a node can be seen. A node that is not known is not down.
func (w *World) isDown(source, node string) bool {
	e := w.places.nodes[nodeName{source, node}]
	return w.revived == "" && e != nil && (e.Status == resource.StatusOffline || w.contact(e) != alert.Good)
}

// see says whether the resource can be judged. If not, it marks it as unseen, and names the alert that explains that.
// It comes before everything else. The node may be empty.
func (b *bench) see(node string) bool {
	if b.sees(b.entry, node) {
		return true
	}
	b.unseen = true
	b.hiddenBy = b.explanation(b.entry.Source, node)
	return false
}

// explanation returns the identity of the alert about why nothing on a node can be seen.
func (w *World) explanation(source, node string) alert.Identity {
	if e := w.places.nodes[nodeName{source, node}]; e != nil && w.isDown(source, node) {
		return alert.IdentityOf(e.Key, alert.Connectivity, "")
	}
	return w.failureOf(source)
}

// failureOf returns the identity of the alert about a source that has failed; empty if it has not, or has no such alert.
func (w *World) failureOf(id string) alert.Identity {
	source, known := w.Source(id)
	if !known || source.Health != inventory.HealthFailed || !raisesUnreachable(source) {
		return ""
	}
	return alert.IdentityOf(sourceKey(id), alert.SourceUnreachable, "")
}
