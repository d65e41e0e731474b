package check

import (
	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// storageIndex knows which storages are the same one, seen from several nodes, or lie on the same pool.
type storageIndex struct {
	// groups are the shared storages, by the keys of all their entries.
	groups map[string]*v5.StorageGroup
	// samePool are the storages on a pool that another storage tells of.
	samePool map[string]bool
}

func indexStorages(w *World) storageIndex {
	x := storageIndex{groups: map[string]*v5.StorageGroup{}, samePool: map[string]bool{}}
	type poolName struct{ source, node, pool string }
	told := map[poolName]bool{}
	groups := v5.StorageGroups(w.Snapshot)
	for i := range groups {
		group := &groups[i]
		if detail := storageOf(group.Entry); detail.ZFS != nil {
			name := poolName{group.Entry.Source, detail.Node, detail.ZFS.Name}
			x.samePool[group.Entry.Key] = told[name]
			told[name] = true
		}
		if len(group.Others) == 0 {
			continue
		}
		x.groups[group.Entry.Key] = group
		for _, e := range group.Others {
			x.groups[e.Key] = group
		}
	}
	return x
}

func storageOf(e *inventory.Entry) *resource.Storage {
	if detail, _ := e.Detail.(*resource.Storage); detail != nil {
		return detail
	}
	return &resource.Storage{}
}

// checkStorage looks at a storage as one node sees it. Whether the node reaches it is a matter of each node; how full it
// is, of a storage that nodes share, is told once, by the first of them.
func checkStorage(b *bench) {
	e := b.entry
	detail, group := storageOf(e), b.storages.groups[e.Key]
	first := group == nil || group.Entry.Key == e.Key
	seen := b.see(detail.Node)
	b.subject.Node, b.noun = detail.Node, "Storage"
	b.identify(b.contractID(), policy.Target{Node: detail.Node, Status: e.Status.String()})
	if !detail.Enabled {
		b.unseen = false
		return
	}
	speaker := e
	if group != nil {
		speaker = group.Told()
	}
	if !seen && (!first || speaker.Key == e.Key) {
		return
	}
	b.describe = resourceType("Storage")
	if seen && detail.ZFS == nil && detail.Type == "zfspool" {
		b.unseen = true // the pool, which has alerts of its own
	}
	if first {
		b.usage(speaker)
	}
	if !seen {
		return
	}
	if !first && isLost(e) && isLost(group.Entry) {
		b.hiddenBy = alert.IdentityOf(group.Entry.Key, alert.Unreachable, "")
	}
	b.storageOffline(detail)
	if detail.ZFS != nil && !detail.Shared && !b.storages.samePool[e.Key] {
		b.pool(detail.ZFS)
	}
}

// isLost says whether the node of an entry cannot reach the storage.
func isLost(e *inventory.Entry) bool {
	detail := storageOf(e)
	return e.Status == resource.StatusOffline || detail.Enabled && !detail.Active && e.Status != resource.StatusUnknown
}

func (b *bench) storageOffline(detail *resource.Storage) {
	s := state{
		Type: alert.Unreachable, AlertID: "storage-offline-" + b.subject.ID, Confirm: 2, Connectivity: true,
		Unknown: b.entry.Status == resource.StatusUnknown,
	}
	if isLost(b.entry) {
		s.Level = alert.Warning
		s.Message = "Storage " + b.entry.Name + " on node " + detail.Node + " is unavailable"
	}
	b.is(s)
}

// usage judges how full a storage is, by what the entry says that speaks for it.
func (b *bench) usage(speaker *inventory.Entry) {
	at := b.at
	b.at = speaker.SeenAt
	ratio, known := speaker.Usage.Disk.FullRatio()
	known = known && !isLost(speaker) && speaker.Status != resource.StatusUnknown && b.contact(speaker) == alert.Good
	b.judge(metric{
		Type: alert.Usage, Value: percent(ratio), Teller: speaker.Key, Label: "usage", Kinds: []string{"storage"}, Unknown: !known,
		Extra: func() map[string]any { return map[string]any{"shared": storageOf(speaker).Shared} },
	})
	b.at = at
}
