package v5

import (
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// AllBackups is the answer of `/api/backups`: every backup by product, and the
// same lists side by side.
type AllBackups struct {
	Backups        Backups         `json:"backups"`
	PVEBackups     PVEBackups      `json:"pveBackups"`
	PBSBackups     []PBSBackup     `json:"pbsBackups"`
	PMGBackups     []PMGBackup     `json:"pmgBackups"`
	BackupTasks    []BackupTask    `json:"backupTasks"`
	StorageBackups []StorageBackup `json:"storageBackups"`
	GuestSnapshots []GuestSnapshot `json:"guestSnapshots"`
}

// BackupsOf returns every backup in a snapshot. No list in it is nil.
func BackupsOf(snap *inventory.Snapshot) AllBackups {
	p := newProjection(snap, Inputs{})
	pve := p.pveBackups()
	pbs := collect(backupsOf(p, backups.KeptByBackupServer, p.pbsBackup))
	pmg := collect(backupsOf(p, backups.KeptByMailGateway, p.pmgBackup))
	return AllBackups{
		Backups: Backups{PVE: pve, PBS: pbs, PMG: pmg}, PVEBackups: pve, PBSBackups: pbs, PMGBackups: pmg,
		BackupTasks: pve.BackupTasks, StorageBackups: pve.StorageBackups, GuestSnapshots: pve.GuestSnapshots,
	}
}

// StorageBackups returns the backups that hypervisors know; never nil.
func StorageBackups(snap *inventory.Snapshot) []StorageBackup {
	p := newProjection(snap, Inputs{})
	return collect(backupsOf(p, backups.KeptByHypervisor, p.storageBackup))
}

// BackupServers returns the backup servers, also those that never answered; never nil.
func BackupServers(snap *inventory.Snapshot) []PBS {
	p := newProjection(snap, Inputs{})
	return append(collect(p.backupServers()), p.unseenServers()...)
}

// GuestSnapshots returns the snapshots of guests; never nil.
func GuestSnapshots(snap *inventory.Snapshot) []GuestSnapshot {
	p := newProjection(snap, Inputs{})
	return collect(ofKind(p, resource.KindSnapshot, p.guestSnapshot))
}
