package resources

import (
	"sync"
	"sync/atomic"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Inputs is what the view shows that is not in the inventory. The zero value is valid.
type Inputs struct {
	// Revision must change whenever anything below does.
	Revision uint64
	// Alerts are the active alerts by unified resource id. The slices are not changed.
	Alerts map[string][]Alert
}

// Projector renders resources of one snapshot. Any number of goroutines may use it.
type Projector struct {
	snap *inventory.Snapshot
	in   Inputs
	// The indexes are worked out when they are first needed.
	links    func() v5.Links
	backups  func() v5.LastBackups
	hosts    func() map[string]bool
	storages func() map[*inventory.Entry]*v5.StorageGroup
	// knownBackups are the last that were worked out, for this snapshot or an earlier one.
	knownBackups atomic.Pointer[v5.LastBackups]
}

// NewProjector returns a Projector of a snapshot. Of before, a Projector of an
// earlier snapshot or nil, it takes over what still holds.
func NewProjector(snap *inventory.Snapshot, in Inputs, before *Projector) *Projector {
	p := &Projector{snap: snap, in: in}
	if before != nil {
		p.knownBackups.Store(before.knownBackups.Load())
	}
	p.links = sync.OnceValue(func() v5.Links { return v5.NewLinks(snap) })
	p.backups = sync.OnceValue(func() v5.LastBackups {
		var known v5.LastBackups
		if held := p.knownBackups.Load(); held != nil {
			known = *held
		}
		last := v5.NewLastBackups(snap, known)
		p.knownBackups.Store(&last)
		return last
	})
	p.hosts = sync.OnceValue(p.hostIDs)
	p.storages = sync.OnceValue(p.storageGroups)
	return p
}

func (p *Projector) hostIDs() map[string]bool {
	ids := map[string]bool{}
	for e := range p.snap.OfKind(resource.KindHost) {
		ids[e.ID] = true
	}
	return ids
}

func (p *Projector) storageGroups() map[*inventory.Entry]*v5.StorageGroup {
	groups := v5.StorageGroups(p.snap)
	byEntry := make(map[*inventory.Entry]*v5.StorageGroup, len(groups))
	for i := range groups {
		byEntry[groups[i].Entry] = &groups[i]
		for _, other := range groups[i].Others {
			byEntry[other] = &groups[i]
		}
	}
	return byEntry
}

// Shown says whether a resource is part of the unified view. What other nodes
// say of a shared storage is not: one of them tells it for all.
func (p *Projector) Shown(e *inventory.Entry) bool {
	if e.Kind == resource.KindStorage {
		group := p.storages()[e]
		return group == nil || group.Entry == e
	}
	return Shown(e.Kind)
}

// Shown says whether resources of a kind are part of the unified view.
func Shown(kind resource.Kind) bool {
	switch kind {
	case resource.KindDisk, resource.KindCeph, resource.KindReplication, resource.KindBackup,
		resource.KindBackupTask, resource.KindSnapshot, resource.KindBackupJob:
		return false
	}
	return true
}

// Invented says whether a kind is none of Pulse's own.
func Invented(kind resource.Kind) bool {
	switch kind {
	case resource.KindNode, resource.KindVM, resource.KindContainer, resource.KindStorage, resource.KindDisk,
		resource.KindCeph, resource.KindReplication, resource.KindBackup, resource.KindBackupTask,
		resource.KindSnapshot, resource.KindBackupServer, resource.KindDatastore, resource.KindBackupJob,
		resource.KindMailGateway, resource.KindHost, resource.KindContainerHost, resource.KindAppContainer,
		resource.KindService, resource.KindCluster, resource.KindClusterNode, resource.KindPod, resource.KindDeployment:
		return false
	}
	return true
}

// ID returns the unified id of a resource. A kind that a plugin invented has
// the key for an id: its own is as the plugin says, who cannot know what ids
// others use. For the others it is the v5 id for most; things
// below a container host or a cluster are named by its id and their own, and a
// container host or cluster whose id a host agent also has gets a prefix.
func (p *Projector) ID(e *inventory.Entry) string {
	switch e.Kind {
	case resource.KindContainerHost:
		return p.apart("docker:", e.ID)
	case resource.KindCluster:
		return p.apart("kubernetes:", e.ID)
	case resource.KindAppContainer:
		return e.ParentID + "/" + v5.ContainerID(e)
	case resource.KindService:
		return e.ParentID + "/service/" + v5.ServiceID(e)
	case resource.KindClusterNode:
		return p.clusterOf(e) + "/node/" + v5.K8sUID(e)
	case resource.KindPod:
		return p.clusterOf(e) + "/pod/" + v5.K8sUID(e)
	case resource.KindDeployment:
		return p.clusterOf(e) + "/deployment/" + v5.K8sUID(e)
	case resource.KindDatastore:
		return "pbs-" + p.instance(e) + "/" + e.Name
	}
	if Invented(e.Kind) {
		return e.Key
	}
	return v5.ID(p.snap, e)
}

func (p *Projector) apart(prefix, id string) string {
	if p.hosts()[id] {
		return prefix + id
	}
	return id
}

// clusterOf returns the ID of the cluster that the entry is in.
func (p *Projector) clusterOf(e *inventory.Entry) string {
	for range 3 {
		parent, ok := p.snap.Get(e.ParentKey)
		if !ok {
			return e.ParentID
		}
		if parent.Kind == resource.KindCluster {
			return parent.ID
		}
		e = parent
	}
	return e.ParentID
}

func (p *Projector) instance(e *inventory.Entry) string {
	if source, ok := p.snap.Source(e.Source); ok && source.Name != "" {
		return source.Name
	}
	return e.Source
}

// parentID returns the unified id of what the entry belongs to. A guest whose
// parent is not told belongs to the node it is on.
func (p *Projector) parentID(e *inventory.Entry) string {
	parent, ok := p.snap.Get(e.ParentKey)
	if ok && Shown(parent.Kind) {
		return p.ID(parent)
	}
	switch detail := e.Detail.(type) {
	case *resource.Guest:
		return p.instance(e) + "-" + detail.Node
	case *resource.Storage:
		return p.instance(e) + "-" + detail.Node
	}
	return ""
}

// Resource returns the HTTP encoding's value of a resource.
func (p *Projector) Resource(e *inventory.Entry) Resource {
	head, tail := p.render(e)
	return Resource{Head: head, LastSeen: unit.Time(e.SeenAt), Tail: tail, SchemaVersion: schemaVersion}
}

// Live returns the feed encoding's value of a resource.
func (p *Projector) Live(e *inventory.Entry) Live {
	head, tail := p.render(e)
	return Live{Head: head, LastSeen: unit.ExactMillis(e.SeenAt), Tail: tail}
}

// render dispatches on the kind and fills in what all kinds have.
func (p *Projector) render(e *inventory.Entry) (Head, Tail) {
	head := Head{
		ID: p.ID(e), Type: typeOf(e), Name: e.Name, DisplayName: e.DisplayName,
		PlatformID: p.instance(e), PlatformType: p.platformType(e), SourceType: sourceType(e.Kind),
		ParentID: p.parentID(e), Status: statusOf(e), Tags: e.Tags, Labels: e.Labels,
		CPU: ratioMetric(e.Usage.CPU), Memory: memoryMetric(e.Usage.Memory), Disk: diskMetric(e.Usage.Disk),
		Temperature: finite(e.Usage.Temperature),
	}
	tail := Tail{Alerts: p.in.Alerts[head.ID], StatusReason: e.StatusReason, Rates: ratesOf(e), Stale: e.Stale}
	switch e.Kind {
	case resource.KindNode:
		p.node(e, &head, &tail)
	case resource.KindVM, resource.KindContainer:
		p.guest(e, &head, &tail)
	case resource.KindStorage:
		p.storage(e, &head, &tail)
	case resource.KindHost:
		p.host(e, &head, &tail)
	case resource.KindContainerHost:
		p.containerHost(e, &head, &tail)
	case resource.KindAppContainer:
		p.appContainer(e, &head, &tail)
	case resource.KindService:
		p.service(e, &head, &tail)
	case resource.KindCluster:
		p.cluster(e, &head, &tail)
	case resource.KindClusterNode, resource.KindPod, resource.KindDeployment:
		p.inCluster(e, &head, &tail)
	case resource.KindBackupServer, resource.KindMailGateway, resource.KindDatastore:
		p.server(e, &head, &tail)
	default:
		p.generic(e, &head, &tail)
	}
	if e.Settings != nil && e.Settings.DisplayName != "" {
		head.DisplayName = e.Settings.DisplayName
	}
	return head, tail
}

// typeOf names a resource's type; kinds that plugins invent name their own.
func typeOf(e *inventory.Entry) string {
	if detail, _ := e.Detail.(*resource.Guest); detail != nil && detail.OCI && e.Kind == resource.KindContainer {
		return "oci-container"
	}
	return string(e.Kind)
}

func (p *Projector) platformType(e *inventory.Entry) string {
	switch e.Kind {
	case resource.KindNode, resource.KindVM, resource.KindContainer, resource.KindStorage:
		return "proxmox-pve"
	case resource.KindBackupServer, resource.KindDatastore:
		return "proxmox-pbs"
	case resource.KindMailGateway:
		return "proxmox-pmg"
	case resource.KindContainerHost, resource.KindAppContainer, resource.KindService:
		return "docker"
	case resource.KindCluster, resource.KindClusterNode, resource.KindPod, resource.KindDeployment:
		return "kubernetes"
	case resource.KindHost:
		return "host-agent"
	}
	if source, ok := p.snap.Source(e.Source); ok {
		return source.Type
	}
	return "unknown"
}

func sourceType(kind resource.Kind) string {
	switch kind {
	case resource.KindHost, resource.KindContainerHost, resource.KindAppContainer, resource.KindService,
		resource.KindCluster, resource.KindClusterNode, resource.KindPod, resource.KindDeployment:
		return "agent"
	}
	return "api"
}

// statusOf returns the state in the words of the unified view: machines and
// what serves are online or offline, what is run is running or stopped.
func statusOf(e *inventory.Entry) string {
	switch e.Kind {
	case resource.KindVM, resource.KindContainer, resource.KindAppContainer, resource.KindPod,
		resource.KindService, resource.KindDeployment:
		return e.Status.String()
	}
	if e.Stale && e.Kind != resource.KindStorage && e.Kind != resource.KindDatastore {
		return "offline"
	}
	switch e.Status {
	case resource.StatusRunning:
		return "online"
	case resource.StatusStopped:
		return "offline"
	}
	return e.Status.String()
}
