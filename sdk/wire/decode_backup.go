package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func decodeBackup(p *pluginv1.Backup) *resource.Backup {
	if p == nil {
		return nil
	}
	return &resource.Backup{
		Type:           p.GetType(),
		VMID:           decodeInt(p.GetVmid()),
		BackupID:       p.GetBackupId(),
		At:             DecodeTime(p.GetAt()),
		Size:           p.GetSize(),
		Node:           p.GetNode(),
		Storage:        p.GetStorage(),
		Datastore:      p.GetDatastore(),
		Namespace:      p.GetNamespace(),
		Filename:       p.GetFilename(),
		Format:         p.GetFormat(),
		OnBackupServer: p.GetOnBackupServer(),
		Notes:          p.GetNotes(),
		Owner:          p.GetOwner(),
		Protected:      p.GetProtected(),
		Verification:   p.GetVerification(),
		Files:          p.GetFiles(),
	}
}

func decodeBackupTask(p *pluginv1.BackupTask) *resource.BackupTask {
	if p == nil {
		return nil
	}
	return &resource.BackupTask{
		Node:   p.GetNode(),
		Type:   p.GetType(),
		VMID:   decodeInt(p.GetVmid()),
		Result: p.GetResult(),
		Start:  DecodeTime(p.GetStart()),
		End:    DecodeTime(p.GetEnd()),
		Size:   p.GetSize(),
		Error:  p.GetError(),
	}
}

func decodeSnapshot(p *pluginv1.Snapshot) *resource.Snapshot {
	if p == nil {
		return nil
	}
	return &resource.Snapshot{
		Node:        p.GetNode(),
		GuestType:   p.GetGuestType(),
		VMID:        decodeInt(p.GetVmid()),
		At:          DecodeTime(p.GetAt()),
		Description: p.GetDescription(),
		Parent:      p.GetParent(),
		WithMemory:  p.GetWithMemory(),
		Size:        p.GetSize(),
	}
}

func decodeBackupServer(p *pluginv1.BackupServer) *resource.BackupServer {
	if p == nil {
		return nil
	}
	return &resource.BackupServer{
		Host:       p.GetHost(),
		GuestURL:   p.GetGuestUrl(),
		Version:    p.GetVersion(),
		Connection: p.GetConnection(),
	}
}

func decodeDatastore(p *pluginv1.Datastore) *resource.Datastore {
	if p == nil {
		return nil
	}
	return &resource.Datastore{
		Error:       p.GetError(),
		Namespaces:  decodeAll(p.GetNamespaces(), decodeNamespace),
		DedupFactor: decodeFloat(p.GetDedupFactor()),
	}
}

func decodeNamespace(p *pluginv1.Namespace) resource.Namespace {
	return resource.Namespace{
		Path:   p.GetPath(),
		Parent: p.GetParent(),
		Depth:  decodeInt(p.GetDepth()),
	}
}

func decodeBackupJob(p *pluginv1.BackupJob) *resource.BackupJob {
	if p == nil {
		return nil
	}
	return &resource.BackupJob{
		Type:         p.GetType(),
		Store:        p.GetStore(),
		State:        p.GetState(),
		Error:        p.GetError(),
		LastRun:      DecodeTime(p.GetLastRun()),
		NextRun:      DecodeTime(p.GetNextRun()),
		GuestType:    p.GetGuestType(),
		VMID:         p.GetVmid(),
		Remote:       p.GetRemote(),
		RemovedBytes: p.GetRemovedBytes(),
	}
}
