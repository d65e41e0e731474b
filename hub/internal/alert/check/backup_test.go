package check

import (
	"fmt"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const backupGuestID = "lab:pve1:101"

// wantsBackups switches the alerts of backups on: after 7 and 14 days.
func wantsBackups(c *policy.Config) {
	c.BackupDefaults = policy.BackupConfig{Enabled: true, WarningDays: 7, CriticalDays: 14}
}

func ago(d time.Duration) time.Time { return viewtest.Epoch().Add(-d) }

func localBackup(vmid int, at time.Time) resource.Resource {
	return resource.Resource{
		ID: fmt.Sprintf("backup/local/%d/%d", vmid, at.Unix()), Kind: resource.KindBackup, Name: "backup",
		Detail: &resource.Backup{Type: "vm", VMID: vmid, At: at, Node: "pve1", Storage: "local"},
	}
}

func servedBackup(vmid int, at time.Time) resource.Resource {
	return resource.Resource{
		ID: fmt.Sprintf("backup/main/%d/%d", vmid, at.Unix()), Kind: resource.KindBackup, Name: "backup",
		Detail: &resource.Backup{Type: "vm", VMID: vmid, At: at, Datastore: "main"},
	}
}

func TestBackupAge(t *testing.T) {
	const id = "backup-age-" + backupGuestID
	old := func(days float64, level alert.Level, trigger float64) outline {
		return outline{id, alert.Bad, level, days, trigger, fmt.Sprintf("The newest backup of VM 'web' is %.0f days old", days)}
	}
	tests := []struct {
		name string
		lab  func(*lab)
		want outline
	}{
		{"young", func(l *lab) { l.tells(pveSource, aGuest("101", 101, "pve1"), localBackup(101, ago(day))) }, outline{id, alert.Good, "", 1, 7, ""}},
		{
			"old", func(l *lab) {
				l.tells(pveSource, aGuest("101", 101, "pve1"), localBackup(101, ago(8*day)), localBackup(101, ago(20*day)))
			},
			old(8, alert.Warning, 7),
		},
		{"very old", func(l *lab) { l.tells(pveSource, aGuest("101", 101, "pve1"), localBackup(101, ago(14*day))) }, old(14, alert.Critical, 14)},
		{
			"a younger one on a server", func(l *lab) {
				l.tells(pveSource, aGuest("101", 101, "pve1"), localBackup(101, ago(20*day))).tells(pbsSource, servedBackup(101, ago(2*day)))
			}, outline{id, alert.Good, "", 2, 7, ""},
		},
		{
			"a server that fails may have a younger one", func(l *lab) {
				l.tells(pveSource, aGuest("101", 101, "pve1"), localBackup(101, ago(20*day)))
				l.tells(pbsSource, servedBackup(101, ago(8*day))).fails(pbsSource)
			}, outline{id, alert.Unknown, "", 8, 7, ""},
		},
		{
			"its node knows of a younger one", func(l *lab) {
				guest := aGuest("101", 101, "pve1")
				guest.Detail.(*resource.Guest).LastBackup = ago(day)
				l.tells(pveSource, guest, localBackup(101, ago(20*day)))
			}, outline{id, alert.Good, "", 1, 7, ""},
		},
		{
			"stopped for long", func(l *lab) {
				guest := aGuest("101", 101, "pve1")
				guest.Status = resource.StatusStopped
				l.tells(pveSource, guest, localBackup(101, ago(8*day)))
			}, old(8, alert.Warning, 7),
		},
		{
			"not wanted", func(l *lab) {
				l.config.BackupDefaults.Enabled = false
				l.tells(pveSource, aGuest("101", 101, "pve1"), localBackup(101, ago(20*day)))
			}, noFinding,
		},
		{
			"an override", func(l *lab) {
				l.config.Overrides = map[string]policy.ThresholdConfig{
					backupGuestID: {Backup: &policy.BackupConfig{Enabled: true, WarningDays: 1, CriticalDays: 2}},
				}
				l.tells(pveSource, aGuest("101", 101, "pve1"), localBackup(101, ago(8*day)))
			}, old(8, alert.Critical, 2),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			wantsBackups(&l.config)
			test.lab(l)
			checked := l.check(guestKey)
			l.wants(checked, alert.BackupAge, "", test.want)
			if f := findingOf(t, checked, alert.BackupAge, ""); f != nil {
				wantKeys(t, f.Metadata, "resourceType", "lastBackupTime", "ageDays", "thresholdDays", "criticalDays", "place")
			}
		})
	}
}

func TestBackupMissing(t *testing.T) {
	const id = "backup-missing-" + backupGuestID
	missing := outline{id, alert.Bad, alert.Warning, 0, 7, "VM 'web' has never been backed up"}
	old := aGuest("101", 101, "pve1")
	old.Uptime = 30 * day
	young := aGuest("101", 101, "pve1")
	template := aGuest("101", 101, "pve1")
	template.Detail.(*resource.Guest).Template = true
	tests := []struct {
		name  string
		lab   func(*lab)
		want  outline
		delay time.Duration
	}{
		{"others have some", func(l *lab) { l.tells(pveSource, old, localBackup(102, ago(day))) }, missing, time.Hour},
		{"it may be new", func(l *lab) { l.tells(pveSource, young, localBackup(102, ago(day))) }, missing, 7 * day},
		{
			"none has any, though they were listed",
			func(l *lab) { l.tells(pveSource, old).tellsOf(pveSource, "backups") }, missing, time.Hour,
		},
		{"a server has some", func(l *lab) { l.tells(pveSource, old).tells(pbsSource, servedBackup(102, ago(day))) }, missing, time.Hour},
		{"nobody has listed any", func(l *lab) { l.tells(pveSource, old) }, outline{id, alert.Unknown, "", 0, 7, ""}, time.Hour},
		{
			"a server has not told yet",
			func(l *lab) { l.tells(pveSource, old, localBackup(102, ago(day))).announces(pbsSource) },
			outline{id, alert.Unknown, "", 0, 7, ""}, time.Hour,
		},
		{
			"who lists them has failed",
			func(l *lab) { l.tells(pveSource, old).tells(pbsSource, servedBackup(102, ago(day))).fails(pbsSource) },
			outline{id, alert.Unknown, "", 0, 7, ""}, time.Hour,
		},
		{"it has one", func(l *lab) { l.tells(pveSource, old, localBackup(101, ago(day))) }, outline{id, alert.Good, "", 0, 7, ""}, time.Hour},
		{"a template", func(l *lab) { l.tells(pveSource, template, localBackup(102, ago(day))) }, noFinding, 0},
		{
			"not wanted", func(l *lab) {
				l.config.BackupDefaults.IgnoreMissing = true
				l.tells(pveSource, old, localBackup(102, ago(day)))
			}, noFinding, 0,
		},
		{
			"no alerts of backups wanted", func(l *lab) {
				l.config.BackupDefaults.Enabled = false
				l.tells(pveSource, old, localBackup(102, ago(day)))
			}, noFinding, 0,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			wantsBackups(&l.config)
			test.lab(l)
			checked := l.check(guestKey)
			l.wants(checked, alert.BackupMissing, "", test.want)
			if f := findingOf(t, checked, alert.BackupMissing, ""); f != nil && f.Delay != test.delay {
				t.Errorf("delay %v, want %v", f.Delay, test.delay)
			}
		})
	}
}

// TestOrphanedBackups: nothing is told of backups whose guest is gone.
func TestOrphanedBackups(t *testing.T) {
	l := newLab(t)
	wantsBackups(&l.config)
	l.tells(pveSource, aNode("pve1"), localBackup(999, ago(100*day)), task(999, "job errors", ago(day)))
	for _, checked := range l.checker.All(l.world()) {
		for _, f := range checked.Findings {
			if f.Verdict == alert.Bad {
				t.Errorf("%s: %s", checked.Key, f.Message)
			}
		}
	}
}

func task(vmid int, result string, start time.Time) resource.Resource {
	return resource.Resource{
		ID: fmt.Sprintf("task/%d/%d", vmid, start.Unix()), Kind: resource.KindBackupTask, Name: "vzdump",
		Detail: &resource.BackupTask{Node: "pve1", Type: "vzdump", VMID: vmid, Result: result, Start: start, End: start.Add(time.Minute)},
	}
}

func servedRun(state string, start time.Time) resource.Resource {
	return resource.Resource{
		ID: "job/backup/main:vm-101", Kind: resource.KindBackupJob, Name: "backup/main:vm-101",
		Detail: &resource.BackupJob{Type: "backup", Store: "main", GuestType: "vm", VMID: "101", State: state, Error: "broken pipe", LastRun: start},
	}
}

func TestBackupFailed(t *testing.T) {
	const id = "backup-failed-" + backupGuestID
	failed := func(reason string) outline {
		return outline{id, alert.Bad, alert.Warning, 0, 0, "The last backup of VM 'web' has failed: " + reason}
	}
	guest := aGuest("101", 101, "pve1")
	tests := []struct {
		name   string
		local  []resource.Resource
		remote []resource.Resource
		want   outline
	}{
		{"no run", nil, nil, noFinding},
		{"went well", []resource.Resource{task(101, "OK", ago(time.Hour))}, nil, good(id)},
		{"with warnings", []resource.Resource{task(101, "WARNINGS: 1", ago(time.Hour))}, nil, good(id)},
		{"failed", []resource.Resource{task(101, "job errors", ago(time.Hour))}, nil, failed("job errors")},
		{
			"failed after one that went well", []resource.Resource{task(101, "OK", ago(day)), task(101, "job errors", ago(time.Hour))}, nil,
			failed("job errors"),
		},
		{"went well after one that failed", []resource.Resource{task(101, "job errors", ago(day)), task(101, "OK", ago(time.Hour))}, nil, good(id)},
		{"there is a newer backup", []resource.Resource{task(101, "job errors", ago(day)), localBackup(101, ago(time.Hour))}, nil, good(id)},
		{
			"the next one runs", []resource.Resource{task(101, "job errors", ago(day)), task(101, "running", ago(time.Hour))}, nil,
			failed("job errors"),
		},
		{"of another guest", []resource.Resource{task(102, "job errors", ago(day))}, nil, noFinding},
		{"of several guests", []resource.Resource{task(0, "job errors", ago(day))}, nil, noFinding},
		{"the server says so", nil, []resource.Resource{servedRun("error", ago(time.Hour))}, failed("broken pipe")},
		{"the server says it went well", nil, []resource.Resource{servedRun("OK", ago(time.Hour))}, good(id)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			l.tells(pveSource, append(test.local, guest)...).tells(pbsSource, test.remote...)
			checked := l.check(guestKey)
			l.wants(checked, alert.BackupFailed, "", test.want)
			if f := findingOf(t, checked, alert.BackupFailed, ""); f != nil {
				wantKeys(t, f.Metadata, "resourceType", "startTime", "place", "error", "lastBackupTime")
			}
		})
	}
}

// TestBackupsOfGuestsWithTheSameNumber: a server does not tell whose a number is, but the namespace may.
func TestBackupsOfGuestsWithTheSameNumber(t *testing.T) {
	twin := inventory.SourceRef{ID: "pve-twin", Type: "pve", Name: "twin", Plugin: "pulse.proxmox"}
	served := servedBackup(101, ago(day))
	served.Detail.(*resource.Backup).Namespace = "Twin"
	l := newLab(t)
	wantsBackups(&l.config)
	l.tells(pveSource, aGuest("101", 101, "pve1")).tells(twin, aGuest("101", 101, "pve1")).tells(pbsSource, served)
	if f := findingOf(t, l.check(guestKey), alert.BackupMissing, ""); f.Verdict != alert.Bad {
		t.Errorf("the guest without a backup: %v", f)
	}
	if f := findingOf(t, l.check("pve-twin/qemu/101"), alert.BackupMissing, ""); f.Verdict != alert.Good {
		t.Errorf("the guest with one: %v", f)
	}
}

func TestSnapshot(t *testing.T) {
	const id, key = "snapshot-age-lab-pve1-101-before", "pve-lab/snapshot/before"
	tests := []struct {
		name   string
		age    time.Duration
		size   uint64
		config policy.SnapshotConfig
		tags   []string
		want   outline
		metric string
	}{
		{"young", day, 0, policy.SnapshotConfig{Enabled: true, WarningDays: 30, CriticalDays: 45}, nil, outline{id, alert.Good, "", 1, 30, ""}, "age"},
		{
			"old", 31 * day, 0, policy.SnapshotConfig{Enabled: true, WarningDays: 30, CriticalDays: 45}, nil,
			outline{id, alert.Bad, alert.Warning, 31, 30, "Snapshot 'before' of VM 'web' is 31 days old"}, "age",
		},
		{
			"very old", 45 * day, 0, policy.SnapshotConfig{Enabled: true, WarningDays: 30, CriticalDays: 45}, nil,
			outline{id, alert.Bad, alert.Critical, 45, 45, "Snapshot 'before' of VM 'web' is 45 days old"}, "age",
		},
		{
			"large", day, 60 << 30, policy.SnapshotConfig{Enabled: true, WarningDays: 30, CriticalDays: 45, WarningSizeGiB: 50, CriticalSizeGiB: 100}, nil,
			outline{id, alert.Bad, alert.Warning, 60, 50, "Snapshot 'before' of VM 'web' takes 60 GiB"}, "size",
		},
		{
			"old and very large", 31 * day, 100 << 30, policy.SnapshotConfig{Enabled: true, WarningDays: 30, CriticalDays: 45, WarningSizeGiB: 50, CriticalSizeGiB: 100}, nil,
			outline{id, alert.Bad, alert.Critical, 100, 100, "Snapshot 'before' of VM 'web' takes 100 GiB"}, "size",
		},
		{"not wanted", 99 * day, 0, policy.SnapshotConfig{WarningDays: 30, CriticalDays: 45}, nil, noFinding, ""},
		{
			"of a guest without alerts", 99 * day, 0, policy.SnapshotConfig{Enabled: true, WarningDays: 30, CriticalDays: 45},
			[]string{"pulse-no-alerts"}, noFinding, "",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			l.config.SnapshotDefaults = test.config
			guest := aGuest("101", 101, "pve1")
			guest.Tags = test.tags
			l.tells(pveSource, guest, resource.Resource{
				ID: "snapshot/before", Kind: resource.KindSnapshot, Name: "before",
				Detail: &resource.Snapshot{Node: "pve1", GuestType: "qemu", VMID: 101, At: ago(test.age), Size: test.size},
			})
			checked := l.check(key)
			l.wants(checked, alert.SnapshotAge, "", test.want)
			f := findingOf(t, checked, alert.SnapshotAge, "")
			if f == nil {
				return
			}
			if f.Metadata["primaryMetric"] != test.metric || !f.ByClock {
				t.Errorf("primary metric %v, by clock %v", f.Metadata["primaryMetric"], f.ByClock)
			}
			wantKeys(t, f.Metadata, "primaryMetric", "snapshotName", "snapshotCreatedAt", "snapshotAgeDays", "snapshotSizeGiB", "guestName", "vmid")
		})
	}
}
