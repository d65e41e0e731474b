package world

// Options say how large a World is and which one it is. Two worlds of equal
// options are equal. The zero value is an empty world; start from Defaults.
type Options struct {
	Seed uint64
	// ClusterNodes is the number of nodes of the Proxmox VE cluster; the two
	// stand-alone nodes come on top of it.
	ClusterNodes int
	// VMsPerNode and LXCsPerNode are guests of each node, also of the stand-alone ones.
	VMsPerNode, LXCsPerNode int
	// Hosts is the number of machines with an agent that are not Proxmox nodes.
	Hosts int
	// Engines is the number of Docker and Podman hosts, Containers what each of them has.
	Engines, Containers int
	// Kubernetes is the number of Kubernetes clusters; the rest is per cluster.
	Kubernetes, KubeNodes, Pods, Deployments int
	// StoppedRatio is the part of the guests that is switched off, from 0 to 1.
	StoppedRatio float64
	// Scale multiplies nodes, hosts, engines and all that Kubernetes clusters have,
	// for load tests. 0 and 1 leave the world as it is.
	Scale int
}

// Defaults returns the options of the usual demonstration.
func Defaults() Options {
	return Options{
		Seed: 1, ClusterNodes: 3, VMsPerNode: 5, LXCsPerNode: 8,
		Hosts: 6, Engines: 3, Containers: 12,
		Kubernetes: 2, KubeNodes: 4, Pods: 30, Deployments: 12,
		StoppedRatio: 0.2, Scale: 1,
	}
}

// scaled returns the options with Scale worked in.
func (o Options) scaled() Options {
	n := max(o.Scale, 1)
	o.ClusterNodes *= n
	o.Hosts *= n
	o.Engines *= n
	o.KubeNodes *= n
	o.Pods *= n
	o.Deployments *= n
	o.Scale = 1
	return o
}

// Things returns about how many resources a world of these options holds.
func (o Options) Things() int {
	// A guest comes with five nightly backups, each seen in three places, two
	// weekly ones, three tasks, two snapshots and a replication job.
	const perGuest, perNode = 25, 15
	o = o.scaled()
	nodes := o.ClusterNodes + 2
	return nodes*(perNode+perGuest*(o.VMsPerNode+o.LXCsPerNode)) + o.Hosts + o.Engines*(1+o.Containers) +
		o.Kubernetes*(1+o.KubeNodes+o.Pods+o.Deployments)
}
