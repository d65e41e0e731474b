package proxmox

import (
	"sync"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// detailsAge is how long what a node said of itself is shown after it has
// stopped answering.
const detailsAge = 10 * time.Minute

// facts are what the slower datasets learnt of the resources of the dataset
// status, which shows them. They are bounded by forget. Safe for concurrent use.
type facts struct {
	mu       sync.Mutex
	nodes    map[string]nodeFacts    // by name
	guests   map[string]guestFacts   // by id
	storages map[string]storageFacts // by id
	ha       haFacts
	noJob    map[string]bool // ids of guests that no backup job covers
	unknown  map[string]int  // ids of storages: polls since something was known
}

// nodeFacts are what is known of a node beyond its row.
type nodeFacts struct {
	status   nodeStatus
	statusAt time.Time

	disks     []resource.Resource
	disksAt   time.Time // when they were asked for
	storageAt time.Time // when the node last said anything of its storages and disks

	pools   []string // what is wrong with its ZFS pools
	upkeep  upkeepFacts
	checked bool // upkeep has been looked at
}

// upkeepFacts are what an administrator has to see to.
type upkeepFacts struct {
	updates      int // pending
	updatesKnown bool
	// updatesForbidden says that the account may not see them.
	updatesForbidden bool
	expires          time.Time
	subscription     string
}

// storageFacts are what a node says of a storage.
type storageFacts struct {
	active, enabled bool
	usage           resource.Capacity
	zfs             *resource.ZFSPool
	zfsAt           time.Time
	metadata        *float64 // ratio of a thin pool's metadata that is used
}

func newFacts() *facts {
	return &facts{
		nodes: map[string]nodeFacts{}, guests: map[string]guestFacts{}, storages: map[string]storageFacts{},
		unknown: map[string]int{},
	}
}

// node returns what is known of a node.
func (f *facts) node(name string) nodeFacts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nodes[name]
}

// updateNode changes what is known of a node.
func (f *facts) updateNode(name string, change func(*nodeFacts)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.nodes[name]
	change(&known)
	f.nodes[name] = known
}

// guest returns what is known of a guest, and whether anything is.
func (f *facts) guest(id string) (guestFacts, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.guests[id]
	return known, ok
}

func (f *facts) setGuest(id string, known guestFacts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.guests[id] = known
}

// storage returns what a node says of a storage, and whether it has said anything.
func (f *facts) storage(id string) (storageFacts, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.storages[id]
	return known, ok
}

// updateStorage changes what is known of a storage.
func (f *facts) updateStorage(id string, change func(*storageFacts)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.storages[id]
	change(&known)
	f.storages[id] = known
}

// polls counts the polls in a row in which a storage was not known, this one included.
func (f *facts) polls(id string, known bool) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known {
		delete(f.unknown, id)
		return 0
	}
	f.unknown[id]++
	return f.unknown[id]
}

func (f *facts) setHA(ha haFacts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ha = ha
}

// highAvailability returns what was last seen. Its maps are not to be changed.
func (f *facts) highAvailability() haFacts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ha
}

func (f *facts) setNoJob(guests map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.noJob = guests
}

// withoutJob says whether no backup job covers a guest.
func (f *facts) withoutJob(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.noJob[id]
}

// forget drops what is no longer there.
func (f *facts) forget(v *view) {
	nodes, guests, storages := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, n := range v.nodes {
		nodes[n.name] = true
	}
	for i := range v.rows {
		switch r := &v.rows[i]; {
		case r.isGuest():
			guests[r.guestID()] = true
		case r.Type == typeStorage:
			storages[storageID(string(r.Node), string(r.Storage))] = true
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	keep(f.nodes, nodes)
	keep(f.guests, guests)
	keep(f.storages, storages)
	keep(f.unknown, storages)
}

// keep deletes what is not in the list.
func keep[V any](from map[string]V, these map[string]bool) {
	for key := range from {
		if !these[key] {
			delete(from, key)
		}
	}
}
