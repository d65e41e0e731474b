package report

import (
	"math"
	"slices"
	"time"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// addDetail puts what only newer agents tell into a host. Lists that are
// longer than any machine's are cut.
func addDetail(host *resource.Host, d *wire.HostDetail) {
	if d == nil {
		return
	}
	for _, percent := range cut(d.Cores) {
		host.Cores = append(host.Cores, part(percent))
	}
	host.IOWait, host.Steal, host.ARC = part(d.IOWaitPercent), part(d.StealPercent), positive(d.ARCBytes)
	host.Pressure = pressure(d.Pressure)
	host.NetworkMounts = convert(cut(d.NetworkMounts), networkMount)
	host.Pools = convert(cut(d.Pools), pool)
	host.Wear = convert(cut(d.Disks), wear)
	host.GPUs = convert(cut(d.GPUs), gpu)
	host.FailedUnits = slices.Clone(cut(d.FailedUnits))
	if p := d.Packages; p != nil {
		host.Packages = &resource.Packages{
			Manager: p.Manager, Available: p.Available, Security: p.Security, RebootRequired: p.RebootRequired,
		}
	}
	host.Batteries = convert(cut(d.Batteries), battery)
	host.Virtualization = d.Virtualization
	if p := d.Proxmox; p != nil {
		host.Proxmox = &resource.ProxmoxLink{NodeName: p.NodeName, VMID: p.VMID, GuestUUID: p.GuestUUID}
	}
	host.Degraded = degradedParts(d.Degraded)
}

func degradedParts(all []wire.DegradedPart) []resource.DegradedPart {
	return convert(cut(all), func(p *wire.DegradedPart) resource.DegradedPart {
		return resource.DegradedPart{Part: p.Part, Reason: p.Reason}
	})
}

func cut[T any](list []T) []T { return list[:min(len(list), maxItems)] }

func pressure(p *wire.Pressure) *resource.Pressure {
	if p == nil {
		return nil
	}
	return &resource.Pressure{CPU: stall(p.CPU), Memory: stall(p.Memory), IO: stall(p.IO)}
}

func stall(s *wire.Stall) *resource.Stall {
	if s == nil {
		return nil
	}
	return &resource.Stall{Some: part(s.SomePercent), Full: part(s.FullPercent)}
}

func networkMount(m *wire.NetworkMount) resource.NetworkMount {
	return resource.NetworkMount{
		Source: m.Source, Mountpoint: m.Mountpoint, Type: m.Filesystem, Unresponsive: m.Unresponsive,
		Capacity: resource.Capacity{Total: positive(m.TotalBytes), Used: positive(m.UsedBytes), Free: positive(m.FreeBytes)},
	}
}

func pool(p *wire.Pool) resource.Pool {
	return resource.Pool{
		Name: p.Name, State: p.State,
		Capacity:      resource.Capacity{Total: positive(p.TotalBytes), Used: positive(p.UsedBytes), Free: positive(p.FreeBytes)},
		Fragmentation: part(p.FragmentationPercent), Status: p.Status, Scan: p.Scan, ScannedAt: p.ScannedAt,
		ScanProgress: part(p.ScanPercent), Errors: p.Errors,
		ReadErrors: p.ReadErrors, WriteErrors: p.WriteErrors, ChecksumErrors: p.ChecksumErrors,
		Devices: convert(cut(p.Devices), func(d *wire.PoolDevice) resource.PoolDevice {
			return resource.PoolDevice{Name: d.Name, State: d.State}
		}),
	}
}

func wear(d *wire.DiskWear) resource.DiskWear {
	return resource.DiskWear{
		Device: d.Device, Size: positive(d.SizeBytes), Rotational: d.Rotational,
		PowerOn: time.Duration(min(d.PowerOnHours, maxSeconds/3600)) * time.Hour,
		Wear:    optional(d.WearPercent), ReallocatedSectors: d.ReallocatedSectors, PendingSectors: d.PendingSectors,
		UncorrectableErrors: d.UncorrectableErrors, CRCErrors: d.CRCErrors, Spare: optional(d.SparePercent), Written: d.WrittenBytes,
	}
}

func gpu(g *wire.GPU) resource.GPU {
	out := resource.GPU{
		ID: g.ID, Name: g.Name, Vendor: g.Vendor, Usage: optional(g.UsagePercent),
		Memory: resource.Capacity{
			Total: positive(g.MemoryTotalBytes), Used: positive(g.MemoryUsedBytes), Free: positive(g.MemoryTotalBytes - g.MemoryUsedBytes),
		},
		Power: atLeastZero(g.PowerWatts), Fan: part(g.FanPercent),
	}
	if t := g.TemperatureCelsius; t != 0 && isFinite(t) {
		out.Temperature = &t
	}
	return out
}

func battery(b *wire.Battery) resource.Battery {
	return resource.Battery{
		Name: b.Name, Charge: part(b.ChargePercent), Status: b.Status, Health: part(b.HealthPercent), Power: atLeastZero(b.PowerWatts),
	}
}

// part turns percent into a ratio from 0 to 1.
func part(percent float64) float64 {
	if !isFinite(percent) {
		return 0
	}
	return min(max(percent/100, 0), 1)
}

// optional turns percent into a ratio that may exceed 1; nil stays nil.
func optional(percent *float64) *float64 {
	if percent == nil || !isFinite(*percent) {
		return nil
	}
	ratio := max(*percent/100, 0)
	return &ratio
}

func atLeastZero(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return max(f, 0)
}
