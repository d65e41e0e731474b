package check

import (
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const day = 24 * time.Hour

// missingDelay is for how long there must be no backup of a guest that is known to be old: what lists backups may have
// begun anew.
const missingDelay = time.Hour

// backupsOf judges the backups of a guest. They age by the clock.
func (b *bench) backupsOf(detail *resource.Guest) {
	known := b.backups.of(b.entry, b.subject.Instance)
	if detail.LastBackup.After(known.last) {
		known.last, known.place = detail.LastBackup, ""
	}
	b.backupFailed(&known)
	if config := b.thresholds.Backup; config.Enabled {
		b.backupAge(&known, config.WarningDays, config.CriticalDays)
		if !config.IgnoreMissing {
			b.backupMissing(&known, config.WarningDays)
		}
	}
}

// backupAge judges the age of the newest backup. If it is too old, but not everybody was asked who may have a newer
// one, nothing can be said.
func (b *bench) backupAge(known *guestBackups, warning, critical float64) {
	if known.last.IsZero() {
		return
	}
	age := b.Now.Sub(known.last)
	level, trigger := levelAt(age.Hours()/24, warning, critical)
	if level == "" && !b.open {
		return
	}
	b.is(state{
		Type: alert.BackupAge, AlertID: "backup-age-" + b.subject.ID, ByClock: true,
		Level: level, Value: age.Hours() / 24, Trigger: trigger, Unknown: level != "" && known.blind,
		Message: fmt.Sprintf("The newest backup of %s '%s' is %s old", b.noun, b.subject.Name, spoken(age)),
		Extra: func() map[string]any {
			return map[string]any{
				"lastBackupTime": moment(known.last), "ageDays": age.Hours() / 24, "place": known.place,
				"thresholdDays": warning, "criticalDays": critical,
			}
		},
	})
}

// levelAt returns the level of a value, and the threshold that it has crossed. A threshold of 0 is none.
func levelAt(value, warning, critical float64) (alert.Level, float64) {
	switch {
	case critical > 0 && value >= critical:
		return alert.Critical, critical
	case warning > 0 && value >= warning:
		return alert.Warning, warning
	case warning > 0:
		return "", warning
	}
	return "", critical
}

// backupMissing judges whether there is any backup of the guest. Nobody tells when a guest was made: one that runs for
// so long is old enough, and otherwise it is when it had none for so long.
func (b *bench) backupMissing(known *guestBackups, days float64) {
	if days <= 0 || !known.last.IsZero() && !b.open {
		return
	}
	s := state{
		Type: alert.BackupMissing, AlertID: "backup-missing-" + b.subject.ID, ByClock: true, Trigger: days,
		Delay: time.Duration(days * float64(day)), Unknown: known.last.IsZero() && !b.backups.complete(b.entry.Source),
	}
	if b.entry.Uptime >= s.Delay {
		s.Delay = missingDelay
	}
	if known.last.IsZero() {
		s.Level = alert.Warning
		s.Message = fmt.Sprintf("%s '%s' has never been backed up", b.noun, b.subject.Name)
	}
	b.is(s)
}

// backupFailed judges the newest run of a backup.
func (b *bench) backupFailed(known *guestBackups) {
	run := &known.run
	failed := run.reason != "" && known.last.Before(run.start)
	if run.start.IsZero() || !failed && !b.open {
		return
	}
	s := state{
		Type: alert.BackupFailed, AlertID: "backup-failed-" + b.subject.ID, ByClock: true,
		Extra: func() map[string]any {
			return map[string]any{
				"startTime": moment(run.start), "place": run.place, "error": run.reason, "lastBackupTime": moment(known.last),
			}
		},
	}
	if failed {
		s.Level = alert.Warning
		s.Message = fmt.Sprintf("The last backup of %s '%s' has failed: %s", b.noun, b.subject.Name, run.reason)
	}
	b.is(s)
}
