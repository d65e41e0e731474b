package resources

import (
	"reflect"
	"time"

	"github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// detailData renders what newer agents tell in the shape of their reports; nil
// when there is nothing of it.
func detailData(h *resource.Host) *report.HostDetail {
	d := report.HostDetail{
		IOWaitPercent: percent(h.IOWait), StealPercent: percent(h.Steal), ARCBytes: int64(h.ARC),
		NetworkMounts: convert(h.NetworkMounts, mountOf), Pools: convert(h.Pools, poolOf),
		Disks: convert(h.Wear, wearOf), GPUs: convert(h.GPUs, gpuOf), FailedUnits: h.FailedUnits,
		Batteries: convert(h.Batteries, batteryOf), Virtualization: h.Virtualization,
		Degraded: degradedParts(h.Degraded),
	}
	for _, core := range h.Cores {
		d.Cores = append(d.Cores, percent(core))
	}
	if p := h.Pressure; p != nil {
		d.Pressure = &report.Pressure{CPU: stallOf(p.CPU), Memory: stallOf(p.Memory), IO: stallOf(p.IO)}
	}
	if p := h.Packages; p != nil {
		d.Packages = &report.Packages{Manager: p.Manager, Available: p.Available, Security: p.Security, RebootRequired: p.RebootRequired}
	}
	if p := h.Proxmox; p != nil {
		d.Proxmox = &report.ProxmoxLink{NodeName: p.NodeName, VMID: p.VMID, GuestUUID: p.GuestUUID}
	}
	if reflect.ValueOf(d).IsZero() {
		return nil
	}
	return &d
}

func degradedParts(all []resource.DegradedPart) []report.DegradedPart {
	return convert(all, func(p *resource.DegradedPart) report.DegradedPart {
		return report.DegradedPart{Part: p.Part, Reason: p.Reason}
	})
}

// moment makes a time fit for JSON; the zero time stays that.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return unit.Time(t)
}

func stallOf(s *resource.Stall) *report.Stall {
	if s == nil {
		return nil
	}
	return &report.Stall{SomePercent: percent(s.Some), FullPercent: percent(s.Full)}
}

func mountOf(m *resource.NetworkMount) report.NetworkMount {
	return report.NetworkMount{
		Source: m.Source, Mountpoint: m.Mountpoint, Filesystem: m.Type, Unresponsive: m.Unresponsive,
		TotalBytes: int64(m.Total), UsedBytes: int64(m.Used), FreeBytes: int64(m.Free),
	}
}

func poolOf(p *resource.Pool) report.Pool {
	used, _ := p.Ratio()
	return report.Pool{
		Name: p.Name, State: p.State, TotalBytes: int64(p.Total), UsedBytes: int64(p.Used), FreeBytes: int64(p.Free),
		CapacityPercent: percent(used), FragmentationPercent: percent(p.Fragmentation), Status: p.Status,
		Scan: p.Scan, ScannedAt: moment(p.ScannedAt), ScanPercent: percent(p.ScanProgress), Errors: p.Errors,
		ReadErrors: p.ReadErrors, WriteErrors: p.WriteErrors, ChecksumErrors: p.ChecksumErrors,
		Devices: convert(p.Devices, func(d *resource.PoolDevice) report.PoolDevice {
			return report.PoolDevice{Name: d.Name, State: d.State}
		}),
	}
}

func wearOf(d *resource.DiskWear) report.DiskWear {
	return report.DiskWear{
		Device: d.Device, SizeBytes: int64(d.Size), Rotational: d.Rotational, PowerOnHours: uint64(d.PowerOn / time.Hour),
		WearPercent: optionalPercent(d.Wear), ReallocatedSectors: d.ReallocatedSectors, PendingSectors: d.PendingSectors,
		UncorrectableErrors: d.UncorrectableErrors, CRCErrors: d.CRCErrors, SparePercent: optionalPercent(d.Spare), WrittenBytes: d.Written,
	}
}

func gpuOf(g *resource.GPU) report.GPU {
	out := report.GPU{
		ID: g.ID, Name: g.Name, Vendor: g.Vendor, UsagePercent: optionalPercent(g.Usage),
		MemoryTotalBytes: int64(g.Memory.Total), MemoryUsedBytes: int64(g.Memory.Used),
		PowerWatts: unit.Finite(g.Power), FanPercent: percent(g.Fan),
	}
	if g.Temperature != nil {
		out.TemperatureCelsius = unit.Finite(*g.Temperature)
	}
	return out
}

func batteryOf(b *resource.Battery) report.Battery {
	return report.Battery{
		Name: b.Name, ChargePercent: percent(b.Charge), Status: b.Status, HealthPercent: percent(b.Health), PowerWatts: unit.Finite(b.Power),
	}
}

func optionalPercent(ratio *float64) *float64 {
	if ratio == nil {
		return nil
	}
	v := percent(*ratio)
	return &v
}

// convert maps a list; an empty one gives nil, which JSON then leaves out.
func convert[From, To any](from []From, one func(*From) To) []To {
	if len(from) == 0 {
		return nil
	}
	to := make([]To, len(from))
	for i := range from {
		to[i] = one(&from[i])
	}
	return to
}
