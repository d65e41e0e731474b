package registry

import (
	"context"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/inbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Entry is all that is known of one plugin. It is a copy, but for the
// manifest, which nobody changes.
type Entry struct {
	approval.Record
	// Manifest is that of what runs, or else of the newest offer that can be
	// read; nil if there is none.
	Manifest *manifest.Manifest
	// Status is what its processes do; nil if it does not run.
	Status *supervise.Status
	// Problem says why a plugin that should run does not, or why its newest
	// version was taken back; empty otherwise.
	Problem string
	Policy  Policy
}

// List returns all plugins, ordered by id.
func (r *Registry) List(ctx context.Context) ([]Entry, error) {
	records, err := r.desk.List(ctx)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(records))
	statuses := r.Host.Status()
	for _, record := range records {
		entry, err := r.entry(ctx, record, statuses)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// Get returns one plugin or approval.ErrUnknown.
func (r *Registry) Get(ctx context.Context, id string) (Entry, error) {
	record, err := r.desk.Get(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	return r.entry(ctx, record, r.Host.Status())
}

func (r *Registry) entry(ctx context.Context, record approval.Record, statuses []supervise.Status) (Entry, error) {
	policy, err := r.Policy(ctx, record.ID)
	if err != nil {
		return Entry{}, err
	}
	entry := Entry{Record: record, Policy: policy}
	r.mu.Lock()
	entry.Problem = r.problems[record.ID]
	entry.Manifest = r.running[record.ID].manifest
	r.mu.Unlock()
	if entry.Manifest == nil {
		entry.Manifest = r.offered(record)
	}
	at := slices.IndexFunc(statuses, func(s supervise.Status) bool { return s.ID == record.ID })
	if at >= 0 {
		entry.Status = &statuses[at]
	}
	return entry, nil
}

// offered returns the manifest of a plugin that does not run.
func (r *Registry) offered(record approval.Record) *manifest.Manifest {
	if bundled, ok := r.Bundled.Find(record.ID); ok {
		return bundled.Manifest
	}
	for _, candidate := range r.inbox.Candidates() {
		if candidate.State != inbox.Ready {
			continue
		}
		for _, offer := range record.Offers {
			if offer.Digest == candidate.Content.Digest {
				return candidate.Content.Manifest
			}
		}
	}
	return nil
}

// Refused returns what lies in the inbox and is no plugin that could be
// offered, with the reasons, and what is still being copied.
func (r *Registry) Refused() []inbox.Candidate {
	return slices.DeleteFunc(r.inbox.Candidates(), func(c inbox.Candidate) bool { return c.State == inbox.Ready })
}

// Offered is a component that can be set up.
type Offered struct {
	Plugin, PluginName string
	Component          manifest.Component
}

// Components returns what can be set up, ordered by plugin.
func (r *Registry) Components(ctx context.Context) ([]Offered, error) {
	entries, err := r.List(ctx)
	if err != nil {
		return nil, err
	}
	var offered []Offered
	for _, entry := range entries {
		if entry.State != approval.Enabled || entry.Manifest == nil {
			continue
		}
		for _, component := range entry.Manifest.Components {
			offered = append(offered, Offered{Plugin: entry.ID, PluginName: entry.Manifest.Name, Component: component})
		}
	}
	return offered, nil
}

// Events returns the last changes of a plugin, the newest first.
func (r *Registry) Events(ctx context.Context, id string) ([]audit.Event, error) {
	const shown = 50
	return r.Chronicle.About(ctx, "plugin", id, shown)
}
