// Package resource is the model of what Pulse watches: plain Go values for
// machines, guests, storages, backups and the like, as a plugin or an agent
// reports them and as the hub keeps them.
//
// Inside Pulse a quantity has one unit: bytes, seconds (time.Duration), bytes
// per second, ratios from 0 to 1, degrees Celsius, and points in time as
// time.Time. Whoever renders a public API converts; nobody else does.
//
// Values are data: once a Resource has been handed over (to the SDK, to the
// inventory), neither it nor anything it points to may be changed.
package resource

import "time"

// Kind says what a resource is. The names are the type names of the unified
// resources API, and stable; a plugin may use a kind that is not listed here
// together with a Generic detail.
type Kind string

// The kinds that Pulse has a detail type and views for.
const (
	KindNode          Kind = "node"             // a Proxmox VE node, Detail *Node
	KindVM            Kind = "vm"               // a virtual machine, Detail *Guest
	KindContainer     Kind = "container"        // a system container (LXC, OCI on Proxmox), Detail *Guest
	KindStorage       Kind = "storage"          // a storage of a hypervisor, Detail *Storage
	KindDisk          Kind = "disk"             // a physical disk of a node, Detail *Disk
	KindCeph          Kind = "ceph"             // a Ceph cluster, Detail *Ceph
	KindReplication   Kind = "replication"      // a storage replication job, Detail *Replication
	KindBackup        Kind = "backup"           // one backup that exists, Detail *Backup
	KindBackupTask    Kind = "backup-task"      // one run of a backup, Detail *BackupTask
	KindSnapshot      Kind = "snapshot"         // one snapshot of a guest, Detail *Snapshot
	KindBackupServer  Kind = "pbs"              // a Proxmox Backup Server, Detail *BackupServer
	KindDatastore     Kind = "datastore"        // a datastore of a backup server, Detail *Datastore
	KindBackupJob     Kind = "backup-job"       // a backup, sync, verify, prune or GC job, Detail *BackupJob
	KindMailGateway   Kind = "pmg"              // a Proxmox Mail Gateway, Detail *MailGateway
	KindHost          Kind = "host"             // a machine with an agent, Detail *Host
	KindContainerHost Kind = "docker-host"      // a Docker or Podman engine, Detail *ContainerHost
	KindAppContainer  Kind = "docker-container" // a container of such an engine, Detail *AppContainer
	KindService       Kind = "docker-service"   // a Swarm service, Detail *Service
	KindCluster       Kind = "k8s-cluster"      // a Kubernetes cluster, Detail *Cluster
	KindClusterNode   Kind = "k8s-node"         // a node of one, Detail *ClusterNode
	KindPod           Kind = "pod"              // a pod, Detail *Pod
	KindDeployment    Kind = "k8s-deployment"   // a deployment, Detail *Deployment
)

// Status is the state of a resource in one word; what a product calls it in
// more words goes to Resource.StatusReason or to the detail.
type Status uint8

// The states. The zero value is StatusUnknown.
const (
	StatusUnknown  Status = iota // not known, or not applicable
	StatusRunning                // up: running, online, available, ready
	StatusStopped                // down because somebody wants it down
	StatusPaused                 // suspended
	StatusDegraded               // up with something wrong
	StatusOffline                // down or unreachable although it should be up
)

// String returns the state in lower case: "running", "stopped", ….
func (s Status) String() string {
	switch s {
	case StatusRunning:
		return "running"
	case StatusStopped:
		return "stopped"
	case StatusPaused:
		return "paused"
	case StatusDegraded:
		return "degraded"
	case StatusOffline:
		return "offline"
	}
	return "unknown"
}

// Resource is one thing that is watched, as one source saw it at one moment.
type Resource struct {
	// ID is unique and stable within the source: it names the thing, not its
	// place, so it survives a migration or a rename ("qemu/104", "node/pve1").
	ID string
	// Kind says what it is and which Detail to expect.
	Kind Kind
	// Name is what its product calls it; DisplayName, if set, is what people call it.
	Name, DisplayName string
	// ParentID is the ID of the resource of the same source that it belongs to
	// (a guest's node, a container's host), or empty.
	ParentID string

	Status Status
	// StatusReason is a short text for people: why it is degraded or offline.
	StatusReason string

	// Tags are labels without a value, Labels those with one. Either may be nil.
	Tags   []string
	Labels map[string]string

	// Uptime is the time since the thing was started; 0 when it is not running or not known.
	Uptime time.Duration
	// SeenAt is when it was last in touch with its source if that is not the
	// moment of the observation; zero otherwise.
	SeenAt time.Time

	Usage Usage
	// Metrics are measured values beyond Usage, each stored as a series of its own.
	Metrics []Metric
	// Detail holds what only this kind has; nil where there is nothing more to say.
	Detail Detail
}

// Usage is what is measured of nearly every kind of resource. What is not
// known is nil or zero, never a made-up value.
type Usage struct {
	// CPU is the ratio from 0 to 1 of all the processors the resource may use;
	// a container without a limit may exceed 1 by the cores it uses.
	CPU    *float64
	Memory Capacity // zero Total: not known
	Swap   Capacity
	// Disk is the root filesystem or the sum of the resource's own disks.
	Disk Capacity
	// Temperature is the hottest processor sensor in degrees Celsius.
	Temperature *float64
	// Counters are totals since the resource or its counters started. The hub
	// derives Rates from two successive observations.
	Counters *Traffic
	// Rates are bytes per second, for sources that know rates and not totals.
	// They win over Counters.
	Rates *Rates
}

// Capacity is a size and how much of it is taken, in bytes. Used + Free may be
// less than Total: file systems reserve blocks, and memory holds caches that are neither.
type Capacity struct{ Total, Used, Free uint64 }

// Ratio returns the part used, from 0 to 1, and whether it is known.
func (c Capacity) Ratio() (float64, bool) {
	if c.Total == 0 {
		return 0, false
	}
	return float64(c.Used) / float64(c.Total), true
}

// FullRatio returns how full a disk is, from 0 to 1, and whether it is known:
// the part used of what can be filled, as df prints it. Space that the file
// system keeps for itself does not count.
func (c Capacity) FullRatio() (float64, bool) {
	if c.Total == 0 || c.Used+c.Free == 0 {
		return 0, c.Total > 0
	}
	return float64(c.Used) / float64(c.Used+c.Free), true
}

// Traffic is what has gone through a resource since its counters started, in bytes.
type Traffic struct{ NetIn, NetOut, DiskRead, DiskWrite uint64 }

// Rates is what goes through a resource, in bytes per second, never negative.
type Rates struct{ NetIn, NetOut, DiskRead, DiskWrite float64 }

// Unit is the unit of a metric's value.
type Unit uint8

// The units of metrics.
const (
	UnitNone           Unit = iota // a plain number
	UnitBytes                      // bytes
	UnitRatio                      // 0 to 1
	UnitSeconds                    // seconds
	UnitCelsius                    // degrees Celsius
	UnitBytesPerSecond             // bytes per second
	UnitWatts                      // watts
	UnitRPM                        // revolutions per minute
)

// Metric is one measured value of a resource beyond its Usage.
type Metric struct {
	// Name is lower-case words joined by underscores, without the unit: "connect_time".
	Name  string
	Value float64
	Unit  Unit
	// Counter says that the value only grows until it starts again at zero.
	Counter bool
	// Labels tell values of the same name apart: {"sensor": "cpu_package"}. May be nil.
	Labels map[string]string
}

// Problem is a part of an observation that failed: the rest is still true.
type Problem struct {
	// ResourceID names the resource that could not be looked at; what the source
	// knew of it and of everything below it is kept and marked stale. Empty: the source as a whole.
	ResourceID string
	// Code is a word for programs: "unreachable", "forbidden", "timeout", ….
	Code string
	// Message is for people; it never holds a secret.
	Message string
	// Transient says that trying again can help.
	Transient bool
}

// Event is something that happened at one moment.
type Event struct {
	ID string // unique within the source; an event is told once
	At time.Time
	// Severity is "info", "warning" or "critical".
	Severity   string
	ResourceID string
	Message    string
	Labels     map[string]string
}

// Detail is one of the detail types of this package. The set is closed: a
// plugin with something new to say uses Generic.
type Detail interface{ detail() }

// Generic is the detail of kinds that this package does not know.
type Generic struct {
	// JSON is one JSON object; the page shows its members as facts.
	JSON string
}

func (*Generic) detail()       {}
func (*Node) detail()          {}
func (*Guest) detail()         {}
func (*Storage) detail()       {}
func (*Disk) detail()          {}
func (*Ceph) detail()          {}
func (*Replication) detail()   {}
func (*Backup) detail()        {}
func (*BackupTask) detail()    {}
func (*Snapshot) detail()      {}
func (*BackupServer) detail()  {}
func (*Datastore) detail()     {}
func (*BackupJob) detail()     {}
func (*MailGateway) detail()   {}
func (*Host) detail()          {}
func (*ContainerHost) detail() {}
func (*AppContainer) detail()  {}
func (*Service) detail()       {}
func (*Cluster) detail()       {}
func (*ClusterNode) detail()   {}
func (*Pod) detail()           {}
func (*Deployment) detail()    {}
