package v5

import (
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// VM is a QEMU guest.
type VM struct {
	ID                string   `json:"id"`
	VMID              int      `json:"vmid"`
	Name              string   `json:"name"`
	Node              string   `json:"node"`
	Instance          string   `json:"instance"`
	Status            string   `json:"status"`
	Type              string   `json:"type"`
	CPU               float64  `json:"cpu"`
	CPUs              int      `json:"cpus"`
	Memory            *Memory  `json:"memory,omitempty"`
	Mem               uint64   `json:"mem"`
	MaxMem            uint64   `json:"maxmem"`
	Disk              *Disk    `json:"disk,omitempty"`
	Disks             []Disk   `json:"disks,omitempty"`
	DiskStatusReason  string   `json:"diskStatusReason,omitempty"`
	OSName            string   `json:"osName,omitempty"`
	OSVersion         string   `json:"osVersion,omitempty"`
	AgentVersion      string   `json:"agentVersion,omitempty"`
	NetworkInterfaces []NIC    `json:"networkInterfaces,omitempty"`
	IPAddresses       []string `json:"ipAddresses,omitempty"`
	NetworkIn         int64    `json:"networkIn"`
	NetworkOut        int64    `json:"networkOut"`
	DiskRead          int64    `json:"diskRead"`
	DiskWrite         int64    `json:"diskWrite"`
	Uptime            int64    `json:"uptime"`
	Template          bool     `json:"template"`
	LastBackup        int64    `json:"lastBackup,omitempty"`
	Tags              string   `json:"tags,omitempty"`
	Lock              string   `json:"lock,omitempty"`
	LastSeen          int64    `json:"lastSeen"`
}

// Container is a system container (LXC, or OCI on newer Proxmox VE).
type Container struct {
	ID                string   `json:"id"`
	VMID              int      `json:"vmid"`
	Name              string   `json:"name"`
	Node              string   `json:"node"`
	Instance          string   `json:"instance"`
	Status            string   `json:"status"`
	Type              string   `json:"type"`
	IsOCI             bool     `json:"isOci,omitempty"`
	OSTemplate        string   `json:"osTemplate,omitempty"`
	CPU               float64  `json:"cpu"`
	CPUs              int      `json:"cpus"`
	Memory            *Memory  `json:"memory,omitempty"`
	Mem               uint64   `json:"mem"`
	MaxMem            uint64   `json:"maxmem"`
	Disk              *Disk    `json:"disk,omitempty"`
	Disks             []Disk   `json:"disks,omitempty"`
	NetworkInterfaces []NIC    `json:"networkInterfaces,omitempty"`
	IPAddresses       []string `json:"ipAddresses,omitempty"`
	NetworkIn         int64    `json:"networkIn"`
	NetworkOut        int64    `json:"networkOut"`
	DiskRead          int64    `json:"diskRead"`
	DiskWrite         int64    `json:"diskWrite"`
	Uptime            int64    `json:"uptime"`
	Template          bool     `json:"template"`
	LastBackup        int64    `json:"lastBackup,omitempty"`
	Tags              string   `json:"tags,omitempty"`
	Lock              string   `json:"lock,omitempty"`
	LastSeen          int64    `json:"lastSeen"`
	OSName            string   `json:"osName,omitempty"`
}

func guestOf(e *inventory.Entry) *resource.Guest {
	if detail, _ := e.Detail.(*resource.Guest); detail != nil {
		return detail
	}
	return &resource.Guest{}
}

func (p *projection) vm(e *inventory.Entry, x facts) VM {
	detail, rates := guestOf(e), ratesOf(e)
	return VM{
		ID: guestID(x.instance, e), VMID: detail.VMID, Name: e.Name, Node: detail.Node,
		Instance: x.instance, Status: guestStatus(e), Type: "qemu",
		CPU: unit.Fraction(e.Usage.CPU), CPUs: detail.CPUs,
		Memory: memoryOf(&e.Usage, detail.Balloon), Mem: e.Usage.Memory.Used, MaxMem: e.Usage.Memory.Total,
		Disk: guestDisk(e, detail), Disks: Disks(detail.Filesystems), DiskStatusReason: detail.DiskUnknown,
		OSName: detail.OSName, OSVersion: detail.OSVersion, AgentVersion: detail.AgentVersion,
		NetworkInterfaces: NICs(detail.Interfaces), IPAddresses: detail.Addresses,
		NetworkIn: rates.netIn, NetworkOut: rates.netOut, DiskRead: rates.diskRead, DiskWrite: rates.diskWrite,
		Uptime: unit.Seconds(e.Uptime), Template: detail.Template,
		LastBackup: x.lastBackup, Tags: strings.Join(e.Tags, ","), Lock: detail.Lock,
		LastSeen: unit.Millis(e.SeenAt),
	}
}

func (p *projection) container(e *inventory.Entry, x facts) Container {
	detail, rates := guestOf(e), ratesOf(e)
	return Container{
		ID: guestID(x.instance, e), VMID: detail.VMID, Name: e.Name, Node: detail.Node,
		Instance: x.instance, Status: guestStatus(e), Type: ContainerType(detail),
		IsOCI: detail.OCI, OSTemplate: detail.OSTemplate,
		CPU: unit.Fraction(e.Usage.CPU), CPUs: detail.CPUs,
		Memory: memoryOf(&e.Usage, detail.Balloon), Mem: e.Usage.Memory.Used, MaxMem: e.Usage.Memory.Total,
		Disk: guestDisk(e, detail), Disks: Disks(detail.Filesystems),
		NetworkInterfaces: NICs(detail.Interfaces), IPAddresses: detail.Addresses,
		NetworkIn: rates.netIn, NetworkOut: rates.netOut, DiskRead: rates.diskRead, DiskWrite: rates.diskWrite,
		Uptime: unit.Seconds(e.Uptime), Template: detail.Template,
		LastBackup: x.lastBackup, Tags: strings.Join(e.Tags, ","), Lock: detail.Lock,
		LastSeen: unit.Millis(e.SeenAt), OSName: detail.OSName,
	}
}

// ContainerType returns "oci" or "lxc".
func ContainerType(detail *resource.Guest) string {
	if detail.OCI {
		return "oci"
	}
	return "lxc"
}

func guestStatus(e *inventory.Entry) string {
	switch e.Status {
	case resource.StatusDegraded:
		return "running"
	case resource.StatusOffline:
		return "stopped"
	}
	return e.Status.String()
}

// guestDisk knows the size of a disk even when nobody can tell how full it is.
func guestDisk(e *inventory.Entry, detail *resource.Guest) *Disk {
	disk := diskOf(e.Usage.Disk)
	if disk != nil && detail.DiskUnknown != "" {
		disk.Used, disk.Free, disk.Usage = 0, disk.Total, unknownUsage
	}
	return disk
}

// rates are whole bytes per second, 0 where nothing is known.
type rates struct{ netIn, netOut, diskRead, diskWrite int64 }

func ratesOf(e *inventory.Entry) rates {
	if e.Rates == nil {
		return rates{}
	}
	return rates{
		netIn: unit.PerSecond(e.Rates.NetIn), netOut: unit.PerSecond(e.Rates.NetOut),
		diskRead: unit.PerSecond(e.Rates.DiskRead), diskWrite: unit.PerSecond(e.Rates.DiskWrite),
	}
}
