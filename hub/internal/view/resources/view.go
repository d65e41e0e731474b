package resources

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/fragment"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// View renders the unified view again and again, encoding only what has
// changed since the last time. Make it with NewView; its methods may be called
// from any goroutine.
type View struct {
	mu        sync.Mutex
	projector *Projector
	rest      fragment.Cache[facts]
	live      fragment.Cache[facts]
}

// NewView returns a View that has nothing encoded yet.
func NewView() *View { return &View{} }

// facts is what an encoded resource depends on besides its entry.
type facts struct {
	id, parent, instance string
	link, hostName, lost string
	told                 *inventory.Entry // of a storage
	lastBackup           int64
	counts               ClusterData
	datastores           int
	alerts               *Alert
	alertCount           int
}

// facts looks up everything that rendering the entry will look up.
func (p *Projector) facts(e *inventory.Entry) facts {
	f := facts{id: p.ID(e), parent: p.parentID(e), instance: p.instance(e)}
	if alerts := p.in.Alerts[f.id]; len(alerts) > 0 {
		f.alerts, f.alertCount = &alerts[0], len(alerts)
	}
	switch e.Kind {
	case resource.KindNode:
		f.link = p.links().HostID(e)
	case resource.KindHost:
		f.link = p.links().NodeID(e)
	case resource.KindVM, resource.KindContainer:
		f.lastBackup = p.backups().Of(e, f.instance).Unix()
	case resource.KindAppContainer, resource.KindService:
		f.hostName = p.hostName(e)
	case resource.KindCluster:
		p.countInto(&f.counts, e)
	case resource.KindBackupServer:
		f.datastores = p.children(e, resource.KindDatastore)
	case resource.KindStorage:
		group := p.groupOf(e)
		f.link, f.lost, f.told = strings.Join(group.Nodes(), ","), p.lostBy(group), group.Told()
	}
	return f
}

// at returns the projector of a snapshot, the last one if it still holds.
func (v *View) at(snap *inventory.Snapshot, in Inputs) *Projector {
	if v.projector == nil || v.projector.snap != snap || v.projector.in.Revision != in.Revision {
		v.projector = NewProjector(snap, in, v.projector)
	}
	return v.projector
}

// List renders the resources that match a filter, with statistics of all, as a
// Page. A machine that both an API and an agent know is told once, by the agent.
func (v *View) List(snap *inventory.Snapshot, in Inputs, filter Filter) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.at(snap, in)
	stats := newStats(snap.At)
	var found []*inventory.Entry
	p.each(&stats, func(e *inventory.Entry, t traits) {
		if filter.matches(p, e, t) {
			found = append(found, e)
		}
	})
	encodedStats, err := json.Marshal(stats)
	if err != nil {
		return nil, fmt.Errorf("encode statistics: %w", err)
	}
	out := append([]byte(nil), `{"resources":`...)
	if len(found) == 0 {
		out = append(out, "null"...)
	} else if out, err = v.appendAll(out, p, found, restEncoding); err != nil {
		return nil, err
	}
	out = fmt.Appendf(out, `,"count":%d,"stats":`, len(found))
	out = append(out, encodedStats...)
	return append(out, '}'), nil
}

// Feed renders all resources as a JSON array in the encoding of the feeds.
func (v *View) Feed(snap *inventory.Snapshot, in Inputs) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.at(snap, in)
	stats := newStats(snap.At)
	var all []*inventory.Entry
	p.each(&stats, func(e *inventory.Entry, _ traits) { all = append(all, e) })
	return v.appendAll(nil, p, all, liveEncoding)
}

// Stats counts the resources of a snapshot.
func (v *View) Stats(snap *inventory.Snapshot, in Inputs) Stats {
	v.mu.Lock()
	defer v.mu.Unlock()
	stats := newStats(snap.At)
	v.at(snap, in).each(&stats, func(*inventory.Entry, traits) {})
	return stats
}

// Get renders the resource with a unified or v5 id, also one that List leaves
// out because an agent tells of the same machine.
func (v *View) Get(snap *inventory.Snapshot, in Inputs, id string) (Resource, bool) {
	v.mu.Lock()
	p := v.at(snap, in)
	v.mu.Unlock()
	e, ok := p.Find(id)
	if !ok {
		return Resource{}, false
	}
	return p.Resource(e), true
}

// Find returns the entry with a unified id.
func (p *Projector) Find(id string) (*inventory.Entry, bool) {
	for e := range p.snap.All() {
		if p.Shown(e) && p.ID(e) == id {
			return e, true
		}
	}
	return nil, false
}

// each visits what the unified view lists and counts it, and what it leaves out as suppressed.
func (p *Projector) each(stats *Stats, visit func(*inventory.Entry, traits)) {
	for e := range p.snap.All() {
		if !Shown(e.Kind) {
			continue
		}
		if !p.Shown(e) || p.suppressed(e) {
			stats.SuppressedResources++
			continue
		}
		t := p.traits(e)
		stats.count(t)
		visit(e, t)
	}
}

// suppressed says that an agent tells of the same machine.
func (p *Projector) suppressed(e *inventory.Entry) bool {
	return e.Kind == resource.KindNode && p.hosts()[p.links().HostID(e)]
}

// encoding is one of the two encodings.
type encoding bool

const (
	restEncoding encoding = false
	liveEncoding encoding = true
)

// appendAll appends a JSON array of the resources, out of fragments. After a
// part of the resources the fragments of the others are kept, within bounds.
func (v *View) appendAll(out []byte, p *Projector, entries []*inventory.Entry, enc encoding) ([]byte, error) {
	cache, whole := &v.rest, len(entries) > p.snap.Len()/2
	if enc == liveEncoding {
		cache = &v.live
	}
	cache.Begin()
	out = append(out, '[')
	for i, e := range entries {
		in := fragment.Inputs[facts]{Entry: e, Extra: p.facts(e)}
		encoded, ok := cache.Lookup(in)
		if !ok {
			var err error
			if encoded, err = cache.Store(in, p.value(e, enc)); err != nil {
				return nil, fmt.Errorf("encode resource: %w", err)
			}
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, encoded...)
	}
	if whole || cache.Len() > 2*p.snap.Len() {
		cache.End()
	}
	return append(out, ']'), nil
}

func (p *Projector) value(e *inventory.Entry, enc encoding) any {
	if enc == liveEncoding {
		return p.Live(e)
	}
	return p.Resource(e)
}
