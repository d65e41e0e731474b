package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// guestPlan says which guests a site gets.
type guestPlan struct {
	options Options
	nodes   []string
	first   int // the first guest's number
	cluster bool
}

// newGuests returns the guests of a site, VMs before containers on each node,
// and hands out the parts that some of them play.
func newGuests(seed signal.Seed, p guestPlan) []*guest {
	var all, vms, lxcs []*guest
	vmid := p.first
	add := func(kind resource.Kind, node, i int, spec service) *guest {
		g := newGuest(seed.Child(strconv.Itoa(vmid)), kind, vmid, spec)
		g.home = p.nodes[node]
		g.name = nth(spec.name, node+i)
		if !p.cluster {
			g.name = p.nodes[0] + "-" + nth(spec.name, i)
		}
		g.off = g.seed.Chance("off", p.options.StoppedRatio)
		all = append(all, g)
		vmid++
		return g
	}
	vmSpecs, lxcSpecs := vmServices(), lxcServices()
	for node := range p.nodes {
		for i := range p.options.VMsPerNode {
			vms = append(vms, add(resource.KindVM, node, i/len(vmSpecs)*len(p.nodes), vmSpecs[i%len(vmSpecs)]))
		}
		for i := range p.options.LXCsPerNode {
			lxcs = append(lxcs, add(resource.KindContainer, node, i/len(lxcSpecs)*len(p.nodes), lxcSpecs[i%len(lxcSpecs)]))
		}
	}
	play(vms, vmParts(p))
	play(lxcs, lxcParts())
	return all
}

// newGuest returns a guest without a place.
func newGuest(seed signal.Seed, kind resource.Kind, vmid int, spec service) *guest {
	size := machineSize{cpus: spec.cpus, memory: uint64(spec.memory) * gib, disk: uint64(spec.disk) * gib, busy: spec.busy}
	if kind == resource.KindContainer {
		size.swap = 512 * mib
	}
	return &guest{
		seed: seed, kind: kind, vmid: vmid, spec: spec, machine: newMachine(seed, size),
		storage: "local-zfs",
	}
}

// play gives the nth guest the nth part, as far as there are guests.
func play(guests []*guest, parts []func(*guest)) {
	for i, g := range guests {
		if i < len(parts) {
			parts[i](g)
		}
	}
}

// vmParts are the parts of the first virtual machines of a site.
func vmParts(p guestPlan) []func(*guest) {
	important := func(g *guest) { g.off, g.ha, g.balloon, g.weekly = false, "started", g.machine.memory/2, true }
	moves := func(g *guest) {
		g.off, g.ha = false, "started"
		if len(p.nodes) > 1 {
			g.storage, g.away = "ceph-vm", p.nodes[1]
			g.moves = signal.Cycle{Every: 7 * time.Hour, Offset: 100 * time.Minute}
		}
	}
	noAgent := func(g *guest) { g.off, g.agentless, g.badVerify = false, true, true }
	workHours := func(g *guest) { g.off, g.workHours = false, true }
	template := func(g *guest) {
		g.off, g.template, g.name, g.spec.tags = true, true, "template-"+g.name, []string{"template"}
	}
	paused := func(g *guest) { g.off, g.paused = false, true }
	filling := func(g *guest) {
		g.off = false
		g.machine.fill = signal.Fill{Low: 0.68, High: 0.985, Cycle: signal.Cycle{Every: 45 * day, Offset: 20 * day}}
	}
	unprotected := func(g *guest) { g.off, g.noBackup = false, true }
	return []func(*guest){important, moves, noAgent, workHours, template, paused, filling, unprotected}
}

// lxcParts are the parts of the first system containers of a site.
func lxcParts() []func(*guest) {
	web := func(g *guest) { g.off, g.weekly = false, true }
	flaky := func(g *guest) { g.off, g.flaky = false, true }
	oci := func(g *guest) {
		g.off, g.oci = false, true
		g.spec.template = "registry.example.net/library/dns:2.4"
	}
	forgotten := func(g *guest) { g.off, g.noBackup = true, true }
	hungry := func(g *guest) {
		g.off = false
		g.machine.mem = signal.NewWave(g.seed.Child("hungry"), signal.Shape{Base: 0.86, Daily: 0.05, Noise: 0.05, Burst: 0.1})
	}
	return []func(*guest){web, flaky, oci, forgotten, hungry}
}
