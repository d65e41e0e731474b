// Package inventory keeps what the agent reports of a Kubernetes cluster, in bounded memory.
//
// A [Store] is the sink of one collection. Every object is counted, at a dozen bytes each; what a report shows of an object
// is kept only for those it lists, and of these for not many more than fit. The functions New… say for each collection what
// is counted and what is listed.
package inventory

import (
	"slices"
	"sync"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/watch"
)

// View is a collection at one moment.
type View[D any] struct {
	// Total counts the objects, and Classes by class.
	Total   int
	Classes map[string]int
	// Problems counts the objects with a problem.
	Problems int
	// Listed counts the objects that belong into List, which has the first of them in order and may be shorter.
	Listed int
	List   []D
}

// Reduce returns what is kept of an object, and false for one of which nothing is, not even the count.
type Reduce[T any] func(*T) (Entry, bool)

// Store keeps one collection. It implements [watch.Sink] and may be read at the same time.
type Store[T any, P watch.Object[T], D any] struct {
	reduce Reduce[T]
	limit  int
	// refill says that a list of which too much was cut is worth a new list.
	refill bool
	staged *table // a list that is not complete

	mu    sync.Mutex
	table *table
}

func newStore[T any, P watch.Object[T], D any](limit int, refill bool, reduce Reduce[T]) *Store[T, P, D] {
	return &Store[T, P, D]{reduce: reduce, limit: max(limit, 1), refill: refill, table: newTable(max(limit, 1))}
}

// Begin implements [watch.Sink].
func (s *Store[T, P, D]) Begin() { s.staged = newTable(s.limit) }

// List implements [watch.Sink].
func (s *Store[T, P, D]) List(value *T) {
	if entry, ok := s.reduce(value); ok {
		s.staged.put(s.staged.key(P(value).Head()), entry)
	}
}

// Commit implements [watch.Sink].
func (s *Store[T, P, D]) Commit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.table, s.staged = s.staged, nil
}

// Put implements [watch.Sink].
func (s *Store[T, P, D]) Put(value *T) {
	entry, ok := s.reduce(value)
	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.table.key(P(value).Head())
	if !ok {
		s.table.remove(key)
		return
	}
	s.table.put(key, entry)
}

// Remove implements [watch.Sink].
func (s *Store[T, P, D]) Remove(value *T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.table.remove(s.table.key(P(value).Head()))
}

// Short reports whether the list lacks objects it has room for, which only a new list of the collection brings.
func (s *Store[T, P, D]) Short() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refill && s.table.short()
}

// Overflows reports whether there are more objects than are counted, which is a quarter of a million.
func (s *Store[T, P, D]) Overflows() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.table.overflow
}

// Clear forgets everything.
func (s *Store[T, P, D]) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.table = newTable(s.limit)
}

// snapshot returns the sums, and the list in no order.
func (t *table) snapshot() (View[any], []Entry) {
	view := View[any]{Total: len(t.marks), Classes: map[string]int{}, Problems: t.problem, Listed: t.shown}
	for i, class := range t.classes {
		if t.counts[i] > 0 {
			view.Classes[class] = t.counts[i]
		}
	}
	entries := make([]Entry, 0, len(t.list))
	for _, entry := range t.list {
		entries = append(entries, entry)
	}
	return view, entries
}

// Merge returns the view of several stores together, of the same limit: one for each namespace, or a single one. What the
// list holds is shared with the stores, which do not change it.
func Merge[T any, P watch.Object[T], D any](stores []*Store[T, P, D]) View[D] {
	tables := make([]func() (View[any], []Entry), len(stores))
	for i, store := range stores {
		tables[i] = store.snapshot
	}
	sum := merge(tables, stores[0].limit)
	view := View[D]{Total: sum.Total, Classes: sum.Classes, Problems: sum.Problems, Listed: sum.Listed}
	for _, each := range sum.List {
		if detail, ok := each.(D); ok { // it is: the store's own function made it
			view.List = append(view.List, detail)
		}
	}
	return view
}

func (s *Store[T, P, D]) snapshot() (View[any], []Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.table.snapshot()
}

func merge(snapshots []func() (View[any], []Entry), limit int) View[any] {
	sum := View[any]{Classes: map[string]int{}}
	var all []Entry
	for _, snapshot := range snapshots {
		view, entries := snapshot()
		sum.Total += view.Total
		sum.Problems += view.Problems
		sum.Listed += view.Listed
		for class, count := range view.Classes {
			sum.Classes[class] += count
		}
		all = append(all, entries...)
	}
	slices.SortFunc(all, before)
	for _, entry := range first(all, limit) {
		sum.List = append(sum.List, entry.Detail)
	}
	return sum
}
