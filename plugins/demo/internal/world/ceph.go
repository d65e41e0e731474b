package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// cephCluster is the Ceph cluster of a site.
type cephCluster struct {
	site  *Site
	fsid  string
	raw   uint64 // bytes over all OSDs
	osds  int
	other [2]signal.Fill // what lies in each pool besides guests' disks
}

// The two pools, by the index that the methods take, are the disks of guests
// and the shared files.
const (
	cephReplicas = 3
	cephPools    = 2
)

// newCeph builds the cluster on the nodes' LVM disks; nil for a stand-alone node.
func newCeph(s *Site) *cephCluster {
	if !s.cluster {
		return nil
	}
	c := &cephCluster{site: s, fsid: s.seed.UUID("ceph")}
	for _, d := range s.disks {
		if d.usedFor == "LVM" {
			c.osds++
			c.raw += d.size
		}
	}
	c.other = [2]signal.Fill{level(0.31, 0.44, 140*day), level(0.08, 0.15, 60*day)}
	return c
}

// usable returns how much of one copy of the data fits into a pool.
func (c *cephCluster) usable(pool int) uint64 {
	return c.raw / cephReplicas * [cephPools]uint64{3, 1}[pool] / 4
}

// stored returns the bytes in a pool, counted once.
func (c *cephCluster) stored(pool int, at time.Time) uint64 {
	used := uint64(float64(c.usable(pool)) * c.other[pool].At(at))
	if pool > 0 {
		return used
	}
	for _, g := range c.site.guests {
		if g.storage != "ceph-vm" {
			continue
		}
		used += g.stored(at)
		for _, snap := range g.snapshots(at) {
			used += snap.size
		}
	}
	return used
}

func (c *cephCluster) resource(at time.Time) resource.Resource {
	d := &resource.Ceph{
		FSID: c.fsid, Health: "HEALTH_WARN",
		HealthMessage: "1 osds down; " + strconv.Itoa(at.Minute()%7+2) + " pgs not deep-scrubbed in time",
		Mons:          min(len(c.site.nodes), 5), Mgrs: min(len(c.site.nodes), 2),
		OSDs: c.osds, OSDsUp: max(c.osds-1, 0), OSDsIn: c.osds, PGs: 32*c.osds + 1,
	}
	var used uint64
	for i, name := range [cephPools]string{"ceph-vm", "ceph-files"} {
		stored := c.stored(i, at)
		used += stored * cephReplicas
		pool := resource.CephPool{ID: i + 2, Name: name, Stored: stored, Available: c.usable(i) - min(stored, c.usable(i)), Objects: stored / (4 * mib)}
		if c.usable(i) > 0 {
			pool.UsedRatio = float64(stored) / float64(c.usable(i))
		}
		d.Pools = append(d.Pools, pool)
	}
	d.Services = []resource.CephService{
		{Type: "mon", Running: d.Mons, Total: d.Mons},
		{Type: "mgr", Running: d.Mgrs, Total: d.Mgrs},
		{Type: "osd", Running: d.OSDsUp, Total: d.OSDs, Message: "osd." + strconv.Itoa(c.osds-1) + " is down since the last restart of its node"},
		{Type: "mds", Running: 1, Total: d.Mgrs},
	}
	return resource.Resource{
		ID: "ceph", Kind: resource.KindCeph, Name: c.site.name + " Ceph", Status: resource.StatusDegraded,
		StatusReason: d.HealthMessage, Usage: resource.Usage{Disk: filled(c.raw, used)}, Detail: d,
	}
}
