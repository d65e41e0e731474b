package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// replicationJob copies a guest's disks to another node of the cluster.
type replicationJob struct {
	seed   signal.Seed
	guest  *guest
	number int // among the jobs of the guest, from 0
	target string
	every  time.Duration
	// trouble is when the target cannot be reached: for hours, then it recovers. Nil: never.
	trouble  *signal.Cycle
	disabled bool
	removing bool
}

const troubleLasts = 3 * time.Hour

// newReplicationJobs replicates every third guest that lives on a node's own ZFS pool.
func newReplicationJobs(s *Site) []*replicationJob {
	if len(s.nodes) < 2 {
		return nil
	}
	var jobs []*replicationJob
	for i, g := range s.guests {
		if i%3 != 0 || g.storage != "local-zfs" || g.template {
			continue
		}
		home := s.node(g.home)
		job := &replicationJob{
			seed: g.seed.Child("replication"), guest: g,
			target: s.nodes[(home.number+1)%len(s.nodes)].name,
			every:  signal.Pick(g.seed, "every", []time.Duration{15 * time.Minute, 30 * time.Minute, 2 * time.Hour}),
		}
		switch len(jobs) {
		case 1:
			job.trouble = &signal.Cycle{Every: 2 * troubleLasts}
		case 2:
			// One of the two is in trouble at nearly every moment.
			job.trouble = &signal.Cycle{Every: 2 * troubleLasts, Offset: troubleLasts}
		case 3:
			job.disabled = true
		case 4:
			job.removing = true
		}
		jobs = append(jobs, job)
	}
	return append(jobs, secondCopies(s, jobs)...)
}

// secondCopies returns a daily job to yet another node for the first guest.
func secondCopies(s *Site, jobs []*replicationJob) []*replicationJob {
	if len(s.nodes) < 3 || len(jobs) == 0 {
		return nil
	}
	first := jobs[0]
	home := s.node(first.guest.home)
	return []*replicationJob{{
		seed: first.seed.Child("second"), guest: first.guest, number: 1,
		target: s.nodes[(home.number+2)%len(s.nodes)].name, every: day,
	}}
}

func (j *replicationJob) runs() signal.Cycle {
	return signal.Cycle{Every: j.every, Offset: j.seed.Duration("offset", 0, 5*time.Minute)}
}

func (j *replicationJob) fails(at time.Time) bool {
	return j.trouble != nil && j.trouble.Since(at) < troubleLasts
}

// lastGood returns the last run before at that went well, and how many have failed since.
func (j *replicationJob) lastGood(at time.Time) (good time.Time, failed int) {
	runs := j.runs()
	index := runs.Index(at)
	for ; j.fails(runs.Run(index)); index-- {
		failed++
	}
	return runs.Run(index), failed
}

// Replication returns the replication jobs.
func (s *Site) Replication(at time.Time) []resource.Resource {
	out := make([]resource.Resource, 0, len(s.jobs))
	for _, j := range s.jobs {
		out = append(out, j.resource(at))
	}
	return out
}

func (j *replicationJob) resource(at time.Time) resource.Resource {
	runs := j.runs()
	good, failed := j.lastGood(at)
	length := j.seed.Nth(runs.Index(good)).Duration("length", 3*time.Second, 50*time.Second)
	id := strconv.Itoa(j.guest.vmid) + "-" + strconv.Itoa(j.number)
	d := &resource.Replication{
		JobID: id, JobNumber: j.number, Schedule: schedule(j.every), Type: "local", GuestID: j.guest.vmid,
		GuestName: j.guest.name, GuestType: j.guest.typeName(), GuestNode: j.guest.home,
		SourceNode: j.guest.home, SourceStorage: j.guest.storage, TargetNode: j.target, TargetStorage: j.guest.storage,
		Enabled: !j.disabled, State: "idle", LastSyncStatus: "OK", LastSync: good, NextSync: runs.Next(at),
		LastSyncDuration: length, Comment: "second copy of " + j.guest.name,
	}
	r := resource.Resource{
		ID: "replication/" + id, Kind: resource.KindReplication, Name: id, ParentID: j.guest.id(),
		Status: resource.StatusRunning, Detail: d,
	}
	switch {
	case j.disabled:
		r.Status, d.NextSync = resource.StatusStopped, time.Time{}
	case failed > 0:
		d.State, d.LastSyncStatus, d.FailCount = "error", "error", failed
		d.Error = "command 'zfs recv -F -- rpool/data/vm-" + strconv.Itoa(j.guest.vmid) + "-disk-0' failed: exit code 255: connection to " + j.target + " timed out"
		r.Status, r.StatusReason = resource.StatusDegraded, strconv.Itoa(failed)+" runs have failed since "+good.Format("15:04 MST")
	case at.Sub(good) < length:
		d.State = "syncing"
	}
	if j.removing {
		d.RemoveJob, d.RateLimit, d.Comment = "local", 50e6, "guest leaves this node, job is being removed"
	}
	return r
}

// schedule returns the calendar event of a distance, as Proxmox VE writes it.
func schedule(every time.Duration) string {
	if every == day {
		return "00:00"
	}
	if every < time.Hour {
		return "*/" + strconv.Itoa(int(every.Minutes()))
	}
	return "*/" + strconv.Itoa(int(every.Hours())) + ":00"
}

// typeName returns "qemu" or "lxc".
func (g *guest) typeName() string {
	if g.kind == resource.KindVM {
		return "qemu"
	}
	return "lxc"
}
