package report

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// hostResource converts what an agent says of its machine. The id is the one the hub keeps it under.
func hostResource(r *wire.Host, id string, agent resource.Agent) resource.Resource {
	agent.CommandsEnabled = r.Agent.CommandsEnabled
	host := &resource.Host{
		Hostname: r.Host.Hostname, MachineID: r.Host.MachineID, Platform: Platform(r),
		OSName: r.Host.OSName, OSVersion: r.Host.OSVersion,
		Kernel: r.Host.KernelVersion, Architecture: r.Host.Architecture,
		CPUModel: r.Host.CPUModel, CPUs: max(r.Host.CPUCount, 0),
		LoadAverage: finite(r.Host.LoadAverage), ReportIP: r.Host.ReportIP,
		Filesystems: filesystems(r.Disks), DiskIO: diskIO(r.DiskIO), Interfaces: interfaces(r.Network),
		Sensors: sensors(&r.Sensors), RAID: arrays(r.RAID),
		Agent: agent,
	}
	addDetail(host, r.Detail)
	out := resource.Resource{
		ID: id, Kind: resource.KindHost, Name: r.Host.Hostname, DisplayName: r.Host.DisplayName,
		Status: resource.StatusRunning, Tags: r.Tags, Uptime: seconds(r.Host.UptimeSeconds), Detail: host,
	}
	out.Usage, out.Metrics = usage(r, host), power(host.Sensors.Power)
	if degraded(host.RAID) {
		out.Status, out.StatusReason = resource.StatusDegraded, "a RAID array is degraded"
	}
	return out
}

func usage(r *wire.Host, host *resource.Host) resource.Usage {
	return resource.Usage{
		CPU: wholeRatio(r.Metrics.CPUUsagePercent), Memory: memory(&r.Metrics.Memory), Swap: swap(&r.Metrics.Memory),
		Disk: mainDisk(host.Filesystems), Temperature: hottest(host.Sensors.Temperatures),
		Counters: traffic(host.Interfaces, host.DiskIO),
	}
}

// power makes a series of each figure, for the history.
func power(watts map[string]float64) []resource.Metric {
	var out []resource.Metric
	for _, sensor := range slices.Sorted(maps.Keys(watts)) {
		if isFinite(watts[sensor]) {
			out = append(out, resource.Metric{
				Name: "power", Value: watts[sensor], Unit: resource.UnitWatts, Labels: map[string]string{"sensor": sensor},
			})
		}
	}
	return out
}

// wholeRatio is the busy part of all processors of a machine together.
func wholeRatio(percent float64) *float64 {
	if !isFinite(percent) {
		return nil
	}
	ratio := part(percent)
	return &ratio
}

// coreRatio is how many cores something uses.
func coreRatio(percent float64) *float64 {
	return optional(&percent)
}

func memory(m *wire.Memory) resource.Capacity {
	return resource.Capacity{Total: positive(m.TotalBytes), Used: positive(m.UsedBytes), Free: positive(m.FreeBytes)}
}

func swap(m *wire.Memory) resource.Capacity {
	return resource.Capacity{
		Total: positive(m.SwapTotalBytes), Used: positive(m.SwapUsedBytes), Free: positive(m.SwapTotalBytes - m.SwapUsedBytes),
	}
}

// mainDisk is the root file system, else the largest one.
func mainDisk(all []resource.Filesystem) resource.Capacity {
	var largest resource.Capacity
	for _, filesystem := range all {
		if filesystem.Mountpoint == "/" || strings.EqualFold(filesystem.Mountpoint, `C:\`) {
			return filesystem.Capacity
		}
		if filesystem.Total > largest.Total {
			largest = filesystem.Capacity
		}
	}
	return largest
}

// hottest returns the package temperature, else the highest of the cores.
func hottest(temperatures map[string]float64) *float64 {
	if t, ok := temperatures["cpu_package"]; ok {
		return &t
	}
	var highest *float64
	for name, t := range temperatures {
		if strings.HasPrefix(name, "cpu_") && (highest == nil || t > *highest) {
			highest = &t
		}
	}
	return highest
}

// traffic sums the counters of the machine; nil when it reports none.
func traffic(interfaces []resource.Interface, disks []resource.DiskIO) *resource.Traffic {
	if len(interfaces) == 0 && len(disks) == 0 {
		return nil
	}
	var t resource.Traffic
	for _, nic := range interfaces {
		if countsTwice(nic.Name) {
			continue
		}
		t.NetIn += nic.RxBytes
		t.NetOut += nic.TxBytes
	}
	for _, disk := range disks {
		t.DiskRead += disk.ReadBytes
		t.DiskWrite += disk.WriteBytes
	}
	return &t
}

// countsTwice reports whether what goes through an interface also goes through another one.
func countsTwice(name string) bool {
	for _, prefix := range []string{"lo", "docker", "br-", "veth", "virbr", "tap", "fwbr", "fwpr", "fwln", "vmbr", "cni", "flannel", "cali"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func diskIO(all []wire.DiskIO) []resource.DiskIO {
	var out []resource.DiskIO
	for _, d := range all {
		out = append(out, resource.DiskIO{
			Device: d.Device, ReadBytes: d.ReadBytes, WriteBytes: d.WriteBytes, ReadOps: d.ReadOps, WriteOps: d.WriteOps,
			ReadTime: milliseconds(d.ReadTimeMs), WriteTime: milliseconds(d.WriteTimeMs), BusyTime: milliseconds(d.IOTimeMs),
		})
	}
	return out
}

func interfaces(all []wire.NIC) []resource.Interface {
	var out []resource.Interface
	for _, n := range all {
		out = append(out, resource.Interface{
			Name: n.Name, MAC: n.MAC, Addresses: n.Addresses, RxBytes: n.RxBytes, TxBytes: n.TxBytes,
			SpeedBits: positive(min(n.SpeedMbps, math.MaxInt64/1_000_000) * 1_000_000),
		})
	}
	return out
}

func sensors(s *wire.Sensors) resource.Sensors {
	out := resource.Sensors{
		Temperatures: s.TemperatureCelsius, Fans: s.FanRPM, Power: s.PowerWatts, Additional: s.Additional,
	}
	for _, d := range s.SMART {
		out.Disks = append(out.Disks, resource.DiskHealth{
			Device: d.Device, Model: d.Model, Serial: d.Serial, WWN: d.WWN,
			Transport: d.Type, Temperature: d.Temperature, Health: d.Health, Standby: d.Standby,
		})
	}
	return out
}

func arrays(all []wire.RAIDArray) []resource.RAIDArray {
	var out []resource.RAIDArray
	for _, a := range all {
		array := resource.RAIDArray{
			Device: a.Device, Name: a.Name, Level: a.Level, State: a.State, UUID: a.UUID,
			TotalDevices: a.TotalDevices, ActiveDevices: a.ActiveDevices, WorkingDevices: a.WorkingDevices,
			FailedDevices: a.FailedDevices, SpareDevices: a.SpareDevices,
			Rebuild: min(max(a.RebuildPercent/100, 0), 1), RebuildSpeed: a.RebuildSpeed,
		}
		for _, d := range a.Devices {
			array.Devices = append(array.Devices, resource.RAIDDevice{Device: d.Device, State: d.State, Slot: d.Slot})
		}
		out = append(out, array)
	}
	return out
}

func degraded(all []resource.RAIDArray) bool {
	for _, array := range all {
		if array.FailedDevices > 0 || strings.Contains(array.State, "degraded") {
			return true
		}
	}
	return false
}

// Platform returns the platform of a machine in lower case.
func Platform(r *wire.Host) string { return strings.ToLower(strings.TrimSpace(r.Host.Platform)) }

// maxSeconds keeps a number of seconds within what a time.Duration holds, about a hundred years.
const maxSeconds = 100 * 366 * 24 * 3600

func seconds(n int64) time.Duration {
	return time.Duration(min(max(n, 0), maxSeconds)) * time.Second
}

func milliseconds(n uint64) time.Duration {
	return time.Duration(min(n, maxSeconds*1000)) * time.Millisecond
}

func positive(n int64) uint64 { return uint64(max(n, 0)) }

func isFinite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

func finite(all []float64) []float64 {
	for _, f := range all {
		if !isFinite(f) {
			return nil
		}
	}
	return all
}
