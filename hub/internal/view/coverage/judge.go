package coverage

import (
	"fmt"
	"time"
)

const (
	// usualLimit is how old a last backup may be when nobody tells how often there should be one.
	usualLimit = 48 * time.Hour
	// tolerance is how many of a job's intervals a last backup may be old: one
	// that is late, or takes long, is not overdue yet.
	tolerance = 1.5
)

// judge decides on the state of the guest and says why. Visible says that
// backups of other guests of its source are known, so that its own would be.
func (s *subject) judge(visible bool) (State, string) {
	if s.backups.last.IsZero() {
		return s.judgeWithout(visible)
	}
	limit := s.plan.limit()
	age := s.now.Sub(s.backups.last)
	old := "the last backup is " + words(age) + " old"
	switch {
	case age <= limit && s.backups.verified != nil && !*s.backups.verified:
		return Covered, "the verification of the last backup has failed"
	case age <= limit && s.plan.is(false):
		return Covered, "in no backup job, but backed up " + words(age) + " ago"
	case age <= limit:
		return Covered, "backed up " + words(age) + " ago"
	case s.backups.stale || s.entry.Stale:
		return Unknown, old + ", but it is long ago that anybody looked"
	case s.plan.is(false):
		return Unprotected, "in no backup job that is enabled, and " + old
	}
	return Overdue, old + ", more than the " + words(limit) + " it may be" + s.plan.failed()
}

func (s *subject) judgeWithout(visible bool) (State, string) {
	switch {
	case s.plan.is(false):
		return Unprotected, "in no backup job that is enabled, and there is no backup"
	case !visible:
		return Unknown, "no backups of this instance are known"
	case s.plan.is(true):
		return Overdue, "in a backup job, but there is no backup" + s.plan.failed()
	}
	return Unprotected, "there is no backup, though other guests of the instance have some"
}

// words writes a duration for people: in days, hours or minutes.
func words(d time.Duration) string {
	count := func(n int, what string) string {
		if n == 1 {
			return "1 " + what
		}
		return fmt.Sprintf("%d %ss", n, what)
	}
	switch d = max(d, 0); {
	case d >= 72*time.Hour:
		return count(int(d/(24*time.Hour)), "day")
	case d >= time.Hour:
		return count(int(d/time.Hour), "hour")
	}
	return count(int(d/time.Minute), "minute")
}
