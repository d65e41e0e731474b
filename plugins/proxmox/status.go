package proxmox

import (
	"context"
	"maps"
	"slices"

	"github.com/pulse-hub/pulse/sdk"
)

// collectStatus looks at nodes, guests and storages. What the slower datasets
// learnt of them goes with them.
func (s *source) collectStatus(ctx context.Context, out *sdk.Snapshot) error {
	view, err := s.cluster.look(ctx)
	if err != nil {
		return err
	}
	s.nodes.forget(view)
	s.facts.forget(view)
	s.pace.forget(view)
	failed := s.eachNode(ctx, datasetStatus, view.online(), func(node string) error {
		var status nodeStatus
		if err := s.get(ctx, s.limits.node, &status, "nodes", node, "status"); err != nil {
			return err
		}
		s.facts.updateNode(node, func(f *nodeFacts) { f.status, f.statusAt = status, s.now() })
		return nil
	})
	if view.statusErr != nil {
		out.Failed("cluster", view.statusErr)
	}
	s.tellEndpoints(out)
	if problem, wrong := s.client.ClockProblem(); wrong {
		out.Problem(problem)
	}
	tellFailures(out, failed)
	s.putNodes(view, failed, out)
	s.putGuests(view, out)
	s.putStorages(view, out)
	s.tellNews(view, out)
	return nil
}

// tellEndpoints reports the addresses that do not answer or have another
// certificate while others do.
func (s *source) tellEndpoints(out *sdk.Snapshot) {
	failures := s.client.Failures()
	for _, host := range slices.Sorted(maps.Keys(failures)) {
		out.Failed("endpoint/"+host, failures[host])
	}
}
