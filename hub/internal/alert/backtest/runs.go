package backtest

import (
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// A run is the time in which a backup was made.
type run struct{ start, end time.Time }

// runIndex knows when backups were made, by those of whom. A run of a whole node is one of everybody on it.
type runIndex struct {
	guests map[guestRef][]run
	nodes  map[nodeRef][]run
}

type guestRef struct {
	source string
	vmid   int
}

type nodeRef struct{ source, node string }

// indexRuns notes what hypervisors tell of their tasks. One that has not ended goes on until now.
func indexRuns(snap *inventory.Snapshot, now time.Time) runIndex {
	x := runIndex{guests: map[guestRef][]run{}, nodes: map[nodeRef][]run{}}
	for e := range snap.OfKind(resource.KindBackupTask) {
		task, _ := e.Detail.(*resource.BackupTask)
		if task == nil || task.Start.IsZero() {
			continue
		}
		one := run{task.Start, task.End}
		if one.end.IsZero() {
			one.end = now
		}
		if task.VMID == 0 {
			x.nodes[nodeRef{e.Source, task.Node}] = append(x.nodes[nodeRef{e.Source, task.Node}], one)
			continue
		}
		x.guests[guestRef{e.Source, task.VMID}] = append(x.guests[guestRef{e.Source, task.VMID}], one)
	}
	return x
}

// of returns the runs of a guest in order; nil for what is no guest.
func (x *runIndex) of(e *inventory.Entry) []run {
	guest, _ := e.Detail.(*resource.Guest)
	if guest == nil {
		return nil
	}
	runs := slices.Concat(x.guests[guestRef{e.Source, guest.VMID}], x.nodes[nodeRef{e.Source, guest.Node}])
	slices.SortFunc(runs, func(a, b run) int { return a.start.Compare(b.start) })
	return runs
}

// during says whether a backup was being made.
func during(runs []run, at time.Time) bool {
	return slices.ContainsFunc(runs, func(r run) bool { return !at.Before(r.start) && !at.After(r.end) })
}
