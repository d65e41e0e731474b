package proxmox

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// keptFor is how long a list is shown that cannot be asked for again.
const keptFor = 24 * time.Hour

// kept keeps lists of resources by where they are from, for the times when
// one of these places cannot be asked. It is safe for concurrent use.
type kept struct {
	mu    sync.Mutex
	lists map[string]keptList // bounded by show
}

type keptList struct {
	at        time.Time
	resources []resource.Resource
}

func newKept() *kept { return &kept{lists: map[string]keptList{}} }

// put replaces the list of a place.
func (k *kept) put(place string, at time.Time, resources []resource.Resource) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lists[place] = keptList{at, resources}
}

// at returns when the list of a place was put, zero if there is none.
func (k *kept) at(place string) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lists[place].at
}

// show adds every list with the time at which it was true, and forgets those of
// no place and those that are too old.
func (k *kept) show(places map[string]bool, now time.Time, out *sdk.Snapshot) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, place := range slices.Sorted(maps.Keys(k.lists)) {
		list := k.lists[place]
		if !places[place] || now.Sub(list.at) > keptFor {
			delete(k.lists, place)
			continue
		}
		for _, r := range list.resources {
			r.SeenAt = list.at
			out.Put(r)
		}
	}
}
