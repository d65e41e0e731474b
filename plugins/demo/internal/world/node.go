package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// node is a Proxmox VE node.
type node struct {
	site    *Site
	name    string
	number  int // its place in the site, from 0
	seed    signal.Seed
	machine machine
	model   cpuModel
	slow    bool // its API answers late
	hostID  string
}

type cpuModel struct {
	name string
	mhz  float64
}

// nodeLoad is what the guests of a node use: processors and bytes of memory.
type nodeLoad struct {
	cores  float64
	memory uint64
}

func cpuModels() []cpuModel {
	return []cpuModel{
		{"Intel(R) Xeon(R) Silver 4314 CPU @ 2.40GHz", 2400},
		{"AMD EPYC 7313P 16-Core Processor", 3000},
		{"AMD Ryzen 9 7945HX with Radeon Graphics", 2500},
	}
}

// newNode sizes a node so that its guests, and those that may move to it, fit.
func newNode(s *Site, name string, number int) *node {
	var cores int
	var memory uint64
	for _, g := range s.guests {
		if g.home == name || g.away == name {
			cores += g.machine.cpus
			memory += g.machine.memory
		}
	}
	seed := s.seed.Child("node-" + name)
	n := &node{
		site: s, name: name, number: number, seed: seed,
		model: signal.Pick(seed, "cpu", cpuModels()),
		slow:  s.cluster && number == 2,
		machine: newMachine(seed, machineSize{
			cpus:   int(roundUp(uint64(max(cores*2/3, 16)), 8)),
			memory: roundUp(max(memory*3/4, 64*gib), 32*gib), swap: 8 * gib, disk: 96 * gib, busy: 0.08,
		}),
	}
	if s.cluster && number < agentsOnNodes {
		n.hostID = name
	}
	if s.name == Standalone2 {
		n.machine.fill = signal.Fill{Low: 0.72, High: 0.96, Cycle: signal.Cycle{Every: 60 * day, Offset: 12 * day}}
	}
	return n
}

// usage adds what the guests use to what the node needs for itself.
func (n *node) usage(l nodeLoad, at time.Time) resource.Usage {
	u := n.machine.usage(n.machine.boots.Last(at), at)
	load := signal.Bounded(*u.CPU + l.cores/float64(n.machine.cpus))
	u.CPU = new(load)
	u.Temperature = new(n.machine.cool + 32*load)
	u.Memory = filled(n.machine.memory, l.memory+4*gib+n.machine.memory/100)
	return u
}

func (n *node) resource(l nodeLoad, at time.Time) resource.Resource {
	u := n.usage(l, at)
	r := resource.Resource{
		ID: "node/" + n.name, Kind: resource.KindNode, Name: n.name, Status: resource.StatusRunning,
		Uptime: n.machine.boots.Since(at), Usage: u,
		Labels: map[string]string{"site": n.site.name},
		Metrics: []resource.Metric{
			{Name: "io_delay", Value: round2(*u.CPU*8) / 100, Unit: resource.UnitRatio},
			{Name: "power", Value: 60 + 140**u.CPU, Unit: resource.UnitWatts},
		},
		Detail: n.detail(*u.CPU, at),
	}
	if n.slow {
		r.Status, r.StatusReason = resource.StatusDegraded, "API answers slowly (4.2 s), pool rpool is degraded"
	}
	if !n.site.cluster {
		r.DisplayName = map[string]string{Standalone1: "Branch office", Standalone2: "Lab"}[n.name]
	}
	return r
}

func (n *node) detail(load float64, at time.Time) *resource.Node {
	averages := n.machine.loadAverage(at)
	for i := range averages {
		averages[i] = round2(averages[i] + load*float64(n.machine.cpus))
	}
	d := &resource.Node{
		Host: "https://" + n.address() + ":8006", Version: "9.0.10", Kernel: "6.14.11-3-pve",
		CPUModel: n.model.name, CPUs: n.machine.cpus, Cores: n.machine.cpus / 2, Sockets: 1 + n.machine.cpus/64, CPUMHz: n.model.mhz,
		LoadAverage: averages, Connection: "healthy", LinkedHostAgent: n.hostID,
		Temperatures: n.temperatures(load, at), PendingUpdates: n.seed.Int("updates", 0, 9),
	}
	if n.slow {
		d.Connection, d.PendingUpdates = "degraded", 41
	}
	if n.site.cluster {
		d.ClusterName = n.site.name
		d.GuestURL = "https://" + n.name + ".pve.example.net"
	}
	if n.site.name == Standalone1 {
		// An old node whose firmware shows no sensors.
		d.Version, d.Kernel, d.Temperatures = "8.4.12", "6.8.12-13-pve", nil
	}
	return d
}

// address is the node's management address.
func (n *node) address() string {
	network := map[string]string{DemoCluster: "10.20.0.", Standalone1: "10.30.0.", Standalone2: "10.40.0."}[n.site.name]
	return network + strconv.Itoa(11+n.number%240)
}

func (n *node) temperatures(load float64, at time.Time) *resource.NodeTemperatures {
	cool, today := n.machine.cool, signal.Daily(0).Last(at)
	pkg := cool + 32*load
	t := &resource.NodeTemperatures{
		CPUPackage: pkg, CPUMax: pkg + 3, CPUMin: cool, CPUMaxRecord: cool + 36,
		MinRecorded: today.Add(-20 * time.Hour), MaxRecorded: today.Add(-10 * time.Hour), ReadAt: at,
	}
	for core := range min(n.machine.cpus/2, 8) {
		offset := 3 * n.seed.Nth(core).Float("core")
		t.Cores = append(t.Cores, resource.CoreTemperature{Core: core, Temperature: pkg + offset})
	}
	if n.number == 1 {
		t.GPUs = []resource.GPUTemperature{{Device: "amdgpu-pci-0300", Edge: pkg + 2, Junction: pkg + 9, Memory: pkg + 5}}
	}
	for _, d := range n.site.disks {
		if d.node != n.name {
			continue
		}
		if d.transport == "nvme" {
			t.NVMe = append(t.NVMe, resource.DeviceTemperature{Device: d.device[len("/dev/"):], Temperature: float64(d.celsius(at))})
			continue
		}
		t.Disks = append(t.Disks, resource.DiskTemperature{
			Device: d.device, Serial: d.serial, WWN: d.wwn, Model: d.model, Transport: d.transport,
			Temperature: d.celsius(at), ReadAt: diskCheck().Last(at), StandbySkipped: d.standby,
		})
	}
	return t
}
