package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func decodeNode(p *pluginv1.Node) *resource.Node {
	if p == nil {
		return nil
	}
	return &resource.Node{
		Host:            p.GetHost(),
		GuestURL:        p.GetGuestUrl(),
		Version:         p.GetVersion(),
		Kernel:          p.GetKernel(),
		CPUModel:        p.GetCpuModel(),
		CPUs:            decodeInt(p.GetCpus()),
		Sockets:         decodeInt(p.GetSockets()),
		Cores:           decodeInt(p.GetCores()),
		CPUMHz:          decodeFloat(p.GetCpuMhz()),
		LoadAverage:     decodeFloats(p.GetLoadAverage()),
		ClusterName:     p.GetClusterName(),
		Connection:      p.GetConnection(),
		Temperatures:    decodeNodeTemperatures(p.GetTemperatures()),
		LinkedHostAgent: p.GetLinkedHostAgent(),
		PendingUpdates:  decodeInt(p.GetPendingUpdates()),
	}
}

func decodeNodeTemperatures(p *pluginv1.NodeTemperatures) *resource.NodeTemperatures {
	if p == nil {
		return nil
	}
	return &resource.NodeTemperatures{
		CPUPackage:   decodeFloat(p.GetCpuPackage()),
		CPUMax:       decodeFloat(p.GetCpuMax()),
		CPUMin:       decodeFloat(p.GetCpuMin()),
		CPUMaxRecord: decodeFloat(p.GetCpuMaxRecord()),
		MinRecorded:  DecodeTime(p.GetMinRecorded()),
		MaxRecorded:  DecodeTime(p.GetMaxRecorded()),
		Cores:        decodeAll(p.GetCores(), decodeCoreTemperature),
		GPUs:         decodeAll(p.GetGpus(), decodeGPUTemperature),
		NVMe:         decodeAll(p.GetNvme(), decodeDeviceTemperature),
		Disks:        decodeAll(p.GetDisks(), decodeDiskTemperature),
		ReadAt:       DecodeTime(p.GetReadAt()),
	}
}

func decodeCoreTemperature(p *pluginv1.CoreTemperature) resource.CoreTemperature {
	return resource.CoreTemperature{
		Core:        decodeInt(p.GetCore()),
		Temperature: decodeFloat(p.GetTemperature()),
	}
}

func decodeGPUTemperature(p *pluginv1.GPUTemperature) resource.GPUTemperature {
	return resource.GPUTemperature{
		Device:   p.GetDevice(),
		Edge:     decodeFloat(p.GetEdge()),
		Junction: decodeFloat(p.GetJunction()),
		Memory:   decodeFloat(p.GetMemory()),
	}
}

func decodeDeviceTemperature(p *pluginv1.DeviceTemperature) resource.DeviceTemperature {
	return resource.DeviceTemperature{
		Device:      p.GetDevice(),
		Temperature: decodeFloat(p.GetTemperature()),
	}
}

func decodeDiskTemperature(p *pluginv1.DiskTemperature) resource.DiskTemperature {
	return resource.DiskTemperature{
		Device:         p.GetDevice(),
		Serial:         p.GetSerial(),
		WWN:            p.GetWwn(),
		Model:          p.GetModel(),
		Transport:      p.GetTransport(),
		Temperature:    decodeInt(p.GetTemperature()),
		ReadAt:         DecodeTime(p.GetReadAt()),
		StandbySkipped: p.GetStandbySkipped(),
	}
}

func decodeGuest(p *pluginv1.Guest) *resource.Guest {
	if p == nil {
		return nil
	}
	return &resource.Guest{
		Node:         p.GetNode(),
		VMID:         decodeInt(p.GetVmid()),
		CPUs:         decodeInt(p.GetCpus()),
		Template:     p.GetTemplate(),
		OCI:          p.GetOci(),
		OSTemplate:   p.GetOsTemplate(),
		OSName:       p.GetOsName(),
		OSVersion:    p.GetOsVersion(),
		AgentVersion: p.GetAgentVersion(),
		Addresses:    p.GetAddresses(),
		Interfaces:   decodeAll(p.GetInterfaces(), decodeInterface),
		Filesystems:  decodeAll(p.GetFilesystems(), decodeFilesystem),
		DiskUnknown:  p.GetDiskUnknown(),
		MemorySource: p.GetMemorySource(),
		Balloon:      p.GetBalloon(),
		Lock:         p.GetLock(),
		HAState:      p.GetHaState(),
		LastBackup:   DecodeTime(p.GetLastBackup()),
	}
}

func decodeStorage(p *pluginv1.Storage) *resource.Storage {
	if p == nil {
		return nil
	}
	return &resource.Storage{
		Node:    p.GetNode(),
		Type:    p.GetType(),
		Content: p.GetContent(),
		Shared:  p.GetShared(),
		Enabled: p.GetEnabled(),
		Active:  p.GetActive(),
		Nodes:   p.GetNodes(),
		ZFS:     decodeZFSPool(p.GetZfs()),
	}
}

func decodeZFSPool(p *pluginv1.ZFSPool) *resource.ZFSPool {
	if p == nil {
		return nil
	}
	return &resource.ZFSPool{
		Name:           p.GetName(),
		State:          p.GetState(),
		Status:         p.GetStatus(),
		Scan:           p.GetScan(),
		ReadErrors:     p.GetReadErrors(),
		WriteErrors:    p.GetWriteErrors(),
		ChecksumErrors: p.GetChecksumErrors(),
		Devices:        decodeAll(p.GetDevices(), decodeZFSDevice),
	}
}

func decodeZFSDevice(p *pluginv1.ZFSDevice) resource.ZFSDevice {
	return resource.ZFSDevice{
		Name:           p.GetName(),
		Type:           p.GetType(),
		State:          p.GetState(),
		Message:        p.GetMessage(),
		ReadErrors:     p.GetReadErrors(),
		WriteErrors:    p.GetWriteErrors(),
		ChecksumErrors: p.GetChecksumErrors(),
	}
}

func decodeDisk(p *pluginv1.Disk) *resource.Disk {
	if p == nil {
		return nil
	}
	return &resource.Disk{
		Node:        p.GetNode(),
		Device:      p.GetDevice(),
		Model:       p.GetModel(),
		Serial:      p.GetSerial(),
		WWN:         p.GetWwn(),
		Transport:   p.GetTransport(),
		Size:        p.GetSize(),
		Health:      p.GetHealth(),
		LifeLeft:    decodeOptional(p.LifeLeft),
		Temperature: decodeInt(p.GetTemperature()),
		RPM:         decodeInt(p.GetRpm()),
		UsedFor:     p.GetUsedFor(),
		CheckedAt:   DecodeTime(p.GetCheckedAt()),
	}
}

func decodeCeph(p *pluginv1.Ceph) *resource.Ceph {
	if p == nil {
		return nil
	}
	return &resource.Ceph{
		FSID:          p.GetFsid(),
		Health:        p.GetHealth(),
		HealthMessage: p.GetHealthMessage(),
		Mons:          decodeInt(p.GetMons()),
		Mgrs:          decodeInt(p.GetMgrs()),
		OSDs:          decodeInt(p.GetOsds()),
		OSDsUp:        decodeInt(p.GetOsdsUp()),
		OSDsIn:        decodeInt(p.GetOsdsIn()),
		PGs:           decodeInt(p.GetPgs()),
		Pools:         decodeAll(p.GetPools(), decodeCephPool),
		Services:      decodeAll(p.GetServices(), decodeCephService),
	}
}

func decodeCephPool(p *pluginv1.CephPool) resource.CephPool {
	return resource.CephPool{
		ID:        decodeInt(p.GetId()),
		Name:      p.GetName(),
		Stored:    p.GetStored(),
		Available: p.GetAvailable(),
		Objects:   p.GetObjects(),
		UsedRatio: decodeFloat(p.GetUsedRatio()),
	}
}

func decodeCephService(p *pluginv1.CephService) resource.CephService {
	return resource.CephService{
		Type:    p.GetType(),
		Running: decodeInt(p.GetRunning()),
		Total:   decodeInt(p.GetTotal()),
		Message: p.GetMessage(),
	}
}

func decodeReplication(p *pluginv1.Replication) *resource.Replication {
	if p == nil {
		return nil
	}
	return &resource.Replication{
		JobID:            p.GetJobId(),
		Schedule:         p.GetSchedule(),
		Type:             p.GetType(),
		JobNumber:        decodeInt(p.GetJobNumber()),
		GuestID:          decodeInt(p.GetGuestId()),
		GuestName:        p.GetGuestName(),
		GuestType:        p.GetGuestType(),
		GuestNode:        p.GetGuestNode(),
		SourceNode:       p.GetSourceNode(),
		SourceStorage:    p.GetSourceStorage(),
		TargetNode:       p.GetTargetNode(),
		TargetStorage:    p.GetTargetStorage(),
		Enabled:          p.GetEnabled(),
		State:            p.GetState(),
		LastSyncStatus:   p.GetLastSyncStatus(),
		LastSync:         DecodeTime(p.GetLastSync()),
		NextSync:         DecodeTime(p.GetNextSync()),
		LastSyncDuration: DecodeDuration(p.GetLastSyncDuration()),
		FailCount:        decodeInt(p.GetFailCount()),
		Error:            p.GetError(),
		Comment:          p.GetComment(),
		RemoveJob:        p.GetRemoveJob(),
		RateLimit:        decodeFloat(p.GetRateLimit()),
	}
}
