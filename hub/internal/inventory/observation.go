package inventory

import (
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// Health says how well a source can be observed.
type Health uint8

// The states of a source. The zero value is HealthUnknown.
const (
	HealthUnknown  Health = iota // not heard of yet
	HealthStarting               // configured, no answer yet
	HealthOK                     // the last observation was whole and in time
	HealthDegraded               // the last observation had problems
	HealthFailed                 // the last attempts failed, or no report in time
)

// String returns the state in lower case: "ok", "degraded", ….
func (h Health) String() string {
	switch h {
	case HealthStarting:
		return "starting"
	case HealthOK:
		return "ok"
	case HealthDegraded:
		return "degraded"
	case HealthFailed:
		return "failed"
	}
	return "unknown"
}

// SourceRef names where observations come from: one instance of a plugin's
// source component, or one agent module on one machine.
type SourceRef struct {
	// ID is unique in this hub and stable over restarts.
	ID string
	// Type is the component's type ("pve", "pbs", "pmg", …) or the agent's module ("host", "docker", "kubernetes").
	Type string
	// Name is what its owner calls it; the public API shows it as the instance.
	Name string
	// Plugin is the id of the plugin behind it; empty for agents.
	Plugin string
	// Address is the base URL of what it looks at, without credentials; may be empty.
	Address string
}

// Observation is what one source saw at one moment.
type Observation struct {
	Source SourceRef
	// Dataset names a part of what the source knows, with a rhythm of its own
	// ("status", "backups"). A resource belongs to exactly one dataset of its source.
	Dataset string
	// At is when it was seen, by the source's clock. Zero, or further than
	// MaxClockSkew in the future: the moment of arrival is taken.
	At time.Time
	// Sequence increases with every observation of the same source and dataset,
	// also over restarts of the source. What comes with a number that was there
	// before is a repeat and dropped, unless it is newer than everything else: then
	// the source counts anew. 0: At alone decides.
	Sequence uint64
	// Late says that it comes too late to say anything about the present, however
	// little is known of that: it belongs into the history alone. What is older
	// than the newest observation of its dataset is late by itself.
	Late bool
	// Complete says that every resource of the dataset is here, so that what is
	// not named is gone. Otherwise only what is named changes.
	Complete bool
	// ValidFor is how long it may be shown as fresh; after that its resources are
	// stale until the next one. 0: for ever.
	ValidFor time.Duration

	Resources []resource.Resource
	Problems  []resource.Problem
}

// Failure is an attempt to observe that brought nothing.
type Failure struct {
	Source  SourceRef
	Dataset string
	At      time.Time
	// Message is for people and holds no secret.
	Message string
}
