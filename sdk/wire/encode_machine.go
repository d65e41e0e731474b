package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func encodeHost(v *resource.Host) *pluginv1.Host {
	if v == nil {
		return nil
	}
	return &pluginv1.Host{
		Hostname:       v.Hostname,
		MachineId:      v.MachineID,
		Platform:       v.Platform,
		OsName:         v.OSName,
		OsVersion:      v.OSVersion,
		Kernel:         v.Kernel,
		Architecture:   v.Architecture,
		CpuModel:       v.CPUModel,
		Cpus:           int64(v.CPUs),
		LoadAverage:    v.LoadAverage,
		ReportIp:       v.ReportIP,
		Filesystems:    encodeAll(v.Filesystems, encodeFilesystem),
		DiskIo:         encodeAll(v.DiskIO, encodeDiskIO),
		Interfaces:     encodeAll(v.Interfaces, encodeInterface),
		Sensors:        encodeSensors(&v.Sensors),
		Raid:           encodeAll(v.RAID, encodeRAIDArray),
		Agent:          encodeAgent(&v.Agent),
		Cores:          v.Cores,
		Iowait:         v.IOWait,
		Steal:          v.Steal,
		Pressure:       encodePressure(v.Pressure),
		Arc:            v.ARC,
		NetworkMounts:  encodeAll(v.NetworkMounts, encodeNetworkMount),
		Pools:          encodeAll(v.Pools, encodePool),
		Wear:           encodeAll(v.Wear, encodeDiskWear),
		Gpus:           encodeAll(v.GPUs, encodeGPU),
		FailedUnits:    v.FailedUnits,
		Packages:       encodePackages(v.Packages),
		Batteries:      encodeAll(v.Batteries, encodeBattery),
		Virtualization: v.Virtualization,
		Proxmox:        encodeProxmoxLink(v.Proxmox),
		Degraded:       encodeAll(v.Degraded, encodeDegradedPart),
	}
}

func encodeAgent(v *resource.Agent) *pluginv1.Agent {
	if *v == (resource.Agent{}) {
		return nil
	}
	return &pluginv1.Agent{
		Id:              v.ID,
		Version:         v.Version,
		Interval:        EncodeDuration(v.Interval),
		Legacy:          v.Legacy,
		CommandsEnabled: v.CommandsEnabled,
		Token:           encodeTokenRef(&v.Token),
		ClockSkew:       EncodeDuration(v.ClockSkew),
	}
}

func encodeTokenRef(v *resource.TokenRef) *pluginv1.TokenRef {
	if *v == (resource.TokenRef{}) {
		return nil
	}
	return &pluginv1.TokenRef{
		Id:       v.ID,
		Name:     v.Name,
		Hint:     v.Hint,
		LastUsed: EncodeTime(v.LastUsed),
	}
}

func encodeFilesystem(v *resource.Filesystem) *pluginv1.Filesystem {
	return &pluginv1.Filesystem{
		Mountpoint: v.Mountpoint,
		Device:     v.Device,
		Type:       v.Type,
		Capacity:   encodeCapacity(&v.Capacity),
	}
}

func encodeCapacity(v *resource.Capacity) *pluginv1.Capacity {
	if *v == (resource.Capacity{}) {
		return nil
	}
	return &pluginv1.Capacity{
		Total: v.Total,
		Used:  v.Used,
		Free:  v.Free,
	}
}

func encodeDiskIO(v *resource.DiskIO) *pluginv1.DiskIO {
	return &pluginv1.DiskIO{
		Device:     v.Device,
		ReadBytes:  v.ReadBytes,
		WriteBytes: v.WriteBytes,
		ReadOps:    v.ReadOps,
		WriteOps:   v.WriteOps,
		ReadTime:   EncodeDuration(v.ReadTime),
		WriteTime:  EncodeDuration(v.WriteTime),
		BusyTime:   EncodeDuration(v.BusyTime),
	}
}

func encodeInterface(v *resource.Interface) *pluginv1.Interface {
	return &pluginv1.Interface{
		Name:      v.Name,
		Mac:       v.MAC,
		Addresses: v.Addresses,
		RxBytes:   v.RxBytes,
		TxBytes:   v.TxBytes,
		SpeedBits: v.SpeedBits,
	}
}

func encodeSensors(v *resource.Sensors) *pluginv1.Sensors {
	return &pluginv1.Sensors{
		Temperatures: v.Temperatures,
		Fans:         v.Fans,
		Power:        v.Power,
		Additional:   v.Additional,
		Disks:        encodeAll(v.Disks, encodeDiskHealth),
	}
}

func encodeDiskHealth(v *resource.DiskHealth) *pluginv1.DiskHealth {
	return &pluginv1.DiskHealth{
		Device:      v.Device,
		Model:       v.Model,
		Serial:      v.Serial,
		Wwn:         v.WWN,
		Transport:   v.Transport,
		Temperature: int64(v.Temperature),
		Health:      v.Health,
		Standby:     v.Standby,
	}
}

func encodeRAIDArray(v *resource.RAIDArray) *pluginv1.RAIDArray {
	return &pluginv1.RAIDArray{
		Device:         v.Device,
		Name:           v.Name,
		Level:          v.Level,
		State:          v.State,
		Uuid:           v.UUID,
		TotalDevices:   int64(v.TotalDevices),
		ActiveDevices:  int64(v.ActiveDevices),
		WorkingDevices: int64(v.WorkingDevices),
		FailedDevices:  int64(v.FailedDevices),
		SpareDevices:   int64(v.SpareDevices),
		Devices:        encodeAll(v.Devices, encodeRAIDDevice),
		Rebuild:        v.Rebuild,
		RebuildSpeed:   v.RebuildSpeed,
	}
}

func encodeRAIDDevice(v *resource.RAIDDevice) *pluginv1.RAIDDevice {
	return &pluginv1.RAIDDevice{
		Device: v.Device,
		State:  v.State,
		Slot:   int64(v.Slot),
	}
}
