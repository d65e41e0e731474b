package live

import (
	"encoding/json"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
)

// Resource is a resource as the feed shows it: the unified one, and what only
// pages are told.
type Resource struct {
	resources.Live
	// Source is the ID of its source, one of those that the feed tells.
	Source string `json:"source"`
	// Metrics are the values beyond usage that the source measures.
	Metrics Metrics `json:"metrics,omitempty"`
}

// Fragment is one encoded resource of the feed. Its bytes are never changed.
type Fragment struct {
	// ID is the id in the feed, which is also in JSON.
	ID   string
	JSON []byte
}

// Encode encodes a resource for the feed.
func Encode(p *resources.Projector, e *inventory.Entry) (Fragment, error) {
	told := Resource{Live: p.Live(e), Source: e.Source, Metrics: metricsOf(e.Metrics)}
	if resources.Invented(e.Kind) {
		told.PlatformData = membersOf(e)
	}
	encoded, err := json.Marshal(told)
	if err != nil {
		return Fragment{}, fmt.Errorf("encode resource %s: %w", e.Key, err)
	}
	return Fragment{ID: told.ID, JSON: encoded}, nil
}
