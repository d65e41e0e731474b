package v5

import (
	"encoding/json"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Alert is an active alert, as compact JSON of the shape that the alert endpoints serve.
type Alert = json.RawMessage

// State is everything the hub knows, as `/api/state` serves it.
type State struct {
	Nodes                        []Node              `json:"nodes"`
	VMs                          []VM                `json:"vms"`
	Containers                   []Container         `json:"containers"`
	DockerHosts                  []DockerHost        `json:"dockerHosts"`
	RemovedDockerHosts           []RemovedDockerHost `json:"removedDockerHosts"`
	KubernetesClusters           []KubernetesCluster `json:"kubernetesClusters"`
	RemovedKubernetesClusters    []RemovedCluster    `json:"removedKubernetesClusters"`
	Hosts                        []Host              `json:"hosts"`
	Storage                      []Storage           `json:"storage"`
	CephClusters                 []CephCluster       `json:"cephClusters"`
	PhysicalDisks                []PhysicalDisk      `json:"physicalDisks"`
	PBS                          []PBS               `json:"pbs"`
	PMG                          []PMG               `json:"pmg"`
	PBSBackups                   []PBSBackup         `json:"pbsBackups"`
	PMGBackups                   []PMGBackup         `json:"pmgBackups"`
	Backups                      Backups             `json:"backups"`
	ReplicationJobs              []ReplicationJob    `json:"replicationJobs"`
	ActiveAlerts                 []Alert             `json:"activeAlerts"`
	Metrics                      struct{}            `json:"metrics"`
	PVEBackups                   PVEBackups          `json:"pveBackups"`
	Performance                  struct{}            `json:"performance"`
	ConnectionHealth             map[string]bool     `json:"connectionHealth"`
	Stats                        struct{}            `json:"stats"`
	LastUpdate                   int64               `json:"lastUpdate"`
	TemperatureMonitoringEnabled bool                `json:"temperatureMonitoringEnabled"`
}

// RemovedDockerHost is a container host that may not report again. RemovedAt is Unix ms.
type RemovedDockerHost struct {
	ID          string `json:"id"`
	Hostname    string `json:"hostname,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	RemovedAt   int64  `json:"removedAt"`
}

// RemovedCluster is a Kubernetes cluster that may not report again. RemovedAt is Unix ms.
type RemovedCluster struct {
	ID          string `json:"id"`
	Name        string `json:"name,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	RemovedAt   int64  `json:"removedAt"`
}

// Build renders a snapshot as plain values. No list in it is nil. View.State
// gives the same as JSON, and much faster from the second time on.
func Build(snap *inventory.Snapshot, in Inputs) State {
	p := newProjection(snap, in)
	p.backups = p.backups.next(snap)
	state := State{
		Nodes: collect(p.nodes()), VMs: collect(p.vms()), Containers: collect(p.containers()),
		DockerHosts: collect(p.dockerHosts()), RemovedDockerHosts: orEmpty(in.RemovedDockerHosts),
		KubernetesClusters: collect(p.clusters()), RemovedKubernetesClusters: orEmpty(in.RemovedClusters),
		Hosts: collect(p.hosts()), Storage: collect(p.storages()), CephClusters: collect(p.cephs()),
		PhysicalDisks:   collect(ofKind(p, resource.KindDisk, p.disk)),
		PBS:             append(collect(p.backupServers()), p.unseenServers()...),
		PMG:             append(collect(ofKind(p, resource.KindMailGateway, p.pmg)), p.unseenGateways()...),
		PBSBackups:      collect(backupsOf(p, backups.KeptByBackupServer, p.pbsBackup)),
		PMGBackups:      collect(backupsOf(p, backups.KeptByMailGateway, p.pmgBackup)),
		ReplicationJobs: collect(ofKind(p, resource.KindReplication, p.replication)),
		ActiveAlerts:    orEmpty(in.ActiveAlerts), PVEBackups: p.pveBackups(),
		ConnectionHealth: p.connectionHealth(), LastUpdate: unit.Millis(snap.At),
		TemperatureMonitoringEnabled: in.TemperatureMonitoring,
	}
	state.Backups = Backups{PVE: state.PVEBackups, PBS: state.PBSBackups, PMG: state.PMGBackups}
	return state
}

func (p *projection) pveBackups() PVEBackups {
	return PVEBackups{
		BackupTasks:    collect(ofKind(p, resource.KindBackupTask, p.backupTask)),
		StorageBackups: collect(backupsOf(p, backups.KeptByHypervisor, p.storageBackup)),
		GuestSnapshots: collect(ofKind(p, resource.KindSnapshot, p.guestSnapshot)),
	}
}

// unseenServers are the backup servers that have been configured and never answered.
func (p *projection) unseenServers() []PBS {
	var servers []PBS
	for _, source := range p.unseen("pbs", resource.KindBackupServer) {
		server := unseenPBS(orElse(source.Name, source.ID), source.Address)
		server.LastSeen = unit.Time(source.LastSeen)
		servers = append(servers, server)
	}
	return servers
}

func (p *projection) unseenGateways() []PMG {
	var gateways []PMG
	for _, source := range p.unseen("pmg", resource.KindMailGateway) {
		gateway := unseenPMG(orElse(source.Name, source.ID), source.Address)
		gateway.LastSeen = unit.Time(source.LastSeen)
		gateways = append(gateways, gateway)
	}
	return gateways
}

// unseen returns the sources of a type that have told of no resource of the kind.
func (p *projection) unseen(sourceType string, kind resource.Kind) []*inventory.Source {
	told := map[string]bool{}
	for e := range p.snap.OfKind(kind) {
		told[e.Source] = true
	}
	var unseen []*inventory.Source
	for source := range p.snap.Sources() {
		if source.Type == sourceType && !told[source.ID] {
			unseen = append(unseen, source)
		}
	}
	return unseen
}

func collect[T any](s section[T]) []T {
	list := []T{}
	for in := range s.items {
		list = append(list, s.render(in))
	}
	return list
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Summary is the state in a few numbers, small enough for frequent polling.
type Summary struct {
	ActiveAlerts       int                 `json:"activeAlerts"`
	Nodes              int                 `json:"nodes"`
	VMs                int                 `json:"vms"`
	Containers         int                 `json:"containers"`
	Storage            int                 `json:"storage"`
	Hosts              int                 `json:"hosts"`
	KubernetesClusters int                 `json:"kubernetesClusters"`
	DockerHosts        []DockerHostSummary `json:"dockerHosts"`
	DockerHostsTotal   int                 `json:"dockerHostsTotal"`
	LastUpdate         time.Time           `json:"lastUpdate"`
}

// DockerHostSummary is a container host in a Summary.
type DockerHostSummary struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	Status          string  `json:"status"`
	Containers      int     `json:"containers"`
	UptimeSeconds   int64   `json:"uptimeSeconds"`
	CPUUsagePercent float64 `json:"cpuUsagePercent"`
}

// maxSummaryHosts keeps a Summary below 5 kB.
const maxSummaryHosts = 20

// Summarize counts what a snapshot holds. At most 20 container hosts are named.
func Summarize(snap *inventory.Snapshot, in Inputs) Summary {
	storages := 0
	newProjection(snap, in).eachStorage(func(*inventory.Entry, []*inventory.Entry, facts) { storages++ })
	summary := Summary{
		ActiveAlerts: len(in.ActiveAlerts), Nodes: count(snap, resource.KindNode), VMs: count(snap, resource.KindVM),
		Containers: count(snap, resource.KindContainer), Storage: storages, Hosts: count(snap, resource.KindHost),
		KubernetesClusters: count(snap, resource.KindCluster), DockerHosts: []DockerHostSummary{},
		LastUpdate: unit.Time(snap.At),
	}
	for e := range snap.OfKind(resource.KindContainerHost) {
		summary.DockerHostsTotal++
		if len(summary.DockerHosts) < maxSummaryHosts {
			summary.DockerHosts = append(summary.DockerHosts, summarizeHost(snap, e))
		}
	}
	return summary
}

func summarizeHost(snap *inventory.Snapshot, e *inventory.Entry) DockerHostSummary {
	name := orElse(e.DisplayName, e.Name)
	if e.Settings != nil {
		name = orElse(e.Settings.DisplayName, name)
	}
	containers := 0
	for child := range snap.Children(e.Key) {
		if child.Kind == resource.KindAppContainer {
			containers++
		}
	}
	return DockerHostSummary{
		ID: e.ID, Name: name, Status: onlineOrOffline(e), Containers: containers,
		UptimeSeconds: unit.Seconds(e.Uptime), CPUUsagePercent: unit.PercentOf(e.Usage.CPU),
	}
}

func count(snap *inventory.Snapshot, kind resource.Kind) int {
	n := 0
	for range snap.OfKind(kind) {
		n++
	}
	return n
}
