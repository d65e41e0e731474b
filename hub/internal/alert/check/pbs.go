package check

import (
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// jobFailed is the state of a job whose last run has failed.
const jobFailed = "error"

// checkBackupServer looks at a backup server.
func checkBackupServer(b *bench) {
	detail, _ := b.entry.Detail.(*resource.BackupServer)
	if detail == nil {
		detail = &resource.BackupServer{}
	}
	if !b.server("PBS", detail.Connection) {
		return
	}
	b.certificate()
	kinds := []string{"pbs", "node"}
	b.judgeCPU(&b.entry.Usage, kinds, false)
	b.judgeMemory(&b.entry.Usage, kinds)
}

// server judges whether a server can be reached, and says whether the rest of it can be judged.
func (b *bench) server(noun, connection string) bool {
	e, contact := b.entry, b.contact(b.entry)
	offline := isAway(e.Status, connection)
	b.unseen = contact != alert.Good || offline
	b.subject.Node, b.noun = e.Name, noun
	b.identify(b.contractID(), policy.Target{Node: e.Name, Status: e.Status.String()})
	b.describe = resourceType(noun)
	s := state{Confirm: awayConfirm, Delay: awayFor, ByClock: true, Unknown: contact == alert.Unknown}
	reason := e.StatusReason
	if contact == alert.Bad || contact == alert.Good && offline {
		s.Level = alert.Critical
	}
	if source, known := b.Source(e.Source); known && contact == alert.Bad {
		reason = source.Message
	}
	b.serverOffline(s, reason)
	return !b.unseen
}

// isAway says whether a server that was asked is not there. One that answers, if with something wrong, is.
func isAway(status resource.Status, connection string) bool {
	switch connection {
	case "error":
		return true
	case "unhealthy":
		return status != resource.StatusDegraded
	}
	return status == resource.StatusOffline
}

// serverOffline adds what was found out about whether a server can be reached.
func (b *bench) serverOffline(s state, reason string) {
	what, prefix := "PBS", "pbs-offline-"
	if b.entry.Kind == resource.KindMailGateway {
		what, prefix = "PMG", "pmg-offline-"
	}
	s.Type, s.AlertID, s.Connectivity = alert.Unreachable, prefix+b.subject.ID, true
	s.Message = what + " '" + b.subject.Name + "' is offline" + because(reason)
	b.is(s)
}

// checkDatastore looks at a datastore of a backup server.
func checkDatastore(b *bench) {
	e := b.entry
	detail, _ := e.Detail.(*resource.Datastore)
	if detail == nil {
		detail = &resource.Datastore{}
	}
	seen := b.seeOnServer()
	b.noun = "Datastore"
	b.identify(serverID(b.instance())+"-"+e.Name, policy.Target{IDs: []string{b.instance() + "-" + e.Name}, Status: e.Status.String()})
	b.subject.Node = b.subject.Instance
	if !seen || e.Status == resource.StatusStopped { // closed, because somebody wants it so
		return
	}
	b.describe = resourceType("Datastore")
	b.datastoreOffline(detail)
	ratio, known := e.Usage.Disk.FullRatio()
	b.judge(metric{
		Type: alert.Usage, Value: percent(ratio), Label: "usage", Kinds: []string{"storage"},
		Unknown: !known || detail.Error != "" || e.Status == resource.StatusOffline,
	})
}

// serverID returns the id of a backup server in the API.
func serverID(instance string) string { return "pbs-" + instance }

func (b *bench) datastoreOffline(detail *resource.Datastore) {
	s := state{
		Type: alert.Unreachable, AlertID: "storage-offline-" + b.subject.ID, Confirm: 2, Connectivity: true,
		Unknown: b.entry.Status == resource.StatusUnknown && detail.Error == "",
	}
	if detail.Error != "" || b.entry.Status == resource.StatusOffline {
		s.Level = alert.Warning
		s.Message = "Datastore '" + b.entry.Name + "' of '" + b.subject.Instance + "' is unavailable" +
			because(orElse(detail.Error, b.entry.StatusReason))
	}
	b.is(s)
}

// seeOnServer is see for what belongs to a server: when that is away, its alert explains it.
func (b *bench) seeOnServer() bool {
	if b.see("") {
		return true
	}
	if server, known := b.Get(b.entry.ParentKey); known && b.contact(server) == alert.Bad {
		b.hiddenBy = alert.IdentityOf(server.Key, alert.Unreachable, "")
	}
	return false
}

// checkBackupJob looks at a job of a backup server. The last backups of guests, which it tells as jobs too, belong to
// the guests.
func checkBackupJob(b *bench) {
	e := b.entry
	job, _ := e.Detail.(*resource.BackupJob)
	if job == nil || job.State == "disabled" || job.Type == "backup" && job.GuestType != "host" {
		return
	}
	seen := b.seeOnServer()
	if !seen && !b.open {
		return
	}
	name := strings.TrimPrefix(e.Name, job.Type+"/")
	b.identify(serverID(b.instance())+"-"+job.Type+"-"+name, policy.Target{IDs: []string{serverID(b.instance())}})
	b.subject.Name, b.subject.Node = name, b.subject.Instance
	if seen {
		b.is(b.jobFailed(job, e, name))
	}
}

func (b *bench) jobFailed(job *resource.BackupJob, e *inventory.Entry, name string) state {
	s := state{
		Type: alert.BackupJobFailed, AlertID: "backup-job-failed-" + b.subject.ID,
		Unknown: job.State == "running" || job.State == "unknown",
		Extra: func() map[string]any {
			return map[string]any{
				"jobType": job.Type, "jobId": name, "store": job.Store, "error": job.Error, "lastRun": moment(job.LastRun),
				"nextRun": moment(job.NextRun), "remote": job.Remote,
			}
		},
	}
	if job.State == jobFailed {
		s.Level = alert.Warning
		s.Message = jobNoun(job.Type) + " '" + name + "' of datastore '" + job.Store + "' has failed" +
			because(orElse(job.Error, e.StatusReason))
	}
	return s
}

// jobNoun is what people call a type of jobs.
func jobNoun(kind string) string {
	switch kind {
	case "sync":
		return "Sync job"
	case "verify":
		return "Verification job"
	case "prune":
		return "Prune job"
	case "garbage":
		return "Garbage collection"
	}
	return "Backup"
}
