package v5

import (
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// backupIndex knows the last backup of each guest of a snapshot. It does not
// change once built.
type backupIndex struct {
	entries []*inventory.Entry // the backups it was built from
	// local are backups known to a hypervisor, remote those on backup servers,
	// which know a guest only by its number and perhaps a namespace.
	local     map[localGuest]time.Time
	remote    map[remoteGuest]time.Time
	namespace map[namespacedGuest]time.Time
	// namesakes counts the guests that have the same type and number.
	namesakes map[remoteGuest]int
}

type localGuest struct {
	source string
	vmid   int
}

type remoteGuest struct {
	guestType string // "vm" or "container"
	vmid      int
}

type namespacedGuest struct {
	remoteGuest
	namespace string // in lower case
}

// next returns the index of a snapshot: with the maps of x, which may be nil,
// if the backups are the same. It does not change x.
func (x *backupIndex) next(snap *inventory.Snapshot) *backupIndex {
	next := &backupIndex{namesakes: map[remoteGuest]int{}}
	if x != nil && x.holds(snap) {
		next.entries, next.local, next.remote, next.namespace = x.entries, x.local, x.remote, x.namespace
	} else {
		next.build(snap)
	}
	for _, kind := range []resource.Kind{resource.KindVM, resource.KindContainer} {
		for e := range snap.OfKind(kind) {
			next.namesakes[remoteGuest{string(kind), guestOf(e).VMID}]++
		}
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
	x.local, x.remote = map[localGuest]time.Time{}, map[remoteGuest]time.Time{}
	x.namespace = map[namespacedGuest]time.Time{}
	for e := range snap.OfKind(resource.KindBackup) {
		x.entries = append(x.entries, e)
		x.add(e)
	}
}

func (x *backupIndex) add(e *inventory.Entry) {
	b := backupOf(e)
	vmid := b.VMID
	if vmid == 0 {
		vmid, _ = strconv.Atoi(b.BackupID) // what is no number is no guest
	}
	if vmid == 0 {
		return
	}
	switch keeperOf(b) {
	case keptByHypervisor:
		later(x.local, localGuest{e.Source, vmid}, b.At)
	case keptByBackupServer:
		guest := remoteGuest{b.Type, vmid}
		later(x.remote, guest, b.At)
		later(x.namespace, namespacedGuest{guest, strings.ToLower(b.Namespace)}, b.At)
	}
}

// last returns the time of a guest's last backup, zero for none. A backup on a
// backup server counts if no other guest could be meant: the number is unique,
// or the namespace has the name of the instance.
func (x *backupIndex) last(e *inventory.Entry, instance string) time.Time {
	detail := guestOf(e)
	guest := remoteGuest{string(e.Kind), detail.VMID}
	last := detail.LastBackup
	if at := x.local[localGuest{e.Source, detail.VMID}]; at.After(last) {
		last = at
	}
	at := x.namespace[namespacedGuest{guest, strings.ToLower(instance)}]
	if x.namesakes[guest] == 1 {
		at = x.remote[guest]
	}
	if at.After(last) {
		last = at
	}
	return last
}

func later[K comparable](times map[K]time.Time, key K, at time.Time) {
	if at.After(times[key]) {
		times[key] = at
	}
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
