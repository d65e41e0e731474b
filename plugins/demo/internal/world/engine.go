package world

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// engine is a Docker or Podman host.
type engine struct {
	seed       signal.Seed
	name       string
	address    string
	podman     bool
	degraded   bool
	swarm      *swarm // nil: it is in none
	manager    bool
	machine    machine
	containers []*container
}

// newEngines returns engines of which every third is Podman. The first two
// Docker hosts form a swarm; the second one is in trouble.
func newEngines(seed signal.Seed, o Options) []*engine {
	all := make([]*engine, o.Engines)
	docker, podman := 0, 0
	var first []*engine
	for i := range all {
		e := &engine{podman: i%3 == 2, address: "10.20." + strconv.Itoa(8+i/200) + "." + strconv.Itoa(10+i%200)}
		if e.podman {
			e.name = nth("podman", podman)
			podman++
		} else {
			e.name = nth("docker", docker)
			docker++
			if len(first) < 2 {
				first = append(first, e)
			}
		}
		e.seed = seed.Child("engine-" + e.name)
		e.degraded = i == 1
		all[i] = e
	}
	joined := newSwarm(seed.Child("swarm"), first)
	for i, e := range first {
		e.swarm, e.manager = joined, i == 0
	}
	for _, e := range all {
		e.fill(o)
	}
	return all
}

// fill gives the engine its containers and a machine that can carry them.
func (e *engine) fill(o Options) {
	var slots []*swarmSlot
	if e.swarm != nil {
		slots = e.swarm.slotsOn(e)
	}
	parts := containerParts(e)
	for i := range o.Containers {
		c := newContainer(e, i)
		if at := i - (o.Containers - len(slots)); at >= 0 && o.Containers > len(slots)+len(parts) {
			c.join(slots[at])
		} else if part, ok := parts[i]; ok {
			part(c)
		} else if c.seed.Chance("off", o.StoppedRatio/3) {
			c.state = "exited"
		}
		e.containers = append(e.containers, c)
	}
	var memory uint64
	for _, c := range e.containers {
		memory += c.limit
	}
	e.machine = newMachine(e.seed, machineSize{
		cpus: 8 + 8*(o.Containers/24), memory: roundUp(max(memory, 16*gib), 8*gib), swap: 4 * gib, disk: 240 * gib, busy: 0.15,
	})
	if e.degraded {
		e.machine.fill = level(0.86, 0.97, 14*day)
	}
}

// resources returns the engine, its containers and, from a manager, the services.
func (e *engine) resources(at time.Time) []resource.Resource {
	out := make([]resource.Resource, 1, len(e.containers)+5)
	var cores float64
	var memory uint64
	for _, c := range e.containers {
		r := c.resource(at)
		cores += *r.Usage.CPU
		memory += r.Usage.Memory.Used
		out = append(out, r)
	}
	out[0] = e.resource(cores, memory, at)
	if e.manager {
		out = append(out, e.swarm.services(e, at)...)
	}
	return out
}

func (e *engine) resource(cores float64, memory uint64, at time.Time) resource.Resource {
	boot := e.machine.boots.Last(at)
	u := e.machine.usage(boot, at)
	u.CPU = new(signal.Bounded(*u.CPU/3 + cores/float64(e.machine.cpus)))
	u.Memory = filled(e.machine.memory, memory+1*gib)
	r := resource.Resource{
		ID: e.name, Kind: resource.KindContainerHost, Name: e.name, Status: resource.StatusRunning,
		Uptime: at.Sub(boot).Truncate(time.Second), Usage: u, Tags: []string{"containers"},
	}
	if e.degraded {
		r.Status, r.StatusReason = resource.StatusDegraded, "some containers are unhealthy, /var/lib/docker is nearly full"
	}
	d := &resource.ContainerHost{
		Hostname: e.name, MachineID: e.seed.Hex("machine", 32), OS: debian + " " + trixie, Kernel: "6.12.48+deb13-amd64",
		Architecture: "x86_64", Runtime: "docker", RuntimeVersion: "28.5.1", EngineVersion: "28.5.1", CPUs: e.machine.cpus,
		LoadAverage: e.machine.loadAverage(at),
		Filesystems: []resource.Filesystem{{Mountpoint: "/", Device: "/dev/vda1", Type: "ext4", Capacity: u.Disk}},
		Interfaces: []resource.Interface{{
			Name: "ens18", MAC: e.seed.MAC("ens18"), Addresses: []string{e.address + "/24"},
			RxBytes: u.Counters.NetIn, TxBytes: u.Counters.NetOut, SpeedBits: 10e9,
		}},
		Agent: resource.Agent{
			ID: "agent-" + e.seed.Hex("agent", 12), Version: agentVersion, Interval: 30 * time.Second, CommandsEnabled: e.manager,
			Token: token(e.seed, e.name, at),
		},
	}
	if e.podman {
		d.OS, d.Kernel, d.Runtime, d.RuntimeVersion, d.EngineVersion = "Fedora Linux 43 (Server Edition)", "6.17.5-300.fc43.x86_64", "podman", "5.6.2", "5.6.2"
	}
	if e.degraded {
		d.Degraded = []resource.DegradedPart{{Part: "updates", Reason: "registry.example.net: no answer in time"}}
	}
	if e.swarm != nil {
		d.Swarm = e.swarm.membership(e)
		if e.manager {
			d.Tasks = e.swarm.tasks(at)
		}
	}
	r.Detail = d
	return r
}

// ago says how long something has lasted, in the words of Docker.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d seconds", int(d.Seconds()))
	case d < 2*time.Minute:
		return "About a minute"
	case d < time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 2*time.Hour:
		return "About an hour"
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	case d < 14*day:
		return fmt.Sprintf("%d days", int(d/day))
	case d < 60*day:
		return fmt.Sprintf("%d weeks", int(d/(7*day)))
	}
	return fmt.Sprintf("%d months", int(d/(30*day)))
}
