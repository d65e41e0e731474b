package pmg

import (
	"context"
	"strings"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// collectStatus looks at the gateway: its nodes with their queues, and the
// statistics of its mail. What fails in part is told, and the rest is shown;
// statistics stay as they last were and say how old they are.
func (s *source) collectStatus(ctx context.Context, out *sdk.Snapshot) error {
	members, err := s.askMembers(ctx)
	if err != nil {
		return err
	}
	s.forget(members)
	looks := s.lookAtNodes(ctx, members)
	within, cancel := s.part(ctx)
	defer cancel()
	v, err := s.askVersion(within)
	faults := []error{err}
	r, detail := s.gateway(v, looks)
	faults = append(faults, s.addStatistics(within, nodeToAsk(looks), &r, detail)...)
	out.Put(r)
	if problem, wrong := s.client.ClockProblem(); wrong {
		out.Problem(problem)
	}
	tell(out, looks, faults)
	return nil
}

// addStatistics adds the statistics of the mail and returns what failed.
func (s *source) addStatistics(ctx context.Context, node string, r *resource.Resource, detail *resource.MailGateway) []error {
	faults := make([]error, 4)
	local := s.serverNow().In(s.askZone(ctx, node))
	detail.Stats, faults[0] = s.askStats(ctx, local)
	detail.Counts, faults[1] = s.askCounts(ctx, local)
	detail.SpamScores, faults[2] = s.askScores(ctx, local)
	h, err := s.askQuarantine(ctx, local)
	faults[3] = err
	detail.Quarantine = h.totals()
	r.Metrics = append(append(r.Metrics, statsMetrics(detail.Stats)...), h.metrics()...)
	return faults
}

// nodeToAsk returns a node that answers, the first if none does.
func nodeToAsk(looks []nodeLook) string {
	for i := range looks {
		if looks[i].status != nil {
			return looks[i].member.Name
		}
	}
	return looks[0].member.Name
}

// tell tells what failed: of a node under its name, else of the gateway.
func tell(out *sdk.Snapshot, looks []nodeLook, faults []error) {
	for i := range looks {
		for _, err := range looks[i].faults {
			known := fault.Of(err)
			out.Problem(sdk.Problem{
				ResourceID: "node/" + looks[i].member.Name, Code: known.Code,
				Message: looks[i].member.Name + ": " + known.Error(), Transient: known.Transient,
			})
		}
	}
	for _, err := range faults {
		if err != nil {
			out.Failed(gatewayID, err)
		}
	}
}

// gateway describes the gateway without its statistics. Its load is that of
// the master, or of the first node that answers.
func (s *source) gateway(v version, looks []nodeLook) (resource.Resource, *resource.MailGateway) {
	detail := &resource.MailGateway{
		Host: s.client.Endpoint(), GuestURL: s.config.GuestURL, Version: v.Version, Connection: "healthy", UpdatedAt: s.now(),
	}
	r := resource.Resource{
		ID: gatewayID, Kind: resource.KindMailGateway, Name: s.config.name(), Status: resource.StatusRunning, Detail: detail,
	}
	var complaints []string
	queued, answering := 0, 0
	for i := range looks {
		look := &looks[i]
		detail.Nodes = append(detail.Nodes, look.node())
		if q := look.queue; q != nil {
			queued += q.Active + q.Deferred + q.Hold + q.Incoming
			answering++
		}
		if text := look.complaint(); text != "" {
			complaints = append(complaints, text)
		}
	}
	describe(&r, looks)
	if len(complaints) > 0 {
		r.Status, r.StatusReason = resource.StatusDegraded, strings.Join(complaints, "; ")
	}
	if answering > 0 {
		r.Metrics = append(r.Metrics, resource.Metric{Name: "queued_mails", Value: float64(queued)})
	} else {
		detail.Connection = "unhealthy"
	}
	for i := range looks {
		r.Metrics = append(r.Metrics, looks[i].metrics()...)
	}
	return r, detail
}

// describe adds the load of the master, or of the first node that answers.
func describe(r *resource.Resource, looks []nodeLook) {
	var from *nodeStatus
	for i := range looks {
		if looks[i].status != nil && (from == nil || looks[i].member.Type == "master") {
			from = looks[i].status
		}
	}
	if from == nil {
		return
	}
	r.Uptime = from.Uptime.Seconds()
	r.Usage = resource.Usage{
		CPU: from.CPU.Pointer(), Memory: from.Memory.capacity(), Swap: from.Swap.capacity(), Disk: from.Root.capacity(),
	}
	if from.Wait.Known() {
		r.Metrics = append(r.Metrics, resource.Metric{Name: "io_delay", Value: from.Wait.Float(), Unit: resource.UnitRatio})
	}
}

// collectBackups lists the backups of the gateway's configuration on each node.
func (s *source) collectBackups(ctx context.Context, out *sdk.Snapshot) error {
	members, err := s.askMembers(ctx)
	if err != nil {
		return err
	}
	failed := 0
	for _, m := range members {
		if m.ConnError != "" {
			out.Failed(gatewayID, fault.Newf(fault.OriginRemote, proxmoxapi.CodeNodeDown, "%s: %s", m.Name, m.ConnError))
			failed++
			continue
		}
		var rows []backup
		if err = s.client.Get(ctx, proxmoxapi.Path("nodes", m.Name, "backup"), nil, &rows); err != nil {
			out.Failed(gatewayID, err)
			failed++
			continue
		}
		for i := range rows {
			out.Put(s.backup(m.Name, &rows[i]))
		}
	}
	if failed == len(members) && err != nil {
		return err
	}
	return nil
}

func (s *source) backup(node string, b *backup) resource.Resource {
	return resource.Resource{
		ID: "backup/" + node + "/" + b.Filename, Kind: resource.KindBackup, Name: b.Filename, ParentID: gatewayID,
		Status: resource.StatusRunning,
		Detail: &resource.Backup{
			Type: "mailgateway", BackupID: s.config.name(), At: b.Time.Time(), Size: b.Size.Bytes(),
			Node: node, Storage: "local", Filename: b.Filename, Format: extension(b.Filename),
		},
	}
}

// extension returns what follows the last dot of a file name: "tgz".
func extension(file string) string {
	return file[strings.LastIndexByte(file, '.')+1:]
}
