package proxmox

import (
	"context"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// poolAge is how old the devices of a healthy pool may be. Those of a pool that
// is not well are asked for every time.
const poolAge = 10 * time.Minute

// poolRow is a row of /nodes/{node}/disks/zfs.
type poolRow struct {
	Name   text `json:"name"`
	Health text `json:"health"`
}

// poolTree is /nodes/{node}/disks/zfs/{name}, and each device in it.
type poolTree struct {
	Name     text       `json:"name"`
	State    text       `json:"state"`
	Status   text       `json:"status"`
	Scan     text       `json:"scan"`
	Message  text       `json:"msg"`
	Read     number     `json:"read"`
	Write    number     `json:"write"`
	Checksum number     `json:"cksum"`
	Children []poolTree `json:"children"`
}

// Bounds of what is taken of a pool.
const (
	maxPoolDepth   = 6
	maxPoolDevices = 2000
)

const poolHealthy = "ONLINE"

// readPools asks for the ZFS pools of a node and gives each to the storages on it.
func (s *source) readPools(ctx context.Context, node string, storages []nodeStorage) error {
	var rows []poolRow
	if err := s.get(ctx, s.limits.slow, &rows, "nodes", node, "disks", "zfs"); err != nil {
		if isAbsent(err) {
			return nil
		}
		return err
	}
	var troubles []string
	for _, r := range rows {
		if r.Health != poolHealthy {
			troubles = append(troubles, "pool "+string(r.Name)+" is "+string(r.Health))
		}
		if err := s.readPool(ctx, node, r, storages); err != nil {
			return err
		}
	}
	s.facts.updateNode(node, func(f *nodeFacts) { f.pools = troubles })
	return nil
}

// readPool asks for the devices of a pool that a storage is on.
func (s *source) readPool(ctx context.Context, node string, row poolRow, storages []nodeStorage) error {
	on := s.storagesOn(storages, string(row.Name))
	if len(on) == 0 {
		return nil
	}
	first, _ := s.facts.storage(storageID(node, on[0]))
	if first.zfs != nil && row.Health == poolHealthy && first.zfs.State == poolHealthy && s.now().Sub(first.zfsAt) < poolAge {
		return nil
	}
	var tree poolTree
	if err := s.get(ctx, s.limits.slow, &tree, "nodes", node, "disks", "zfs", string(row.Name)); err != nil {
		return err
	}
	pool := tree.pool()
	for _, name := range on {
		s.facts.updateStorage(storageID(node, name), func(f *storageFacts) { f.zfs, f.zfsAt = pool, s.now() })
	}
	return nil
}

// storagesOn returns the names of the storages that are on a pool or a dataset of it.
func (s *source) storagesOn(storages []nodeStorage, pool string) []string {
	var names []string
	for _, r := range storages {
		config, ok := s.cluster.storage(string(r.Storage))
		on, _, _ := strings.Cut(string(config.Pool), "/")
		if ok && on == pool {
			names = append(names, string(r.Storage))
		}
	}
	return names
}

// pool flattens the tree. The errors of the pool are those of all its disks.
func (t *poolTree) pool() *resource.ZFSPool {
	pool := &resource.ZFSPool{Name: string(t.Name), State: string(t.State), Status: string(t.Status), Scan: string(t.Scan)}
	children := t.itself().Children
	for i := range children {
		children[i].flatten(pool, 0)
	}
	return pool
}

// itself skips devices that hold only themselves: the pool that the tree
// begins with, and a disk in the place of a group.
func (t *poolTree) itself() *poolTree {
	for len(t.Children) == 1 && t.Children[0].Name == t.Name {
		t = &t.Children[0]
	}
	return t
}

func (t *poolTree) flatten(pool *resource.ZFSPool, depth int) {
	t = t.itself()
	if depth > maxPoolDepth || len(pool.Devices) >= maxPoolDevices {
		return
	}
	d := resource.ZFSDevice{
		Name: string(t.Name), Type: t.kind(), State: string(t.State), Message: strings.TrimSpace(string(t.Message)),
		ReadErrors: t.Read.Bytes(), WriteErrors: t.Write.Bytes(), ChecksumErrors: t.Checksum.Bytes(),
	}
	pool.Devices = append(pool.Devices, d)
	if len(t.Children) == 0 {
		pool.ReadErrors += d.ReadErrors
		pool.WriteErrors += d.WriteErrors
		pool.ChecksumErrors += d.ChecksumErrors
	}
	for i := range t.Children {
		t.Children[i].flatten(pool, depth+1)
	}
}

// kind names what a device is: "mirror" for "mirror-0", "disk" for a leaf.
func (t *poolTree) kind() string {
	if len(t.Children) == 0 {
		return "disk"
	}
	kind, _, _ := strings.Cut(string(t.Name), "-")
	return kind
}

// thinPool is a row of /nodes/{node}/disks/lvmthin.
type thinPool struct {
	Name         text   `json:"lv"`
	Group        text   `json:"vg"`
	MetadataSize number `json:"metadata_size"`
	MetadataUsed number `json:"metadata_used"`
}

// readThinPools asks how full the metadata of thin pools is: a full one stops
// the pool, however much space is left for data.
func (s *source) readThinPools(ctx context.Context, node string, storages []nodeStorage) error {
	byPool := map[[2]string][]string{} // names of storages by group and pool
	for _, r := range storages {
		if config, ok := s.cluster.storage(string(r.Storage)); ok && config.ThinPool != "" {
			at := [2]string{string(config.VGName), string(config.ThinPool)}
			byPool[at] = append(byPool[at], string(r.Storage))
		}
	}
	if len(byPool) == 0 {
		return nil
	}
	var rows []thinPool
	if err := s.get(ctx, s.limits.slow, &rows, "nodes", node, "disks", "lvmthin"); err != nil {
		return err
	}
	for _, r := range rows {
		if r.MetadataSize.Bytes() == 0 {
			continue
		}
		used := bounded(r.MetadataUsed.Float() / r.MetadataSize.Float())
		for _, name := range byPool[[2]string{string(r.Group), string(r.Name)}] {
			s.facts.updateStorage(storageID(node, name), func(f *storageFacts) { f.metadata = &used })
		}
	}
	return nil
}
