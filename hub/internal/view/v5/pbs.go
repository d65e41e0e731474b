package v5

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// PBS is a Proxmox Backup Server. CPU and Memory are percent.
type PBS struct {
	ID               string         `json:"id"`
	Name             string         `json:"name"`
	Host             string         `json:"host"`
	GuestURL         string         `json:"guestURL,omitempty"`
	Status           string         `json:"status"`
	Version          string         `json:"version"`
	CPU              float64        `json:"cpu"`
	Memory           float64        `json:"memory"`
	MemoryUsed       uint64         `json:"memoryUsed"`
	MemoryTotal      uint64         `json:"memoryTotal"`
	Uptime           int64          `json:"uptime"`
	Datastores       []PBSDatastore `json:"datastores"`
	BackupJobs       []BackupJob    `json:"backupJobs"`
	SyncJobs         []SyncJob      `json:"syncJobs"`
	VerifyJobs       []VerifyJob    `json:"verifyJobs"`
	PruneJobs        []PruneJob     `json:"pruneJobs"`
	GarbageJobs      []GarbageJob   `json:"garbageJobs"`
	ConnectionHealth string         `json:"connectionHealth"`
	LastSeen         time.Time      `json:"lastSeen"`
}

// PBSDatastore is a datastore of a backup server.
type PBSDatastore struct {
	Name                string         `json:"name"`
	Total               uint64         `json:"total"`
	Used                uint64         `json:"used"`
	Free                uint64         `json:"free"`
	Usage               float64        `json:"usage"`
	Status              string         `json:"status"`
	Error               string         `json:"error,omitempty"`
	Namespaces          []PBSNamespace `json:"namespaces,omitempty"`
	DeduplicationFactor float64        `json:"deduplicationFactor,omitempty"`
}

// PBSNamespace is one namespace of a datastore; the root has an empty path.
type PBSNamespace struct {
	Path   string `json:"path"`
	Parent string `json:"parent,omitempty"`
	Depth  int    `json:"depth"`
}

// BackupJob is a scheduled backup.
type BackupJob struct {
	ID         string    `json:"id"`
	Store      string    `json:"store"`
	Type       string    `json:"type"`
	VMID       string    `json:"vmid,omitempty"`
	LastBackup time.Time `json:"lastBackup"`
	NextRun    time.Time `json:"nextRun"`
	Status     string    `json:"status"`
	Error      string    `json:"error,omitempty"`
}

// SyncJob is a scheduled copy from another backup server.
type SyncJob struct {
	ID       string    `json:"id"`
	Store    string    `json:"store"`
	Remote   string    `json:"remote"`
	Status   string    `json:"status"`
	LastSync time.Time `json:"lastSync"`
	NextRun  time.Time `json:"nextRun"`
	Error    string    `json:"error,omitempty"`
}

// VerifyJob is a scheduled verification.
type VerifyJob struct {
	ID         string    `json:"id"`
	Store      string    `json:"store"`
	Status     string    `json:"status"`
	LastVerify time.Time `json:"lastVerify"`
	NextRun    time.Time `json:"nextRun"`
	Error      string    `json:"error,omitempty"`
}

// PruneJob is a scheduled pruning.
type PruneJob struct {
	ID        string    `json:"id"`
	Store     string    `json:"store"`
	Status    string    `json:"status"`
	LastPrune time.Time `json:"lastPrune"`
	NextRun   time.Time `json:"nextRun"`
	Error     string    `json:"error,omitempty"`
}

// GarbageJob is a scheduled garbage collection.
type GarbageJob struct {
	ID           string    `json:"id"`
	Store        string    `json:"store"`
	Status       string    `json:"status"`
	LastGarbage  time.Time `json:"lastGarbage"`
	NextRun      time.Time `json:"nextRun"`
	RemovedBytes uint64    `json:"removedBytes,omitempty"`
	Error        string    `json:"error,omitempty"`
}

// pbs renders a backup server with its children: datastores and jobs.
func (p *projection) pbs(e *inventory.Entry, children []*inventory.Entry, x facts) PBS {
	detail, _ := e.Detail.(*resource.BackupServer)
	if detail == nil {
		detail = &resource.BackupServer{}
	}
	server := unseenPBS(x.instance, orElse(detail.Host, x.address))
	server.GuestURL, server.Status = detail.GuestURL, onlineOrOffline(e)
	server.Version = orElse(detail.Version, server.Version)
	server.CPU, server.Memory = unit.PercentOf(e.Usage.CPU), memoryPercent(e.Usage.Memory)
	server.MemoryUsed, server.MemoryTotal = e.Usage.Memory.Used, e.Usage.Memory.Total
	server.Uptime, server.LastSeen = unit.Seconds(e.Uptime), unit.Time(e.SeenAt)
	server.ConnectionHealth = serverConnection(e, detail.Connection)
	for _, child := range children {
		switch child.Kind {
		case resource.KindDatastore:
			server.Datastores = append(server.Datastores, datastore(child))
		case resource.KindBackupJob:
			server.addJob(child)
		}
	}
	return server
}

// unseenPBS is a backup server of which nothing but its address is known.
func unseenPBS(instance, address string) PBS {
	return PBS{
		ID: pbsID(instance), Name: instance, Host: address, Status: "offline", Version: "unknown",
		Datastores: []PBSDatastore{}, BackupJobs: []BackupJob{}, SyncJobs: []SyncJob{},
		VerifyJobs: []VerifyJob{}, PruneJobs: []PruneJob{}, GarbageJobs: []GarbageJob{},
		ConnectionHealth: "error",
	}
}

// serverConnection says how well the API of a backup server or mail gateway answers.
func serverConnection(e *inventory.Entry, connection string) string {
	if e.Stale {
		return "error"
	}
	return orElse(connection, "healthy")
}

func datastore(e *inventory.Entry) PBSDatastore {
	detail, _ := e.Detail.(*resource.Datastore)
	if detail == nil {
		detail = &resource.Datastore{}
	}
	store := PBSDatastore{
		Name: e.Name, Total: e.Usage.Disk.Total, Used: e.Usage.Disk.Used, Free: e.Usage.Disk.Free,
		Usage: diskPercent(e.Usage.Disk), Status: "available", Error: detail.Error,
		Namespaces: convert(detail.Namespaces, func(n *resource.Namespace) PBSNamespace {
			return PBSNamespace{n.Path, n.Parent, n.Depth}
		}),
		DeduplicationFactor: unit.Finite(detail.DedupFactor),
	}
	if detail.Error != "" || e.Status == resource.StatusOffline {
		store.Status = "unavailable"
	}
	return store
}

func (s *PBS) addJob(e *inventory.Entry) {
	job, _ := e.Detail.(*resource.BackupJob)
	if job == nil {
		return
	}
	id, last, next := jobID(e), unit.Time(job.LastRun), unit.Time(job.NextRun)
	switch job.Type {
	case "backup":
		s.BackupJobs = append(s.BackupJobs, BackupJob{id, job.Store, job.GuestType, job.VMID, last, next, job.State, job.Error})
	case "sync":
		s.SyncJobs = append(s.SyncJobs, SyncJob{id, job.Store, job.Remote, job.State, last, next, job.Error})
	case "verify":
		s.VerifyJobs = append(s.VerifyJobs, VerifyJob{id, job.Store, job.State, last, next, job.Error})
	case "prune":
		s.PruneJobs = append(s.PruneJobs, PruneJob{id, job.Store, job.State, last, next, job.Error})
	case "garbage":
		s.GarbageJobs = append(s.GarbageJobs, GarbageJob{id, job.Store, job.State, last, next, job.RemovedBytes, job.Error})
	}
}
