package world

import (
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Sizes in bytes.
const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
	tib = 1 << 40
)

const day = 24 * time.Hour

// traffic is what goes through a network card and the disks of something.
type traffic struct{ in, out, read, write signal.Wave }

// newTraffic returns traffic of about volume bytes per second in either direction.
func newTraffic(s signal.Seed, volume float64) traffic {
	wave := func(name string) signal.Wave {
		v := volume * s.Between(name+"-volume", 0.4, 1.6)
		return signal.NewWave(s.Child(name), signal.Shape{Base: v * 0.2, Daily: v * 0.6, Noise: v * 0.3, Burst: v * 4})
	}
	return traffic{in: wave("in"), out: wave("out"), read: wave("read"), write: wave("write")}
}

// since returns the counters at a moment when they started at zero at boot.
func (t *traffic) since(boot, at time.Time) *resource.Traffic {
	return &resource.Traffic{
		NetIn: uint64(t.in.Total(boot, at)), NetOut: uint64(t.out.Total(boot, at)),
		DiskRead: uint64(t.read.Total(boot, at)), DiskWrite: uint64(t.write.Total(boot, at)),
	}
}

// rates returns the traffic of the moment.
func (t *traffic) rates(at time.Time) *resource.Rates {
	return &resource.Rates{NetIn: t.in.At(at), NetOut: t.out.At(at), DiskRead: t.read.At(at), DiskWrite: t.write.At(at)}
}

// machine is what every computer of the world has, real or virtual.
type machine struct {
	cpus               int
	memory, swap, disk uint64 // bytes
	cpu, mem, swapped  signal.Wave
	fill               signal.Fill
	boots              signal.Cycle
	traffic            traffic
	cool               float64 // °C of the processor when idle
}

// machineSize is how large a machine is and how busy, from 0 to 1.
type machineSize struct {
	cpus               int
	memory, swap, disk uint64
	busy               float64
}

// newMachine returns a machine that reboots every few weeks.
func newMachine(s signal.Seed, size machineSize) machine {
	b := size.busy
	low := s.Between("fill", 0.25, 0.55)
	return machine{
		cpus: size.cpus, memory: size.memory, swap: size.swap, disk: size.disk,
		cpu:     signal.NewWave(s.Child("cpu"), signal.Shape{Base: 0.01 + b*0.15, Daily: b * 0.45, Noise: 0.02 + b*0.2, Burst: 0.1 + b*0.4}),
		mem:     signal.NewWave(s.Child("mem"), signal.Shape{Base: 0.2 + b*0.35, Daily: b * 0.15, Noise: 0.04, Burst: 0.06}),
		swapped: signal.NewWave(s.Child("swap"), signal.Shape{Base: 0.02, Daily: b * 0.1, Noise: 0.02}),
		fill:    signal.Fill{Low: low, High: low + s.Between("rise", 0.04, 0.2), Cycle: rarely(s.Child("clean-up"), 40*day, 150*day)},
		boots:   rarely(s.Child("boots"), 20*day, 90*day),
		traffic: newTraffic(s.Child("traffic"), b*4e6),
		cool:    s.Between("cool", 34, 44),
	}
}

// rarely returns a cycle of a length between lo and hi, somewhere in its course.
func rarely(s signal.Seed, lo, hi time.Duration) signal.Cycle {
	every := s.Duration("every", lo, hi)
	return signal.Cycle{Every: every, Offset: s.Duration("offset", 0, every)}
}

// load is the part of the processors in use, from 0 to 1.
func (m *machine) load(at time.Time) float64 { return signal.Bounded(m.cpu.At(at)) }

// usage returns everything measured of a machine that has run since boot.
func (m *machine) usage(boot, at time.Time) resource.Usage {
	load := m.load(at)
	return resource.Usage{
		CPU:         new(load),
		Memory:      capacity(m.memory, signal.Bounded(m.mem.At(at))),
		Swap:        capacity(m.swap, signal.Bounded(m.swapped.At(at))),
		Disk:        capacity(m.disk, m.fill.At(at)),
		Temperature: new(m.cool + 32*load),
		Counters:    m.traffic.since(boot, at),
	}
}

// loadAverage returns the averages over 1, 5 and 15 minutes that go with the
// processor load: each is the load of the middle of its span.
func (m *machine) loadAverage(at time.Time) []float64 {
	averages := make([]float64, 0, 3)
	for _, span := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute} {
		averages = append(averages, round2(m.load(at.Add(-span/2))*float64(m.cpus)))
	}
	return averages
}

// capacity returns a size of which the given part is used.
func capacity(total uint64, part float64) resource.Capacity {
	return filled(total, uint64(float64(total)*part))
}

// filled returns a size of which used bytes are used.
func filled(total, used uint64) resource.Capacity {
	used = min(used, total)
	return resource.Capacity{Total: total, Used: used, Free: total - used}
}

// roundUp returns the next multiple of step at or above n.
func roundUp(n, step uint64) uint64 { return (n + step - 1) / step * step }

func round2(x float64) float64 { return float64(int64(x*100+0.5)) / 100 }
