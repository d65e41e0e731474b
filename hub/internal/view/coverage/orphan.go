package coverage

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// group is the backups of one guest in one place.
type group struct {
	source, storage, datastore, namespace string
	backups.Name
}

// collected is what a group has.
type collected struct {
	count int
	last  time.Time
	size  uint64
}

// orphans returns the groups of backups whose guest exists nowhere: of storages
// that several clusters share, any of them may have it. While a hypervisor was
// never seen nothing can be said. The list is never nil.
func orphans(snap *inventory.Snapshot, names backups.Names) []Orphan {
	list := []Orphan{}
	if len(names) == 0 || !allSeen(snap) {
		return list
	}
	groups := map[group]*collected{}
	served := map[group]bool{} // what backup servers know themselves
	for e := range snap.OfKind(resource.KindBackup) {
		subject, ok := backups.SubjectOf(e)
		b := backups.Detail(e)
		name := backups.Name{Type: b.Type, VMID: subject.VMID}
		if !ok || names[name] > 0 || b.Type != string(resource.KindVM) && b.Type != string(resource.KindContainer) {
			continue
		}
		key := group{e.Source, b.Storage, b.Datastore, b.Namespace, name}
		if subject.Keeper == backups.KeptByBackupServer {
			served[key.anywhere()] = true
		}
		add(groups, key, b)
	}
	for key, found := range groups {
		if key.storage != "" && key.datastore != "" && served[key.anywhere()] {
			continue // the server tells of the same backups
		}
		list = append(list, Orphan{
			Instance: instanceOf(snap, key.source), Storage: key.storage, Datastore: key.datastore, Namespace: key.namespace,
			VMID: key.VMID, Type: typeOf(key.Type), Backups: found.count, LastBackup: unit.Known(found.last), SizeBytes: found.size,
		})
	}
	slices.SortFunc(list, func(a, b Orphan) int {
		return cmp.Or(cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.VMID, b.VMID), cmp.Compare(a.Type, b.Type),
			cmp.Compare(a.Storage, b.Storage), cmp.Compare(a.Datastore, b.Datastore), cmp.Compare(a.Namespace, b.Namespace))
	})
	return list
}

func add(groups map[group]*collected, key group, b *resource.Backup) {
	found := groups[key]
	if found == nil {
		found = &collected{}
		groups[key] = found
	}
	found.count++
	found.size += b.Size
	if b.At.After(found.last) {
		found.last = b.At
	}
}

// anywhere is the group on a backup server, whoever tells of it.
func (g group) anywhere() group {
	g.source, g.storage = "", ""
	return g
}

// allSeen says whether every hypervisor was seen, now or before.
func allSeen(snap *inventory.Snapshot) bool {
	for source := range snap.Sources() {
		if source.Type == "pve" && source.LastSeen.IsZero() {
			return false
		}
	}
	return true
}
