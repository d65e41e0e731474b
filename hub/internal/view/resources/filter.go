package resources

import (
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// isInfrastructure and isWorkload sort types the way the list's filters do.
func isInfrastructure(resourceType string) bool {
	return slices.Contains([]string{"node", "host", "docker-host", "k8s-cluster", "k8s-node", "truenas"}, resourceType)
}

func isWorkload(resourceType string) bool {
	return slices.Contains([]string{"vm", "container", "oci-container", "docker-container", "pod", "jail"}, resourceType)
}

// Filter selects resources. Empty fields select all; an unknown value matches nothing.
type Filter struct {
	Types, Platforms, Statuses []string
	Parent                     string
	WithAlerts                 bool
	// Infrastructure and Workloads select by group and make the other fields void.
	Infrastructure, Workloads bool
}

// ParseFilter reads the query of a list request; get returns a parameter's value or "".
func ParseFilter(get func(name string) string) Filter {
	return Filter{
		Types: split(get("type")), Platforms: split(get("platform")), Statuses: split(get("status")),
		Parent: get("parent"), WithAlerts: get("alerts") == "true",
		Infrastructure: get("infrastructure") == "true", Workloads: get("workloads") == "true",
	}
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	parts := strings.Split(list, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// traits are what filters and statistics look at; they cost no encoding.
type traits struct {
	id, resourceType, platform, status string
	alerts                             bool
}

func (p *Projector) traits(e *inventory.Entry) traits {
	id := p.ID(e)
	return traits{
		id: id, resourceType: typeOf(e), platform: p.platformType(e), status: p.status(e),
		alerts: len(p.in.Alerts[id]) > 0,
	}
}

func (f *Filter) matches(p *Projector, e *inventory.Entry, t traits) bool {
	if f.Infrastructure || f.Workloads {
		return f.Infrastructure && isInfrastructure(t.resourceType) || f.Workloads && isWorkload(t.resourceType)
	}
	switch {
	case len(f.Types) > 0 && !slices.Contains(f.Types, t.resourceType),
		len(f.Platforms) > 0 && !slices.Contains(f.Platforms, t.platform),
		len(f.Statuses) > 0 && !slices.Contains(f.Statuses, t.status),
		f.WithAlerts && !t.alerts,
		f.Parent != "" && p.parentID(e) != f.Parent:
		return false
	}
	return true
}

func newStats(at time.Time) Stats {
	return Stats{
		ByType: map[string]int{}, ByPlatform: map[string]int{}, ByStatus: map[string]int{},
		LastUpdated: unit.Time(at).Format(time.RFC3339),
	}
}

func (s *Stats) count(t traits) {
	s.TotalResources++
	s.ByType[t.resourceType]++
	s.ByPlatform[t.platform]++
	s.ByStatus[t.status]++
	if t.alerts {
		s.WithAlerts++
	}
}
