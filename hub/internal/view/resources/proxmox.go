package resources

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// NodeData is the platform data of a Proxmox VE node.
type NodeData struct {
	Instance          string          `json:"instance"`
	Host              string          `json:"host"`
	GuestURL          string          `json:"guestURL"`
	PVEVersion        string          `json:"pveVersion"`
	KernelVersion     string          `json:"kernelVersion"`
	CPUInfo           v5.CPUInfo      `json:"cpuInfo"`
	CPUs              int             `json:"cpus,omitempty" description:"Logical processors."`
	LoadAverage       []float64       `json:"loadAverage"`
	IsClusterMember   bool            `json:"isClusterMember"`
	ClusterName       string          `json:"clusterName"`
	ConnectionHealth  string          `json:"connectionHealth"`
	Temperature       *v5.Temperature `json:"temperature,omitempty"`
	LinkedHostAgentID string          `json:"linkedHostAgentId,omitempty"`
	PendingUpdates    int             `json:"pendingUpdates,omitempty"`
}

// GuestData is the platform data of a virtual machine or system container. Rates are bytes per second.
type GuestData struct {
	VMID             int        `json:"vmid"`
	Node             string     `json:"node"`
	Instance         string     `json:"instance"`
	Type             string     `json:"type,omitempty"`
	CPUs             int        `json:"cpus"`
	Template         bool       `json:"template"`
	OSName           string     `json:"osName,omitempty"`
	OSVersion        string     `json:"osVersion,omitempty"`
	OSTemplate       string     `json:"osTemplate,omitempty"`
	AgentVersion     string     `json:"agentVersion,omitempty"`
	IPAddresses      []string   `json:"ipAddresses,omitempty"`
	Interfaces       []v5.NIC   `json:"networkInterfaces,omitempty"`
	Disks            []v5.Disk  `json:"disks,omitempty"`
	DiskStatusReason string     `json:"diskStatusReason,omitempty"`
	NetworkIn        int64      `json:"networkIn"`
	NetworkOut       int64      `json:"networkOut"`
	DiskRead         int64      `json:"diskRead"`
	DiskWrite        int64      `json:"diskWrite"`
	LastBackup       *time.Time `json:"lastBackup,omitempty"`
	Lock             string     `json:"lock,omitempty"`
	HAState          string     `json:"haState,omitempty"`
}

// StorageData is the platform data of a storage.
type StorageData struct {
	Instance string   `json:"instance"`
	Node     string   `json:"node"`
	Type     string   `json:"type"`
	Content  string   `json:"content"`
	Shared   bool     `json:"shared"`
	Enabled  bool     `json:"enabled"`
	Active   bool     `json:"active"`
	Nodes    []string `json:"nodes,omitempty"`
}

// ServerData is the platform data of a backup server or mail gateway.
type ServerData struct {
	Host             string `json:"host"`
	Version          string `json:"version"`
	ConnectionHealth string `json:"connectionHealth"`
	MemoryUsed       uint64 `json:"memoryUsed"`
	MemoryTotal      uint64 `json:"memoryTotal"`
	NumDatastores    int    `json:"numDatastores"`
}

// GatewayData is the platform data of a mail gateway.
type GatewayData struct {
	Host             string `json:"host"`
	Version          string `json:"version"`
	ConnectionHealth string `json:"connectionHealth"`
	NodeCount        int    `json:"nodeCount"`
	QueueTotal       int    `json:"queueTotal"`
}

// DatastoreData is the platform data of a datastore.
type DatastoreData struct {
	Instance            string  `json:"instance"`
	Error               string  `json:"error,omitempty"`
	NamespaceCount      int     `json:"namespaceCount"`
	DeduplicationFactor float64 `json:"deduplicationFactor,omitempty"`
}

func (p *Projector) node(e *inventory.Entry, head *Head, tail *Tail) {
	detail := detailOf[resource.Node](e)
	head.DisplayName = orElse(e.DisplayName, e.Name)
	head.Uptime = seconds(e.Uptime)
	if detail.ClusterName != "" {
		head.ClusterID = "pve-cluster/" + detail.ClusterName
	}
	tail.Identity = &Identity{Hostname: e.Name}
	tail.PlatformData = &NodeData{
		Instance: head.PlatformID, Host: detail.Host, GuestURL: detail.GuestURL, PVEVersion: detail.Version,
		KernelVersion: detail.Kernel, CPUInfo: v5.CPUInfoOf(detail), CPUs: detail.CPUs, LoadAverage: unit.Floats(detail.LoadAverage),
		IsClusterMember: detail.ClusterName != "", ClusterName: detail.ClusterName,
		ConnectionHealth: v5.NodeConnection(e, detail), Temperature: v5.TemperatureOf(detail),
		LinkedHostAgentID: p.links().HostID(e), PendingUpdates: detail.PendingUpdates,
	}
}

func (p *Projector) guest(e *inventory.Entry, head *Head, tail *Tail) {
	detail := detailOf[resource.Guest](e)
	head.Uptime = seconds(e.Uptime)
	if head.CPU == nil {
		head.CPU = &Metric{}
	}
	if head.Disk != nil && detail.DiskUnknown != "" {
		used, free := uint64(0), head.Disk.Total
		*head.Disk = Metric{Current: -1, Total: head.Disk.Total, Used: &used, Free: &free}
	}
	data := &GuestData{
		VMID: detail.VMID, Node: detail.Node, Instance: head.PlatformID, CPUs: detail.CPUs,
		Template: detail.Template, OSName: detail.OSName, OSVersion: detail.OSVersion, OSTemplate: detail.OSTemplate,
		AgentVersion: detail.AgentVersion, IPAddresses: detail.Addresses, Interfaces: v5.NICs(detail.Interfaces),
		Disks: v5.Disks(detail.Filesystems), DiskStatusReason: detail.DiskUnknown,
		Lock: detail.Lock, HAState: detail.HAState,
	}
	if e.Kind == resource.KindContainer {
		data.Type = v5.ContainerType(detail)
	}
	if rates := tail.Rates; rates != nil {
		data.NetworkIn, data.NetworkOut = rates.NetIn, rates.NetOut
		data.DiskRead, data.DiskWrite = rates.DiskRead, rates.DiskWrite
	}
	head.Network = &Network{RxBytes: data.NetworkIn, TxBytes: data.NetworkOut}
	data.LastBackup = when(p.backups().Of(e, head.PlatformID))
	tail.PlatformData = data
}

// storage renders a storage with what a node says of it that reaches it.
func (p *Projector) storage(e *inventory.Entry, head *Head, tail *Tail) {
	group := p.groupOf(e)
	told := group.Told()
	detail := detailOf[resource.Storage](told)
	head.Disk, head.Status = diskMetric(told.Usage.Disk), p.status(e)
	tail.StatusReason, tail.Stale = told.StatusReason, told.Stale
	if lost := p.lostBy(group); lost != "" {
		tail.StatusReason = "not reachable from " + lost
	}
	data := &StorageData{
		Instance: p.instance(e), Node: detailOf[resource.Storage](e).Node, Type: detail.Type,
		Content: strings.Join(detail.Content, ","), Shared: detail.Shared, Enabled: detail.Enabled, Active: detail.Active,
	}
	if detail.Shared {
		data.Nodes = group.Nodes()
	}
	tail.PlatformData = data
}

// groupOf returns the storage that an entry is what one node says of.
func (p *Projector) groupOf(e *inventory.Entry) *v5.StorageGroup {
	if group := p.storages()[e]; group != nil {
		return group
	}
	return &v5.StorageGroup{Entry: e}
}

// lostBy names the nodes that should reach a storage like others do and do
// not. Those that are away as a whole are not among them.
func (p *Projector) lostBy(group *v5.StorageGroup) string {
	var nodes []string
	for _, e := range group.Lost() {
		node, ok := p.snap.Get(e.ParentKey)
		if !ok || statusOf(node) != "offline" {
			nodes = append(nodes, detailOf[resource.Storage](e).Node)
		}
	}
	slices.Sort(nodes)
	return strings.Join(nodes, ", ")
}

// status returns the state of a resource, which is degraded for a storage
// that not all of its nodes reach.
func (p *Projector) status(e *inventory.Entry) string {
	if e.Kind != resource.KindStorage {
		return statusOf(e)
	}
	group := p.groupOf(e)
	if p.lostBy(group) != "" {
		return "degraded"
	}
	return statusOf(group.Told())
}

// server renders what is neither a node nor an agent: backup servers, their
// datastores, mail gateways.
func (p *Projector) server(e *inventory.Entry, head *Head, tail *Tail) {
	switch detail := e.Detail.(type) {
	case *resource.BackupServer:
		head.Uptime = seconds(e.Uptime)
		head.Name, head.PlatformID = p.instance(e), orElse(detail.Host, head.PlatformID)
		tail.PlatformData = &ServerData{
			Host: detail.Host, Version: detail.Version, ConnectionHealth: connection(e, detail.Connection),
			MemoryUsed: e.Usage.Memory.Used, MemoryTotal: e.Usage.Memory.Total,
			NumDatastores: p.children(e, resource.KindDatastore),
		}
	case *resource.MailGateway:
		head.Name, head.PlatformID = p.instance(e), orElse(detail.Host, head.PlatformID)
		tail.PlatformData = &GatewayData{
			Host: detail.Host, Version: detail.Version, ConnectionHealth: connection(e, detail.Connection),
			NodeCount: len(detail.Nodes), QueueTotal: queued(detail.Nodes),
		}
	case *resource.Datastore:
		tail.PlatformData = &DatastoreData{
			Instance: p.instance(e), Error: detail.Error, NamespaceCount: len(detail.Namespaces),
			DeduplicationFactor: unit.Finite(detail.DedupFactor),
		}
	}
}

func connection(e *inventory.Entry, told string) string {
	if e.Stale {
		return "error"
	}
	return orElse(told, "healthy")
}

func queued(nodes []resource.MailNode) int {
	total := 0
	for i := range nodes {
		if q := nodes[i].Queue; q != nil {
			total += q.Active + q.Deferred + q.Hold + q.Incoming
		}
	}
	return total
}

// children counts what belongs to an entry and is of a kind.
func (p *Projector) children(e *inventory.Entry, kind resource.Kind) int {
	n := 0
	for child := range p.snap.Children(e.Key) {
		if child.Kind == kind {
			n++
		}
	}
	return n
}

// generic renders a kind that a plugin invented: its JSON as it is.
func (p *Projector) generic(e *inventory.Entry, head *Head, tail *Tail) {
	if e.Uptime > 0 {
		head.Uptime = seconds(e.Uptime)
	}
	detail, _ := e.Detail.(*resource.Generic)
	if detail != nil && json.Valid([]byte(detail.JSON)) {
		tail.PlatformData = json.RawMessage(detail.JSON)
	}
}
