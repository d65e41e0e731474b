package api

import (
	"net/url"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
)

// ResourceView renders the unified view. It is safe for concurrent use.
type ResourceView interface {
	// List returns the JSON of the resources that pass the filter.
	List(snapshot *inventory.Snapshot, filter resources.Filter) ([]byte, error)
	// Get returns one resource by its unified id.
	Get(snapshot *inventory.Snapshot, id string) (resources.Resource, bool)
	// Stats counts them.
	Stats(snapshot *inventory.Snapshot) resources.Stats
}

func (a *API) resourceRoutes() []route.Route {
	read := route.Scoped(auth.ScopeMonitoringRead)
	return []route.Route{
		{
			Path: "/api/resources", Access: read,
			Summary:     "Everything that is watched, in one shape",
			Description: "Filters take lists separated by commas; values that do not exist match nothing.",
			Query:       resourceFilters(),
			Answer:      resources.Page{}, Handle: a.resources,
		},
		{Path: "/api/resources/stats", Access: read, Summary: "Counts of what is watched", Answer: resources.Stats{}, Handle: a.resourceStats},
		{Path: "/api/resources/{id...}", Access: read, Summary: "One resource", Answer: resources.Resource{}, Handle: a.resource},
	}
}

func resourceFilters() []route.Param {
	yes := []string{"true"}
	return []route.Param{
		{Name: "type", Description: "Types such as node, vm, host."},
		{Name: "platform", Description: "Platforms such as proxmox-pve, docker."},
		{Name: "status", Description: "States such as online, stopped."},
		{Name: "parent", Description: "Ids of parents."},
		{Name: "alerts", Description: "Only what has active alerts.", Enum: yes},
		{Name: "infrastructure", Description: "Machines and clusters; other filters do not apply.", Enum: yes},
		{Name: "workloads", Description: "Guests and containers; other filters do not apply.", Enum: yes},
	}
}

func (a *API) resources(c *route.Call) (any, error) {
	snapshot := a.Inventory.Snapshot()
	query := url.Values{}
	for _, filter := range resourceFilters() {
		if value := c.Query(filter.Name); value != "" {
			query.Set(filter.Name, value)
		}
	}
	// Only the filters are part of the key, in a fixed order: whatever else a
	// query holds does not push other documents out.
	key := "resources?" + query.Encode()
	return a.documents.Get(key, route.Version{Revision: snapshot.Revision}, func() ([]byte, error) {
		return a.Resources.List(snapshot, resources.ParseFilter(query.Get))
	})
}

func (a *API) resourceStats(*route.Call) (any, error) {
	return a.Resources.Stats(a.Inventory.Snapshot()), nil
}

func (a *API) resource(c *route.Call) (any, error) {
	id := c.PathValue("id")
	if id == "" {
		return nil, route.BadRequestText("Resource ID is required")
	}
	found, ok := a.Resources.Get(a.Inventory.Snapshot(), id)
	if !ok {
		return nil, route.NotFoundText("Resource not found")
	}
	return found, nil
}
