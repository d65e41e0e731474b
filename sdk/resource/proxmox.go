package resource

import "time"

// Node is a Proxmox VE node.
type Node struct {
	Host, GuestURL string // base URL of its API; URL for people, if another
	Version        string // "8.2.2"
	Kernel         string
	CPUModel       string
	CPUs, Sockets  int     // logical processors; sockets
	Cores          int     // processor cores in all sockets, 0 if not known
	CPUMHz         float64 // 0 if not known
	LoadAverage    []float64
	ClusterName    string // empty for a stand-alone node
	// Connection is "healthy", "degraded" or "error": how well the API answers.
	Connection      string
	Temperatures    *NodeTemperatures // nil: not available
	LinkedHostAgent string            // id of the agent on this node, if one is known
	PendingUpdates  int
}

// NodeTemperatures are a node's sensors, all in degrees Celsius.
type NodeTemperatures struct {
	CPUPackage, CPUMax       float64 // now
	CPUMin, CPUMaxRecord     float64 // lowest and highest seen since the hub started, 0 if not known
	MinRecorded, MaxRecorded time.Time
	Cores                    []CoreTemperature
	GPUs                     []GPUTemperature
	NVMe                     []DeviceTemperature
	Disks                    []DiskTemperature
	ReadAt                   time.Time
}

// CoreTemperature is the temperature of one processor core.
type CoreTemperature struct {
	Core        int
	Temperature float64
}

// GPUTemperature holds the sensors of one graphics card; 0 where it has none.
type GPUTemperature struct {
	Device                 string
	Edge, Junction, Memory float64
}

// DeviceTemperature is the temperature of one device.
type DeviceTemperature struct {
	Device      string
	Temperature float64
}

// DiskTemperature is a disk's temperature as SMART tells it.
type DiskTemperature struct {
	Device, Serial, WWN, Model, Transport string
	Temperature                           int
	ReadAt                                time.Time
	StandbySkipped                        bool
}

// Guest is a virtual machine or a system container on a node.
type Guest struct {
	Node          string // name of the node it is on now
	VMID          int
	CPUs          int // processors given to it
	Template, OCI bool
	OSTemplate    string // template or image it was made from
	OSName        string
	OSVersion     string
	AgentVersion  string // version of the guest agent
	Addresses     []string
	Interfaces    []Interface
	Filesystems   []Filesystem
	// DiskUnknown says why the used part of Usage.Disk is not known
	// ("agent-disabled", "vm-stopped", …); empty when it is known.
	DiskUnknown string
	// MemorySource names where the memory figure is from: "agent", "balloon", "status".
	MemorySource string
	Balloon      uint64 // bytes, 0 if there is none
	Lock         string // "backup", "migrate", … while locked
	HAState      string
	LastBackup   time.Time
}

// Storage is a storage as one node sees it.
type Storage struct {
	Node            string
	Type            string   // "dir", "zfspool", "lvmthin", "nfs", "cifs", "rbd", "pbs", …
	Content         []string // "images", "rootdir", "backup", …
	Shared          bool
	Enabled, Active bool
	Nodes           []string // every node that has a shared storage
	ZFS             *ZFSPool
}

// ZFSPool is the state of a ZFS pool.
type ZFSPool struct {
	Name, State, Status, Scan               string
	ReadErrors, WriteErrors, ChecksumErrors uint64
	Devices                                 []ZFSDevice
}

// ZFSDevice is one device or group of a pool.
type ZFSDevice struct {
	Name, Type, State, Message              string
	ReadErrors, WriteErrors, ChecksumErrors uint64
}

// Disk is a physical disk of a node.
type Disk struct {
	Node, Device, Model, Serial, WWN string
	Transport                        string   // "nvme", "sata", "sas"
	Size                             uint64   // bytes
	Health                           string   // "PASSED", "FAILED", "UNKNOWN"
	LifeLeft                         *float64 // ratio from 0 to 1 of the rated wear that is left; nil: not known
	Temperature                      int      // °C, 0 not known
	RPM                              int      // 0 for solid state
	UsedFor                          string   // "LVM", "ZFS", "ext4", …
	CheckedAt                        time.Time
}

// Ceph is a Ceph cluster.
type Ceph struct {
	FSID, Health, HealthMessage      string // Health is HEALTH_OK, HEALTH_WARN or HEALTH_ERR
	Mons, Mgrs, OSDs, OSDsUp, OSDsIn int
	PGs                              int
	Pools                            []CephPool
	Services                         []CephService
}

// CephPool is one pool; sizes in bytes.
type CephPool struct {
	ID                         int
	Name                       string
	Stored, Available, Objects uint64
	UsedRatio                  float64 // 0 to 1
}

// CephService counts the daemons of one type.
type CephService struct {
	Type           string
	Running, Total int
	Message        string
}

// Replication is a storage replication job.
type Replication struct {
	JobID, Schedule, Type     string
	JobNumber                 int
	GuestID                   int
	GuestName, GuestType      string // type "qemu" or "lxc"
	GuestNode                 string
	SourceNode, SourceStorage string
	TargetNode, TargetStorage string
	Enabled                   bool
	State                     string // "idle", "syncing", "error"
	LastSyncStatus            string
	LastSync, NextSync        time.Time
	LastSyncDuration          time.Duration
	FailCount                 int
	Error, Comment, RemoveJob string
	RateLimit                 float64 // bytes per second, 0 unlimited
}
