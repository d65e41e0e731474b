package inventory

import (
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// transaction collects the edits that make the next snapshot. Only the
// writer has one.
type transaction struct {
	inv   *Inventory
	base  *Snapshot
	now   time.Time
	batch Batch

	next    trees
	touched bool
}

func newTransaction(inv *Inventory) *transaction {
	base := inv.current.Load()
	return &transaction{
		inv:   inv,
		base:  base,
		now:   inv.now(),
		batch: Batch{Revision: base.Revision + 1},
		next:  base.copy(),
	}
}

// source returns the writer's state of a source, made anew if it is unknown,
// with the reference brought up to date.
func (tx *transaction) source(ref SourceRef) *sourceState {
	state := tx.inv.sources[ref.ID]
	if state == nil {
		state = &sourceState{datasets: map[string]*datasetState{}}
		tx.inv.sources[ref.ID] = state
	}
	state.ref = ref
	return state
}

func (tx *transaction) putSource(state *sourceState) {
	next := state.published()
	before, _ := tx.base.Source(next.ID)
	if !sameSource(before, next) {
		tx.batch.SourceChanged = true
	}
	tx.next.sources.Set(next.ID, next)
	tx.touched = true
}

func (tx *transaction) removeSource(id string) {
	if _, had := tx.next.sources.Delete(id); had {
		tx.batch.Source = id
		tx.batch.SourceChanged = true
		tx.touched = true
	}
}

// put replaces before, which may be nil, by after in every index.
func (tx *transaction) put(before, after *Entry) {
	if before != nil {
		tx.dropIndexes(before, after)
	}
	after.Revision = tx.batch.Revision
	after.Settings = tx.inv.settings[after.Key]
	tx.next.entries.Set(after.Key, after)
	tx.next.byKind.Set(join(string(after.Kind), after.Key), after)
	if after.ParentKey != "" {
		tx.next.children.Set(join(after.ParentKey, after.Key), after)
	}
	tx.record(Change{Before: before, After: after})
}

// dropIndexes removes the index keys of before that after will not overwrite.
func (tx *transaction) dropIndexes(before, after *Entry) {
	if before.Kind != after.Kind {
		tx.next.byKind.Delete(join(string(before.Kind), before.Key))
	}
	if before.ParentKey != "" && before.ParentKey != after.ParentKey {
		tx.next.children.Delete(join(before.ParentKey, before.Key))
	}
}

func (tx *transaction) remove(entry *Entry) {
	tx.next.entries.Delete(entry.Key)
	tx.next.byKind.Delete(join(string(entry.Kind), entry.Key))
	if entry.ParentKey != "" {
		tx.next.children.Delete(join(entry.ParentKey, entry.Key))
	}
	tx.record(Change{Before: entry})
}

func (tx *transaction) markStale(entry *Entry) {
	stale := *entry
	stale.Stale = true
	stale.Rates = nil
	tx.put(entry, &stale)
}

func (tx *transaction) record(change Change) {
	tx.batch.Changes = append(tx.batch.Changes, change)
	tx.touched = true
}

// commit publishes the snapshot, then hands the batch to the consumers, who
// have room for it: waitForRoom has seen to that and nobody else writes.
func (tx *transaction) commit() {
	if !tx.touched && !tx.batch.Late {
		return
	}
	if tx.touched {
		tx.inv.current.Store(&Snapshot{
			Revision: tx.batch.Revision,
			At:       tx.now,
			trees:    tx.next,
		})
	} else {
		tx.batch.Revision = tx.base.Revision
	}
	batch := tx.batch
	for _, sub := range tx.inv.subs {
		sub.batches <- &batch
	}
}

// recordKinds are things that do not change once they exist: seeing one again
// as it was is no news.
func isRecord(kind resource.Kind) bool {
	return kind == resource.KindBackup || kind == resource.KindBackupTask || kind == resource.KindSnapshot
}
