package proxmox

import (
	"context"
	"slices"
	"strconv"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// replicationJob is a row of /cluster/replication: the definition.
type replicationJob struct {
	ID        text    `json:"id"`
	Type      text    `json:"type"`
	Guest     number  `json:"guest"`
	Number    number  `json:"jobnum"`
	Source    text    `json:"source"`
	Target    text    `json:"target"`
	Schedule  text    `json:"schedule"`
	Comment   text    `json:"comment"`
	Disable   boolean `json:"disable"`
	Rate      number  `json:"rate"` // megabytes per second
	RemoveJob text    `json:"remove_job"`
}

// replicationState is a row of /nodes/{node}/replication, which only the node has
// that the guest is on.
type replicationState struct {
	ID        text   `json:"id"`
	GuestType text   `json:"vmtype"`
	LastSync  number `json:"last_sync"`
	NextSync  number `json:"next_sync"`
	Duration  number `json:"duration"`
	FailCount number `json:"fail_count"`
	Error     text   `json:"error"`
	PID       number `json:"pid"` // while it runs
}

// collectReplication looks at the replication jobs and asks the nodes of their
// guests how they do.
func (s *source) collectReplication(ctx context.Context, out *sdk.Snapshot) error {
	var jobs []replicationJob
	err := s.client.Get(ctx, "cluster/replication", nil, &jobs)
	if isAbsent(err) || err == nil && len(jobs) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	view, err := s.cluster.recent(ctx)
	if err != nil {
		return err
	}
	byNode, known := jobsByNode(view, jobs), map[string]bool{}
	failed := s.eachNode(ctx, datasetReplication, view.online(), func(node string) error {
		if len(byNode[node]) == 0 {
			return nil
		}
		return s.readReplication(ctx, view, node, byNode[node])
	})
	for _, n := range view.nodes {
		known[n.name] = len(byNode[n.name]) > 0
	}
	tellFailures(out, failed)
	s.jobs.show(known, s.now(), out)
	return nil
}

// jobsByNode sorts jobs by where their guest is now, which may not be the
// source of the definition any more.
func jobsByNode(v *view, jobs []replicationJob) map[string][]*replicationJob {
	byNode := map[string][]*replicationJob{}
	for i := range jobs {
		node := string(jobs[i].Source)
		if guest := v.guestOf(jobs[i].Guest.Int()); guest != nil {
			node = string(guest.Node)
		}
		byNode[node] = append(byNode[node], &jobs[i])
	}
	return byNode
}

// guestOf returns the row of a guest, nil if there is none of that number.
func (v *view) guestOf(vmid int) *resourceRow {
	for i := range v.rows {
		if v.rows[i].isGuest() && v.rows[i].vmid() == vmid {
			return &v.rows[i]
		}
	}
	return nil
}

func (s *source) readReplication(ctx context.Context, v *view, node string, jobs []*replicationJob) error {
	var states []replicationState
	if err := s.get(ctx, s.limits.node, &states, "nodes", node, "replication"); err != nil {
		return err
	}
	var list []resource.Resource
	for _, job := range jobs {
		state := &replicationState{}
		if at := slices.IndexFunc(states, func(r replicationState) bool { return r.ID == job.ID }); at >= 0 {
			state = &states[at]
		}
		list = append(list, job.resource(v, state, node))
	}
	s.jobs.put(node, s.now(), list)
	return nil
}

const bytesPerMegabyte = 1e6

// resource makes a resource of a job and its state.
func (j *replicationJob) resource(v *view, state *replicationState, node string) resource.Resource {
	d := &resource.Replication{
		JobID: string(j.ID), JobNumber: j.Number.Int(), Schedule: string(j.Schedule), Type: string(j.Type),
		GuestID: j.Guest.Int(), GuestType: string(state.GuestType), GuestNode: node,
		SourceNode: node, TargetNode: string(j.Target), Enabled: !bool(j.Disable), State: "idle",
		LastSync: state.LastSync.Time(), NextSync: state.NextSync.Time(), LastSyncDuration: state.Duration.Seconds(),
		FailCount: max(state.FailCount.Int(), 0), Error: string(state.Error), Comment: string(j.Comment),
		RemoveJob: string(j.RemoveJob), RateLimit: max(j.Rate.Float(), 0) * bytesPerMegabyte,
	}
	r := resource.Resource{
		ID: "replication/" + d.JobID, Kind: resource.KindReplication, Name: d.JobID,
		Status: resource.StatusRunning, Detail: d,
	}
	if guest := v.guestOf(d.GuestID); guest != nil {
		r.ParentID, d.GuestName, d.GuestType = guest.guestID(), string(guest.Name), string(guest.Type)
	}
	if !d.LastSync.IsZero() {
		d.LastSyncStatus = "OK"
	}
	switch {
	case !d.Enabled:
		r.Status, d.NextSync = resource.StatusStopped, replicationState{}.NextSync.Time()
	case d.FailCount > 0 || d.Error != "":
		d.State, d.LastSyncStatus = "error", "error"
		r.Status, r.StatusReason = resource.StatusDegraded, failures(d)
	case state.PID.Known():
		d.State = "syncing"
	}
	return r
}

func failures(d *resource.Replication) string {
	if d.LastSync.IsZero() {
		return "it has never gone well, " + strconv.Itoa(d.FailCount) + " runs have failed"
	}
	return strconv.Itoa(d.FailCount) + " runs have failed since " + d.LastSync.Format("2006-01-02 15:04 MST")
}
