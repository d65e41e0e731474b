package world

import (
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
)

// Backups run at night to the backup server, and for some guests once a week to
// a storage of the site as well.
const (
	keepNightly = 5
	keepWeekly  = 2
	// verifyAt is when the server verifies the backups of the night.
	verifyAt = 7 * time.Hour
)

// backupRun is one run of a guest's backup.
type backupRun struct {
	guest      *guest
	index      int
	start, end time.Time
	size       uint64
	failure    string // empty: it went well
}

// nightlyCycle is when a guest is backed up: one after another, from 01:30 on.
func (g *guest) nightlyCycle() signal.Cycle {
	return signal.Daily(90*time.Minute + time.Duration(g.vmid%200)*90*time.Second)
}

func (g *guest) weeklyCycle() signal.Cycle {
	return signal.Weekly(22*time.Hour + time.Duration(g.vmid%60)*time.Minute)
}

// nightly returns the last nightly run that has begun.
func (g *guest) nightly(at time.Time) backupRun {
	c := g.nightlyCycle()
	return g.run(c, c.Index(at))
}

func (g *guest) run(c signal.Cycle, index int) backupRun {
	seed := g.seed.Nth(index)
	start := c.Run(index)
	r := backupRun{
		guest: g, index: index, start: start,
		end:  start.Add(seed.Duration("length", 70*time.Second, 14*time.Minute)),
		size: uint64(float64(g.stored(start)) * seed.Between("size", 0.55, 0.62)),
	}
	if (g.flaky && index%3 == 0) || seed.Chance("fails", 0.004) {
		r.end = start.Add(seed.Duration("fails-after", 3*time.Second, 40*time.Second))
		r.size = 0
		r.failure = signal.Pick(seed, "failure", []string{
			"command 'lxc-freeze -n guest' failed: exit code 1",
			"backup write data failed: command error: write_data upload error: pipelined request failed",
			"job aborted: datastore is out of space",
			"unable to create snapshot: dataset is busy",
		})
	}
	return r
}

// goodRuns returns the newest finished and successful runs, newest first, at most keep.
func (g *guest) goodRuns(c signal.Cycle, keep int, at time.Time) []backupRun {
	if g.noBackup || g.template {
		return nil
	}
	runs := make([]backupRun, 0, keep)
	last := c.Index(at)
	for index := last; len(runs) < keep && index > last-3*keep; index-- {
		if r := g.run(c, index); r.failure == "" && !r.end.After(at) {
			runs = append(runs, r)
		}
	}
	return runs
}

// lastBackup returns when the newest good backup was made, zero if there is none.
func (g *guest) lastBackup(at time.Time) time.Time {
	runs := g.goodRuns(g.nightlyCycle(), 1, at)
	if len(runs) == 0 {
		return time.Time{}
	}
	return runs[0].start
}

// verification returns what the verification of a backup has found by now.
func (r backupRun) verification(at time.Time) string {
	if at.Before(signal.Daily(verifyAt).Next(r.end)) {
		return ""
	}
	if (r.guest.badVerify && r.index&3 == 1) || r.guest.seed.Nth(r.index).Chance("damaged", 0.002) {
		return "failed"
	}
	return "OK"
}

// protected keeps one backup of a few guests from being pruned.
func (r backupRun) protected() bool { return r.guest.ha != "" && r.index%keepNightly == 0 }

func (r backupRun) notes() string { return "nightly, " + r.guest.name }
