package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func encodeBackup(v *resource.Backup) *pluginv1.Backup {
	if v == nil {
		return nil
	}
	return &pluginv1.Backup{
		Type:           v.Type,
		Vmid:           int64(v.VMID),
		BackupId:       v.BackupID,
		At:             EncodeTime(v.At),
		Size:           v.Size,
		Node:           v.Node,
		Storage:        v.Storage,
		Datastore:      v.Datastore,
		Namespace:      v.Namespace,
		Filename:       v.Filename,
		Format:         v.Format,
		OnBackupServer: v.OnBackupServer,
		Notes:          v.Notes,
		Owner:          v.Owner,
		Protected:      v.Protected,
		Verification:   v.Verification,
		Files:          v.Files,
	}
}

func encodeBackupTask(v *resource.BackupTask) *pluginv1.BackupTask {
	if v == nil {
		return nil
	}
	return &pluginv1.BackupTask{
		Node:   v.Node,
		Type:   v.Type,
		Vmid:   int64(v.VMID),
		Result: v.Result,
		Start:  EncodeTime(v.Start),
		End:    EncodeTime(v.End),
		Size:   v.Size,
		Error:  v.Error,
	}
}

func encodeSnapshot(v *resource.Snapshot) *pluginv1.Snapshot {
	if v == nil {
		return nil
	}
	return &pluginv1.Snapshot{
		Node:        v.Node,
		GuestType:   v.GuestType,
		Vmid:        int64(v.VMID),
		At:          EncodeTime(v.At),
		Description: v.Description,
		Parent:      v.Parent,
		WithMemory:  v.WithMemory,
		Size:        v.Size,
	}
}

func encodeBackupServer(v *resource.BackupServer) *pluginv1.BackupServer {
	if v == nil {
		return nil
	}
	return &pluginv1.BackupServer{
		Host:       v.Host,
		GuestUrl:   v.GuestURL,
		Version:    v.Version,
		Connection: v.Connection,
	}
}

func encodeDatastore(v *resource.Datastore) *pluginv1.Datastore {
	if v == nil {
		return nil
	}
	return &pluginv1.Datastore{
		Error:       v.Error,
		Namespaces:  encodeAll(v.Namespaces, encodeNamespace),
		DedupFactor: v.DedupFactor,
	}
}

func encodeNamespace(v *resource.Namespace) *pluginv1.Namespace {
	return &pluginv1.Namespace{
		Path:   v.Path,
		Parent: v.Parent,
		Depth:  int64(v.Depth),
	}
}

func encodeBackupJob(v *resource.BackupJob) *pluginv1.BackupJob {
	if v == nil {
		return nil
	}
	return &pluginv1.BackupJob{
		Type:         v.Type,
		Store:        v.Store,
		State:        v.State,
		Error:        v.Error,
		LastRun:      EncodeTime(v.LastRun),
		NextRun:      EncodeTime(v.NextRun),
		GuestType:    v.GuestType,
		Vmid:         v.VMID,
		Remote:       v.Remote,
		RemovedBytes: v.RemovedBytes,
	}
}
