package history

import (
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// find looks a resource up by its v5 id, then by its unified one, then by the id its source gave it when it is the
// only one of its type that has it.
func find(snap *inventory.Snapshot, resourceType, id string) (*inventory.Entry, bool) {
	if e, ok := v5.Find(snap, resourceType, id); ok {
		return e, true
	}
	p := resources.NewProjector(snap, resources.Inputs{}, nil)
	var own *inventory.Entry
	count := 0
	for _, kind := range kindsOf(resourceType) {
		for e := range snap.OfKind(kind) {
			if p.ID(e) == id || v5.ID(snap, e) == id && !resources.Invented(kind) {
				return e, true
			}
			if e.ID == id {
				own = e
				count++
			}
		}
	}
	return own, count == 1
}

// kindsOf returns the kinds that a type stands for: those v5 knows, both kinds of "docker", and any kind by its name.
func kindsOf(resourceType string) []resource.Kind {
	if resourceType == "docker" {
		return []resource.Kind{resource.KindAppContainer, resource.KindContainerHost}
	}
	if kinds := v5.Kinds(resourceType); len(kinds) > 0 {
		return kinds
	}
	return []resource.Kind{resource.Kind(resourceType)}
}
