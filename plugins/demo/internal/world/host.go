package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// fileServer is the host that also backs itself up.
const fileServer = "nas-01"

// host is a machine with an agent.
type host struct {
	seed    signal.Seed
	name    string
	spec    hostSpec
	address string
	machine machine
	node    *node // the Proxmox node it is, if it is one
}

// hostSpec is a kind of machine.
type hostSpec struct {
	name, title, platform, os, version   string
	kernel, arch, model                  string
	cpus, memory, disk                   int // processors, GiB, GiB
	busy                                 float64
	tags                                 []string
	device, fs, root, card               string
	data                                 *resource.Filesystem // a second file system of the given size
	sensors, raid, offline, legacy, runs bool
	noLoad                               bool // its OS knows no load average
}

func hostSpecs() []hostSpec {
	return []hostSpec{
		{
			name: "nas", title: "File server", platform: "debian", os: debian, version: trixie, kernel: "6.12.48+deb13-amd64", arch: "x86_64",
			model: "Intel(R) Xeon(R) E-2336 CPU @ 2.90GHz", cpus: 12, memory: 64, disk: 110, busy: 0.3, tags: []string{"storage", "production"},
			device: "/dev/md0", fs: "ext4", root: "/", card: "enp3s0", sensors: true, raid: true,
			data: &resource.Filesystem{Mountpoint: "/srv/shares", Device: "/dev/md1", Type: "xfs", Capacity: resource.Capacity{Total: 14 * tib}},
		},
		{
			name: "attic-pi", title: "Attic sensors", platform: "raspbian", os: "Raspberry Pi OS", version: bookworm, kernel: "6.12.34+rpt-rpi-v8", arch: "aarch64",
			model: "Cortex-A72", cpus: 4, memory: 4, disk: 29, busy: 0.1, tags: []string{"building"}, device: "/dev/mmcblk0p2", fs: "ext4", root: "/", card: "wlan0",
			offline: true, legacy: true,
		},
		{
			name: "office-win", title: "Office server", platform: "windows", os: windows + " 2022 Standard", version: "10.0.20348", kernel: "10.0.20348.4171", arch: "x86_64",
			model: "Intel(R) Core(TM) i7-12700", cpus: 20, memory: 32, disk: 930, busy: 0.35, tags: []string{"windows"}, device: "C:", fs: "NTFS", root: `C:\`, card: "Ethernet", noLoad: true,
		},
		{
			name: "studio-mac", title: "Studio", platform: "macos", os: "macOS", version: "26.0.1", kernel: "25.0.0", arch: "arm64",
			model: "Apple M2 Pro", cpus: 12, memory: 32, disk: 994, busy: 0.25, tags: []string{"staff"}, device: "/dev/disk3s1s1", fs: "apfs", root: "/", card: "en0",
		},
		{
			name: "edge-bsd", title: "Branch office router", platform: "freebsd", os: "FreeBSD", version: "14.3-RELEASE", kernel: "14.3-RELEASE-p3", arch: "amd64",
			model: "Intel(R) N100", cpus: 4, memory: 8, disk: 120, busy: 0.2, tags: []string{"network"}, device: "zroot/ROOT/default", fs: "zfs", root: "/", card: "igc0",
		},
		{
			name: "web-edge", title: "Web front", platform: "alpine", os: alpine, version: "3.22.1", kernel: "6.12.40-0-virt", arch: "x86_64",
			model: "AMD EPYC 7543P 32-Core Processor", cpus: 4, memory: 8, disk: 40, busy: 0.5, tags: []string{"web", "dmz"}, device: "/dev/vda2", fs: "ext4", root: "/", card: "eth0", runs: true,
		},
	}
}

func newHosts(seed signal.Seed, n int) []*host {
	specs := hostSpecs()
	hosts := make([]*host, n)
	for i := range hosts {
		spec := specs[i%len(specs)]
		h := &host{
			spec: spec, name: nth(spec.name, i/len(specs)),
			address: "10.20." + strconv.Itoa(4+i/200) + "." + strconv.Itoa(10+i%200),
		}
		h.seed = seed.Child("host-" + h.name)
		h.machine = newMachine(h.seed, machineSize{
			cpus: spec.cpus, memory: uint64(spec.memory) * gib, swap: uint64(spec.memory) * gib / 8, disk: uint64(spec.disk) * gib, busy: spec.busy,
		})
		hosts[i] = h
	}
	return hosts
}

// newNodeHost returns the machine that a Proxmox node is, as the agent on it sees it.
func newNodeHost(n *node) *host {
	return &host{
		seed: n.seed.Child("agent"), name: n.name, address: n.address(), machine: n.machine, node: n,
		spec: hostSpec{
			title: n.name, platform: "debian", os: debian, version: trixie, kernel: "6.14.11-3-pve", arch: "x86_64",
			model: n.model.name, cpus: n.machine.cpus, tags: []string{"hypervisor"}, device: "rpool/ROOT/pve-1", fs: "zfs", root: "/", card: "vmbr0",
			sensors: true, runs: true,
		},
	}
}

func (h *host) resource(at time.Time) resource.Resource {
	r := resource.Resource{
		ID: h.name, Kind: resource.KindHost, Name: h.name, DisplayName: h.spec.title, Status: resource.StatusRunning, Tags: h.spec.tags,
	}
	if h.spec.offline {
		// It was last heard of when somebody pulled the plug at the weekend.
		at = signal.Weekly(16*time.Hour + 42*time.Minute).Last(at.Add(-time.Hour))
		r.Status, r.StatusReason, r.SeenAt = resource.StatusOffline, "no report since "+at.Format("Mon 15:04 MST"), at
	}
	boot := h.machine.boots.Last(at)
	r.Uptime = at.Sub(boot).Truncate(time.Second)
	r.Usage = h.machine.usage(boot, at)
	if h.node != nil {
		r.Usage = h.node.usage(h.node.site.loadOf(h.name, at), at)
	}
	if h.spec.raid {
		r.Status, r.StatusReason = resource.StatusDegraded, "array md1 is rebuilding"
	}
	r.Detail = h.detail(r.Usage, at)
	return r
}

func (h *host) detail(u resource.Usage, at time.Time) *resource.Host {
	s := h.spec
	d := &resource.Host{
		Hostname: h.name, MachineID: h.seed.Hex("machine", 32), Platform: s.platform, OSName: s.os, OSVersion: s.version,
		Kernel: s.kernel, Architecture: s.arch, CPUModel: s.model, CPUs: h.machine.cpus,
		Filesystems: []resource.Filesystem{{Mountpoint: s.root, Device: s.device, Type: s.fs, Capacity: u.Disk}},
		DiskIO:      []resource.DiskIO{diskIO(s.device, u.Counters)},
		Interfaces: []resource.Interface{{
			Name: s.card, MAC: h.seed.MAC(s.card), Addresses: []string{h.address + "/24"},
			RxBytes: u.Counters.NetIn, TxBytes: u.Counters.NetOut, SpeedBits: 1e9,
		}},
		Sensors: h.sensors(*u.CPU, at),
		Agent: resource.Agent{
			ID: "agent-" + h.seed.Hex("agent", 12), Version: agentVersion, Interval: 10 * time.Second,
			Legacy: s.legacy, CommandsEnabled: s.runs, Token: token(h.seed, s.name, at),
		},
	}
	if !s.noLoad {
		d.LoadAverage = h.machine.loadAverage(at)
	}
	if s.legacy {
		d.Agent.Version, d.ReportIP = "0.4.2", h.address
	}
	if s.data != nil {
		data := *s.data
		data.Capacity = capacity(data.Total, 0.5+h.machine.fill.At(at)/2)
		d.Filesystems = append(d.Filesystems, data)
	}
	if s.raid {
		d.RAID = h.raid(at)
	}
	h.describe(d, u, at)
	return d
}

// diskIO returns the counters of a device that has had the given traffic.
func diskIO(device string, t *resource.Traffic) resource.DiskIO {
	const readSize, writeSize = 48 * kib, 24 * kib
	io := resource.DiskIO{
		Device: device, ReadBytes: t.DiskRead, WriteBytes: t.DiskWrite,
		ReadOps: t.DiskRead / readSize, WriteOps: t.DiskWrite / writeSize,
	}
	io.ReadTime = time.Duration(io.ReadOps) * 210 * time.Microsecond
	io.WriteTime = time.Duration(io.WriteOps) * 340 * time.Microsecond
	io.BusyTime = (io.ReadTime + io.WriteTime) / 2
	return io
}
