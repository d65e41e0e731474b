package live

import (
	"maps"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// touched gathers the resources to look at again after some changes: those
// that have changed, and those that show something of them.
type touched struct {
	snap  *inventory.Snapshot
	keys  map[string]bool
	kinds map[resource.Kind]bool // every resource of these
	hosts map[string]bool        // IDs of host agents that came or went
	names map[string]bool        // names by which those are linked to nodes
	vmids map[int]bool           // numbers that guests came or went with
	// shared are the names of shared storages of which a node says something else.
	shared map[string]bool
}

func newTouched(snap *inventory.Snapshot) *touched {
	return &touched{
		snap: snap, keys: map[string]bool{}, kinds: map[resource.Kind]bool{}, hosts: map[string]bool{},
		names: map[string]bool{}, vmids: map[int]bool{}, shared: map[string]bool{},
	}
}

func (t *touched) add(change *inventory.Change) {
	e := change.After
	if e == nil {
		e = change.Before
	}
	if e == nil {
		return
	}
	t.keys[e.Key] = true
	if storage, _ := e.Detail.(*resource.Storage); storage != nil && storage.Shared {
		t.shared[e.Name] = true
	}
	if change.Before != nil && change.After != nil && !renamed(change) && !redated(change) {
		return
	}
	switch e.Kind {
	case resource.KindNode: // links to hosts
		t.kinds[resource.KindHost], t.kinds[resource.KindNode] = true, true
	case resource.KindHost: // links to nodes, and takes its id from others
		t.kinds[resource.KindNode] = true
		t.hosts[e.ID] = true
		t.name(change.Before)
		t.name(change.After)
	case resource.KindVM, resource.KindContainer: // backups of a number that two guests have are of neither
		if guest, _ := e.Detail.(*resource.Guest); guest != nil {
			t.vmids[guest.VMID] = true
		}
	case resource.KindBackup: // last backups
		t.kinds[resource.KindVM], t.kinds[resource.KindContainer] = true, true
	case resource.KindStorage: // the nodes that share one
		t.kinds[resource.KindStorage] = true
	case resource.KindContainerHost: // its name
		t.below(e)
	case resource.KindPod, resource.KindClusterNode, resource.KindDeployment, resource.KindDatastore: // counts
		t.above(e)
	default: // the parent's id
		if resources.Invented(e.Kind) {
			t.below(e)
		}
	}
}

// name notes how a host is linked.
func (t *touched) name(host *inventory.Entry) {
	if host != nil {
		t.names[v5.LinkName(host)] = true
	}
}

// renamed says whether a machine has got another name, or is linked by another one.
func renamed(change *inventory.Change) bool {
	before, after := change.Before, change.After
	return before.Name != after.Name || hostname(before) != hostname(after) ||
		before.Kind == resource.KindHost && v5.LinkName(before) != v5.LinkName(after)
}

// redated says whether a backup has become another one.
func redated(change *inventory.Change) bool {
	before, _ := change.Before.Detail.(*resource.Backup)
	after, _ := change.After.Detail.(*resource.Backup)
	return before != nil && after != nil && !before.At.Equal(after.At)
}

func hostname(e *inventory.Entry) string {
	switch detail := e.Detail.(type) {
	case *resource.Host:
		return detail.Hostname
	case *resource.ContainerHost:
		return detail.Hostname
	}
	return ""
}

func (t *touched) below(e *inventory.Entry) {
	for child := range t.snap.Children(e.Key) {
		t.keys[child.Key] = true
	}
}

// above touches the two levels above an entry: a pod's node and cluster.
func (t *touched) above(e *inventory.Entry) {
	for range 2 {
		parent, ok := t.snap.Get(e.ParentKey)
		if !ok {
			return
		}
		t.keys[parent.Key] = true
		e = parent
	}
}

// all returns the keys of everything touched, sorted.
func (t *touched) all() []string {
	if len(t.hosts) > 0 {
		t.namesakes(resource.KindContainerHost)
		t.namesakes(resource.KindCluster)
		for e := range t.snap.OfKind(resource.KindHost) { // a name that two hosts have links neither
			if t.names[v5.LinkName(e)] {
				t.keys[e.Key] = true
			}
		}
	}
	if len(t.vmids) > 0 {
		t.numbered(resource.KindVM)
		t.numbered(resource.KindContainer)
	}
	if len(t.shared) > 0 { // one entry shows what all nodes say
		for e := range t.snap.OfKind(resource.KindStorage) {
			if t.shared[e.Name] {
				t.keys[e.Key] = true
			}
		}
	}
	for kind := range t.kinds {
		for e := range t.snap.OfKind(kind) {
			t.keys[e.Key] = true
		}
	}
	return slices.Sorted(maps.Keys(t.keys))
}

// numbered touches the guests that have the number of one that came or went.
func (t *touched) numbered(kind resource.Kind) {
	for e := range t.snap.OfKind(kind) {
		if guest, _ := e.Detail.(*resource.Guest); guest != nil && t.vmids[guest.VMID] {
			t.keys[e.Key] = true
		}
	}
}

// namesakes touches what has the ID of a host agent that came or went, and what is below.
func (t *touched) namesakes(kind resource.Kind) {
	for e := range t.snap.OfKind(kind) {
		if t.hosts[e.ID] {
			t.keys[e.Key] = true
			t.below(e)
		}
	}
}
