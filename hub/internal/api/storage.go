package api

import (
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/view/coverage"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
)

// StorageAnswer is one storage, or with an empty id all of them, at a moment in Unix seconds.
type StorageAnswer struct {
	Data      any   `json:"data" description:"A storage, or the list of all for an empty id."`
	Timestamp int64 `json:"timestamp"`
}

// HypervisorBackups are the backups that hypervisors know of.
type HypervisorBackups struct {
	Backups []v5.StorageBackup `json:"backups"`
}

// BackupServers are the backup servers with their datastores.
type BackupServers struct {
	Instances []v5.PBS `json:"instances"`
}

// GuestSnapshots are the snapshots of guests.
type GuestSnapshots struct {
	Snapshots []v5.GuestSnapshot `json:"snapshots"`
}

func (a *API) storageRoutes() []route.Route {
	read := route.Scoped(auth.ScopeMonitoringRead)
	return []route.Route{
		{
			Path: "/api/storage/{id...}", Access: read,
			Summary: "One storage with its ZFS pool; all of them for an empty id",
			Answer:  StorageAnswer{}, Handle: a.storage,
		},
		{Path: "/api/backups", Access: read, Summary: "Every backup", Answer: v5.AllBackups{}, Handle: a.backups},
		{
			Path: "/api/backups/pve", Access: read, Summary: "Backups that hypervisors know of",
			Answer: HypervisorBackups{}, Handle: a.hypervisorBackups,
		},
		{
			Path: "/api/backups/pbs", Access: read, Summary: "Backup servers",
			Answer: BackupServers{}, Handle: a.backupServers,
		},
		{
			Path: "/api/backups/{rest...}", Access: read, Summary: "Every backup, by its other names",
			Answer: v5.AllBackups{}, Handle: a.backups,
		},
		{
			Path: "/api/backup-coverage", Access: read,
			Summary: "How well guests are covered by backups, and backups of guests that are no more",
			Description: "A last backup may be one and a half times as old as the interval of the guest's job, " +
				"or 48 hours if that is not known.",
			Answer: coverage.Coverage{}, Handle: a.backupCoverage,
		},
		{Path: "/api/snapshots", Access: read, Summary: "Snapshots of guests", Answer: GuestSnapshots{}, Handle: a.guestSnapshots},
	}
}

func (a *API) storage(c *route.Call) (any, error) {
	id, snapshot := c.PathValue("id"), a.Inventory.Snapshot()
	if id == "" {
		return StorageAnswer{Data: v5.Storages(snapshot), Timestamp: a.Now().Unix()}, nil
	}
	storage, ok := v5.StorageByID(snapshot, id)
	if !ok {
		return nil, &route.Error{
			Status: http.StatusNotFound, Code: "storage_not_found", Message: "Storage with ID '" + id + "' not found",
		}
	}
	return StorageAnswer{Data: storage, Timestamp: a.Now().Unix()}, nil
}

func (a *API) backups(*route.Call) (any, error) {
	return v5.BackupsOf(a.Inventory.Snapshot()), nil
}

func (a *API) hypervisorBackups(*route.Call) (any, error) {
	return HypervisorBackups{v5.StorageBackups(a.Inventory.Snapshot())}, nil
}

func (a *API) backupServers(*route.Call) (any, error) {
	return BackupServers{v5.BackupServers(a.Inventory.Snapshot())}, nil
}

func (a *API) backupCoverage(*route.Call) (any, error) {
	return coverage.Of(a.Inventory.Snapshot(), a.Now()), nil
}

func (a *API) guestSnapshots(*route.Call) (any, error) {
	return GuestSnapshots{v5.GuestSnapshots(a.Inventory.Snapshot())}, nil
}
