package check

import (
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// backupDataset is the part of what a source knows that lists backups: a source that has none at all has listed them.
const backupDataset = "backups"

// guestBackups are what is known of the backups of one guest.
type guestBackups struct {
	last  time.Time // zero: there is none
	place string    // where the last one is
	// blind says that there are some of which nothing new is known, so that there may be newer ones.
	blind bool
	run   backupRun
}

// backupRun is the newest run of a backup that has ended.
type backupRun struct {
	start  time.Time // zero: none is known
	place  string    // the node or the datastore
	reason string    // why it failed; empty: it did not
}

// merge joins what two keepers know.
func (g guestBackups) merge(other guestBackups) guestBackups {
	if other.last.After(g.last) {
		g.last, g.place = other.last, other.place
	}
	if other.run.start.After(g.run.start) {
		g.run = other.run
	}
	g.blind = g.blind || other.blind
	return g
}

// backupIndex knows the backups of every guest.
type backupIndex struct {
	guests *backups.Index[guestBackups]
	names  backups.Names
	// listed are the sources whose backups are known now; servers says whether one of them is a backup server.
	listed  map[string]bool
	servers bool
	// waiting says that a backup server has not told yet what it has.
	waiting bool
}

func indexBackups(w *World) backupIndex {
	x := backupIndex{guests: backups.NewIndex[guestBackups](), names: backups.NamesIn(w.Snapshot), listed: map[string]bool{}}
	fresh := map[string]bool{} // sources with a backup that is told of now
	for e := range w.OfKind(resource.KindBackup) {
		seen := w.contact(e) == alert.Good
		if seen {
			fresh[e.Source] = true
		}
		x.addBackup(e, !seen)
	}
	for e := range w.OfKind(resource.KindBackupTask) {
		x.addTask(e)
	}
	for e := range w.OfKind(resource.KindBackupJob) {
		x.addJob(e)
	}
	for source := range w.Sources() {
		x.addSource(source, fresh[source.ID])
	}
	return x
}

// addSource notes whether the backups of a source are known.
func (x *backupIndex) addSource(source *inventory.Source, fresh bool) {
	server := source.Type == typePBS
	x.waiting = x.waiting || server && source.Health == inventory.HealthStarting
	if fresh || source.Health == inventory.HealthOK && hasDataset(source, backupDataset) {
		x.listed[source.ID] = true
		x.servers = x.servers || server
	}
}

func hasDataset(source *inventory.Source, name string) bool {
	for _, d := range source.Datasets {
		if d.Name == name {
			return true
		}
	}
	return false
}

// complete says whether enough is known to say that a guest of a source has no backup: somebody who would have it has
// told what there is, and nobody is about to.
func (x *backupIndex) complete(source string) bool {
	return (x.listed[source] || x.servers) && !x.waiting
}

// of returns what is known of the backups of a guest.
func (x *backupIndex) of(guest *inventory.Entry, instance string) guestBackups {
	local, remote := x.guests.Of(guest, instance, x.names)
	return local.merge(remote)
}

func (x *backupIndex) addBackup(e *inventory.Entry, blind bool) {
	if subject, ok := backups.SubjectOf(e); ok {
		detail := backups.Detail(e)
		one := guestBackups{last: detail.At, place: orElse(detail.Storage, detail.Datastore), blind: blind}
		x.guests.Add(subject, one.merge)
	}
}

// addTask notes a run of a hypervisor. Runs of several guests do not tell which of them failed.
func (x *backupIndex) addTask(e *inventory.Entry) {
	task, _ := e.Detail.(*resource.BackupTask)
	if task == nil || task.VMID == 0 || task.Result == "running" {
		return
	}
	one := guestBackups{run: backupRun{start: task.Start, place: task.Node}}
	if failed := task.Result != "OK" && !strings.HasPrefix(task.Result, "WARNINGS"); failed || task.Error != "" {
		one.run.reason = orElse(task.Error, orElse(task.Result, "unexpected status"))
	}
	x.guests.Add(backups.Subject{Keeper: backups.KeptByHypervisor, Source: e.Source, VMID: task.VMID}, one.merge)
}

// addJob notes the last run for a guest that a backup server tells of as a job.
func (x *backupIndex) addJob(e *inventory.Entry) {
	job, _ := e.Detail.(*resource.BackupJob)
	if job == nil || job.Type != "backup" || job.GuestType == "" || job.State == "running" {
		return
	}
	vmid, err := strconv.Atoi(job.VMID)
	if err != nil {
		return // of a host, which is no guest
	}
	subject := backups.Subject{Keeper: backups.KeptByBackupServer, Type: job.GuestType, VMID: vmid, Namespace: e.Labels["namespace"]}
	if subject.Type == "ct" {
		subject.Type = string(resource.KindContainer)
	}
	one := guestBackups{run: backupRun{start: job.LastRun, place: job.Store}}
	if job.State == jobFailed {
		one.run.reason = orElse(job.Error, "unexpected status")
	}
	x.guests.Add(subject, one.merge)
}
