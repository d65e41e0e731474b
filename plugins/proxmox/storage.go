package proxmox

import (
	"slices"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// patience is how many polls a storage may be unknown before that counts as an
// outage: nodes tell nothing of their storages for a while after they booted.
const patience = 2

// putStorages adds every storage of a view as each node sees it.
func (s *source) putStorages(v *view, out *sdk.Snapshot) {
	shared := map[string][]string{}
	for i := range v.rows {
		if r := &v.rows[i]; r.Type == typeStorage && s.isShared(r) {
			shared[string(r.Storage)] = append(shared[string(r.Storage)], string(r.Node))
		}
	}
	for name := range shared {
		slices.Sort(shared[name])
	}
	for i := range v.rows {
		if r := &v.rows[i]; r.Type == typeStorage && r.Storage != "" && r.Node != "" {
			out.Put(s.storage(r, shared[string(r.Storage)]))
		}
	}
}

// isShared says whether all nodes see the same storage; versions before 9.1
// do not tell it in every row, but the definition does.
func (s *source) isShared(r *resourceRow) bool {
	if bool(r.Shared) {
		return true
	}
	config, ok := s.cluster.storage(string(r.Storage))
	return ok && bool(config.Shared)
}

func (s *source) storage(row *resourceRow, nodes []string) resource.Resource {
	node, name := string(row.Node), string(row.Storage)
	id := storageID(node, name)
	known, asked := s.facts.storage(id)
	config, defined := s.cluster.storage(name)
	disabled := defined && bool(config.Disable) || asked && !known.enabled
	d := &resource.Storage{
		Node: node, Type: string(row.PluginType), Content: content(row.Content), Shared: len(nodes) > 0, Nodes: nodes,
		Enabled: !disabled, ZFS: known.zfs,
	}
	r := resource.Resource{
		ID: id, Kind: resource.KindStorage, Name: name, ParentID: nodeID(node), Status: resource.StatusRunning, Detail: d,
	}
	available := row.Status == "available"
	polls := s.facts.polls(id, available)
	lost := asked && !known.active || polls > patience
	d.Active = d.Enabled && !lost
	switch {
	case !d.Enabled:
		r.Status, r.StatusReason = resource.StatusStopped, "disabled in the configuration"
		return r
	case !d.Active:
		r.Status, r.StatusReason = resource.StatusOffline, "the node cannot reach it"
		return r
	case !available:
		r.Status = resource.StatusUnknown
		return r
	}
	r.Usage.Disk = storageUsage(row, known)
	known.judge(&r)
	return r
}

// storageUsage takes the newer figures of the row, and what can still be
// taken from the node's own where these are of about the same moment.
func storageUsage(row *resourceRow, known storageFacts) resource.Capacity {
	c := capacity(row.Disk, row.MaxDisk)
	reserved := known.usage.Total - min(known.usage.Used+known.usage.Free, known.usage.Total)
	if known.usage.Total == c.Total {
		c.Free -= min(reserved, c.Free)
	}
	return c
}

// judge looks for what is wrong with a storage that is there.
func (f storageFacts) judge(r *resource.Resource) {
	if f.metadata != nil {
		r.Metrics = append(r.Metrics, resource.Metric{Name: "metadata_used", Value: *f.metadata, Unit: resource.UnitRatio})
	}
	if f.zfs != nil && f.zfs.State != "ONLINE" {
		r.Status, r.StatusReason = resource.StatusDegraded, "pool "+f.zfs.Name+" is "+f.zfs.State
	}
}

// content splits the list of what a storage may hold and sorts it.
func content(list text) []string {
	kinds := list.Fields()
	slices.Sort(kinds)
	return kinds
}
