// Package report takes the reports of agents in: it checks them, converts them
// and hands them to the inventory.
package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
	"github.com/pulse-hub/pulse/hub/internal/fleet/hostid"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// applyTimeout is how long a report waits for the inventory to have room. The
// agent keeps what is refused and sends it again.
const applyTimeout = 2 * time.Second

// ErrBusy says that the report was not taken because the hub is behind; send it again.
var ErrBusy = errors.New("hub is busy")

// Inventory is where reports end up.
type Inventory interface {
	Apply(context.Context, inventory.Observation) (inventory.Outcome, error)
	Forget(ctx context.Context, sourceID string) error
}

// HostIDs says under which id a machine is kept, as hostid.Registry does.
type HostIDs interface {
	ID(ctx context.Context, tokenID, hostname, suggested string) (string, error)
}

// Fleet says under which id an engine or a cluster is kept, and whether it may
// report, as fleet.Desk does.
type Fleet interface {
	Admit(ctx context.Context, claim fleet.Claim) (string, error)
	AdmitCluster(ctx context.Context, clusterID string, claim fleet.Claim) (string, error)
	Known(kind fleet.Kind, id string) (*fleet.Member, bool)
}

// Options are the parts of an Ingest. All are needed but Blocked and Now.
type Options struct {
	Inventory Inventory
	// Blocked says why what is measured cannot be made durable at the moment; nil error: it can. Reports are then
	// refused with ErrBusy, for the agent's spool outlives the hub and the hub's memory does not. Nil: never.
	Blocked func() error
	Hosts   HostIDs
	Fleet   Fleet
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Ingest takes reports in. Create it with New; it is safe for concurrent use.
//
// Reports wait two seconds at most to be taken; then the error is ErrBusy. What
// comes late belongs to the history. A member of the fleet that may not report
// is refused with the errors of fleet.Desk.Admit.
type Ingest struct{ Options }

// New builds an Ingest.
func New(options Options) *Ingest {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Ingest{options}
}

// Receipt is what a reporting agent is told.
type Receipt struct {
	// ID is what the machine, engine or cluster is kept under.
	ID string
	// SeenAt is the time the report was filed under.
	SeenAt time.Time
}

// Host takes a report of the host module in.
func (in *Ingest) Host(ctx context.Context, by Delivery, r *wire.Host) (Receipt, error) {
	suggested := hostid.Suggest(r.Host.ID, r.Host.MachineID, r.Agent.ID, r.Host.Hostname)
	id, err := in.Hosts.ID(ctx, by.Token.ID, r.Host.Hostname, suggested)
	if err != nil {
		return Receipt{}, passing(err)
	}
	validFor := hostValidity(seconds(int64(r.Agent.IntervalSeconds)))
	when := arrive(in.Now(), r.Timestamp, by.SentAt, validFor)
	resources := []resource.Resource{hostResource(r, id, agentOf(hostAgent(r), by, when))}
	if r.Ceph != nil {
		resources = append(resources, cephResource(r.Ceph, id))
	}
	return in.apply(ctx, id, inventory.Observation{
		Source: inventory.SourceRef{ID: fleet.SourceID(fleet.Host, id), Type: string(fleet.Host), Name: r.Host.Hostname},
		At:     when.at, Late: when.late, Sequence: r.Sequence, Complete: true, ValidFor: validFor, Resources: resources,
	})
}

// Docker takes a report of the Docker module in.
func (in *Ingest) Docker(ctx context.Context, by Delivery, r *wire.Docker) (Receipt, error) {
	id, err := in.Fleet.Admit(ctx, fleet.Claim{
		AgentID: orElse(r.Agent.ID, r.Host.MachineID), MachineID: r.Host.MachineID, Hostname: r.Host.Hostname,
		Name: r.Host.Name, Token: by.Token,
	})
	if err != nil {
		return Receipt{}, passing(err)
	}
	validFor := engineValidity(seconds(int64(r.Agent.IntervalSeconds)))
	when := arrive(in.Now(), r.Timestamp, by.SentAt, validFor)
	observation := inventory.Observation{
		Source: inventory.SourceRef{ID: fleet.SourceID(fleet.Docker, id), Type: string(fleet.Docker), Name: r.Host.Hostname},
		At:     when.at, Late: when.late, Sequence: r.Sequence, Complete: true, ValidFor: validFor,
		Resources: engineResources(r, id, agentOf(r.Agent, by, when)),
	}
	if r.Containers == nil { // not the same as having none
		observation.Problems = []resource.Problem{{
			ResourceID: id, Code: "unlisted", Message: "the engine did not list its containers", Transient: true,
		}}
	}
	return in.applyMember(ctx, fleet.Docker, id, observation)
}

// Kubernetes takes a report of the Kubernetes module in.
func (in *Ingest) Kubernetes(ctx context.Context, by Delivery, r *wire.Kubernetes) (Receipt, error) {
	id, err := in.Fleet.AdmitCluster(ctx, r.Cluster.ID, fleet.Claim{
		AgentID: r.Agent.ID, Hostname: r.Cluster.Name, Name: r.Cluster.Name, Token: by.Token,
	})
	if err != nil {
		return Receipt{}, passing(err)
	}
	validFor := engineValidity(seconds(int64(r.Agent.IntervalSeconds)))
	when := arrive(in.Now(), r.Timestamp, by.SentAt, validFor)
	return in.applyMember(ctx, fleet.Kubernetes, id, inventory.Observation{
		Source: inventory.SourceRef{
			ID: fleet.SourceID(fleet.Kubernetes, id), Type: string(fleet.Kubernetes), Name: orElse(r.Cluster.Name, id),
		},
		At: when.at, Late: when.late, Sequence: r.Sequence, Complete: true, ValidFor: validFor,
		Resources: clusterResources(r, id, agentOf(r.Agent, by, when)),
	})
}

// applyMember applies a report of a member that may be removed meanwhile.
func (in *Ingest) applyMember(ctx context.Context, kind fleet.Kind, id string, observation inventory.Observation) (Receipt, error) {
	receipt, err := in.apply(ctx, id, observation)
	if err != nil {
		return receipt, err
	}
	if _, known := in.Fleet.Known(kind, id); known {
		return receipt, nil
	}
	if err := in.Inventory.Forget(ctx, observation.Source.ID); err != nil {
		return Receipt{}, passing(err)
	}
	return Receipt{}, &fleet.RemovedError{Kind: kind, ID: id, At: in.Now()}
}

func (in *Ingest) apply(ctx context.Context, id string, observation inventory.Observation) (Receipt, error) {
	if err := in.blocked(); err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, applyTimeout, errors.New("inventory had no room in time"))
	defer cancel()
	outcome, err := in.Inventory.Apply(ctx, observation)
	if err != nil && ctx.Err() != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	if err != nil {
		return Receipt{}, passing(fmt.Errorf("apply report: %w", err))
	}
	return Receipt{ID: id, SeenAt: outcome.At}, nil
}

func (in *Ingest) blocked() error {
	if in.Blocked == nil {
		return nil
	}
	return in.Blocked()
}

// passing marks errors that pass: the agent may send its report again.
func passing(err error) error {
	if errors.Is(err, inventory.ErrBusy) || errors.Is(err, store.ErrNoSpace) {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// agentOf describes the agent that sent a report.
func agentOf(agent wire.Agent, by Delivery, when arrival) resource.Agent {
	return resource.Agent{
		ID: agent.ID, Version: agent.Version, Interval: seconds(int64(agent.IntervalSeconds)),
		Legacy: agent.Type == "", Token: by.Token, ClockSkew: when.skew,
	}
}

func hostAgent(r *wire.Host) wire.Agent {
	return wire.Agent{ID: r.Agent.ID, Version: r.Agent.Version, Type: r.Agent.Type, IntervalSeconds: r.Agent.IntervalSeconds}
}

func orElse(first, second string) string {
	if first != "" {
		return first
	}
	return second
}
