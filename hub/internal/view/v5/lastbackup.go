package v5

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// backupIndex knows the last backup of each guest of a snapshot. It does not
// change once built.
type backupIndex struct {
	entries []*inventory.Entry // the backups it was built from
	times   *backups.Index[time.Time]
	names   backups.Names
}

// next returns the index of a snapshot: with the times of x, which may be nil,
// if the backups are the same. It does not change x.
func (x *backupIndex) next(snap *inventory.Snapshot) *backupIndex {
	next := &backupIndex{names: backups.NamesIn(snap)}
	if x != nil && x.holds(snap) {
		next.entries, next.times = x.entries, x.times
	} else {
		next.build(snap)
	}
	return next
}

// holds says whether the index was made of exactly the snapshot's backups.
func (x *backupIndex) holds(snap *inventory.Snapshot) bool {
	i := 0
	for e := range snap.OfKind(resource.KindBackup) {
		if i == len(x.entries) || x.entries[i] != e {
			return false
		}
		i++
	}
	return i == len(x.entries)
}

func (x *backupIndex) build(snap *inventory.Snapshot) {
	x.times = backups.NewIndex[time.Time]()
	for e := range snap.OfKind(resource.KindBackup) {
		x.entries = append(x.entries, e)
		if subject, ok := backups.SubjectOf(e); ok {
			at := backups.Detail(e).At
			x.times.Add(subject, func(known time.Time) time.Time { return latest(known, at) })
		}
	}
}

// last returns the time of a guest's last backup, zero for none.
func (x *backupIndex) last(e *inventory.Entry, instance string) time.Time {
	local, remote := x.times.Of(e, instance, x.names)
	return latest(guestOf(e).LastBackup, latest(local, remote))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// LastBackups tells when guests were last backed up, out of the backups in one
// snapshot. The zero value knows of none.
type LastBackups struct{ index *backupIndex }

// NewLastBackups reads the backups of a snapshot. Of before, which may be the
// zero value, it takes over what still holds.
func NewLastBackups(snap *inventory.Snapshot, before LastBackups) LastBackups {
	return LastBackups{index: before.index.next(snap)}
}

// Of returns the time of the last backup of a guest of the instance, zero for none.
func (l LastBackups) Of(guest *inventory.Entry, instance string) time.Time {
	if l.index == nil {
		return time.Time{}
	}
	return l.index.last(guest, instance)
}
