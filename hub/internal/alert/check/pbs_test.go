package check

import (
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const serverKey = "pbs-vault/server"

func aServer(status resource.Status, connection string) resource.Resource {
	return resource.Resource{
		ID: "server", Kind: resource.KindBackupServer, Name: "pbs1", Status: status, StatusReason: "no route",
		Usage:  resource.Usage{CPU: new(0.95), Memory: capacity(100, 40)},
		Detail: &resource.BackupServer{Connection: connection},
	}
}

func TestBackupServer(t *testing.T) {
	const id = "pbs-offline-pbs-vault"
	offline := outline{id, alert.Bad, alert.Critical, 0, 0, "PBS 'pbs1' is offline: no route"}
	busy := outline{"pbs-vault-cpu", alert.Bad, alert.Critical, 95, 80, "PBS cpu at 95.0%"}
	tests := []struct {
		name      string
		lab       func(*lab)
		want, cpu outline
	}{
		{"well", func(l *lab) { l.tells(pbsSource, aServer(resource.StatusRunning, "healthy")) }, good(id), busy},
		{"up with something wrong", func(l *lab) { l.tells(pbsSource, aServer(resource.StatusDegraded, "unhealthy")) }, good(id), busy},
		{"offline", func(l *lab) { l.tells(pbsSource, aServer(resource.StatusOffline, "")) }, offline, noFinding},
		{"unhealthy", func(l *lab) { l.tells(pbsSource, aServer(resource.StatusRunning, "unhealthy")) }, offline, noFinding},
		{"error", func(l *lab) { l.tells(pbsSource, aServer(resource.StatusDegraded, "error")) }, offline, noFinding},
		{
			"does not answer", func(l *lab) { l.tells(pbsSource, aServer(resource.StatusRunning, "healthy")).fails(pbsSource) },
			outline{id, alert.Bad, alert.Critical, 0, 0, "PBS 'pbs1' is offline: connection refused"}, noFinding,
		},
		{"remembered", func(l *lab) { l.remembers(pbsSource, aServer(resource.StatusRunning, "healthy")) }, unknown(id), noFinding},
		{
			"offline does not matter", func(l *lab) {
				l.config.DisableAllPBSOffline = true
				l.tells(pbsSource, aServer(resource.StatusRunning, "healthy"))
			}, noFinding, busy,
		},
		{
			"nothing matters", func(l *lab) {
				l.config.DisableAllPBS = true
				l.tells(pbsSource, aServer(resource.StatusOffline, ""))
			}, noFinding, noFinding,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			test.lab(l)
			checked := l.check(serverKey)
			l.wants(checked, alert.Unreachable, "", test.want)
			l.wants(checked, alert.CPU, "", test.cpu)
			if f := findingOf(t, checked, alert.Unreachable, ""); f != nil && (f.Confirm != 3 || !f.ByClock) {
				t.Errorf("confirm %d, by clock %v", f.Confirm, f.ByClock)
			}
		})
	}
}

func TestServerThatNeverAnswered(t *testing.T) {
	const key, id = "source/pbs-vault", "pbs-offline-pbs-vault"
	l := newLab(t).announces(pbsSource)
	l.wants(l.check(key), alert.Unreachable, "", unknown(id))
	l.fails(pbsSource)
	l.wants(l.check(key), alert.Unreachable, "", outline{id, alert.Bad, alert.Critical, 0, 0, "PBS 'vault' is offline: connection refused"})
	l.tells(pbsSource, aServer(resource.StatusRunning, "healthy"))
	l.wants(l.check(key), alert.Unreachable, "", noFinding)

	l.fails(pmgSource)
	l.wants(l.check("source/pmg-edge"), alert.Unreachable, "", outline{
		"pmg-offline-pmg-edge", alert.Bad, alert.Critical, 0, 0, "PMG 'edge' is offline: connection refused",
	})
	l.config.DisableAllPMG = true
	l.wants(l.check("source/pmg-edge"), alert.Unreachable, "", noFinding)
}

func TestDatastore(t *testing.T) {
	const id, key = "pbs-vault-main", "pbs-vault/datastore/main"
	well := good("storage-offline-" + id)
	tests := []struct {
		name            string
		status          resource.Status
		used            uint64
		err             string
		usage, presence outline
	}{
		{"well", resource.StatusRunning, 30, "", outline{id + "-usage", alert.Good, "", 30, 85, ""}, well},
		{"full", resource.StatusRunning, 97, "", outline{id + "-usage", alert.Bad, alert.Critical, 97, 85, "Datastore usage at 97.0%"}, well},
		{
			"broken", resource.StatusOffline, 97, "not mounted", outline{id + "-usage", alert.Unknown, "", 0, 85, ""},
			outline{"storage-offline-" + id, alert.Bad, alert.Warning, 0, 0, "Datastore 'main' of 'vault' is unavailable: not mounted"},
		},
		{"in maintenance", resource.StatusStopped, 97, "maintenance, offline", noFinding, noFinding},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := resource.Resource{
				ID: "datastore/main", Kind: resource.KindDatastore, Name: "main", ParentID: "server", Status: test.status,
				Usage: resource.Usage{Disk: capacity(100, test.used)}, Detail: &resource.Datastore{Error: test.err},
			}
			l := newLab(t).tells(pbsSource, aServer(resource.StatusRunning, ""), store)
			checked := l.check(key)
			l.wants(checked, alert.Usage, "", test.usage)
			l.wants(checked, alert.Unreachable, "", test.presence)
		})
	}
}

func TestBackupJob(t *testing.T) {
	const id, key = "backup-job-failed-pbs-vault-sync-nightly", "pbs-vault/job/sync/nightly"
	failed := outline{id, alert.Bad, alert.Warning, 0, 0, "Sync job 'nightly' of datastore 'main' has failed: remote is gone"}
	for state, want := range map[string]outline{
		"OK": good(id), "ok": good(id), "warnings": good(id), "never-run": good(id), "error": failed,
		"running": unknown(id), "unknown": unknown(id), "disabled": noFinding,
	} {
		job := resource.Resource{
			ID: "job/sync/nightly", Kind: resource.KindBackupJob, Name: "sync/nightly", ParentID: "server",
			Detail: &resource.BackupJob{Type: "sync", Store: "main", State: state, Error: "remote is gone", Remote: "offsite"},
		}
		l := newLab(t).tells(pbsSource, job)
		checked := l.check(key)
		l.wants(checked, alert.BackupJobFailed, "", want)
		if f := findingOf(t, checked, alert.BackupJobFailed, ""); f != nil {
			wantKeys(t, f.Metadata, "jobType", "jobId", "store", "error", "lastRun", "nextRun", "remote")
		}
	}
	l := newLab(t).tells(pbsSource, servedRun("error", ago(day)))
	if n := len(l.check("pbs-vault/job/backup/main:vm-101").Findings); n != 0 {
		t.Errorf("%d findings of a run that belongs to its guest", n)
	}
}

func TestJobsOfServerThatIsAway(t *testing.T) {
	job := resource.Resource{
		ID: "job/sync/nightly", Kind: resource.KindBackupJob, Name: "sync/nightly", ParentID: "server",
		Detail: &resource.BackupJob{Type: "sync", Store: "main", State: "error"},
	}
	l := newLab(t).tells(pbsSource, aServer(resource.StatusRunning, ""), job).fails(pbsSource)
	if checked := l.check("pbs-vault/job/sync/nightly"); !checked.Unseen || len(checked.Findings) > 0 {
		t.Errorf("unseen %v, findings %v", checked.Unseen, checked.Findings)
	}
}

func TestSource(t *testing.T) {
	const id, key = "source-unreachable-pve-lab", "source/pve-lab"
	away := func(rest string) outline {
		return outline{id, alert.Bad, alert.Critical, 0, 0, "Source 'lab' cannot be reached: connection refused" + rest}
	}
	tests := []struct {
		name   string
		lab    func(*lab)
		want   outline
		unseen bool
	}{
		{"well", func(l *lab) { l.tells(pveSource, aNode("pve1")) }, good(id), false},
		{"not heard of yet", func(l *lab) { l.announces(pveSource) }, unknown(id), true},
		{"never answered", func(l *lab) { l.fails(pveSource) }, away(""), false},
		{
			"failed", func(l *lab) {
				l.tells(pveSource, aNode("pve1"), aGuest("101", 101, "pve1"), localBackup(101, ago(day))).fails(pveSource)
			}, away("; nothing new is known of 2 resources"), false,
		},
		{
			"not wanted", func(l *lab) {
				l.config.DisabledTypes = []string{string(alert.SourceUnreachable)}
				l.fails(pveSource)
			}, noFinding, false,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			test.lab(l)
			checked := l.check(key)
			l.wants(checked, alert.SourceUnreachable, "", test.want)
			if checked.Unseen != test.unseen {
				t.Errorf("unseen %v, want %v", checked.Unseen, test.unseen)
			}
			if f := findingOf(t, checked, alert.SourceUnreachable, ""); f != nil && (f.Delay != awayFor || !f.ByClock) {
				t.Errorf("delay %v, by clock %v", f.Delay, f.ByClock)
			}
		})
	}
}

func TestSourcesWithAlertsOfTheirOwn(t *testing.T) {
	l := newLab(t).fails(agentOfNode)
	for _, checked := range l.checker.All(l.world()) {
		t.Errorf("%s: agents are not sources to be looked at", checked.Key)
	}
	l.config.PBSDefaults = policy.ThresholdConfig{}
	l.tells(pbsSource, aServer(resource.StatusRunning, "")).fails(pbsSource)
	l.wants(l.check("source/pbs-vault"), alert.SourceUnreachable, "", noFinding)
}
