package sdk

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// maxResources bounds what one collect may put into a Snapshot.
const maxResources = 200_000

// Snapshot takes what a source sees. What a whole collect does not name is
// gone for the hub, unless Failed was called for it or for something above it.
// Its methods are safe for concurrent use; a Builder belongs to one goroutine,
// and to the author until the collect returns.
type Snapshot struct {
	dataset string
	since   uint64
	at      time.Time

	mu        sync.Mutex
	partial   bool
	revision  uint64
	resources []*resource.Resource
	places    map[string]int // of the resources by id
	events    []resource.Event
	problems  []resource.Problem
	overflow  bool
}

func newSnapshot(dataset string, since uint64) *Snapshot {
	return &Snapshot{dataset: dataset, since: since, at: time.Now(), places: map[string]int{}}
}

// NewChanges returns an empty Snapshot of a dataset for Watcher.Watch: what
// it does not name stays as it is.
func NewChanges(dataset string) *Snapshot {
	s := newSnapshot(dataset, 0)
	s.partial = true
	return s
}

// Dataset returns the name of the dataset that is asked for.
func (s *Snapshot) Dataset() string { return s.dataset }

// Since returns the revision of the last complete answer, 0 if everything is wanted.
func (s *Snapshot) Since() uint64 { return s.since }

// Revision numbers this answer; the next collect gets the number from Since.
func (s *Snapshot) Revision(revision uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision = revision
}

// OnlyChanges says that the answer holds what has changed after Since and
// that everything else stays as it is.
func (s *Snapshot) OnlyChanges() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.partial = true
}

// Add puts a new resource into the snapshot and returns a Builder for the
// rest of it. The id is unique and stable within the source. A second one of
// the same id takes the place of the first.
func (s *Snapshot) Add(kind resource.Kind, id, name string, status Status) *Builder {
	return &Builder{s.put(&resource.Resource{Kind: kind, ID: id, Name: name, Status: status})}
}

// Put puts a resource into the snapshot; what it points to must not be
// changed afterwards. A second one of the same id takes the place of the first.
func (s *Snapshot) Put(r resource.Resource) { s.put(&r) }

func (s *Snapshot) put(r *resource.Resource) *resource.Resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	place, seen := s.places[r.ID]
	switch {
	case r.ID == "":
		s.problems = append(s.problems, resource.Problem{
			Code:    "invalid-resource",
			Message: fmt.Sprintf("the plugin gave a resource of kind %q no id", r.Kind),
		})
	case seen:
		s.resources[place] = r
	case len(s.resources) >= maxResources:
		s.overflow = true
	default:
		s.places[r.ID] = len(s.resources)
		s.resources = append(s.resources, r)
	}
	return r
}

// Event tells of something that happened. The hub tells it once for each id.
func (s *Snapshot) Event(event Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, event)
}

// Problem tells of a part that could not be looked at.
func (s *Snapshot) Problem(problem Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, problem)
}

// Failed tells that a resource could not be looked at because of an error:
// what is known of it and of all below it is kept. No id means the source as a whole.
func (s *Snapshot) Failed(resourceID string, err error) {
	known := fault.Of(err)
	code := known.Code
	if code == "" {
		code = "unreachable"
	}
	s.Problem(Problem{ResourceID: resourceID, Code: code, Message: known.Error(), Transient: known.Transient})
}

// Resources returns a copy of what was put, in that order.
func (s *Snapshot) Resources() []resource.Resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]resource.Resource, len(s.resources))
	for i, r := range s.resources {
		list[i] = *r
	}
	return list
}

// Problems returns a copy of the problems, in the order they were told.
func (s *Snapshot) Problems() []Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}
