package inventory

import (
	"iter"
	"strings"
	"time"

	"github.com/tidwall/btree"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// Entry is one resource as the inventory holds it. Entries are immutable: a
// change makes a new one, so equal pointers mean that nothing changed.
type Entry struct {
	*resource.Resource
	// Key is unique in this hub: the source's ID, a slash, and the resource's ID.
	Key string
	// ParentKey is the key of the resource it belongs to, or empty. The parent may be missing.
	ParentKey string
	// Source is the ID of the source, Dataset the part of it the resource belongs to.
	Source, Dataset string
	// SeenAt is when the resource itself was last in touch.
	SeenAt time.Time
	// Rates are taken from the resource or derived from its counters; nil until known.
	Rates *resource.Rates
	// Settings is what people have set on it; nil: nothing.
	Settings *Settings
	// Stale says that the source has not confirmed the resource in time: what
	// is shown is old.
	Stale bool
	// Revision is that of the snapshot the entry first appeared in.
	Revision uint64
}

// Source is a source as the inventory knows it. Immutable, like an Entry, and
// new whenever the source is observed or anything of it changes: as long as the
// pointer is the same, so are all resources of the source.
type Source struct {
	SourceRef
	Health Health
	// Message says what is wrong when Health is not HealthOK.
	Message string
	// LastSeen is the time of its newest observation, zero if there is none.
	LastSeen time.Time
	// Problems are those of the newest observation of each dataset.
	Problems []resource.Problem
	// Datasets are the parts that have been observed, in the order of their names.
	Datasets []DatasetTime
}

// DatasetTime says when a dataset of a source was last observed.
type DatasetTime struct {
	Name string
	At   time.Time
}

// Snapshot is everything the hub knows at one revision. It never changes;
// any number of goroutines may read it for as long as they like.
type Snapshot struct {
	// Revision grows by one with every change that is visible to readers.
	Revision uint64
	// At is when the revision was made, by the hub's clock.
	At time.Time

	trees
}

// trees are the indexes of a snapshot. A copy costs nothing: it shares every
// node with the original until one of the two is written to, and then only the
// nodes on the way to what is written are copied. What is published is never
// written to.
type trees struct {
	entries  *btree.Map[string, *Entry]  // by key
	byKind   *btree.Map[string, *Entry]  // by kind, zero byte, key
	children *btree.Map[string, *Entry]  // by parent key, zero byte, key
	sources  *btree.Map[string, *Source] // by ID
}

// degree is the most children a node has. A write copies one node on each
// level, so narrow nodes cost less to write; wide ones are quicker to walk.
const degree = 16

func emptyTrees() trees {
	return trees{
		entries:  btree.NewMap[string, *Entry](degree),
		byKind:   btree.NewMap[string, *Entry](degree),
		children: btree.NewMap[string, *Entry](degree),
		sources:  btree.NewMap[string, *Source](degree),
	}
}

// copy returns trees that can be written to without a reader of t noticing.
func (t trees) copy() trees {
	return trees{entries: t.entries.Copy(), byKind: t.byKind.Copy(), children: t.children.Copy(), sources: t.sources.Copy()}
}

// Len returns the number of resources.
func (s *Snapshot) Len() int { return s.entries.Len() }

// Get returns the resource with that key.
func (s *Snapshot) Get(key string) (*Entry, bool) { return s.entries.Get(key) }

// All yields every resource in the order of the keys.
func (s *Snapshot) All() iter.Seq[*Entry] { return walk(s.entries, "") }

// OfKind yields the resources of one kind in the order of their keys.
func (s *Snapshot) OfKind(kind resource.Kind) iter.Seq[*Entry] {
	return walk(s.byKind, join(string(kind), ""))
}

// Children yields the resources whose parent has that key, in the order of their keys.
func (s *Snapshot) Children(key string) iter.Seq[*Entry] {
	return walk(s.children, join(key, ""))
}

// OfSource yields the resources of one source in the order of their keys.
func (s *Snapshot) OfSource(id string) iter.Seq[*Entry] {
	return walk(s.entries, id+"/")
}

// Source returns the source with that ID.
func (s *Snapshot) Source(id string) (*Source, bool) { return s.sources.Get(id) }

// Sources yields every source in the order of the IDs.
func (s *Snapshot) Sources() iter.Seq[*Source] { return walk(s.sources, "") }

// walk yields what the tree holds below a prefix, in the order of the keys.
func walk[T any](tree *btree.Map[string, T], prefix string) iter.Seq[T] {
	return func(yield func(T) bool) {
		tree.Ascend(prefix, func(key string, value T) bool {
			return strings.HasPrefix(key, prefix) && yield(value)
		})
	}
}

// join makes an index key out of its two parts; no part holds a zero byte.
func join(first, second string) string { return first + "\x00" + second }
