package v5

import (
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Storage is a storage of a hypervisor. One that several nodes share is told
// once, with the nodes that have it.
type Storage struct {
	ID        string   `json:"id"`
	Storage   string   `json:"storage"`
	Name      string   `json:"name"`
	Node      string   `json:"node"`
	Instance  string   `json:"instance"`
	Nodes     []string `json:"nodes,omitempty"`
	NodeIDs   []string `json:"nodeIds,omitempty"`
	NodeCount int      `json:"nodeCount,omitempty"`
	Type      string   `json:"type"`
	Status    string   `json:"status"`
	Total     uint64   `json:"total"`
	Used      uint64   `json:"used"`
	Avail     uint64   `json:"avail"`
	Free      uint64   `json:"free"`
	Usage     float64  `json:"usage"`
	Content   string   `json:"content"`
	Shared    bool     `json:"shared"`
	Enabled   bool     `json:"enabled"`
	Active    bool     `json:"active"`
}

// StorageDetail is a storage as the storage endpoint shows it: without the
// aliases of the state, with the ZFS pool.
type StorageDetail struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Node      string   `json:"node"`
	Instance  string   `json:"instance"`
	Nodes     []string `json:"nodes,omitempty"`
	NodeIDs   []string `json:"nodeIds,omitempty"`
	NodeCount int      `json:"nodeCount,omitempty"`
	Type      string   `json:"type"`
	Status    string   `json:"status"`
	Total     uint64   `json:"total"`
	Used      uint64   `json:"used"`
	Free      uint64   `json:"free"`
	Usage     float64  `json:"usage"`
	Content   string   `json:"content"`
	Shared    bool     `json:"shared"`
	Enabled   bool     `json:"enabled"`
	Active    bool     `json:"active"`
	ZFSPool   *ZFSPool `json:"zfsPool,omitempty"`
}

// ZFSPool is the state of a ZFS pool.
type ZFSPool struct {
	Name           string      `json:"name"`
	State          string      `json:"state"`
	Status         string      `json:"status"`
	Scan           string      `json:"scan"`
	ReadErrors     uint64      `json:"readErrors"`
	WriteErrors    uint64      `json:"writeErrors"`
	ChecksumErrors uint64      `json:"checksumErrors"`
	Devices        []ZFSDevice `json:"devices"`
}

// ZFSDevice is one device or group of a pool.
type ZFSDevice struct {
	Name           string `json:"name"`
	Type           string `json:"type"`
	State          string `json:"state"`
	ReadErrors     uint64 `json:"readErrors"`
	WriteErrors    uint64 `json:"writeErrors"`
	ChecksumErrors uint64 `json:"checksumErrors"`
	Message        string `json:"message,omitempty"`
}

func storageOf(e *inventory.Entry) *resource.Storage {
	if detail, _ := e.Detail.(*resource.Storage); detail != nil {
		return detail
	}
	return &resource.Storage{}
}

// storage renders one storage; others are what the other nodes say of it.
func (p *projection) storage(e *inventory.Entry, others []*inventory.Entry, x facts) Storage {
	group := StorageGroup{Entry: e, Others: others}
	told := group.Told()
	detail, disk := storageOf(told), told.Usage.Disk
	storage := Storage{
		ID: storageID(x.instance, e), Storage: e.Name, Name: e.Name, Node: storageOf(e).Node, Instance: x.instance,
		Type: detail.Type, Status: storageStatus(detail),
		Total: disk.Total, Used: disk.Used, Avail: disk.Free, Free: disk.Free,
		Usage: diskPercent(disk), Content: strings.Join(detail.Content, ","),
		Shared: detail.Shared, Enabled: detail.Enabled, Active: detail.Active,
	}
	if detail.Shared {
		storage.Nodes = group.Nodes()
		storage.NodeCount = len(storage.Nodes)
		for _, node := range storage.Nodes {
			storage.NodeIDs = append(storage.NodeIDs, orElse(x.clusterName, x.instance)+"-"+node)
		}
	}
	return storage
}

// StorageGroup is one storage: what one node says of it, and the others that share it.
type StorageGroup struct {
	Entry  *inventory.Entry
	Others []*inventory.Entry
}

// StorageGroups returns the storages of a snapshot. A shared storage is one
// group however many nodes have it; the first in the order of keys stands for
// it, so that its id stays.
func StorageGroups(snap *inventory.Snapshot) []StorageGroup {
	type name struct{ source, name string }
	var groups []StorageGroup
	place := map[name]int{}
	for e := range snap.OfKind(resource.KindStorage) {
		key := name{e.Source, e.Name}
		i, seen := place[key]
		if seen && storageOf(e).Shared {
			groups[i].Others = append(groups[i].Others, e)
			continue
		}
		if storageOf(e).Shared {
			place[key] = len(groups)
		}
		groups = append(groups, StorageGroup{Entry: e})
	}
	return groups
}

// Told returns what the first node says that reaches the storage; what the
// first one says if none does. The entry that stands for the storage may be of
// a node that is away, while the others go on using it.
func (g *StorageGroup) Told() *inventory.Entry {
	if !reached(g.Entry) {
		if i := slices.IndexFunc(g.Others, reached); i >= 0 {
			return g.Others[i]
		}
	}
	return g.Entry
}

// Lost returns what the nodes say that cannot reach the storage, though others can.
func (g *StorageGroup) Lost() []*inventory.Entry {
	if !reached(g.Told()) {
		return nil
	}
	var lost []*inventory.Entry
	for _, e := range append([]*inventory.Entry{g.Entry}, g.Others...) {
		if detail := storageOf(e); detail.Enabled && !detail.Active {
			lost = append(lost, e)
		}
	}
	return lost
}

// reached says whether the node of an entry is there and reaches the storage.
func reached(e *inventory.Entry) bool {
	known := e.Status == resource.StatusRunning || e.Status == resource.StatusDegraded
	return known && !e.Stale && storageOf(e).Active
}

// Nodes returns the names of the nodes that have the storage, sorted.
func (g *StorageGroup) Nodes() []string {
	detail := storageOf(g.Entry)
	nodes := slices.Clone(detail.Nodes)
	nodes = append(nodes, detail.Node)
	for _, other := range g.Others {
		nodes = append(nodes, storageOf(other).Node)
	}
	slices.Sort(nodes)
	nodes = slices.Compact(nodes)
	return slices.DeleteFunc(nodes, func(node string) bool { return node == "" })
}

func storageStatus(detail *resource.Storage) string {
	switch {
	case !detail.Enabled:
		return "disabled"
	case !detail.Active:
		return "inactive"
	}
	return "available"
}

// Detail returns the storage as the storage endpoint shows it.
func (s *Storage) Detail(pool *resource.ZFSPool) StorageDetail {
	return StorageDetail{
		ID: s.ID, Name: s.Name, Node: s.Node, Instance: s.Instance,
		Nodes: s.Nodes, NodeIDs: s.NodeIDs, NodeCount: s.NodeCount, Type: s.Type, Status: s.Status,
		Total: s.Total, Used: s.Used, Free: s.Free, Usage: s.Usage, Content: s.Content,
		Shared: s.Shared, Enabled: s.Enabled, Active: s.Active, ZFSPool: zfsPool(pool),
	}
}

func zfsPool(pool *resource.ZFSPool) *ZFSPool {
	if pool == nil {
		return nil
	}
	devices := convert(pool.Devices, func(d *resource.ZFSDevice) ZFSDevice {
		return ZFSDevice{d.Name, d.Type, d.State, d.ReadErrors, d.WriteErrors, d.ChecksumErrors, d.Message}
	})
	if devices == nil {
		devices = []ZFSDevice{}
	}
	return &ZFSPool{
		Name: pool.Name, State: pool.State, Status: pool.Status, Scan: pool.Scan,
		ReadErrors: pool.ReadErrors, WriteErrors: pool.WriteErrors, ChecksumErrors: pool.ChecksumErrors,
		Devices: devices,
	}
}

// Storages returns every storage in detail, in the order of the state. It is never nil.
func Storages(snap *inventory.Snapshot) []StorageDetail {
	p := newProjection(snap, Inputs{})
	storages := []StorageDetail{}
	p.eachStorage(func(e *inventory.Entry, others []*inventory.Entry, x facts) {
		storage := p.storage(e, others, x)
		storages = append(storages, storage.Detail(storageOf(e).ZFS)) // pools are never shared
	})
	return storages
}

// StorageByID returns the storage with that id. A shared storage answers to the id it has on any of its nodes.
func StorageByID(snap *inventory.Snapshot, id string) (StorageDetail, bool) {
	p := newProjection(snap, Inputs{})
	var found StorageDetail
	ok := false
	p.eachStorage(func(e *inventory.Entry, others []*inventory.Entry, x facts) {
		match := storageID(x.instance, e) == id || slices.ContainsFunc(others, func(other *inventory.Entry) bool {
			return storageID(x.instance, other) == id
		})
		if match && !ok {
			storage := p.storage(e, others, x)
			found, ok = storage.Detail(storageOf(e).ZFS), true
		}
	})
	return found, ok
}

// PhysicalDisk is a disk of a node. Wearout is the percent of life that is left, -1 if not known.
type PhysicalDisk struct {
	ID          string    `json:"id"`
	Node        string    `json:"node"`
	Instance    string    `json:"instance"`
	DevPath     string    `json:"devPath"`
	Model       string    `json:"model"`
	Serial      string    `json:"serial"`
	WWN         string    `json:"wwn"`
	Type        string    `json:"type"`
	Size        uint64    `json:"size"`
	Health      string    `json:"health"`
	Wearout     int       `json:"wearout"`
	Temperature int       `json:"temperature"`
	RPM         int       `json:"rpm"`
	Used        string    `json:"used"`
	LastChecked time.Time `json:"lastChecked"`
}

func (p *projection) disk(e *inventory.Entry, x facts) PhysicalDisk {
	detail, _ := e.Detail.(*resource.Disk)
	if detail == nil {
		detail = &resource.Disk{}
	}
	wearout := -1
	if detail.LifeLeft != nil {
		wearout = int(unit.Percent(*detail.LifeLeft) + 0.5)
	}
	checked := detail.CheckedAt
	if checked.IsZero() {
		checked = e.SeenAt
	}
	return PhysicalDisk{
		ID: diskID(x.instance, e), Node: detail.Node, Instance: x.instance, DevPath: detail.Device,
		Model: detail.Model, Serial: detail.Serial, WWN: detail.WWN, Type: detail.Transport,
		Size: detail.Size, Health: orElse(detail.Health, "UNKNOWN"), Wearout: wearout,
		Temperature: detail.Temperature, RPM: detail.RPM, Used: detail.UsedFor,
		LastChecked: unit.Time(checked),
	}
}
