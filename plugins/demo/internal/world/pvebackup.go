package world

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// shownTasks is how many runs of each guest the list of tasks goes back.
const shownTasks = 3

// Backups returns the backups that the site's storages hold, the runs that made
// them, and the guests' snapshots.
func (s *Site) Backups(at time.Time) []resource.Resource {
	const perGuest = keepNightly + shownTasks + 1
	out := make([]resource.Resource, 0, len(s.guests)*perGuest)
	for _, g := range s.guests {
		for _, run := range g.goodRuns(g.nightlyCycle(), keepNightly, at) {
			out = append(out, s.remoteBackup(run, at))
		}
		for _, run := range g.weeklyRuns(at) {
			out = append(out, s.storageBackup(run))
		}
		out = append(out, g.tasks(at)...)
		for _, snap := range g.snapshots(at) {
			out = append(out, snap.resource())
		}
	}
	return out
}

func (g *guest) weeklyRuns(at time.Time) []backupRun {
	if !g.weekly {
		return nil
	}
	return g.goodRuns(g.weeklyCycle(), keepWeekly, at)
}

// backupType is the type of a guest's backup, in the words of a backup server.
func (g *guest) backupType() string {
	if g.kind == resource.KindVM {
		return "vm"
	}
	return "ct"
}

// modelType is the same in the words of the model.
func (g *guest) modelType() string {
	if g.kind == resource.KindVM {
		return "vm"
	}
	return "container"
}

// group is the name of a run's snapshot within a backup server's namespace.
func (r backupRun) group() string {
	return r.guest.backupType() + "/" + strconv.Itoa(r.guest.vmid) + "/" + r.start.UTC().Format(time.RFC3339)
}

// remoteBackup is the site's view of a backup on the backup server.
func (s *Site) remoteBackup(run backupRun, at time.Time) resource.Resource {
	g := run.guest
	volid := PBSMain + ":backup/" + run.group()
	return backupResource(g, volid, &resource.Backup{
		Type: g.modelType(), VMID: g.vmid, BackupID: strconv.Itoa(g.vmid), At: run.start, Size: run.size,
		Node: g.nodeAt(at), Storage: PBSMain, Datastore: s.remote.name, Namespace: s.namespace,
		Filename: volid, Format: "pbs-" + g.backupType(), OnBackupServer: true, Notes: run.notes(), Owner: backupOwner,
		Protected: run.protected(), Verification: run.verification(at),
	})
}

// storageBackup is a weekly backup on a storage of the site.
func (s *Site) storageBackup(run backupRun) resource.Resource {
	g, storage, format := run.guest, "local", "tar.zst"
	if s.cluster {
		storage = "nas-backup"
	}
	if g.kind == resource.KindVM {
		format = "vma.zst"
	}
	volid := storage + ":backup/vzdump-" + g.typeName() + "-" + strconv.Itoa(g.vmid) + run.start.Format("-2006_01_02-15_04_05.") + format
	return backupResource(g, volid, &resource.Backup{
		Type: g.modelType(), VMID: g.vmid, BackupID: strconv.Itoa(g.vmid), At: run.start, Size: run.size,
		Node: g.home, Storage: storage, Filename: volid, Format: format, Notes: "weekly, " + g.name,
	})
}

func backupResource(g *guest, volid string, b *resource.Backup) resource.Resource {
	status := resource.StatusRunning
	if b.Verification == "failed" {
		status = resource.StatusDegraded
	}
	return resource.Resource{
		ID: "backup/" + volid, Kind: resource.KindBackup, Name: volid, ParentID: g.id(), Status: status, Detail: b,
	}
}

// tasks returns the last runs of the nightly backup, the running one included.
func (g *guest) tasks(at time.Time) []resource.Resource {
	if g.noBackup || g.template {
		return nil
	}
	var out []resource.Resource
	cycle := g.nightlyCycle()
	last := cycle.Index(at)
	for index := last; index > last-shownTasks; index-- {
		run := g.run(cycle, index)
		task := &resource.BackupTask{
			Node: g.nodeAt(run.start), Type: "vzdump", VMID: g.vmid, Result: "OK", Start: run.start, End: run.end, Size: run.size,
		}
		r := resource.Resource{
			ID: "task/" + run.upid(task.Node), Kind: resource.KindBackupTask, Name: "vzdump " + strconv.Itoa(g.vmid),
			ParentID: g.id(), Detail: task,
		}
		switch {
		case at.Before(run.end):
			r.Status, task.Result, task.End, task.Size = resource.StatusRunning, "running", time.Time{}, 0
		case run.failure != "":
			r.Status, r.StatusReason = resource.StatusDegraded, run.failure
			task.Result, task.Error = run.failure, run.failure
		}
		out = append(out, r)
	}
	return out
}

// upid is the name Proxmox VE gives to a task: node, process, its start in
// clock ticks, start of the task, type, guest and user.
func (r backupRun) upid(node string) string {
	seed := r.guest.seed.Nth(r.index)
	return strings.Join([]string{
		"UPID", node, fmt.Sprintf("%08X", seed.Int("pid", 4000, 4000000)), fmt.Sprintf("%08X", seed.Int("ticks", 1e6, 4e9)),
		fmt.Sprintf("%08X", r.start.Unix()), "vzdump", strconv.Itoa(r.guest.vmid), "root@pam", "",
	}, ":")
}
