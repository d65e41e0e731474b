package pbs

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// collectJobs looks at the jobs and at the tasks that have run. It fails as a
// whole if nothing of it could be read.
func (s *source) collectJobs(ctx context.Context, out *sdk.Snapshot) error {
	ctx, cancel := early(ctx)
	defer cancel()
	v, err := s.askVersion(ctx)
	if err != nil {
		return err
	}
	events, err := s.readTasks(ctx)
	faults := []error{err}
	for _, e := range events {
		out.Event(e)
	}
	for _, r := range s.tasks.lastRuns() {
		out.Put(r)
	}
	faults = append(faults, s.collectGarbage(ctx, out))
	for _, kind := range []string{"verify", "prune", "sync"} {
		var jobs []job
		err := s.client.Get(ctx, "admin/"+kind, jobQuery(kind, v), &jobs)
		for _, j := range jobs {
			out.Put(s.job(kind, j))
		}
		faults = append(faults, err)
	}
	return settle(out, faults)
}

// jobQuery asks for sync jobs of both directions, which servers know since 3.3.
func jobQuery(kind string, v version) url.Values {
	if kind == "sync" && v.knowsDirections() {
		return url.Values{"sync-direction": {"all"}}
	}
	return nil
}

// settle tells of the parts that failed; if all did it returns the first error.
func settle(out *sdk.Snapshot, faults []error) error {
	failed := 0
	for _, err := range faults {
		if err != nil {
			out.Failed(serverID, err)
			failed++
		}
	}
	if failed == len(faults) {
		return faults[0]
	}
	return nil
}

// collectGarbage looks at garbage collection. Servers before 3.2 have no list
// of it; what they tell is in the usage of the datastores.
func (s *source) collectGarbage(ctx context.Context, out *sdk.Snapshot) error {
	var jobs []gcJob
	err := s.client.Get(ctx, "admin/gc", nil, &jobs)
	if err != nil && fault.Of(err).Code == fault.CodeNotFound {
		var usages []storeUsage
		err = s.client.Get(ctx, "status/datastore-usage", nil, &usages)
		for _, usage := range usages {
			if usage.Error == "" {
				jobs = append(jobs, gcJob{gcStatus: usage.GC, Store: usage.Store})
			}
		}
	}
	for i := range jobs {
		out.Put(s.garbageJob(&jobs[i]))
	}
	return err
}

// jobResource returns the resource of a job. The name begins with its kind.
func jobResource(name string, detail *resource.BackupJob) resource.Resource {
	return resource.Resource{
		ID: "job/" + name, Kind: resource.KindBackupJob, Name: name, ParentID: serverID,
		Status: resource.StatusRunning, Detail: detail,
	}
}

// judge fills in how a run that has ended went.
func judge(r *resource.Resource, detail *resource.BackupJob, state string) {
	result := outcomeOf(state)
	detail.State = string(result)
	switch result {
	case outcomeError, outcomeUnknown:
		detail.Error = state
		r.Status, r.StatusReason = resource.StatusDegraded, state
	case outcomeWarnings:
		r.StatusReason = state
	}
}

func (s *source) garbageJob(j *gcJob) resource.Resource {
	detail := &resource.BackupJob{
		Type: "garbage", Store: j.Store, LastRun: j.LastEnd.Time(), NextRun: j.NextRun.Time(), RemovedBytes: j.RemovedBytes.Bytes(),
	}
	r := jobResource("garbage/"+j.Store, detail)
	r.Labels = labels("schedule", j.Schedule)
	if detail.LastRun.IsZero() {
		detail.LastRun = startOf(j.UPID)
	}
	if s.tasks.isRunning(j.UPID, "garbage_collection", j.Store) {
		detail.State = string(outcomeRunning)
		return r
	}
	judge(&r, detail, j.LastState)
	if j.LastState == "" && j.UPID != "" {
		detail.State = string(outcomeUnknown) // it ran, and nothing is told of how it ended
	}
	return r
}

// job describes a job that verifies, prunes or syncs.
func (s *source) job(kind string, j job) resource.Resource {
	detail := &resource.BackupJob{
		Type: kind, Store: j.Store, LastRun: j.LastEnd.Time(), NextRun: j.NextRun.Time(),
	}
	if kind == "sync" {
		detail.Remote = orElse(j.Remote, "local")
	}
	r := jobResource(kind+"/"+j.ID, detail)
	r.Labels = labels(
		"schedule", j.Schedule, "namespace", j.Namespace, "comment", j.Comment,
		"direction", j.Direction, "remote_store", j.RemoteStore,
	)
	started := j.LastUPID != "" && j.LastState == "" && detail.LastRun.IsZero()
	switch {
	case started || j.LastUPID != "" && s.tasks.isRunning(j.LastUPID, "", ""):
		detail.State, detail.LastRun = string(outcomeRunning), startOf(j.LastUPID)
	case bool(j.Disabled):
		judge(&r, detail, j.LastState)
		r.Status, r.StatusReason, detail.State, detail.Error = resource.StatusStopped, "", "disabled", ""
	default:
		judge(&r, detail, j.LastState)
	}
	return r
}

// labels returns the pairs that have a value.
func labels(pairs ...string) map[string]string {
	var set map[string]string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		if set == nil {
			set = map[string]string{}
		}
		set[pairs[i]] = pairs[i+1]
	}
	return set
}

// startOf reads the start of a task out of its UPID, which is
// UPID:node:pid:pstart:number:start:kind:id:user: with numbers in hexadecimal.
// What cannot be read gives the zero time.
func startOf(upid string) time.Time {
	parts := strings.Split(upid, ":")
	if len(parts) < 8 || parts[0] != "UPID" {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(parts[5], 16, 64)
	if err != nil || seconds <= 0 || seconds > 1<<33 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
