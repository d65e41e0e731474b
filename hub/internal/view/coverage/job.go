package coverage

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// What plugins tell of guests and jobs beside their details.
const (
	labelJob      = "backup_job" // of a guest; "none": it is in no job
	labelPool     = "pool"       // of a guest
	labelSchedule = "schedule"   // of a job: a calendar event
)

// job is a backup job.
type job struct {
	id, storage string
	all         bool
	pool        string
	guests      []int
	enabled     bool
	nextRun     time.Time
	interval    time.Duration // 0: not known
	failure     string        // of the last run
}

// jobs are the backup jobs of all sources.
type jobs struct {
	// local are those of hypervisors by their source, remote the jobs and last
	// runs that backup servers tell.
	local  map[string][]*job
	remote *backups.Index[[]*job]
	names  backups.Names
	// listed are the sources that tell which of their guests are in no job.
	listed map[string]bool
}

func newJobs(snap *inventory.Snapshot) *jobs {
	j := &jobs{
		local: map[string][]*job{}, remote: backups.NewIndex[[]*job](), names: backups.NamesIn(snap), listed: map[string]bool{},
	}
	for e := range snap.OfKind(resource.KindBackupJob) {
		if detail, _ := e.Detail.(*resource.BackupJob); detail != nil && detail.Type == "backup" {
			j.add(e, detail)
		}
	}
	for _, kind := range []resource.Kind{resource.KindVM, resource.KindContainer} {
		for e := range snap.OfKind(kind) {
			if e.Labels[labelJob] == "none" {
				j.listed[e.Source] = true
			}
		}
	}
	return j
}

func (j *jobs) add(e *inventory.Entry, detail *resource.BackupJob) {
	one := &job{
		id: e.Name, storage: detail.Store, enabled: detail.State != "disabled", nextRun: detail.NextRun,
		interval: intervalOf(e.Labels[labelSchedule], detail), failure: detail.Error,
	}
	if detail.GuestType == "" {
		one.choose(detail.VMID)
		j.local[e.Source] = append(j.local[e.Source], one)
		return
	}
	number, err := strconv.Atoi(detail.VMID)
	if err != nil {
		return // of a host, which is no guest
	}
	about := backups.Subject{Keeper: backups.KeptByBackupServer, Type: detail.GuestType, VMID: number, Namespace: e.Labels["namespace"]}
	if about.Type == "ct" {
		about.Type = string(resource.KindContainer)
	}
	j.remote.Add(about, func(list []*job) []*job { return append(list, one) })
}

// choose reads what the job includes: "all", "pool NAME", or numbers with commas between.
func (j *job) choose(selection string) {
	if name, ok := strings.CutPrefix(selection, "pool "); ok {
		j.pool = name
		return
	}
	j.all = selection == "all"
	for text := range strings.SplitSeq(selection, ",") {
		if number, err := strconv.Atoi(strings.TrimSpace(text)); err == nil { // "all" is none
			j.guests = append(j.guests, number)
		}
	}
}

func (j *job) includes(guest *inventory.Entry, vmid int) bool {
	return j.all || slices.Contains(j.guests, vmid) || j.pool != "" && guest.Labels[labelPool] == j.pool
}

// plan is what is to happen to a guest.
type plan struct {
	jobs     []*job
	included *bool // nil: not known
	failure  string
}

// of returns what is planned for a guest. Whether it is in a job is what its
// hypervisor says of it, else what its jobs say. A list of exceptions, that
// nobody tells us of, makes the former differ from the latter.
func (j *jobs) of(s *subject) plan {
	var p plan
	p.addServed(j.remote.Of(s.entry, s.instance, j.names))
	out := s.entry.Labels[labelJob] == "none"
	local := j.local[s.entry.Source]
	for _, one := range local {
		if !out && one.includes(s.entry, s.detail.VMID) {
			p.jobs = append(p.jobs, one)
		}
	}
	enabled := slices.ContainsFunc(p.jobs, func(one *job) bool { return one.enabled })
	switch {
	case enabled:
		p.included = new(true)
	case out || len(p.jobs) > 0: // in none, or in some that are switched off
		p.included = new(false)
	case j.listed[s.entry.Source]: // of those that are in none, it is none
		p.included = new(true)
	}
	return p
}

// addServed takes in what backup servers tell: jobs if they are going to run
// again, and how the last run went.
func (p *plan) addServed(_, remote []*job) {
	for _, one := range remote {
		if !one.nextRun.IsZero() {
			p.jobs = append(p.jobs, one)
		}
		if one.failure != "" {
			p.failure = one.failure
		}
	}
}

func (p *plan) is(included bool) bool { return p.included != nil && *p.included == included }

// failed is the end of a sentence about why there is no younger backup.
func (p *plan) failed() string {
	if p.failure == "" {
		return ""
	}
	return "; the last run has failed: " + p.failure
}

// limit is how old the last backup may be: by the job that runs most often, of
// those whose schedule is known.
func (p *plan) limit() time.Duration {
	var shortest time.Duration
	for _, one := range p.jobs {
		if one.enabled && one.interval > 0 && (shortest == 0 || one.interval < shortest) {
			shortest = one.interval
		}
	}
	if shortest == 0 {
		return usualLimit
	}
	return time.Duration(tolerance * float64(shortest))
}

func (p *plan) shown() []Job {
	shown := make([]Job, 0, len(p.jobs))
	for _, one := range p.jobs {
		shown = append(shown, Job{
			ID: one.id, Storage: one.storage, Enabled: one.enabled, NextRun: unit.Known(one.nextRun), Interval: unit.Seconds(one.interval),
		})
	}
	return shown
}

// intervalOf returns the longest time between two runs of a job: by its
// schedule, else the time from its last run to the next one, 0 if neither is known.
func intervalOf(schedule string, detail *resource.BackupJob) time.Duration {
	if interval, ok := longestGap(schedule); ok {
		return interval
	}
	if detail.LastRun.IsZero() || !detail.NextRun.After(detail.LastRun) {
		return 0
	}
	return detail.NextRun.Sub(detail.LastRun)
}
