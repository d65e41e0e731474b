package setup

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/hostsvc"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const (
	// keptEvents bounds the events that are kept of one instance.
	keptEvents = 100
	// keptReports bounds the instances that are reported of.
	keptReports = maxInstances
)

// Report is what a plugin has said of an instance since the hub's start,
// outside of being asked.
type Report struct {
	// Health is the newest; its State is empty if none was told.
	Health hostsvc.Health
	// At is when that was.
	At time.Time
	// Events are the newest, the oldest first.
	Events []resource.Event
}

// Reports keeps what plugins say of their instances. It is safe for concurrent use.
type Reports struct {
	mu         sync.Mutex
	byInstance map[string]*Report
}

// NewReports returns a Reports of nothing.
func NewReports() *Reports { return &Reports{byInstance: map[string]*Report{}} }

// Health is part of hostsvc.Sink.
func (r *Reports) Health(_ context.Context, of instance.Instance, health hostsvc.Health) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept := r.reportLocked(of.ID); kept != nil {
		kept.Health, kept.At = health, time.Now()
	}
	return nil
}

// Event is part of hostsvc.Sink. An event that comes twice counts once.
func (r *Reports) Event(_ context.Context, of instance.Instance, event resource.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.reportLocked(of.ID)
	if kept == nil || slices.ContainsFunc(kept.Events, func(e resource.Event) bool { return e.ID == event.ID }) {
		return nil
	}
	kept.Events = append(kept.Events, event)
	kept.Events = kept.Events[max(len(kept.Events)-keptEvents, 0):]
	return nil
}

// reportLocked returns the report of an instance, nil when too many are kept.
func (r *Reports) reportLocked(id string) *Report {
	kept, ok := r.byInstance[id]
	if !ok && len(r.byInstance) < keptReports {
		kept = &Report{}
		r.byInstance[id] = kept
	}
	return kept
}

// Of returns what was reported of an instance. The caller owns it.
func (r *Reports) Of(id string) Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept, ok := r.byInstance[id]
	if !ok {
		return Report{}
	}
	report := *kept
	report.Events = slices.Clone(kept.Events)
	return report
}

// Forget drops what was reported of an instance.
func (r *Reports) Forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byInstance, id)
}
