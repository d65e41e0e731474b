package proxmox

import (
	"context"
	"strings"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// jobRow is a row of /cluster/backup.
type jobRow struct {
	ID      text     `json:"id"`
	Enabled *boolean `json:"enabled"` // absent: yes
	Storage text     `json:"storage"`
	All     boolean  `json:"all"`
	VMID    text     `json:"vmid"` // a list
	Pool    text     `json:"pool"`
	Comment text     `json:"comment"`
	NextRun number   `json:"next-run"`
	// Schedule is a calendar event; before version 7.1 there were a time of day and the days of the week instead.
	Schedule  text `json:"schedule"`
	StartTime text `json:"starttime"`
	Weekdays  text `json:"dow"`
}

// uncoveredRow is a row of /cluster/backup-info/not-backed-up: a guest in no job.
type uncoveredRow struct {
	Type text   `json:"type"`
	VMID number `json:"vmid"`
}

// readJobs looks at the backup jobs and the guests that are in none.
func (s *source) readJobs(ctx context.Context, out *sdk.Snapshot) {
	var rows []jobRow
	if err := s.client.Get(ctx, "cluster/backup", nil, &rows); err != nil {
		out.Failed(placeJobs, err)
		return
	}
	var list []resource.Resource
	for i := range rows {
		if rows[i].ID != "" {
			list = append(list, rows[i].resource())
		}
	}
	s.backups.put(placeJobs, s.now(), list)
	if err := s.readUncovered(ctx); err != nil {
		out.Failed(placeJobs, err)
	}
}

func (s *source) readUncovered(ctx context.Context) error {
	var rows []uncoveredRow
	err := s.client.Get(ctx, "cluster/backup-info/not-backed-up", nil, &rows)
	if isAbsent(err) || isForbidden(err) {
		return nil // older versions do not have it, and it may not be for us
	}
	if err != nil {
		return err
	}
	guests := map[string]bool{}
	for _, r := range rows {
		guests[guestID(string(r.Type), r.VMID.Int())] = true
	}
	s.facts.setNoJob(guests)
	return nil
}

// resource makes a resource of a row.
func (r *jobRow) resource() resource.Resource {
	job := &resource.BackupJob{
		Type: "backup", Store: string(r.Storage), State: "enabled", NextRun: r.NextRun.Time(), VMID: string(r.VMID),
	}
	switch {
	case bool(r.All):
		job.VMID = "all"
	case r.Pool != "":
		job.VMID = "pool " + string(r.Pool)
	}
	out := resource.Resource{
		ID: "backup-job/" + string(r.ID), Kind: resource.KindBackupJob, Name: string(r.ID), DisplayName: string(r.Comment),
		Status: resource.StatusRunning, Detail: job,
	}
	if r.Enabled != nil && !bool(*r.Enabled) {
		job.State, job.NextRun, out.Status = "disabled", resource.BackupJob{}.NextRun, resource.StatusStopped
	}
	if schedule := r.schedule(); schedule != "" {
		out.Labels = map[string]string{"schedule": schedule}
	}
	return out
}

// schedule is when the job runs, as a calendar event.
func (r *jobRow) schedule() string {
	if r.Schedule != "" || r.StartTime == "" {
		return string(r.Schedule)
	}
	return strings.TrimSpace(string(r.Weekdays) + " " + string(r.StartTime))
}
