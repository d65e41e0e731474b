package world

import (
	"strings"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// storage is a storage of a site as one node sees it.
type storage struct {
	site    *Site
	node    string
	spec    storageSpec
	total   uint64 // bytes
	dead    bool   // this node cannot reach it
	zfsPool string
}

// storageSpec is the definition of a storage.
type storageSpec struct {
	name, kind, content string
	size                uint64 // bytes, for what does not follow from its content
	other               signal.Fill
	shared, disabled    bool
}

func level(low, high float64, every time.Duration) signal.Fill {
	return signal.Fill{Low: low, High: high, Cycle: signal.Cycle{Every: every, Offset: every / 5}}
}

// storageSpecs returns the storages of every node of the site.
func storageSpecs(s *Site) []storageSpec {
	specs := []storageSpec{
		{name: "local", kind: "dir", content: "iso,vztmpl,backup,snippets", size: 512 * gib, other: level(0.08, 0.2, 50*day)},
		{name: "local-zfs", kind: "zfspool", content: "images,rootdir"},
		{name: PBSMain, kind: "pbs", content: "backup", shared: true},
	}
	switch s.name {
	case DemoCluster:
		return append(specs,
			storageSpec{name: "ceph-vm", kind: "rbd", content: "images,rootdir", shared: true},
			storageSpec{name: "ceph-files", kind: "cephfs", content: "iso,snippets,vztmpl", shared: true},
			storageSpec{name: "nas-backup", kind: "nfs", content: "backup,iso", size: 24 * tib, other: level(0.55, 0.8, 120*day), shared: true},
			storageSpec{name: "archive", kind: "cifs", content: "backup,import", size: 8 * tib, other: level(0.81, 0.89, 200*day), shared: true},
		)
	case Standalone1:
		return append(specs,
			storageSpec{name: "local-lvm", kind: "lvmthin", content: "images,rootdir", size: 900 * gib, other: level(0.3, 0.9, 75*day)},
			storageSpec{name: "san", kind: "iscsi", content: "images", size: 2 * tib, other: level(0.5, 0.5, day)},
			storageSpec{name: "san-lvm", kind: "lvm", content: "images,rootdir", size: 2 * tib, other: level(0.4, 0.6, 90*day)},
		)
	}
	return append(specs,
		storageSpec{name: "scratch", kind: "btrfs", content: "images,iso", size: 1 * tib, other: level(0.1, 0.97, 30*day)},
		storageSpec{name: "usb-disk", kind: "dir", content: "backup", size: 4 * tib, other: level(0.6, 0.7, 99*day), disabled: true},
	)
}

func newStorages(s *Site) []*storage {
	var all []*storage
	for _, n := range s.nodes {
		for _, spec := range storageSpecs(s) {
			st := &storage{site: s, node: n.name, spec: spec, total: spec.size, dead: spec.kind == "cifs" && n.number == 2}
			switch spec.kind {
			case "zfspool":
				st.zfsPool = "rpool"
				st.total = roundUp(s.allocated(n.name, spec.name)*3/2, 512*gib)
			case "rbd":
				st.total = s.ceph.usable(0)
			case "cephfs":
				st.total = s.ceph.usable(1)
			}
			all = append(all, st)
		}
	}
	return all
}

// allocated returns the size of all disks of guests that belong on a storage;
// with an empty node, of all nodes.
func (s *Site) allocated(node, storage string) uint64 {
	var sum uint64
	for _, g := range s.guests {
		if g.storage == storage && (node == "" || g.home == node) {
			sum += g.machine.disk
		}
	}
	return sum
}

// content is the bytes that the world knows to lie on each storage.
type content struct {
	guests map[[2]string]uint64 // by node and storage; disks and snapshots
	weekly map[string]uint64    // by node; backups made once a week
}

func (s *Site) content(at time.Time) content {
	c := content{guests: map[[2]string]uint64{}, weekly: map[string]uint64{}}
	for _, g := range s.guests {
		used := g.stored(at)
		for _, snap := range g.snapshots(at) {
			used += snap.size
		}
		c.guests[[2]string{g.home, g.storage}] += used
		for _, run := range g.weeklyRuns(at) {
			c.weekly[g.home] += run.size
		}
	}
	return c
}

func sum(parts map[string]uint64) uint64 {
	var total uint64
	for _, n := range parts {
		total += n
	}
	return total
}

// capacity returns the size of the storage and what is taken of it.
func (st *storage) capacity(c content, at time.Time) resource.Capacity {
	switch st.spec.kind {
	case "zfspool":
		return filled(st.total, 3*gib+c.guests[[2]string{st.node, st.spec.name}])
	case "rbd":
		return filled(st.total, st.site.ceph.stored(0, at))
	case "cephfs":
		return filled(st.total, st.site.ceph.stored(1, at))
	case "pbs":
		return st.site.remote.capacity(at)
	case "nfs":
		return st.with(sum(c.weekly), at)
	}
	if st.spec.name == "local" && !st.site.cluster {
		return st.with(c.weekly[st.node], at)
	}
	return st.with(0, at)
}

// with returns what lies on the storage besides, with the known bytes added.
// A storage too small for both has been enlarged in time.
func (st *storage) with(known uint64, at time.Time) resource.Capacity {
	other := uint64(float64(st.total) * st.spec.other.At(at))
	total := st.total
	if known > total/8 {
		total += roundUp(known*2, tib)
	}
	return filled(total, other+known)
}

func (st *storage) resource(c content, at time.Time) resource.Resource {
	r := resource.Resource{
		ID: "storage/" + st.node + "/" + st.spec.name, Kind: resource.KindStorage, Name: st.spec.name,
		ParentID: "node/" + st.node, Status: resource.StatusRunning,
	}
	d := &resource.Storage{
		Node: st.node, Type: st.spec.kind, Content: strings.Split(st.spec.content, ","), Shared: st.spec.shared,
		Enabled: !st.spec.disabled, Active: !st.spec.disabled && !st.dead,
	}
	r.Detail = d
	if st.spec.shared {
		for _, n := range st.site.nodes {
			d.Nodes = append(d.Nodes, n.name)
		}
	}
	switch {
	case st.spec.disabled:
		r.Status, r.StatusReason = resource.StatusStopped, "disabled in the configuration"
		return r
	case st.dead:
		r.Status, r.StatusReason = resource.StatusOffline, "mount error: Host is down (10.20.0.40)"
		return r
	}
	r.Usage.Disk = st.capacity(c, at)
	if st.zfsPool != "" {
		d.ZFS = st.site.node(st.node).zfs(at)
		if d.ZFS.State != "ONLINE" {
			r.Status, r.StatusReason = resource.StatusDegraded, "pool "+st.zfsPool+" is "+d.ZFS.State
		}
	}
	return r
}

// Storage returns the storages, disks and the Ceph cluster.
func (s *Site) Storage(at time.Time) []resource.Resource {
	c := s.content(at)
	out := make([]resource.Resource, 0, len(s.storages)+len(s.disks)+1)
	for _, st := range s.storages {
		out = append(out, st.resource(c, at))
	}
	for _, d := range s.disks {
		out = append(out, d.resource(at))
	}
	if s.ceph != nil {
		out = append(out, s.ceph.resource(at))
	}
	return out
}
