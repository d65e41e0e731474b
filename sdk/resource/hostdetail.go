package resource

import "time"

// Pressure is how much of the time work stood still for want of a resource,
// over the last ten seconds. What the kernel does not account for is nil.
type Pressure struct {
	CPU    *Stall // for processors; nil: not told
	Memory *Stall // for memory; nil: not told
	IO     *Stall // for disks; nil: not told
}

// Stall is the pressure on one resource, in ratios from 0 to 1 of the time.
type Stall struct {
	Some float64 // ratio of the time at least one task waited
	Full float64 // ratio of the time all tasks waited
}

// NetworkMount is a mounted file system behind a network or a process.
type NetworkMount struct {
	Source       string // what is mounted, without passwords
	Mountpoint   string // where it is mounted
	Type         string // kind of file system
	Capacity            // size and use; absent while it does not answer
	Unresponsive bool   // set while it does not answer
}

// Pool is a ZFS pool; its sizes are those of the raw devices.
type Pool struct {
	Name           string       // name of the pool
	State          string       // state in the words of ZFS: "ONLINE", "DEGRADED", …
	Capacity                    // size and use of the raw devices
	Fragmentation  float64      // ratio from 0 to 1 of free space that is in pieces
	Status         string       // advice of ZFS in one line; empty: healthy
	Scan           string       // last or running scrub or resilver, as ZFS prints it
	ScannedAt      time.Time    // when the last one ended; zero: never, or one is running
	ScanProgress   float64      // ratio from 0 to 1 of a running one
	Errors         string       // what is lost, as ZFS prints it; empty: nothing
	ReadErrors     uint64       // read errors of all devices
	WriteErrors    uint64       // write errors of all devices
	ChecksumErrors uint64       // checksum errors of all devices
	Devices        []PoolDevice // devices that are not in order
}

// PoolDevice is one device of a ZFS pool.
type PoolDevice struct {
	Name  string // name of the device
	State string // its state in the words of ZFS
}

// DiskWear is what a whole disk says about its age.
type DiskWear struct {
	Device              string        // name of the device
	Size                uint64        // size in bytes
	Rotational          bool          // set when it has platters
	PowerOn             time.Duration // time it has been powered
	Wear                *float64      // ratio of its rated life that is used, above 1 possible; nil: not told
	ReallocatedSectors  uint64        // sectors replaced by spare ones
	PendingSectors      uint64        // sectors that could not be read and wait for a write
	UncorrectableErrors uint64        // sectors or reads lost for good
	CRCErrors           uint64        // transfers damaged on the cable
	Spare               *float64      // ratio of spare blocks left of an NVMe disk; nil: not told
	Written             uint64        // bytes written over its life
}

// GPU is a graphics processor.
type GPU struct {
	ID          string   // name or number with the driver
	Name        string   // model
	Vendor      string   // "nvidia" or "amd"
	Usage       *float64 // ratio from 0 to 1; nil: not told
	Memory      Capacity // its own memory
	Temperature *float64 // degrees Celsius; nil: not told
	Power       float64  // watts drawn; 0: not told
	Fan         float64  // ratio of the fan's greatest speed; 0: it stands, or not told
}

// Packages are the updates that the package manager knows of.
type Packages struct {
	Manager        string // "apt", "dnf", …
	Available      int    // packages with a newer version
	Security       int    // those of them that close security holes, where that is told
	RebootRequired bool   // set when a restart is due to finish an update
}

// Battery is a battery of the machine itself.
type Battery struct {
	Name   string  // name of the battery
	Charge float64 // ratio from 0 to 1
	Status string  // state in the words of the kernel: "Charging", …
	Health float64 // ratio of the capacity it was built with; 0: not told
	Power  float64 // watts that flow in or out; 0: not told
}

// ProxmoxLink says which node or guest of Proxmox VE a machine is, as far as it can know.
type ProxmoxLink struct {
	NodeName  string // name of the node; empty: it is none
	VMID      int    // number of the container; 0: it is none
	GuestUUID string // SMBIOS id of the virtual machine; empty: it is none
}

// DegradedPart is a part of an agent's collection that does not work now.
type DegradedPart struct {
	Part   string // name of the part: "smart"
	Reason string // why, for people
}
