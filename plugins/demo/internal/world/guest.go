package world

import (
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// guest is a virtual machine or a system container. Its switches are the parts
// that newGuests hands out.
type guest struct {
	seed    signal.Seed
	kind    resource.Kind
	vmid    int
	name    string
	spec    service
	machine machine
	home    string       // the node it is on
	away    string       // the node it moves to now and then, or empty
	moves   signal.Cycle // when it moves; only if away is set
	storage string
	ha      string
	balloon uint64

	off, paused, template, oci bool
	workHours                  bool // switched on in the morning, off in the evening
	agentless                  bool
	noBackup                   bool
	weekly                     bool // has a second, weekly backup
	flaky                      bool // every third backup fails
	badVerify                  bool // every fourth backup is damaged
}

// guestState is what the figures of a guest depend on at one moment.
type guestState struct {
	node   string
	status resource.Status
	boot   time.Time // zero unless it runs
	lock   string
	cpu    float64 // part of its processors in use
	memory uint64  // bytes in use
}

const migration = 90 * time.Second

func (g *guest) id() string {
	if g.kind == resource.KindVM {
		return "qemu/" + strconv.Itoa(g.vmid)
	}
	return "lxc/" + strconv.Itoa(g.vmid)
}

// nodeAt returns the node it is on: it arrives when the migration is over.
func (g *guest) nodeAt(at time.Time) string {
	if g.away != "" && g.moves.Index(at.Add(-migration))%2 != 0 {
		return g.away
	}
	return g.home
}

func (g *guest) state(at time.Time) guestState {
	s := guestState{node: g.nodeAt(at), status: resource.StatusRunning, boot: g.machine.boots.Last(at), lock: g.lock(at)}
	if g.workHours {
		s.boot = signal.Daily(6 * time.Hour).Last(at)
		g.checkHours(&s, at)
	}
	switch {
	case g.off:
		s.status = resource.StatusStopped
	case g.paused:
		s.status = resource.StatusPaused
	}
	if s.status == resource.StatusStopped {
		s.boot = time.Time{}
		return s
	}
	s.memory = uint64(float64(g.machine.memory) * signal.Bounded(g.machine.mem.At(at)))
	if s.status == resource.StatusRunning {
		s.cpu = g.machine.load(at)
	}
	return s
}

// checkHours stops what runs from six in the morning to ten in the evening only.
func (g *guest) checkHours(s *guestState, at time.Time) {
	if at.Sub(s.boot) > 16*time.Hour {
		s.status = resource.StatusStopped
	}
}

// lock returns what holds the guest at the moment.
func (g *guest) lock(at time.Time) string {
	if g.away != "" && g.moves.Since(at) < migration {
		return "migrate"
	}
	if !g.noBackup && !g.template {
		if run := g.nightly(at); at.Before(run.end) {
			return "backup"
		}
	}
	return ""
}

// stored returns the bytes its disks take.
func (g *guest) stored(at time.Time) uint64 {
	return uint64(float64(g.machine.disk) * g.machine.fill.At(at))
}

func (g *guest) resource(s guestState, at time.Time) resource.Resource {
	r := resource.Resource{
		ID: g.id(), Kind: g.kind, Name: g.name, ParentID: "node/" + s.node, Status: s.status, Tags: g.spec.tags,
	}
	d := g.detail(s, at)
	m := &g.machine
	r.Usage = resource.Usage{CPU: new(0.0), Memory: filled(m.memory, 0), Disk: filled(m.disk, g.stored(at))}
	r.Detail = d
	if d.DiskUnknown != "" {
		r.Usage.Disk = filled(m.disk, 0)
	}
	if s.status == resource.StatusStopped {
		return r
	}
	r.Uptime = at.Sub(s.boot).Truncate(time.Second)
	r.Usage.CPU = new(s.cpu)
	r.Usage.Memory = filled(m.memory, s.memory)
	r.Usage.Counters = m.traffic.since(s.boot, at)
	if g.kind == resource.KindContainer {
		r.Usage.Swap = capacity(m.swap, signal.Bounded(m.swapped.At(at)))
	}
	if s.status == resource.StatusPaused {
		r.StatusReason = "suspended by an administrator"
	}
	return r
}

func (g *guest) detail(s guestState, at time.Time) *resource.Guest {
	d := &resource.Guest{
		Node: s.node, VMID: g.vmid, CPUs: g.machine.cpus, Template: g.template, OCI: g.oci,
		OSTemplate: g.spec.template, Lock: s.lock, HAState: g.ha, Balloon: g.balloon, LastBackup: g.lastBackup(at),
		MemorySource: "status",
	}
	if g.kind == resource.KindContainer {
		d.OSName, d.OSVersion = g.spec.os, g.spec.version
	}
	if s.status == resource.StatusStopped {
		if g.kind == resource.KindVM {
			d.DiskUnknown = "vm-stopped"
		}
		return d
	}
	if g.agentless {
		d.DiskUnknown = "agent-disabled"
		return d
	}
	g.inside(d, s, at)
	return d
}

// inside fills in what only an agent in the guest, or its host kernel, can see.
func (g *guest) inside(d *resource.Guest, s guestState, at time.Time) {
	address := g.address()
	counters := g.machine.traffic.since(s.boot, at)
	d.Addresses = []string{address, "fd00:20::" + strconv.FormatInt(int64(g.vmid), 16)}
	d.Interfaces = []resource.Interface{{
		Name: "eth0", MAC: g.seed.MAC("eth0"), Addresses: []string{address + "/16"},
		RxBytes: counters.NetIn, TxBytes: counters.NetOut, SpeedBits: 10e9,
	}}
	root := g.rootFilesystem()
	root.Capacity = filled(g.machine.disk, g.stored(at))
	d.Filesystems = []resource.Filesystem{root}
	if g.kind == resource.KindVM {
		d.OSName, d.OSVersion, d.AgentVersion, d.MemorySource = g.spec.os, g.spec.version, "10.0.3", "agent"
	}
	if g.balloon > 0 {
		d.MemorySource = "balloon"
	}
}

// rootFilesystem returns the guest's own file system without its size.
func (g *guest) rootFilesystem() resource.Filesystem {
	switch {
	case g.kind == resource.KindContainer:
		return resource.Filesystem{Mountpoint: "/", Device: "rpool/data/subvol-" + strconv.Itoa(g.vmid) + "-disk-0", Type: "zfs"}
	case strings.HasPrefix(g.spec.os, windows):
		return resource.Filesystem{Mountpoint: `C:\`, Device: `\\?\Volume{` + g.seed.UUID("volume") + `}\`, Type: "NTFS"}
	case g.spec.os == "FreeBSD":
		return resource.Filesystem{Mountpoint: "/", Device: "/dev/ada0p2", Type: "ufs"}
	}
	return resource.Filesystem{Mountpoint: "/", Device: "/dev/sda1", Type: "ext4"}
}

// address is unique within the world as long as guests' numbers are.
func (g *guest) address() string {
	return "10.64." + strconv.Itoa(g.vmid>>8&0xff) + "." + strconv.Itoa(g.vmid&0xff)
}
