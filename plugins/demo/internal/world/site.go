package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Site is a Proxmox VE cluster or a stand-alone node, as one connection to it shows it.
type Site struct {
	name      string
	cluster   bool
	seed      signal.Seed
	namespace string // where its backups go on the backup server
	nodes     []*node
	guests    []*guest
	storages  []*storage
	disks     []*disk
	jobs      []*replicationJob
	ceph      *cephCluster
	remote    *datastore // the backup server's datastore for its backups
}

// newSites returns the cluster and the two stand-alone nodes. Their guests'
// numbers do not overlap, so that they can back up to one server.
func newSites(seed signal.Seed, o Options) []*Site {
	var sites []*Site
	first := 101
	for _, name := range []string{DemoCluster, Standalone1, Standalone2} {
		s := &Site{name: name, cluster: name == DemoCluster, seed: seed.Child(name), namespace: "edge"}
		names := []string{name}
		if s.cluster {
			s.namespace, names = "production", clusterNodeNames(o.ClusterNodes)
		}
		s.guests = newGuests(s.seed.Child("guests"), guestPlan{options: o, nodes: names, first: first, cluster: s.cluster})
		for i, n := range names {
			s.nodes = append(s.nodes, newNode(s, n, i))
		}
		s.disks = newDisks(s)
		s.ceph = newCeph(s)
		s.storages = newStorages(s)
		s.jobs = newReplicationJobs(s)
		first = (first+len(s.guests)+99)/100*100 + 1
		sites = append(sites, s)
	}
	return sites
}

func clusterNodeNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = "pve" + strconv.Itoa(i+1)
	}
	return names
}

// Status returns the nodes and guests.
func (s *Site) Status(at time.Time) []resource.Resource {
	out := make([]resource.Resource, 0, len(s.nodes)+len(s.guests))
	load := make(map[string]nodeLoad, len(s.nodes))
	for _, g := range s.guests {
		state := g.state(at)
		l := load[state.node]
		l.cores += state.cpu * float64(g.machine.cpus)
		l.memory += state.memory
		load[state.node] = l
		out = append(out, g.resource(state, at))
	}
	for _, n := range s.nodes {
		out = append(out, n.resource(load[n.name], at))
	}
	return out
}

// node returns the node of that name, nil if there is none.
func (s *Site) node(name string) *node {
	n, _ := named(s.nodes, name, func(n *node) string { return n.name })
	return n
}

// loadOf returns what the guests of one node use of it.
func (s *Site) loadOf(node string, at time.Time) nodeLoad {
	var l nodeLoad
	for _, g := range s.guests {
		if state := g.state(at); state.node == node {
			l.cores += state.cpu * float64(g.machine.cpus)
			l.memory += state.memory
		}
	}
	return l
}
