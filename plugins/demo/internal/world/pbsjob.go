package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// backupJob is a scheduled job of a backup server.
type backupJob struct {
	id, kind, store string
	cycle           signal.Cycle
	length          time.Duration
	remote          string
	fault           string
	guest           *guest // backup jobs
	seed            signal.Seed
}

// The jobs of the clock of a backup server: garbage after pruning, verifying
// when the night's backups are in.
func storeJobs(s *BackupServer, store string) []backupJob {
	return []backupJob{
		{id: "prune/p-" + store, kind: "prune", store: store, cycle: signal.Daily(40 * time.Minute), length: time.Minute},
		{id: "garbage/" + store, kind: "garbage", store: store, cycle: signal.Daily(50 * time.Minute), length: 35 * time.Minute, seed: s.seed.Child("gc-" + store)},
	}
}

// mainJobs returns the jobs of the main server. Every backup of the first
// guests is followed one by one.
func mainJobs(s *BackupServer) []backupJob {
	const followed = 6
	jobs := append(storeJobs(s, "main"), storeJobs(s, "archive")...)
	jobs = append(jobs,
		backupJob{
			id: "verify/v-1", kind: "verify", store: "main", cycle: signal.Daily(verifyAt - 40*time.Minute), length: 40 * time.Minute,
			fault: "verification failed on 1 snapshot, please check the log for details",
		},
		backupJob{id: "verify/v-2", kind: "verify", store: "archive", cycle: signal.Weekly(11 * time.Hour), length: 3 * time.Hour},
		backupJob{id: "sync/s-1", kind: "sync", store: "main", remote: PBSOffsite, cycle: signal.Daily(7*time.Hour + 30*time.Minute), length: 25 * time.Minute},
	)
	clocked := len(jobs)
	for _, g := range s.stores[0].sites[0].guests {
		if g.noBackup || g.template {
			continue
		}
		jobs = append(jobs, backupJob{id: "backup/" + g.backupType() + "-" + strconv.Itoa(g.vmid), kind: "backup", store: "main", guest: g})
		if len(jobs) == clocked+followed {
			break
		}
	}
	return jobs
}

func offsiteJobs(s *BackupServer) []backupJob {
	return append(storeJobs(s, "offsite"),
		backupJob{id: "verify/v-1", kind: "verify", store: "offsite", cycle: signal.Weekly(12 * time.Hour), length: 2 * time.Hour},
		backupJob{id: "sync/s-1", kind: "sync", store: "offsite", remote: PBSMain, cycle: signal.Daily(8 * time.Hour), length: 50 * time.Minute},
		backupJob{
			id: "sync/s-2", kind: "sync", store: "usb-vault", remote: PBSMain, cycle: signal.Weekly(14 * time.Hour), length: 4 * time.Second,
			fault: "sync failed: datastore 'usb-vault' is not available",
		},
	)
}

func (j backupJob) resource(at time.Time) resource.Resource {
	d := &resource.BackupJob{Type: j.kind, Store: j.store, Remote: j.remote}
	switch {
	case j.guest != nil:
		j.followGuest(d, at)
	default:
		j.followClock(d, at)
	}
	r := resource.Resource{
		ID: "job/" + j.id, Kind: resource.KindBackupJob, Name: j.id, ParentID: serverID, Status: resource.StatusRunning, Detail: d,
	}
	if d.Error != "" {
		r.Status, r.StatusReason = resource.StatusDegraded, d.Error
	}
	return r
}

func (j backupJob) followClock(d *resource.BackupJob, at time.Time) {
	d.LastRun, d.NextRun, d.State, d.Error = j.cycle.Last(at), j.cycle.Next(at), "OK", j.fault
	if d.Error != "" {
		d.State = "error"
	}
	if at.Sub(d.LastRun) < j.length {
		d.State, d.Error = "running", ""
	}
	if j.kind == "garbage" {
		d.RemovedBytes = uint64(j.seed.Nth(j.cycle.Index(at)).Between("removed", 2, 60) * gib)
	}
}

func (j backupJob) followGuest(d *resource.BackupJob, at time.Time) {
	run := j.guest.nightly(at)
	d.GuestType, d.VMID = j.guest.backupType(), strconv.Itoa(j.guest.vmid)
	d.LastRun, d.NextRun, d.State = run.start, j.guest.nightlyCycle().Next(at), "OK"
	switch {
	case at.Before(run.end):
		d.State = "running"
	case run.failure != "":
		d.State, d.Error = "error", run.failure
	}
}
