package app

import (
	"sync/atomic"

	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
)

// views renders the present for the API and for the stream, which share what has been encoded.
type views struct {
	state     *v5.View
	resources *resources.View
	fleet     *fleet.Desk
	alerts    *desk.Desk
	encoded   atomic.Pointer[encodedAlerts]
	live      atomic.Pointer[livePresent]
}

func newViews(fleet *fleet.Desk, alerts *desk.Desk) *views {
	return &views{state: v5.NewView(), resources: resources.NewView(), fleet: fleet, alerts: alerts}
}

// inputs are what the state shows that no source tells.
func (v *views) inputs() v5.Inputs {
	// Read first: what is shown is never older than its revision says.
	active := v.activeAlerts()
	// Both only grow, so the sum is another one when one of them is.
	in := v5.Inputs{Revision: v.fleet.Revision() + active.present.Revision, ActiveAlerts: active.state, TemperatureMonitoring: true}
	for _, one := range v.fleet.Removed(fleet.Docker) {
		in.RemovedDockerHosts = append(in.RemovedDockerHosts, v5.RemovedDockerHost{
			ID: one.ID, Hostname: one.Hostname, DisplayName: displayName(one), RemovedAt: unit.Millis(one.Removed),
		})
	}
	for _, one := range v.fleet.Removed(fleet.Kubernetes) {
		in.RemovedClusters = append(in.RemovedClusters, v5.RemovedCluster{
			ID: one.ID, Name: one.Hostname, DisplayName: displayName(one), RemovedAt: unit.Millis(one.Removed),
		})
	}
	return in
}

// displayName returns what people call a removed member, or what it called itself.
func displayName(one *fleet.Member) string {
	if one.DisplayName != "" {
		return one.DisplayName
	}
	return one.Name
}

// State is part of api.StateView and stream.States.
func (v *views) State(snapshot *inventory.Snapshot) ([]byte, error) {
	return v.state.State(snapshot, v.inputs())
}

// Summary is part of api.StateView.
func (v *views) Summary(snapshot *inventory.Snapshot) v5.Summary {
	return v5.Summarize(snapshot, v.inputs())
}

// StateWithResources is part of stream.States.
func (v *views) StateWithResources(snapshot *inventory.Snapshot) ([]byte, error) {
	state, err := v.State(snapshot)
	if err != nil {
		return nil, err
	}
	list, err := v.resources.Feed(snapshot, v.unified(snapshot))
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(state)+len(list)+16)
	out = append(out, state[:len(state)-1]...) // without the brace at the end
	out = append(out, `,"resources":`...)
	out = append(out, list...)
	return append(out, '}'), nil
}

// List is part of api.ResourceView.
func (v *views) List(snapshot *inventory.Snapshot, filter resources.Filter) ([]byte, error) {
	return v.resources.List(snapshot, v.unified(snapshot), filter)
}

// Get is part of api.ResourceView.
func (v *views) Get(snapshot *inventory.Snapshot, id string) (resources.Resource, bool) {
	return v.resources.Get(snapshot, v.unified(snapshot), id)
}

// Stats is part of api.ResourceView.
func (v *views) Stats(snapshot *inventory.Snapshot) resources.Stats {
	return v.resources.Stats(snapshot, v.unified(snapshot))
}
