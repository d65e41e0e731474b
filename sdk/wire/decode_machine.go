package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func decodeHost(p *pluginv1.Host) *resource.Host {
	if p == nil {
		return nil
	}
	return &resource.Host{
		Hostname:       p.GetHostname(),
		MachineID:      p.GetMachineId(),
		Platform:       p.GetPlatform(),
		OSName:         p.GetOsName(),
		OSVersion:      p.GetOsVersion(),
		Kernel:         p.GetKernel(),
		Architecture:   p.GetArchitecture(),
		CPUModel:       p.GetCpuModel(),
		CPUs:           decodeInt(p.GetCpus()),
		LoadAverage:    decodeFloats(p.GetLoadAverage()),
		ReportIP:       p.GetReportIp(),
		Filesystems:    decodeAll(p.GetFilesystems(), decodeFilesystem),
		DiskIO:         decodeAll(p.GetDiskIo(), decodeDiskIO),
		Interfaces:     decodeAll(p.GetInterfaces(), decodeInterface),
		Sensors:        decodeSensors(p.GetSensors()),
		RAID:           decodeAll(p.GetRaid(), decodeRAIDArray),
		Agent:          decodeAgent(p.GetAgent()),
		Cores:          decodeFloats(p.GetCores()),
		IOWait:         decodeFloat(p.GetIowait()),
		Steal:          decodeFloat(p.GetSteal()),
		Pressure:       decodePressure(p.GetPressure()),
		ARC:            p.GetArc(),
		NetworkMounts:  decodeAll(p.GetNetworkMounts(), decodeNetworkMount),
		Pools:          decodeAll(p.GetPools(), decodePool),
		Wear:           decodeAll(p.GetWear(), decodeDiskWear),
		GPUs:           decodeAll(p.GetGpus(), decodeGPU),
		FailedUnits:    p.GetFailedUnits(),
		Packages:       decodePackages(p.GetPackages()),
		Batteries:      decodeAll(p.GetBatteries(), decodeBattery),
		Virtualization: p.GetVirtualization(),
		Proxmox:        decodeProxmoxLink(p.GetProxmox()),
		Degraded:       decodeAll(p.GetDegraded(), decodeDegradedPart),
	}
}

func decodeAgent(p *pluginv1.Agent) resource.Agent {
	return resource.Agent{
		ID:              p.GetId(),
		Version:         p.GetVersion(),
		Interval:        DecodeDuration(p.GetInterval()),
		Legacy:          p.GetLegacy(),
		CommandsEnabled: p.GetCommandsEnabled(),
		Token:           decodeTokenRef(p.GetToken()),
		ClockSkew:       DecodeDuration(p.GetClockSkew()),
	}
}

func decodeTokenRef(p *pluginv1.TokenRef) resource.TokenRef {
	return resource.TokenRef{
		ID:       p.GetId(),
		Name:     p.GetName(),
		Hint:     p.GetHint(),
		LastUsed: DecodeTime(p.GetLastUsed()),
	}
}

func decodeFilesystem(p *pluginv1.Filesystem) resource.Filesystem {
	return resource.Filesystem{
		Mountpoint: p.GetMountpoint(),
		Device:     p.GetDevice(),
		Type:       p.GetType(),
		Capacity:   decodeCapacity(p.GetCapacity()),
	}
}

func decodeCapacity(p *pluginv1.Capacity) resource.Capacity {
	return resource.Capacity{
		Total: p.GetTotal(),
		Used:  p.GetUsed(),
		Free:  p.GetFree(),
	}
}

func decodeDiskIO(p *pluginv1.DiskIO) resource.DiskIO {
	return resource.DiskIO{
		Device:     p.GetDevice(),
		ReadBytes:  p.GetReadBytes(),
		WriteBytes: p.GetWriteBytes(),
		ReadOps:    p.GetReadOps(),
		WriteOps:   p.GetWriteOps(),
		ReadTime:   DecodeDuration(p.GetReadTime()),
		WriteTime:  DecodeDuration(p.GetWriteTime()),
		BusyTime:   DecodeDuration(p.GetBusyTime()),
	}
}

func decodeInterface(p *pluginv1.Interface) resource.Interface {
	return resource.Interface{
		Name:      p.GetName(),
		MAC:       p.GetMac(),
		Addresses: p.GetAddresses(),
		RxBytes:   p.GetRxBytes(),
		TxBytes:   p.GetTxBytes(),
		SpeedBits: p.GetSpeedBits(),
	}
}

func decodeSensors(p *pluginv1.Sensors) resource.Sensors {
	return resource.Sensors{
		Temperatures: decodeReadings(p.GetTemperatures()),
		Fans:         decodeReadings(p.GetFans()),
		Power:        decodeReadings(p.GetPower()),
		Additional:   decodeReadings(p.GetAdditional()),
		Disks:        decodeAll(p.GetDisks(), decodeDiskHealth),
	}
}

func decodeDiskHealth(p *pluginv1.DiskHealth) resource.DiskHealth {
	return resource.DiskHealth{
		Device:      p.GetDevice(),
		Model:       p.GetModel(),
		Serial:      p.GetSerial(),
		WWN:         p.GetWwn(),
		Transport:   p.GetTransport(),
		Temperature: decodeInt(p.GetTemperature()),
		Health:      p.GetHealth(),
		Standby:     p.GetStandby(),
	}
}

func decodeRAIDArray(p *pluginv1.RAIDArray) resource.RAIDArray {
	return resource.RAIDArray{
		Device:         p.GetDevice(),
		Name:           p.GetName(),
		Level:          p.GetLevel(),
		State:          p.GetState(),
		UUID:           p.GetUuid(),
		TotalDevices:   decodeInt(p.GetTotalDevices()),
		ActiveDevices:  decodeInt(p.GetActiveDevices()),
		WorkingDevices: decodeInt(p.GetWorkingDevices()),
		FailedDevices:  decodeInt(p.GetFailedDevices()),
		SpareDevices:   decodeInt(p.GetSpareDevices()),
		Devices:        decodeAll(p.GetDevices(), decodeRAIDDevice),
		Rebuild:        decodeFloat(p.GetRebuild()),
		RebuildSpeed:   p.GetRebuildSpeed(),
	}
}

func decodeRAIDDevice(p *pluginv1.RAIDDevice) resource.RAIDDevice {
	return resource.RAIDDevice{
		Device: p.GetDevice(),
		State:  p.GetState(),
		Slot:   decodeInt(p.GetSlot()),
	}
}
