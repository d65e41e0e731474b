package inventory

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// Outcome says what became of an observation.
type Outcome struct {
	// At is the time it was filed under.
	At time.Time
	// Repeated: it had been applied before, and nothing was done.
	Repeated bool
	// Late: it was filed in the history only.
	Late bool
	// Rejected are the resources that were left out, with the reason.
	Rejected []resource.Problem
}

// Apply takes an observation in. Resources that are not valid are left out,
// told in the outcome and shown as problems of the source; the others are
// applied. It blocks while a consumer's queue is full, until ctx ends.
//
// The inventory keeps the observation's resources: the caller must not change
// them afterwards.
func (inv *Inventory) Apply(ctx context.Context, observation Observation) (Outcome, error) {
	var outcome Outcome
	err := inv.change(ctx, func(tx *transaction) error {
		if err := checkSource(observation.Source); err != nil {
			return err
		}
		if n := len(observation.Resources); n > MaxResources {
			return fmt.Errorf("%w: %d resources, at most %d are taken", ErrInvalid, n, MaxResources)
		}
		outcome = tx.apply(&observation)
		return nil
	})
	return outcome, err
}

// Restore brings back what was known of a dataset before the hub started: it
// is shown as stale until the source is observed again, and nothing is
// measured by it. What has been observed meanwhile is left alone.
func (inv *Inventory) Restore(ctx context.Context, observation Observation) error {
	return inv.change(ctx, func(tx *transaction) error {
		if err := checkSource(observation.Source); err != nil {
			return err
		}
		state := tx.source(observation.Source)
		dataset := state.dataset(observation.Dataset)
		if !dataset.at.IsZero() {
			return nil
		}
		dataset.at, dataset.expired, dataset.restored = observation.At, true, true
		tx.batch.Source, tx.batch.At = observation.Source.ID, observation.At
		valid, _ := sift(observation.Resources)
		for _, r := range valid {
			entry := newEntry(&observation, r, observation.At)
			entry.Stale = true
			tx.put(nil, entry)
		}
		tx.putSource(state)
		return nil
	})
}

func (tx *transaction) apply(observation *Observation) Outcome {
	state := tx.source(observation.Source)
	dataset := state.dataset(observation.Dataset)
	at := observation.At
	if at.IsZero() || at.Sub(tx.now) > MaxClockSkew {
		at = tx.now
	}
	outcome := Outcome{At: at}
	if dataset.repeats(observation, at) {
		outcome.Repeated = true
		return outcome
	}
	tx.batch.Source, tx.batch.At, tx.batch.Measured = observation.Source.ID, at, true
	valid, rejected := sift(observation.Resources)
	outcome.Rejected = rejected

	if observation.Late || at.Before(dataset.at) {
		outcome.Late = true
		tx.batch.Late = true
		tx.fileLate(observation, dataset, valid, at)
		dataset.remember(observation.Sequence, at)
		return outcome
	}
	dataset.accept(observation, at, tx.now, rejected)
	dataset.remember(observation.Sequence, at)
	state.failures = 0
	named := make(map[string]bool, len(valid))
	for _, r := range valid {
		named[r.ID] = true
		tx.observe(observation, dataset, r, at)
	}
	if observation.Complete {
		tx.retire(observation, dataset, named)
	}
	tx.putSource(state)
	return outcome
}

// repeats says whether the observation is one that was applied already.
func (d *datasetState) repeats(observation *Observation, at time.Time) bool {
	if observation.Sequence != 0 {
		return d.seen.has(observation.Sequence) && !at.After(d.newest.Add(repeatSlack))
	}
	return !d.at.IsZero() && at.Equal(d.at)
}

// remember notes that an observation was taken in.
func (d *datasetState) remember(sequence uint64, at time.Time) {
	if at.After(d.newest) {
		d.newest = at
	}
	if sequence != 0 && !d.seen.has(sequence) {
		d.seen.add(sequence)
	}
}

// accept makes the observation the newest of its dataset.
func (d *datasetState) accept(observation *Observation, at, now time.Time, rejected []resource.Problem) {
	d.at, d.failure, d.expired, d.restored = at, "", false, false
	d.problems, d.rejected = observation.Problems, rejected
	d.validUntil = time.Time{}
	if observation.ValidFor > 0 {
		d.validUntil = now.Add(observation.ValidFor)
	}
}

// fileLate hands old readings to the consumers without touching the present.
func (tx *transaction) fileLate(observation *Observation, dataset *datasetState, valid []*resource.Resource, at time.Time) {
	for _, r := range valid {
		entry := newEntry(observation, r, at)
		entry.Rates = dataset.lateRates(r, at)
		entry.Settings = tx.inv.settings[entry.Key]
		tx.batch.Changes = append(tx.batch.Changes, Change{After: entry})
	}
}

// observe puts one resource into the present.
func (tx *transaction) observe(observation *Observation, dataset *datasetState, r *resource.Resource, at time.Time) {
	entry := newEntry(observation, r, at)
	entry.Rates = dataset.rates(r, at)
	before, _ := tx.base.Get(entry.Key)
	if before != nil && isRecord(r.Kind) && !before.Stale && reflect.DeepEqual(before.Resource, r) {
		return
	}
	tx.put(before, entry)
}

// retire removes what a complete observation does not name, and keeps as
// stale what it could not look at.
func (tx *transaction) retire(observation *Observation, dataset *datasetState, named map[string]bool) {
	unseen := blind(observation.Problems, dataset.rejected)
	for entry := range tx.base.OfSource(observation.Source.ID) {
		if entry.Dataset != observation.Dataset || named[entry.ID] {
			continue
		}
		if unseen.covers(tx.base, entry) {
			if !entry.Stale {
				tx.markStale(entry)
			}
			continue
		}
		tx.remove(entry)
		delete(dataset.counters, entry.ID)
		delete(dataset.lateCounters, entry.ID)
	}
}

// blindSpots are the resources that an observation could not look at; "" is the whole source.
type blindSpots map[string]bool

// blind gathers what failed and what was left out. A resource left out for
// want of an ID stands for no other.
func blind(problems, rejected []resource.Problem) blindSpots {
	spots := blindSpots{}
	for _, problem := range problems {
		spots[problem.ResourceID] = true
	}
	for _, problem := range rejected {
		if problem.ResourceID != "" {
			spots[problem.ResourceID] = true
		}
	}
	return spots
}

// maxDepth bounds the way up from a resource to its ancestors, in case a source names them in a circle.
const maxDepth = 16

// covers says whether the entry or anything it belongs to could not be looked at.
func (b blindSpots) covers(snapshot *Snapshot, entry *Entry) bool {
	if len(b) == 0 {
		return false
	}
	if b[""] {
		return true
	}
	for range maxDepth {
		if b[entry.ID] || b[entry.ParentID] && entry.ParentID != "" {
			return true
		}
		parent, ok := snapshot.Get(entry.ParentKey)
		if !ok {
			return false
		}
		entry = parent
	}
	return false
}

func newEntry(observation *Observation, r *resource.Resource, at time.Time) *Entry {
	entry := &Entry{
		Resource: r,
		Key:      observation.Source.ID + "/" + r.ID,
		Source:   observation.Source.ID,
		Dataset:  observation.Dataset,
		SeenAt:   r.SeenAt,
	}
	if r.ParentID != "" {
		entry.ParentKey = observation.Source.ID + "/" + r.ParentID
	}
	if entry.SeenAt.IsZero() {
		entry.SeenAt = at
	}
	return entry
}

// sift separates the resources that can be filed from those that cannot.
func sift(resources []resource.Resource) (valid []*resource.Resource, rejected []resource.Problem) {
	valid = make([]*resource.Resource, 0, len(resources))
	seen := make(map[string]bool, len(resources))
	for i := range resources {
		r := &resources[i]
		if reason := fault(r, seen); reason != "" {
			rejected = append(rejected, resource.Problem{ResourceID: r.ID, Code: "invalid", Message: fmt.Sprintf("resource %q: %s", r.ID, reason)})
			continue
		}
		seen[r.ID] = true
		valid = append(valid, r)
	}
	return valid, rejected
}

// maxID is the longest resource ID that is taken, in bytes.
const maxID = 512

func fault(r *resource.Resource, seen map[string]bool) string {
	switch {
	case r.ID == "":
		return "id is empty"
	case len(r.ID) > maxID:
		return fmt.Sprintf("id is longer than %d bytes", maxID)
	case strings.ContainsRune(r.ID, 0) || strings.ContainsRune(string(r.Kind), 0) || strings.ContainsRune(r.ParentID, 0):
		return "id, kind or parent has a zero byte"
	case r.Kind == "":
		return "kind is empty"
	case r.ParentID == r.ID:
		return "it is its own parent"
	case seen[r.ID]:
		return "id is named twice"
	}
	return ""
}
