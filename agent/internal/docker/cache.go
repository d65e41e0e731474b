package docker

import (
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/usage"
)

// remembered is what is known about one container from one collection to the next.
type remembered struct {
	container engine.Container
	listed    listed
	epoch     uint64
	group     usage.Group
	located   bool // group is the container's
	sample    sample
}

// listed is what the list says about a container that changes when the container does.
type listed struct{ name, image, state, health string }

func listedAs(summary engine.Summary) listed {
	_, health, _ := strings.Cut(summary.Status, "(")
	if summary.State != "running" {
		health = "" // "Exited (1) 5 minutes ago"
	}
	return listed{name: name(summary), image: summary.ImageID, state: summary.State, health: health}
}

// cache remembers containers. It belongs to Collect, but for clear.
type cache struct {
	kernel     usage.Kernel
	containers map[string]*remembered
}

func newCache(kernel usage.Kernel) *cache {
	return &cache{kernel: kernel, containers: map[string]*remembered{}}
}

func (c *cache) clear() { clear(c.containers) }

// fresh reports whether what is remembered of the container is still so. The log of a health check that fails grows
// without an event.
func (k knowledge) fresh(known *remembered, summary engine.Summary) bool {
	if known == nil || !k.live || known.epoch != k.epoch || known.listed != listedAs(summary) {
		return false
	}
	_, touched := k.touched[summary.ID]
	health := known.container.State.Health
	return !touched && (health == nil || health.FailingStreak == 0)
}

// keep forgets all containers but these.
func (c *cache) keep(list []engine.Summary) {
	if len(c.containers) <= len(list) {
		// Even then some may be gone; they go when there are more.
		return
	}
	present := make(map[string]struct{}, len(list))
	for _, each := range list {
		present[each.ID] = struct{}{}
	}
	for id := range c.containers {
		if _, found := present[id]; !found {
			delete(c.containers, id)
		}
	}
}

// name returns the container's name without the leading slash, the shortest when it has several (links add some).
func name(summary engine.Summary) string {
	shortest := ""
	for _, each := range summary.Names {
		each = strings.TrimPrefix(each, "/")
		if shortest == "" || len(each) < len(shortest) {
			shortest = each
		}
	}
	return shortest
}
