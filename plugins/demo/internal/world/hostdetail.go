package world

import (
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// describe adds what agents that know of it tell: what is common to all
// machines, and what makes each of them another one.
func (h *host) describe(d *resource.Host, u resource.Usage, at time.Time) {
	if h.spec.legacy {
		return
	}
	load := *u.CPU
	for core := range h.machine.cpus {
		d.Cores = append(d.Cores, signal.Bounded(load*(0.7+0.6*h.seed.Nth(core).Float("share"))))
	}
	if !h.spec.noLoad {
		d.IOWait = 0.04 * load
		d.Pressure = pressure(load)
	}
	switch {
	case h.node != nil:
		h.asNode(d, u, at)
	case h.spec.raid:
		h.asFileServer(d, at)
	case h.spec.name == "office-win":
		d.Virtualization, d.Proxmox = "kvm", &resource.ProxmoxLink{GuestUUID: h.seed.UUID("smbios")}
	case h.spec.name == "studio-mac":
		h.asWorkstation(d, load)
	case h.spec.name == "web-edge":
		h.asRented(d, load)
	}
}

// pressure is higher the more there is to do.
func pressure(load float64) *resource.Pressure {
	return &resource.Pressure{
		CPU:    &resource.Stall{Some: 0.3 * load * load},
		Memory: &resource.Stall{Some: 0.02 * load, Full: 0.01 * load},
		IO:     &resource.Stall{Some: 0.08 * load, Full: 0.05 * load},
	}
}

// asNode describes a hypervisor: a mirror of NVMe disks with a scrub every month.
func (h *host) asNode(d *resource.Host, u resource.Usage, at time.Time) {
	d.Proxmox = &resource.ProxmoxLink{NodeName: h.node.name}
	d.ARC = u.Memory.Total / 10
	scrub := signal.Cycle{Every: 30 * day}
	d.Pools = []resource.Pool{{
		Name: "rpool", State: "ONLINE", Capacity: u.Disk, Fragmentation: 0.12 + 0.1*h.seed.Float("fragmentation"),
		Scan: "scrub repaired 0B with 0 errors", ScannedAt: scrub.Last(at),
	}}
	for _, device := range []string{"nvme0n1", "nvme1n1"} {
		d.Wear = append(d.Wear, resource.DiskWear{
			Device: device, Size: 2 * tib, PowerOn: time.Duration(h.seed.Int(device, 6000, 26000)) * time.Hour,
			Wear: new(0.05 + 0.2*h.seed.Float(device)), Spare: new(1.0), Written: uint64(h.seed.Int("written"+device, 40, 400)) * tib,
		})
	}
	d.Packages = &resource.Packages{Manager: "apt", Available: h.node.seed.Int("updates", 0, 9)}
}

// asFileServer describes a machine whose disks and pools are not all well.
func (h *host) asFileServer(d *resource.Host, at time.Time) {
	for i := range bays - 1 {
		seed := h.seed.Nth(i)
		disk := resource.DiskWear{
			Device: "sd" + string(rune('a'+i)), Size: 4 * tib, Rotational: true, PowerOn: time.Duration(seed.Int("hours", 9000, 41000)) * time.Hour,
		}
		if i == bays-2 {
			disk.ReallocatedSectors, disk.PendingSectors, disk.UncorrectableErrors, disk.CRCErrors = 112, 8, 3, 1
		}
		d.Wear = append(d.Wear, disk)
	}
	resilver := signal.Cycle{Every: 19 * time.Hour}
	d.Pools = []resource.Pool{{
		Name: "backup", State: "DEGRADED", Capacity: capacity(8*tib, 0.62), Fragmentation: 0.21,
		Status: "One or more devices is currently being resilvered.", Scan: "resilver in progress", ScanProgress: resilver.Part(at),
		Errors: "2 data errors, use '-v' for a list", ReadErrors: 4, WriteErrors: 1, ChecksumErrors: 12,
		Devices: []resource.PoolDevice{{Name: "ata-WDC_WD40EFPX-7", State: "FAULTED"}},
	}}
	d.NetworkMounts = []resource.NetworkMount{
		{Source: "offsite.example.net:/vault", Mountpoint: "/mnt/offsite", Type: "nfs4", Capacity: capacity(20*tib, 0.44)},
		{Source: "//scanner/in", Mountpoint: "/mnt/scanner", Type: "cifs", Unresponsive: true},
	}
	d.FailedUnits = []string{"rsync-offsite.service"}
	d.Packages = &resource.Packages{Manager: "apt", Available: 14, Security: 3}
	d.Degraded = []resource.DegradedPart{{Part: "network_mounts", Reason: "/mnt/scanner does not answer"}}
}

// asWorkstation describes a machine with a battery and a clock that is behind.
func (h *host) asWorkstation(d *resource.Host, load float64) {
	d.Batteries = []resource.Battery{{Name: "InternalBattery-0", Charge: 0.8, Status: "Discharging", Health: 0.91, Power: 9 + 20*load}}
	d.Agent.ClockSkew = 94 * time.Second
	d.GPUs = []resource.GPU{{
		ID: "0", Name: "Radeon Pro W6600", Vendor: "amd", Usage: new(load / 2), Memory: capacity(8*gib, load/2),
		Temperature: new(41 + 30*load), Power: 11 + 80*load, Fan: 0.2 + 0.5*load,
	}}
}

// asRented describes a container at somebody else's, who takes time away.
func (h *host) asRented(d *resource.Host, load float64) {
	d.Virtualization, d.Proxmox = "lxc", &resource.ProxmoxLink{VMID: 912}
	d.Steal = 0.05 * load
	d.Packages = &resource.Packages{Manager: "apk", Available: 5, RebootRequired: true}
}
