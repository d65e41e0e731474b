package live

import (
	"encoding/json"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/sdk/resource"
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
//
// A kind that a plugin invented has the entry's key for an id, and not the
// unified one: that is as the plugin says, who cannot know what ids others use.
func Encode(snap *inventory.Snapshot, p *resources.Projector, e *inventory.Entry) (Fragment, error) {
	told := Resource{Live: p.Live(e), Source: e.Source, Metrics: metricsOf(e.Metrics)}
	if invented(e.Kind) {
		told.ID = e.Key
		told.PlatformData = membersOf(e)
	}
	if parent, ok := snap.Get(e.ParentKey); ok && invented(parent.Kind) {
		told.ParentID = parent.Key
	}
	encoded, err := json.Marshal(told)
	if err != nil {
		return Fragment{}, fmt.Errorf("encode resource %s: %w", e.Key, err)
	}
	return Fragment{ID: told.ID, JSON: encoded}, nil
}

// invented says whether a kind is none of Pulse's own.
func invented(kind resource.Kind) bool {
	switch kind {
	case resource.KindNode, resource.KindVM, resource.KindContainer, resource.KindStorage, resource.KindDisk,
		resource.KindCeph, resource.KindReplication, resource.KindBackup, resource.KindBackupTask,
		resource.KindSnapshot, resource.KindBackupServer, resource.KindDatastore, resource.KindBackupJob,
		resource.KindMailGateway, resource.KindHost, resource.KindContainerHost, resource.KindAppContainer,
		resource.KindService, resource.KindCluster, resource.KindClusterNode, resource.KindPod, resource.KindDeployment:
		return false
	}
	return true
}
