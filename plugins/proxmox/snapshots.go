package proxmox

import (
	"context"
	"slices"
	"sync"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// maxSnapshots bounds the snapshots of one guest.
const maxSnapshots = 500

// snapshotRow is a row of /nodes/{node}/{type}/{vmid}/snapshot.
type snapshotRow struct {
	Name        text    `json:"name"`
	At          number  `json:"snaptime"`
	Description text    `json:"description"`
	Parent      text    `json:"parent"`
	WithMemory  boolean `json:"vmstate"`
}

// present is the name of the row that stands for the guest as it is now.
const present = "current"

// collectSnapshots asks every guest for its snapshots, those first that were not
// asked for longest. Those whose turn does not come keep what is known of them.
func (s *source) collectSnapshots(ctx context.Context, out *sdk.Snapshot) error {
	view, err := s.cluster.recent(ctx)
	if err != nil {
		return err
	}
	byNode, known := map[string][]*resourceRow{}, map[string]bool{}
	for _, row := range view.guests() {
		byNode[string(row.Node)] = append(byNode[string(row.Node)], row)
		known[row.guestID()] = true
	}
	failed := s.eachNode(ctx, datasetSnapshots, view.online(), func(node string) error { return s.listSnapshots(ctx, byNode[node]) })
	tellFailures(out, failed)
	s.snaps.show(known, s.now(), out)
	return nil
}

// listSnapshots asks the guests of one node until the time is over. A node
// that cannot be reached ends it; a guest that cannot be asked does not.
func (s *source) listSnapshots(ctx context.Context, rows []*resourceRow) error {
	slices.SortStableFunc(rows, func(a, b *resourceRow) int {
		return s.snaps.at(a.guestID()).Compare(s.snaps.at(b.guestID()))
	})
	var mu sync.Mutex
	var first error
	next := make(chan *resourceRow)
	var workers sync.WaitGroup
	for range guestWorkers {
		workers.Go(func() {
			for row := range next {
				if err := s.listSnapshotsOf(ctx, row); err != nil && !isOver(ctx, err) {
					mu.Lock()
					first = err
					mu.Unlock()
				}
			}
		})
	}
	for _, row := range rows {
		mu.Lock()
		stop := first != nil
		mu.Unlock()
		if stop || ctx.Err() != nil {
			break
		}
		next <- row
	}
	close(next)
	workers.Wait()
	return first
}

func (s *source) listSnapshotsOf(ctx context.Context, row *resourceRow) error {
	var rows []snapshotRow
	if err := s.getGuest(ctx, row, &rows, "snapshot"); err != nil {
		return err
	}
	var list []resource.Resource
	for i := range rows[:min(len(rows), maxSnapshots)] {
		if r := &rows[i]; r.Name != present && r.Name != "" {
			list = append(list, r.resource(row))
		}
	}
	s.snaps.put(row.guestID(), s.now(), list)
	return nil
}

// resource makes a resource of a row.
func (r *snapshotRow) resource(guest *resourceRow) resource.Resource {
	return resource.Resource{
		ID: "snapshot/" + guest.guestID() + "/" + string(r.Name), Kind: resource.KindSnapshot, Name: string(r.Name),
		ParentID: guest.guestID(), Status: resource.StatusRunning,
		Detail: &resource.Snapshot{
			Node: string(guest.Node), GuestType: string(guest.Type), VMID: guest.vmid(), At: r.At.Time(),
			Description: string(r.Description), Parent: string(r.Parent), WithMemory: bool(r.WithMemory),
		},
	}
}
