package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func encodePressure(v *resource.Pressure) *pluginv1.Pressure {
	if v == nil {
		return nil
	}
	return &pluginv1.Pressure{
		Cpu:    encodeStall(v.CPU),
		Memory: encodeStall(v.Memory),
		Io:     encodeStall(v.IO),
	}
}

func encodeStall(v *resource.Stall) *pluginv1.Stall {
	if v == nil {
		return nil
	}
	return &pluginv1.Stall{
		Some: v.Some,
		Full: v.Full,
	}
}

func encodeNetworkMount(v *resource.NetworkMount) *pluginv1.NetworkMount {
	return &pluginv1.NetworkMount{
		Source:       v.Source,
		Mountpoint:   v.Mountpoint,
		Type:         v.Type,
		Capacity:     encodeCapacity(&v.Capacity),
		Unresponsive: v.Unresponsive,
	}
}

func encodePool(v *resource.Pool) *pluginv1.Pool {
	return &pluginv1.Pool{
		Name:           v.Name,
		State:          v.State,
		Capacity:       encodeCapacity(&v.Capacity),
		Fragmentation:  v.Fragmentation,
		Status:         v.Status,
		Scan:           v.Scan,
		ScannedAt:      EncodeTime(v.ScannedAt),
		ScanProgress:   v.ScanProgress,
		Errors:         v.Errors,
		ReadErrors:     v.ReadErrors,
		WriteErrors:    v.WriteErrors,
		ChecksumErrors: v.ChecksumErrors,
		Devices:        encodeAll(v.Devices, encodePoolDevice),
	}
}

func encodePoolDevice(v *resource.PoolDevice) *pluginv1.PoolDevice {
	return &pluginv1.PoolDevice{
		Name:  v.Name,
		State: v.State,
	}
}

func encodeDiskWear(v *resource.DiskWear) *pluginv1.DiskWear {
	return &pluginv1.DiskWear{
		Device:              v.Device,
		Size:                v.Size,
		Rotational:          v.Rotational,
		PowerOn:             EncodeDuration(v.PowerOn),
		Wear:                v.Wear,
		ReallocatedSectors:  v.ReallocatedSectors,
		PendingSectors:      v.PendingSectors,
		UncorrectableErrors: v.UncorrectableErrors,
		CrcErrors:           v.CRCErrors,
		Spare:               v.Spare,
		Written:             v.Written,
	}
}

func encodeGPU(v *resource.GPU) *pluginv1.GPU {
	return &pluginv1.GPU{
		Id:          v.ID,
		Name:        v.Name,
		Vendor:      v.Vendor,
		Usage:       v.Usage,
		Memory:      encodeCapacity(&v.Memory),
		Temperature: v.Temperature,
		Power:       v.Power,
		Fan:         v.Fan,
	}
}

func encodePackages(v *resource.Packages) *pluginv1.Packages {
	if v == nil {
		return nil
	}
	return &pluginv1.Packages{
		Manager:        v.Manager,
		Available:      int64(v.Available),
		Security:       int64(v.Security),
		RebootRequired: v.RebootRequired,
	}
}

func encodeBattery(v *resource.Battery) *pluginv1.Battery {
	return &pluginv1.Battery{
		Name:   v.Name,
		Charge: v.Charge,
		Status: v.Status,
		Health: v.Health,
		Power:  v.Power,
	}
}

func encodeProxmoxLink(v *resource.ProxmoxLink) *pluginv1.ProxmoxLink {
	if v == nil {
		return nil
	}
	return &pluginv1.ProxmoxLink{
		NodeName:  v.NodeName,
		Vmid:      int64(v.VMID),
		GuestUuid: v.GuestUUID,
	}
}

func encodeDegradedPart(v *resource.DegradedPart) *pluginv1.DegradedPart {
	return &pluginv1.DegradedPart{
		Part:   v.Part,
		Reason: v.Reason,
	}
}
