package inventory

import "time"

// Change is what became of one resource.
type Change struct {
	// Before is nil for a new resource, After for one that is gone. In a late
	// batch Before is always nil.
	Before, After *Entry
}

// Batch is the outcome of one observation, or of one look at the clock.
type Batch struct {
	// Revision is that of the snapshot that holds the changes.
	Revision uint64
	// Source is the ID of the source it came from; empty for a look at the clock over several sources.
	Source string
	// At is the time of the observation by the source's clock.
	At time.Time
	// Measured says that After entries carry newly measured values. It is false
	// when only the freshness of what is known has changed.
	Measured bool
	// Late marks an observation that came too late, or is older than what the
	// inventory already holds: it belongs into the history and says nothing about
	// the present. No alert may come of it.
	Late bool
	// SourceChanged says that the health of the source is another than before.
	SourceChanged bool
	// Changes are in no particular order. The slice is shared: do not change it.
	Changes []Change
}
