package live

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
)

// Delta is what has changed since the delta before. Every item is a JSON object.
type Delta struct {
	// Set are new resources, Patch merge patches of known ones with their "id".
	Set, Patch [][]byte
	// Gone are ids, none of them among Set or Patch: the order of applying does not matter.
	Gone []string
	// Sources are new and changed sources; GoneSources the ids of removed ones.
	Sources     [][]byte
	GoneSources []string

	setIDs map[string]bool
}

// Empty says that nothing has changed.
func (d *Delta) Empty() bool {
	return len(d.Set)+len(d.Patch)+len(d.Gone)+len(d.Sources)+len(d.GoneSources) == 0
}

// Feed holds what pages have been told, and works out what to tell them next.
// It holds as much as the snapshot it was last brought up to. A Feed is not
// safe for concurrent use.
type Feed struct {
	projector *resources.Projector
	held      map[string]Fragment // by the entry's key
	sources   map[string]told     // by ID
}

type told struct {
	entry  *inventory.Source
	source Source
}

// NewFeed returns a feed that has told nothing.
func NewFeed() *Feed {
	return &Feed{held: map[string]Fragment{}, sources: map[string]told{}}
}

// Apply brings the feed up to a snapshot. The changes must be all those since
// the last call, in any order; each may be there several times. Before the
// first call, and when changes have been missed, call Reset instead.
//
// A resource that cannot be encoded stays as it was and is told in the error.
func (f *Feed) Apply(snap *inventory.Snapshot, in resources.Inputs, changes []inventory.Change) (Delta, error) {
	f.projector = resources.NewProjector(snap, in, f.projector)
	touched := newTouched(snap)
	for i := range changes {
		touched.add(&changes[i])
	}
	delta, failure := Delta{setIDs: map[string]bool{}}, error(nil)
	for _, key := range touched.all() {
		if err := f.update(&delta, snap, key); err != nil {
			failure = err
		}
	}
	// An id can pass from one resource to another; what is set is not gone.
	delta.Gone = slices.DeleteFunc(delta.Gone, func(id string) bool { return delta.setIDs[id] })
	f.updateSources(&delta, snap)
	return delta, failure
}

// update tells what has become of one resource.
func (f *Feed) update(delta *Delta, snap *inventory.Snapshot, key string) error {
	before, known := f.held[key]
	e, exists := snap.Get(key)
	if !exists || !f.projector.Shown(e) {
		if known {
			delete(f.held, key)
			delta.Gone = append(delta.Gone, before.ID)
		}
		return nil
	}
	after, err := Encode(f.projector, e)
	if err != nil {
		return err
	}
	f.held[key] = after
	if known && before.ID == after.ID {
		if patch := patchItem(before, after); patch != nil {
			delta.Patch = append(delta.Patch, patch)
		}
		return nil
	}
	if known { // it has moved: a guest's id names its node
		delta.Gone = append(delta.Gone, before.ID)
	}
	delta.Set = append(delta.Set, after.JSON)
	delta.setIDs[after.ID] = true
	return nil
}

// patchItem returns the merge patch with the id in front, nil if nothing has changed.
func patchItem(before, after Fragment) []byte {
	id, err := json.Marshal(after.ID)
	if err != nil {
		return nil // a string always encodes
	}
	out := make([]byte, 0, 512)
	out = append(out, `{"id":`...)
	out = append(out, id...)
	out = append(out, ',')
	start := len(out)
	out = appendMembers(out, before.JSON, after.JSON)
	if len(out) == start {
		return nil
	}
	return append(out, '}')
}

func (f *Feed) updateSources(delta *Delta, snap *inventory.Snapshot) {
	seen := 0
	for entry := range snap.Sources() {
		before, known := f.sources[entry.ID]
		seen++
		if known && before.entry == entry {
			continue
		}
		source := sourceOf(entry)
		if known && !source.news(before.source) {
			f.sources[entry.ID] = told{entry, before.source}
			continue
		}
		f.sources[entry.ID] = told{entry, source}
		delta.Sources = append(delta.Sources, encodeSource(source))
	}
	if seen == len(f.sources) {
		return
	}
	for id := range f.sources {
		if _, exists := snap.Source(id); !exists {
			delete(f.sources, id)
			delta.GoneSources = append(delta.GoneSources, id)
		}
	}
}

// Reset forgets what was told and takes in a whole snapshot.
func (f *Feed) Reset(snap *inventory.Snapshot, in resources.Inputs) error {
	f.projector = resources.NewProjector(snap, in, f.projector)
	f.held, f.sources = make(map[string]Fragment, snap.Len()), map[string]told{}
	var failure error
	for e := range snap.All() {
		if !f.projector.Shown(e) {
			continue
		}
		fragment, err := Encode(f.projector, e)
		if err != nil {
			failure = err
			continue
		}
		f.held[e.Key] = fragment
	}
	for entry := range snap.Sources() {
		f.sources[entry.ID] = told{entry, sourceOf(entry)}
	}
	return failure
}

// Resources returns every resource as pages have it now, parents before what
// belongs to them where the order of ids allows it, sorted by id.
func (f *Feed) Resources() [][]byte {
	fragments := make([]Fragment, 0, len(f.held))
	for _, fragment := range f.held {
		fragments = append(fragments, fragment)
	}
	slices.SortFunc(fragments, func(a, b Fragment) int { return strings.Compare(a.ID, b.ID) })
	encoded := make([][]byte, len(fragments))
	for i := range fragments {
		encoded[i] = fragments[i].JSON
	}
	return encoded
}

// Sources returns every source as pages have it now, sorted by id.
func (f *Feed) Sources() [][]byte {
	ids := make([]string, 0, len(f.sources))
	for id := range f.sources {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	encoded := make([][]byte, len(ids))
	for i, id := range ids {
		encoded[i] = encodeSource(f.sources[id].source)
	}
	return encoded
}

// Len returns the number of resources held.
func (f *Feed) Len() int { return len(f.held) }
