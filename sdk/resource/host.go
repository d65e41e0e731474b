package resource

import "time"

// Host is a machine as the agent on it sees it.
type Host struct {
	Hostname, MachineID  string
	Platform             string // distribution or OS family in lower case: "debian", "windows"
	OSName, OSVersion    string
	Kernel, Architecture string
	CPUModel             string
	CPUs                 int       // logical processors
	LoadAverage          []float64 // over 1, 5 and 15 minutes; nil where the OS has none
	ReportIP             string    // the address it reports from, if its owner set one
	Filesystems          []Filesystem
	DiskIO               []DiskIO
	Interfaces           []Interface
	Sensors              Sensors
	RAID                 []RAIDArray
	Agent                Agent

	// What follows is told by agents that know of it.

	Cores          []float64      // busy ratio of each logical processor
	IOWait         float64        // ratio of the time processors waited for disks
	Steal          float64        // ratio of the time the hypervisor gave to others
	Pressure       *Pressure      // pressure stall information; nil: not told
	ARC            uint64         // bytes in the cache of ZFS
	NetworkMounts  []NetworkMount // mounted file systems behind a network
	Pools          []Pool         // ZFS pools
	Wear           []DiskWear     // what disks say about their age
	GPUs           []GPU          // graphics processors
	FailedUnits    []string       // units that systemd marks as failed
	Packages       *Packages      // pending updates; nil: not known
	Batteries      []Battery      // batteries
	Virtualization string         // what the machine runs in: "kvm", "lxc"; empty: bare metal, or not known
	Proxmox        *ProxmoxLink   // what it is to Proxmox VE; nil: not known
	Degraded       []DegradedPart // parts of the collection that do not work now
}

// Agent is the program that reports a host, a container engine or a cluster.
type Agent struct {
	ID, Version string
	Interval    time.Duration // between two reports
	// Legacy is set for agents older than the unified one.
	Legacy bool
	// CommandsEnabled says that the agent runs commands for the hub.
	CommandsEnabled bool
	// Token is the API token the last report came with. Filled in by the hub.
	Token TokenRef
	// ClockSkew is how far its clock is behind that of the hub, negative when it
	// is ahead; 0: no more than is usual. Filled in by the hub.
	ClockSkew time.Duration
}

// TokenRef names an API token without revealing it.
type TokenRef struct {
	ID, Name, Hint string
	LastUsed       time.Time
}

// Filesystem is one mounted file system.
type Filesystem struct {
	Mountpoint, Device, Type string
	Capacity
}

// DiskIO is the counters of one block device since boot.
type DiskIO struct {
	Device                        string
	ReadBytes, WriteBytes         uint64
	ReadOps, WriteOps             uint64
	ReadTime, WriteTime, BusyTime time.Duration
}

// Interface is one network interface, with its counters since boot in bytes.
type Interface struct {
	Name, MAC        string
	Addresses        []string // CIDR notation where the prefix is known
	RxBytes, TxBytes uint64
	SpeedBits        uint64 // bits per second, 0 if not known
}

// Sensors are the readings of a machine by sensor name. Maps may be nil.
type Sensors struct {
	Temperatures map[string]float64 // °C of processors, "cpu_package", "cpu_core_0", and devices
	Fans         map[string]float64 // revolutions per minute
	Power        map[string]float64 // watts
	Additional   map[string]float64 // °C of whatever else has a sensor
	Disks        []DiskHealth
}

// DiskHealth is what SMART says of one disk.
type DiskHealth struct {
	Device, Model, Serial, WWN string
	Transport                  string // "sata", "sas", "nvme"
	Temperature                int    // °C
	Health                     string // "PASSED", "FAILED", "UNKNOWN"
	Standby                    bool   // asleep, and left asleep
}

// RAIDArray is one software RAID array (mdadm).
type RAIDArray struct {
	Device, Name, Level, State, UUID            string
	TotalDevices, ActiveDevices, WorkingDevices int
	FailedDevices, SpareDevices                 int
	Devices                                     []RAIDDevice
	Rebuild                                     float64 // ratio from 0 to 1 of a running rebuild
	RebuildSpeed                                string  // as mdadm prints it
}

// RAIDDevice is one member of an array.
type RAIDDevice struct {
	Device, State string
	Slot          int
}
