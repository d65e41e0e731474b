package pmg

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/memo"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// partLimit bounds all calls about one node, and those for the statistics, so
// that what hangs does not hold up the rest.
const partLimit = 15 * time.Second

// nodeLook is one look at a node of a cluster.
type nodeLook struct {
	member  member
	status  *nodeStatus // nil: it could not be read
	queue   *resource.MailQueue
	down    []string // services that should run and do not
	offline bool
	faults  []error
}

// lookAtNodes looks at all nodes at the same time.
func (s *source) lookAtNodes(ctx context.Context, members []member) []nodeLook {
	looks := make([]nodeLook, len(members))
	ctx, cancel := s.part(ctx)
	defer cancel()
	var wait sync.WaitGroup
	for i, m := range members {
		looks[i].member = m
		wait.Go(func() { looks[i].look(ctx, s) })
	}
	wait.Wait()
	return looks
}

// part returns a context for a part of a collect. It ends early enough for the other parts.
func (s *source) part(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := s.patience
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)*2/5)
	}
	return context.WithTimeout(ctx, limit)
}

// look reads the status, the queues and the services of the node. A node that
// its cluster does not reach is not asked, and one that fails is asked no more.
func (l *nodeLook) look(ctx context.Context, s *source) {
	if l.member.ConnError != "" {
		l.offline = true
		l.faults = append(l.faults, fault.Newf(fault.OriginRemote, proxmoxapi.CodeNodeDown, "%s", l.member.ConnError))
		return
	}
	var status nodeStatus
	err := s.client.Get(ctx, proxmoxapi.Path("nodes", l.member.Name, "status"), nil, &status)
	if err != nil {
		l.offline = unreachable(err)
		l.faults = append(l.faults, err)
		return
	}
	l.status = &status
	if status.InSync != nil {
		l.member.InSync = *status.InSync
	}
	if l.queue, err = s.askQueue(ctx, l.member.Name); err != nil {
		l.faults = append(l.faults, err)
	}
	if l.down, err = s.askServices(ctx, l.member.Name); err != nil {
		l.faults = append(l.faults, err)
	}
}

// unreachable says whether an error means that the node is down.
func unreachable(err error) bool {
	switch fault.Of(err).Code {
	case proxmoxapi.CodeNodeDown, proxmoxapi.CodeTimeout, proxmoxapi.CodeRefused, proxmoxapi.CodeUnreachable:
		return true
	}
	return false
}

// askQueue reads the lengths of a node's queues. The oldest mail is that of
// the queues that move: what is on hold is there because somebody wants it.
func (s *source) askQueue(ctx context.Context, node string) (*resource.MailQueue, error) {
	q := &resource.MailQueue{UpdatedAt: s.now()}
	for _, queue := range []struct {
		name  string
		count *int
	}{{"active", &q.Active}, {"deferred", &q.Deferred}, {"incoming", &q.Incoming}, {"hold", &q.Hold}} {
		var rows []shape
		path := proxmoxapi.Path("nodes", node, "postfix", "qshape")
		if err := s.client.Get(ctx, path, url.Values{"queue": {queue.name}}, &rows); err != nil {
			return nil, err
		}
		all := total(rows)
		*queue.count = max(all.Total.Int(), 0)
		if queue.name != "hold" {
			q.OldestAge = max(q.OldestAge, all.oldest())
		}
	}
	return q, nil
}

// askServices returns the services of a node that should run and do not,
// asking for them now and then.
func (s *source) askServices(ctx context.Context, node string) ([]string, error) {
	s.mu.Lock()
	known := s.services[node]
	if known == nil {
		known = &memo.Value[[]string]{}
		s.services[node] = known
	}
	s.mu.Unlock()
	return known.Get(s.now(), servicesAge, func() ([]string, error) {
		var rows []service
		if err := s.client.Get(ctx, proxmoxapi.Path("nodes", node, "services"), nil, &rows); err != nil {
			return nil, err
		}
		var down []string
		for i := range rows {
			if rows[i].down() {
				down = append(down, rows[i].Name)
			}
		}
		slices.Sort(down)
		return down, nil
	})
}

// forget drops what is kept of nodes that are gone.
func (s *source) forget(members []member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for node := range s.services {
		if !slices.ContainsFunc(members, func(m member) bool { return m.Name == node }) {
			delete(s.services, node)
		}
	}
}

// node describes the node.
func (l *nodeLook) node() resource.MailNode {
	n := resource.MailNode{Name: l.member.Name, Status: "online", Role: l.member.Type, Queue: l.queue}
	switch {
	case l.offline:
		n.Status = "offline"
	case l.status == nil:
		n.Status = "unknown"
	default:
		n.Uptime, n.LoadAverage = l.status.Uptime.Seconds(), l.status.load()
	}
	return n
}

// complaint says what is wrong with the node, empty if nothing is.
func (l *nodeLook) complaint() string {
	var parts []string
	switch {
	case l.offline:
		return l.member.Name + " is offline"
	case l.status == nil:
		return l.member.Name + " cannot be read"
	case !bool(l.member.InSync):
		parts = append(parts, l.member.Name+" is not in sync with the cluster")
	}
	if len(l.down) > 0 {
		parts = append(parts, l.member.Name+": "+strings.Join(l.down, ", ")+" not running")
	}
	return strings.Join(parts, "; ")
}

// metrics returns the lengths of the node's queues.
func (l *nodeLook) metrics() []resource.Metric {
	if l.queue == nil {
		return nil
	}
	var list []resource.Metric
	for _, queue := range []struct {
		name  string
		count int
	}{{"active", l.queue.Active}, {"deferred", l.queue.Deferred}, {"hold", l.queue.Hold}, {"incoming", l.queue.Incoming}} {
		list = append(list, resource.Metric{
			Name: "queue_length", Value: float64(queue.count), Labels: map[string]string{"node": l.member.Name, "queue": queue.name},
		})
	}
	return append(list, resource.Metric{
		Name: "oldest_mail", Value: l.queue.OldestAge.Seconds(), Unit: resource.UnitSeconds, Labels: map[string]string{"node": l.member.Name},
	})
}
