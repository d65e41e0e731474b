// Package report takes the reports of agents in: it checks them, converts them
// and hands them to the inventory.
package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// applyTimeout is how long a report waits for the inventory to have room. The
// agent keeps what is refused and sends it again.
const applyTimeout = 2 * time.Second

var (
	// ErrBusy says that the report was not taken because the hub is behind; send it again.
	ErrBusy = errors.New("hub is busy")
	errFull = errors.New("too many hosts are known")
)

// DecodeError says that a body is not the JSON of a report.
type DecodeError struct{ Reason error }

// Error returns the reason.
func (e *DecodeError) Error() string { return e.Reason.Error() }

// Unwrap returns the reason.
func (e *DecodeError) Unwrap() error { return e.Reason }

// InvalidError says which field of a report cannot be taken, and why.
type InvalidError struct{ Field, Message string }

// Error returns the message.
func (e *InvalidError) Error() string { return e.Message }

// Inventory is where reports end up.
type Inventory interface {
	Apply(context.Context, inventory.Observation) (inventory.Outcome, error)
}

// Ingest takes reports in. Create it with New and call Load before the first
// report; it is safe for concurrent use.
type Ingest struct {
	inventory Inventory
	hosts     *registry
}

// New builds an Ingest.
func New(inventory Inventory, identities Identities) *Ingest {
	return &Ingest{inventory: inventory, hosts: newRegistry(identities)}
}

// Load reads which machine has which id.
func (in *Ingest) Load(ctx context.Context) error { return in.hosts.load(ctx) }

// Receipt is what a reporting agent is told.
type Receipt struct {
	HostID string
	// SeenAt is the time the report was filed under.
	SeenAt                      time.Time
	Platform, OSName, OSVersion string
}

// DecodeHost reads one host report. Its errors are *DecodeError and *InvalidError.
func DecodeHost(body io.Reader) (*wire.Host, error) {
	var report wire.Host
	if err := json.NewDecoder(body).Decode(&report); err != nil {
		return nil, &DecodeError{err}
	}
	report.Host.Hostname = strings.TrimSpace(report.Host.Hostname)
	if report.Host.Hostname == "" {
		return nil, &InvalidError{"host.hostname", "host report missing hostname"}
	}
	return &report, checkHost(&report)
}

// Bounds of what one host may tell. A real machine stays far below them.
const (
	maxText  = 1024 // bytes of one name
	maxItems = 4096 // entries of one list
)

func checkHost(r *wire.Host) error {
	texts := []struct{ field, value string }{
		{"host.hostname", r.Host.Hostname}, {"host.displayName", r.Host.DisplayName}, {"host.id", r.Host.ID},
		{"host.machineId", r.Host.MachineID}, {"agent.id", r.Agent.ID}, {"agent.version", r.Agent.Version},
		{"host.platform", r.Host.Platform}, {"host.osName", r.Host.OSName}, {"host.osVersion", r.Host.OSVersion},
	}
	for _, text := range texts {
		if len(text.value) > maxText {
			return &InvalidError{text.field, fmt.Sprintf("%s is longer than %d bytes", text.field, maxText)}
		}
	}
	lists := []struct {
		field  string
		length int
	}{
		{"disks", len(r.Disks)}, {"diskIO", len(r.DiskIO)}, {"network", len(r.Network)}, {"raid", len(r.RAID)},
		{"tags", len(r.Tags)}, {"sensors.temperatureCelsius", len(r.Sensors.TemperatureCelsius)},
	}
	for _, list := range lists {
		if list.length > maxItems {
			return &InvalidError{list.field, fmt.Sprintf("%s has more than %d entries", list.field, maxItems)}
		}
	}
	if r.Ceph != nil && strings.TrimSpace(r.Ceph.FSID) == "" {
		return &InvalidError{"ceph.fsid", "ceph report missing fsid"}
	}
	return nil
}

// Host takes a report of the host module in that came with the token. It waits
// two seconds at most; then the error is ErrBusy. Late reports are taken and
// belong to the history.
func (in *Ingest) Host(ctx context.Context, token resource.TokenRef, r *wire.Host) (Receipt, error) {
	id, err := in.hosts.hostID(ctx, token.ID, r)
	if err != nil {
		return Receipt{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, applyTimeout, errors.New("inventory had no room in time"))
	defer cancel()
	outcome, err := in.inventory.Apply(ctx, observation(r, id, token))
	if errors.Is(err, inventory.ErrBusy) || err != nil && ctx.Err() != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("apply host report: %w", err)
	}
	return Receipt{
		HostID: id, SeenAt: outcome.At,
		Platform: platform(r), OSName: r.Host.OSName, OSVersion: r.Host.OSVersion,
	}, nil
}

// HostToken returns the id of the token that the host with the id reports with.
func (in *Ingest) HostToken(id string) (token string, ok bool) { return in.hosts.holder(id) }

func observation(r *wire.Host, id string, token resource.TokenRef) inventory.Observation {
	resources := []resource.Resource{hostResource(r, id, token)}
	if r.Ceph != nil {
		resources = append(resources, cephResource(r.Ceph, id))
	}
	return inventory.Observation{
		Source: inventory.SourceRef{ID: "host:" + id, Type: "host", Name: r.Host.Hostname},
		At:     r.Timestamp, Sequence: r.Sequence, Complete: true, ValidFor: validFor(interval(r)),
		Resources: resources,
	}
}

// validFor is how long a report counts as fresh: six intervals, but at least a
// minute and at most ten.
func validFor(interval time.Duration) time.Duration {
	return max(time.Minute, min(6*interval, 10*time.Minute))
}
