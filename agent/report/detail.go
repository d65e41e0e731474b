package report

import "time"

// HostDetail is what a host report says beyond the published format: an addition that old hubs ignore and that agents
// leave out until a hub has asked for it. Everything is optional, and nothing of it replaces a field of [Host]. Sizes are
// in bytes; names that end in Percent, and the lists said to hold percent, run from 0 to 100 with one decimal.
type HostDetail struct {
	// Cores are the busy times of the logical processors in percent, in the system's order.
	Cores []float64 `json:"cores,omitempty"`
	// IOWaitPercent is the time processors were idle while a disk kept work waiting.
	IOWaitPercent float64 `json:"iowaitPercent,omitempty"`
	// StealPercent is the time the hypervisor gave to others.
	StealPercent float64 `json:"stealPercent,omitempty"`
	// Pressure is Linux's pressure stall information.
	Pressure *Pressure `json:"psi,omitempty"`
	// ARCBytes is the size of the cache of ZFS; what of it can be given back does not count as used memory.
	ARCBytes int64 `json:"arcBytes,omitempty"`
	// NetworkMounts are mounts of file systems behind a network or a process, which Host.Disks leaves out.
	NetworkMounts []NetworkMount `json:"networkMounts,omitempty"`
	// Pools are the ZFS pools.
	Pools []Pool `json:"pools,omitempty"`
	// Disks hold what the whole disks say about their own age; the rest is in Host.Sensors.SMART.
	Disks []DiskWear `json:"disks,omitempty"`
	GPUs  []GPU      `json:"gpus,omitempty"`
	// FailedUnits are the names of units systemd marks as failed.
	FailedUnits []string `json:"failedUnits,omitempty"`
	// Packages are pending updates; nil when unknown.
	Packages  *Packages `json:"packages,omitempty"`
	Batteries []Battery `json:"batteries,omitempty"`
	// Virtualization is what the system runs in, in systemd's words, such as "kvm" or "lxc"; empty on bare metal and
	// where it is not known.
	Virtualization string `json:"virtualization,omitempty"`
	// Proxmox links the machine to what Proxmox VE calls it; nil when that is not known.
	Proxmox *ProxmoxLink `json:"proxmox,omitempty"`
	// Degraded names the parts of the collection that do not work now. What such a part measured before may still be in
	// the report.
	Degraded []DegradedPart `json:"degraded,omitempty"`
}

// DegradedPart is one part of the collection that does not work.
type DegradedPart struct {
	// Part is the name of the part, such as "smart".
	Part string `json:"part"`
	// Reason is a short text for people.
	Reason string `json:"reason"`
}

// Pressure is how much of the time work stood still for want of a resource (Documentation/accounting/psi.rst), as the
// kernel's average over ten seconds. A resource the kernel does not account for is nil.
type Pressure struct {
	CPU    *Stall `json:"cpu,omitempty"`
	Memory *Stall `json:"memory,omitempty"`
	IO     *Stall `json:"io,omitempty"`
}

// Stall is the pressure on one resource.
type Stall struct {
	// SomePercent is the time at least one task waited.
	SomePercent float64 `json:"somePercent"`
	// FullPercent is the time all tasks that had something to do waited.
	FullPercent float64 `json:"fullPercent,omitempty"`
}

// NetworkMount is one mounted file system behind a network or a user-space process.
type NetworkMount struct {
	// Source is what is mounted, such as "nas:/export". Passwords in it are replaced.
	Source     string `json:"source,omitempty"`
	Mountpoint string `json:"mountpoint"`
	Filesystem string `json:"filesystem,omitempty"`
	// TotalBytes, UsedBytes and FreeBytes are as in [Disk]; zero while the mount does not answer.
	TotalBytes int64 `json:"totalBytes,omitempty"`
	UsedBytes  int64 `json:"usedBytes,omitempty"`
	FreeBytes  int64 `json:"freeBytes,omitempty"`
	// Unresponsive says that the mount does not answer.
	Unresponsive bool `json:"unresponsive,omitempty"`
}

// Pool is one ZFS pool. Sizes are those of the raw devices, parity included; what files can use is in Host.Disks.
type Pool struct {
	Name string `json:"name"`
	// State is ZFS's word, such as ONLINE or DEGRADED.
	State      string `json:"state,omitempty"`
	TotalBytes int64  `json:"totalBytes,omitempty"`
	UsedBytes  int64  `json:"usedBytes,omitempty"`
	FreeBytes  int64  `json:"freeBytes,omitempty"`
	// CapacityPercent is the used part.
	CapacityPercent float64 `json:"capacityPercent,omitempty"`
	// FragmentationPercent is how much the free space is in pieces.
	FragmentationPercent float64 `json:"fragmentationPercent,omitempty"`
	// Status is ZFS's advice in one line; empty for a healthy pool.
	Status string `json:"status,omitempty"`
	// Scan is ZFS's line about the last or running scrub or resilver.
	Scan string `json:"scan,omitempty"`
	// ScannedAt is when the last scrub or resilver ended; zero when none has or one runs.
	ScannedAt time.Time `json:"scannedAt,omitzero"`
	// ScanPercent is the progress of a running scrub or resilver.
	ScanPercent float64 `json:"scanPercent,omitempty"`
	// Errors is ZFS's line about lost data; empty when nothing is lost.
	Errors string `json:"errors,omitempty"`
	// ReadErrors, WriteErrors and ChecksumErrors are summed over the leaves of the pool.
	ReadErrors     uint64 `json:"readErrors,omitempty"`
	WriteErrors    uint64 `json:"writeErrors,omitempty"`
	ChecksumErrors uint64 `json:"checksumErrors,omitempty"`
	// Devices are the leaves of the pool that are not in order.
	Devices []PoolDevice `json:"devices,omitempty"`
}

// PoolDevice is one leaf of a ZFS pool.
type PoolDevice struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

// DiskWear is what one whole disk says about its age.
type DiskWear struct {
	// Device is the kernel's name, such as "sda", as in [SMART].
	Device string `json:"device"`
	// SizeBytes is the capacity.
	SizeBytes int64 `json:"sizeBytes,omitempty"`
	// Rotational says that the disk has platters.
	Rotational bool `json:"rotational,omitempty"`
	// PowerOnHours is the time the disk has been powered, in hours.
	PowerOnHours uint64 `json:"powerOnHours,omitempty"`
	// WearPercent is the part of its rated life a flash disk has used; above 100 is possible. Nil when it does not say.
	WearPercent *float64 `json:"wearPercent,omitempty"`
	// ReallocatedSectors counts sectors replaced by spare ones.
	ReallocatedSectors uint64 `json:"reallocatedSectors,omitempty"`
	// PendingSectors counts sectors that could not be read and wait for a write.
	PendingSectors uint64 `json:"pendingSectors,omitempty"`
	// UncorrectableErrors counts sectors or reads lost for good.
	UncorrectableErrors uint64 `json:"uncorrectableErrors,omitempty"`
	// CRCErrors counts transfers damaged on the cable.
	CRCErrors uint64 `json:"crcErrors,omitempty"`
	// SparePercent is what is left of the spare blocks of an NVMe disk; nil for others.
	SparePercent *float64 `json:"sparePercent,omitempty"`
	// WrittenBytes is what was written over the disk's life.
	WrittenBytes uint64 `json:"writtenBytes,omitempty"`
}

// GPU is one graphics processor.
type GPU struct {
	// ID is the driver's name or number for it, such as "0" or "card0".
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	// Vendor is nvidia or amd.
	Vendor string `json:"vendor"`
	// UsagePercent is the busy time; nil when the driver does not say.
	UsagePercent *float64 `json:"usagePercent,omitempty"`
	// MemoryTotalBytes and MemoryUsedBytes are of its own memory.
	MemoryTotalBytes int64 `json:"memoryTotalBytes,omitempty"`
	MemoryUsedBytes  int64 `json:"memoryUsedBytes,omitempty"`
	// TemperatureCelsius is in degrees Celsius; zero when unknown.
	TemperatureCelsius float64 `json:"temperatureCelsius,omitempty"`
	// PowerWatts is the power drawn, in watts; zero when unknown.
	PowerWatts float64 `json:"powerWatts,omitempty"`
	// FanPercent is the speed of the fan in percent of its greatest; zero when it stands or is unknown.
	FanPercent float64 `json:"fanPercent,omitempty"`
}

// Packages counts the updates the package manager knew of when its index was last refreshed by somebody else.
type Packages struct {
	// Manager is apt, dnf, apk, pacman or pkg.
	Manager string `json:"manager"`
	// Available counts all packages with a newer version.
	Available int `json:"available"`
	// Security counts those among them that come from a security archive; zero also where the manager does not tell.
	Security int `json:"security,omitempty"`
	// RebootRequired says that the system wants to be restarted to finish an update.
	RebootRequired bool `json:"rebootRequired,omitempty"`
}

// Battery is one battery of the machine itself.
type Battery struct {
	// Name is the kernel's, such as "BAT0".
	Name string `json:"name"`
	// ChargePercent is how full it is.
	ChargePercent float64 `json:"chargePercent"`
	// Status is the kernel's word, such as Charging, Discharging, Full or "Not charging".
	Status string `json:"status,omitempty"`
	// HealthPercent is the full capacity in percent of the capacity it was built with; zero when unknown.
	HealthPercent float64 `json:"healthPercent,omitempty"`
	// PowerWatts is the power that flows in or out, in watts; zero when unknown.
	PowerWatts float64 `json:"powerWatts,omitempty"`
}

// ProxmoxLink says which node or guest of Proxmox VE the machine is. Only what the machine itself can know is set.
type ProxmoxLink struct {
	// NodeName is the name of the node the agent runs on; empty in a guest.
	NodeName string `json:"nodeName,omitempty"`
	// VMID is the number of the container the agent runs in; zero elsewhere, also in a virtual machine, which is not told.
	VMID int `json:"vmid,omitempty"`
	// GuestUUID is the SMBIOS id of the virtual machine, which "smbios1" of its configuration in Proxmox VE repeats.
	GuestUUID string `json:"guestUuid,omitempty"`
}
