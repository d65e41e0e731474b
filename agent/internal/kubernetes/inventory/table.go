package inventory

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
)

const (
	// maxObjects is how many objects of a collection are counted.
	maxObjects = 250_000
	// maxClasses is how many classes are told apart; further ones count as otherClass.
	maxClasses = 16
	otherClass = "Other"
)

// Entry is what is kept of one object. It has no type parameter, so that a table is compiled once rather than a dozen times.
type Entry struct {
	// Class is what objects are counted by, such as the phase of a pod. There are few.
	Class string
	// Problem says that there is something wrong with the object.
	Problem bool
	// Shown says that the object is listed rather than only counted.
	Shown bool
	// Rank comes before the names in the order of the list; smaller ones come first.
	Rank int64
	// Namespace and Name say where the object is in the list.
	Namespace, Name string
	// Detail is what the list shows: a value of the type of the store's view. Nil unless Shown.
	Detail any
}

// before compares entries by their place in the list.
func before(a, b Entry) int {
	switch {
	case a.Rank != b.Rank:
		return int(max(min(a.Rank-b.Rank, 1), -1))
	case a.Namespace != b.Namespace:
		return strings.Compare(a.Namespace, b.Namespace)
	}
	return strings.Compare(a.Name, b.Name)
}

// mark is what is kept of an object that is only counted.
type mark struct {
	class          uint8
	problem, shown bool
}

// table is one state of a collection. The objects are known by a hash of their id: with 64 bits, two of a quarter of a
// million are the same once in half a billion tables, and cost one count.
type table struct {
	limit   int // of the list
	seed    maphash.Seed
	marks   map[uint64]mark
	classes []string
	counts  []int // by class
	problem int   // how many have a problem
	shown   int   // how many belong into the list
	list    map[uint64]Entry
	// last is the last entry kept when the list was cut: what comes after it is not kept. Nil while everything is.
	last     *Entry
	overflow bool // there are more than maxObjects
}

func newTable(limit int) *table {
	return &table{limit: limit, seed: maphash.MakeSeed(), marks: map[uint64]mark{}, list: map[uint64]Entry{}}
}

func (t *table) key(head *object.Meta) uint64 {
	if head.UID != "" {
		return maphash.String(t.seed, head.UID)
	}
	return maphash.String(t.seed, head.Namespace+"/"+head.Name)
}

// put counts an object, in place of what it was before.
func (t *table) put(key uint64, entry Entry) {
	if _, known := t.marks[key]; !known && len(t.marks) >= maxObjects {
		t.overflow = true
		return
	}
	t.remove(key)
	added := mark{class: t.class(entry.Class), problem: entry.Problem, shown: entry.Shown}
	t.marks[key] = added
	t.count(added, 1)
	if entry.Shown {
		t.show(key, entry)
	}
}

// show takes an entry into the list. The list holds some more than its limit, so that one that goes is replaced.
func (t *table) show(key uint64, entry Entry) {
	if t.last != nil && before(entry, *t.last) > 0 {
		return
	}
	t.list[key] = entry
	if len(t.list) > 2*t.limit {
		t.cut(t.limit + t.limit/2)
	}
}

// cut keeps the first entries of the list.
func (t *table) cut(keep int) {
	keys := make([]uint64, 0, len(t.list))
	for key := range t.list {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b uint64) int { return before(t.list[a], t.list[b]) })
	last := t.list[keys[keep-1]]
	t.last = &last
	for _, key := range keys[keep:] {
		delete(t.list, key)
	}
}

// remove forgets an object; it may be unknown.
func (t *table) remove(key uint64) {
	known, ok := t.marks[key]
	if !ok {
		return
	}
	delete(t.marks, key)
	delete(t.list, key)
	t.count(known, -1)
	if t.shown == len(t.list) {
		t.last = nil
	}
}

func (t *table) count(of mark, by int) {
	t.counts[of.class] += by
	if of.problem {
		t.problem += by
	}
	if of.shown {
		t.shown += by
	}
}

// class returns the number of a class.
func (t *table) class(name string) uint8 {
	at := slices.Index(t.classes, name)
	if at < 0 && len(t.classes) >= maxClasses-1 {
		name = otherClass
		at = slices.Index(t.classes, name)
	}
	if at < 0 {
		at = len(t.classes)
		t.classes = append(t.classes, name)
		t.counts = append(t.counts, 0)
	}
	return uint8(at)
}

// short reports whether the list lacks entries it has room for: they were cut, and others have gone since.
func (t *table) short() bool { return len(t.list) < min(t.limit, t.shown) }
