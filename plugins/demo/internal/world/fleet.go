package world

import (
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// agentsOnNodes is how many nodes of the cluster have an agent, too.
const agentsOnNodes = 2

// agentVersion is the version of the agents that are up to date.
const agentVersion = "1.0.0"

// Fleet is everything that is watched by an agent on it.
type Fleet struct {
	hosts    []*host
	engines  []*engine
	clusters []*kubeCluster
}

func newFleet(seed signal.Seed, o Options, cluster *Site) *Fleet {
	f := &Fleet{hosts: newHosts(seed, o.Hosts), engines: newEngines(seed, o)}
	for _, n := range cluster.nodes {
		if n.hostID != "" {
			f.hosts = append(f.hosts, newNodeHost(n))
		}
	}
	for i := range o.Kubernetes {
		f.clusters = append(f.clusters, newKubeCluster(seed, i, o))
	}
	return f
}

// Hosts returns the machines.
func (f *Fleet) Hosts(at time.Time) []resource.Resource {
	out := make([]resource.Resource, 0, len(f.hosts))
	for _, h := range f.hosts {
		out = append(out, h.resource(at))
	}
	return out
}

// Containers returns the container engines with their containers and services.
func (f *Fleet) Containers(at time.Time) []resource.Resource {
	var out []resource.Resource
	for _, e := range f.engines {
		out = append(out, e.resources(at)...)
	}
	return out
}

// Kubernetes returns the Kubernetes clusters with their nodes, pods and deployments.
func (f *Fleet) Kubernetes(at time.Time) []resource.Resource {
	var out []resource.Resource
	for _, c := range f.clusters {
		out = append(out, c.resources(at)...)
	}
	return out
}
