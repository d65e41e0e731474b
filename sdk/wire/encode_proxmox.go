package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func encodeNode(v *resource.Node) *pluginv1.Node {
	if v == nil {
		return nil
	}
	return &pluginv1.Node{
		Host:            v.Host,
		GuestUrl:        v.GuestURL,
		Version:         v.Version,
		Kernel:          v.Kernel,
		CpuModel:        v.CPUModel,
		Cpus:            int64(v.CPUs),
		Sockets:         int64(v.Sockets),
		Cores:           int64(v.Cores),
		CpuMhz:          v.CPUMHz,
		LoadAverage:     v.LoadAverage,
		ClusterName:     v.ClusterName,
		Connection:      v.Connection,
		Temperatures:    encodeNodeTemperatures(v.Temperatures),
		LinkedHostAgent: v.LinkedHostAgent,
		PendingUpdates:  int64(v.PendingUpdates),
	}
}

func encodeNodeTemperatures(v *resource.NodeTemperatures) *pluginv1.NodeTemperatures {
	if v == nil {
		return nil
	}
	return &pluginv1.NodeTemperatures{
		CpuPackage:   v.CPUPackage,
		CpuMax:       v.CPUMax,
		CpuMin:       v.CPUMin,
		CpuMaxRecord: v.CPUMaxRecord,
		MinRecorded:  EncodeTime(v.MinRecorded),
		MaxRecorded:  EncodeTime(v.MaxRecorded),
		Cores:        encodeAll(v.Cores, encodeCoreTemperature),
		Gpus:         encodeAll(v.GPUs, encodeGPUTemperature),
		Nvme:         encodeAll(v.NVMe, encodeDeviceTemperature),
		Disks:        encodeAll(v.Disks, encodeDiskTemperature),
		ReadAt:       EncodeTime(v.ReadAt),
	}
}

func encodeCoreTemperature(v *resource.CoreTemperature) *pluginv1.CoreTemperature {
	return &pluginv1.CoreTemperature{
		Core:        int64(v.Core),
		Temperature: v.Temperature,
	}
}

func encodeGPUTemperature(v *resource.GPUTemperature) *pluginv1.GPUTemperature {
	return &pluginv1.GPUTemperature{
		Device:   v.Device,
		Edge:     v.Edge,
		Junction: v.Junction,
		Memory:   v.Memory,
	}
}

func encodeDeviceTemperature(v *resource.DeviceTemperature) *pluginv1.DeviceTemperature {
	return &pluginv1.DeviceTemperature{
		Device:      v.Device,
		Temperature: v.Temperature,
	}
}

func encodeDiskTemperature(v *resource.DiskTemperature) *pluginv1.DiskTemperature {
	return &pluginv1.DiskTemperature{
		Device:         v.Device,
		Serial:         v.Serial,
		Wwn:            v.WWN,
		Model:          v.Model,
		Transport:      v.Transport,
		Temperature:    int64(v.Temperature),
		ReadAt:         EncodeTime(v.ReadAt),
		StandbySkipped: v.StandbySkipped,
	}
}

func encodeGuest(v *resource.Guest) *pluginv1.Guest {
	if v == nil {
		return nil
	}
	return &pluginv1.Guest{
		Node:         v.Node,
		Vmid:         int64(v.VMID),
		Cpus:         int64(v.CPUs),
		Template:     v.Template,
		Oci:          v.OCI,
		OsTemplate:   v.OSTemplate,
		OsName:       v.OSName,
		OsVersion:    v.OSVersion,
		AgentVersion: v.AgentVersion,
		Addresses:    v.Addresses,
		Interfaces:   encodeAll(v.Interfaces, encodeInterface),
		Filesystems:  encodeAll(v.Filesystems, encodeFilesystem),
		DiskUnknown:  v.DiskUnknown,
		MemorySource: v.MemorySource,
		Balloon:      v.Balloon,
		Lock:         v.Lock,
		HaState:      v.HAState,
		LastBackup:   EncodeTime(v.LastBackup),
	}
}

func encodeStorage(v *resource.Storage) *pluginv1.Storage {
	if v == nil {
		return nil
	}
	return &pluginv1.Storage{
		Node:    v.Node,
		Type:    v.Type,
		Content: v.Content,
		Shared:  v.Shared,
		Enabled: v.Enabled,
		Active:  v.Active,
		Nodes:   v.Nodes,
		Zfs:     encodeZFSPool(v.ZFS),
	}
}

func encodeZFSPool(v *resource.ZFSPool) *pluginv1.ZFSPool {
	if v == nil {
		return nil
	}
	return &pluginv1.ZFSPool{
		Name:           v.Name,
		State:          v.State,
		Status:         v.Status,
		Scan:           v.Scan,
		ReadErrors:     v.ReadErrors,
		WriteErrors:    v.WriteErrors,
		ChecksumErrors: v.ChecksumErrors,
		Devices:        encodeAll(v.Devices, encodeZFSDevice),
	}
}

func encodeZFSDevice(v *resource.ZFSDevice) *pluginv1.ZFSDevice {
	return &pluginv1.ZFSDevice{
		Name:           v.Name,
		Type:           v.Type,
		State:          v.State,
		Message:        v.Message,
		ReadErrors:     v.ReadErrors,
		WriteErrors:    v.WriteErrors,
		ChecksumErrors: v.ChecksumErrors,
	}
}

func encodeDisk(v *resource.Disk) *pluginv1.Disk {
	if v == nil {
		return nil
	}
	return &pluginv1.Disk{
		Node:        v.Node,
		Device:      v.Device,
		Model:       v.Model,
		Serial:      v.Serial,
		Wwn:         v.WWN,
		Transport:   v.Transport,
		Size:        v.Size,
		Health:      v.Health,
		LifeLeft:    v.LifeLeft,
		Temperature: int64(v.Temperature),
		Rpm:         int64(v.RPM),
		UsedFor:     v.UsedFor,
		CheckedAt:   EncodeTime(v.CheckedAt),
	}
}

func encodeCeph(v *resource.Ceph) *pluginv1.Ceph {
	if v == nil {
		return nil
	}
	return &pluginv1.Ceph{
		Fsid:          v.FSID,
		Health:        v.Health,
		HealthMessage: v.HealthMessage,
		Mons:          int64(v.Mons),
		Mgrs:          int64(v.Mgrs),
		Osds:          int64(v.OSDs),
		OsdsUp:        int64(v.OSDsUp),
		OsdsIn:        int64(v.OSDsIn),
		Pgs:           int64(v.PGs),
		Pools:         encodeAll(v.Pools, encodeCephPool),
		Services:      encodeAll(v.Services, encodeCephService),
	}
}

func encodeCephPool(v *resource.CephPool) *pluginv1.CephPool {
	return &pluginv1.CephPool{
		Id:        int64(v.ID),
		Name:      v.Name,
		Stored:    v.Stored,
		Available: v.Available,
		Objects:   v.Objects,
		UsedRatio: v.UsedRatio,
	}
}

func encodeCephService(v *resource.CephService) *pluginv1.CephService {
	return &pluginv1.CephService{
		Type:    v.Type,
		Running: int64(v.Running),
		Total:   int64(v.Total),
		Message: v.Message,
	}
}

func encodeReplication(v *resource.Replication) *pluginv1.Replication {
	if v == nil {
		return nil
	}
	return &pluginv1.Replication{
		JobId:            v.JobID,
		Schedule:         v.Schedule,
		Type:             v.Type,
		JobNumber:        int64(v.JobNumber),
		GuestId:          int64(v.GuestID),
		GuestName:        v.GuestName,
		GuestType:        v.GuestType,
		GuestNode:        v.GuestNode,
		SourceNode:       v.SourceNode,
		SourceStorage:    v.SourceStorage,
		TargetNode:       v.TargetNode,
		TargetStorage:    v.TargetStorage,
		Enabled:          v.Enabled,
		State:            v.State,
		LastSyncStatus:   v.LastSyncStatus,
		LastSync:         EncodeTime(v.LastSync),
		NextSync:         EncodeTime(v.NextSync),
		LastSyncDuration: EncodeDuration(v.LastSyncDuration),
		FailCount:        int64(v.FailCount),
		Error:            v.Error,
		Comment:          v.Comment,
		RemoveJob:        v.RemoveJob,
		RateLimit:        v.RateLimit,
	}
}
