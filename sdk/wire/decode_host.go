package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func decodePressure(p *pluginv1.Pressure) *resource.Pressure {
	if p == nil {
		return nil
	}
	return &resource.Pressure{
		CPU:    decodeStall(p.GetCpu()),
		Memory: decodeStall(p.GetMemory()),
		IO:     decodeStall(p.GetIo()),
	}
}

func decodeStall(p *pluginv1.Stall) *resource.Stall {
	if p == nil {
		return nil
	}
	return &resource.Stall{
		Some: decodeFloat(p.GetSome()),
		Full: decodeFloat(p.GetFull()),
	}
}

func decodeNetworkMount(p *pluginv1.NetworkMount) resource.NetworkMount {
	return resource.NetworkMount{
		Source:       p.GetSource(),
		Mountpoint:   p.GetMountpoint(),
		Type:         p.GetType(),
		Capacity:     decodeCapacity(p.GetCapacity()),
		Unresponsive: p.GetUnresponsive(),
	}
}

func decodePool(p *pluginv1.Pool) resource.Pool {
	return resource.Pool{
		Name:           p.GetName(),
		State:          p.GetState(),
		Capacity:       decodeCapacity(p.GetCapacity()),
		Fragmentation:  decodeFloat(p.GetFragmentation()),
		Status:         p.GetStatus(),
		Scan:           p.GetScan(),
		ScannedAt:      DecodeTime(p.GetScannedAt()),
		ScanProgress:   decodeFloat(p.GetScanProgress()),
		Errors:         p.GetErrors(),
		ReadErrors:     p.GetReadErrors(),
		WriteErrors:    p.GetWriteErrors(),
		ChecksumErrors: p.GetChecksumErrors(),
		Devices:        decodeAll(p.GetDevices(), decodePoolDevice),
	}
}

func decodePoolDevice(p *pluginv1.PoolDevice) resource.PoolDevice {
	return resource.PoolDevice{
		Name:  p.GetName(),
		State: p.GetState(),
	}
}

func decodeDiskWear(p *pluginv1.DiskWear) resource.DiskWear {
	return resource.DiskWear{
		Device:              p.GetDevice(),
		Size:                p.GetSize(),
		Rotational:          p.GetRotational(),
		PowerOn:             DecodeDuration(p.GetPowerOn()),
		Wear:                decodeOptional(p.Wear),
		ReallocatedSectors:  p.GetReallocatedSectors(),
		PendingSectors:      p.GetPendingSectors(),
		UncorrectableErrors: p.GetUncorrectableErrors(),
		CRCErrors:           p.GetCrcErrors(),
		Spare:               decodeOptional(p.Spare),
		Written:             p.GetWritten(),
	}
}

func decodeGPU(p *pluginv1.GPU) resource.GPU {
	return resource.GPU{
		ID:          p.GetId(),
		Name:        p.GetName(),
		Vendor:      p.GetVendor(),
		Usage:       decodeOptional(p.Usage),
		Memory:      decodeCapacity(p.GetMemory()),
		Temperature: decodeOptional(p.Temperature),
		Power:       decodeFloat(p.GetPower()),
		Fan:         decodeFloat(p.GetFan()),
	}
}

func decodePackages(p *pluginv1.Packages) *resource.Packages {
	if p == nil {
		return nil
	}
	return &resource.Packages{
		Manager:        p.GetManager(),
		Available:      decodeInt(p.GetAvailable()),
		Security:       decodeInt(p.GetSecurity()),
		RebootRequired: p.GetRebootRequired(),
	}
}

func decodeBattery(p *pluginv1.Battery) resource.Battery {
	return resource.Battery{
		Name:   p.GetName(),
		Charge: decodeFloat(p.GetCharge()),
		Status: p.GetStatus(),
		Health: decodeFloat(p.GetHealth()),
		Power:  decodeFloat(p.GetPower()),
	}
}

func decodeProxmoxLink(p *pluginv1.ProxmoxLink) *resource.ProxmoxLink {
	if p == nil {
		return nil
	}
	return &resource.ProxmoxLink{
		NodeName:  p.GetNodeName(),
		VMID:      decodeInt(p.GetVmid()),
		GuestUUID: p.GetGuestUuid(),
	}
}

func decodeDegradedPart(p *pluginv1.DegradedPart) resource.DegradedPart {
	return resource.DegradedPart{
		Part:   p.GetPart(),
		Reason: p.GetReason(),
	}
}
