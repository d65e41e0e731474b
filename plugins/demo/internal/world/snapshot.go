package world

import (
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// snapshot is one snapshot of a guest.
type snapshot struct {
	guest                     *guest
	name, description, parent string
	taken                     time.Time
	memory                    bool
	size                      uint64 // bytes
}

// snapshots returns the guest's snapshots: every fourth guest has one that
// somebody forgot, and some of those a newer one on top.
func (g *guest) snapshots(at time.Time) []snapshot {
	if !g.seed.Chance("snapshots", 0.25) && !g.badVerify {
		return nil
	}
	first := rarely(g.seed.Child("forgotten"), 150*day, 400*day).Last(at)
	grown := min(float64(at.Sub(first))/float64(300*day), 1) * 0.06
	list := []snapshot{{
		guest: g, name: "clean-install", description: "before anything was set up", taken: first,
		size: uint64(float64(g.machine.disk) * grown),
	}}
	weekly := signal.Weekly(20 * time.Hour).Last(at)
	if (g.seed.Chance("upgraded", 0.5) || g.badVerify) && weekly.After(first) {
		list = append(list, snapshot{
			guest: g, name: "before-upgrade", description: "taken by the update job", parent: "clean-install", taken: weekly,
			memory: g.kind == resource.KindVM, size: g.machine.disk / 200,
		})
	}
	return list
}

func (s snapshot) resource() resource.Resource {
	g := s.guest
	return resource.Resource{
		ID: "snapshot/" + g.id() + "/" + s.name, Kind: resource.KindSnapshot, Name: s.name, ParentID: g.id(),
		Status: resource.StatusRunning,
		Detail: &resource.Snapshot{
			Node: g.nodeAt(s.taken), GuestType: g.typeName(), VMID: g.vmid, At: s.taken, Description: s.description,
			Parent: s.parent, WithMemory: s.memory, Size: s.size,
		},
	}
}
