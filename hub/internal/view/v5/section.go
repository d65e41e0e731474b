package v5

import (
	"iter"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// section is one list of the state: what is in it, and how one item is
// rendered. The plain and the cached way of rendering both go through it.
type section[T any] struct {
	items  iter.Seq[inputs]
	render func(inputs) T
}

// ofKind is a section of all entries of a kind that need nothing but their source.
func ofKind[T any](p *projection, kind resource.Kind, render func(*inventory.Entry, facts) T) section[T] {
	return section[T]{
		items: func(yield func(inputs) bool) {
			for e := range p.snap.OfKind(kind) {
				if !yield(inputs{Entry: e, Extra: p.about(e)}) {
					return
				}
			}
		},
		render: func(in inputs) T { return render(in.Entry, in.Extra) },
	}
}

// without is a section of entries that need nothing of their source; complete
// adds what else they need.
func without[T any](p *projection, kind resource.Kind, complete func(*inputs), render func(inputs) T) section[T] {
	return section[T]{
		items: func(yield func(inputs) bool) {
			for e := range p.snap.OfKind(kind) {
				in := inputs{Entry: e}
				complete(&in)
				if !yield(in) {
					return
				}
			}
		},
		render: render,
	}
}

func (p *projection) nodes() section[Node] {
	s := ofKind(p, resource.KindNode, p.node)
	s.items = p.with(s.items, func(in *inputs) { in.Extra.link = p.links.HostID(in.Entry) })
	return s
}

func (p *projection) vms() section[VM] {
	s := ofKind(p, resource.KindVM, p.vm)
	s.items = p.with(s.items, p.addLastBackup)
	return s
}

func (p *projection) containers() section[Container] {
	s := ofKind(p, resource.KindContainer, p.container)
	s.items = p.with(s.items, p.addLastBackup)
	return s
}

func (p *projection) addLastBackup(in *inputs) {
	in.Extra.lastBackup = unit.Millis(p.backups.last(in.Entry, in.Extra.instance))
}

func (p *projection) hosts() section[Host] {
	return without(p, resource.KindHost,
		func(in *inputs) { in.Extra.link = p.links.NodeID(in.Entry) },
		func(in inputs) Host { return p.host(in.Entry, in.Extra) })
}

func (p *projection) dockerHosts() section[DockerHost] {
	return without(p, resource.KindContainerHost,
		func(in *inputs) {
			in.Extra.source = p.sources[in.Entry.Source]
		},
		func(in inputs) DockerHost { return p.dockerHost(in.Entry, p.below(in.Entry, 1)) })
}

// clusterDepth is how far below a cluster its pods may be: on a node of it.
const clusterDepth = 2

func (p *projection) clusters() section[KubernetesCluster] {
	return without(p, resource.KindCluster,
		func(in *inputs) {
			in.Extra.source = p.sources[in.Entry.Source]
		},
		func(in inputs) KubernetesCluster {
			return p.cluster(in.Entry, p.below(in.Entry, clusterDepth))
		})
}

func (p *projection) backupServers() section[PBS] {
	s := ofKind(p, resource.KindBackupServer, func(*inventory.Entry, facts) PBS { return PBS{} })
	s.items = p.with(s.items, func(in *inputs) { in.Extra.source = p.sources[in.Entry.Source] })
	s.render = func(in inputs) PBS { return p.pbs(in.Entry, p.below(in.Entry, 1), in.Extra) }
	return s
}

func (p *projection) storages() section[Storage] {
	return section[Storage]{
		items: func(yield func(inputs) bool) {
			stopped := false
			p.eachStorage(func(e *inventory.Entry, others []*inventory.Entry, x facts) {
				stopped = stopped || !yield(inputs{Entry: e, Related: others, Extra: x})
			})
		},
		render: func(in inputs) Storage { return p.storage(in.Entry, in.Related, in.Extra) },
	}
}

func (p *projection) cephs() section[CephCluster] {
	s := ofKind(p, resource.KindCeph, p.ceph)
	s.items = func(yield func(inputs) bool) {
		for _, e := range cephClusters(p.snap) {
			if !yield(inputs{Entry: e, Extra: p.about(e)}) {
				return
			}
		}
	}
	return s
}

// backupsOf is a section of the backups that one product keeps.
func backupsOf[T any](p *projection, who backups.Keeper, render func(*inventory.Entry, facts) T) section[T] {
	s := ofKind(p, resource.KindBackup, render)
	all := s.items
	s.items = func(yield func(inputs) bool) {
		for in := range all {
			if backups.KeeperOf(backups.Detail(in.Entry)) == who && !yield(in) {
				return
			}
		}
	}
	return s
}

// with completes each item's inputs.
func (p *projection) with(items iter.Seq[inputs], complete func(*inputs)) iter.Seq[inputs] {
	return func(yield func(inputs) bool) {
		for in := range items {
			complete(&in)
			if !yield(in) {
				return
			}
		}
	}
}

// below returns what is below an entry, to the given depth. The slice is valid until the next call.
func (p *projection) below(e *inventory.Entry, depth int) []*inventory.Entry {
	p.scratch = appendBelow(p.scratch[:0], p.snap, e, depth)
	return p.scratch
}

func appendBelow(to []*inventory.Entry, snap *inventory.Snapshot, e *inventory.Entry, depth int) []*inventory.Entry {
	for child := range snap.Children(e.Key) {
		to = append(to, child)
		if depth > 1 {
			to = appendBelow(to, snap, child, depth-1)
		}
	}
	return to
}

// eachStorage calls visit for every storage; one that nodes share is visited
// once, with what the other nodes say of it.
func (p *projection) eachStorage(visit func(e *inventory.Entry, others []*inventory.Entry, x facts)) {
	for _, group := range StorageGroups(p.snap) {
		x := p.about(group.Entry)
		x.clusterName = p.clusterName[group.Entry.Source]
		visit(group.Entry, group.Others, x)
	}
}
