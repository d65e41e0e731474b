package world

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// kubeCluster is a Kubernetes cluster.
type kubeCluster struct {
	seed        signal.Seed
	id, name    string
	title       string
	number      int
	nodes       []*kubeNode
	pods        []*pod
	deployments []*deployment
}

// kubeNode is a node of a cluster.
type kubeNode struct {
	seed     signal.Seed
	cluster  *kubeCluster
	name     string
	number   int
	machine  machine
	cordoned bool
	lost     bool // its kubelet does not answer
}

func kubeNames() []string { return []string{"production", "staging", "edge", "research"} }

// newKubeCluster returns the cluster of that number: the first one is large and
// has pods in trouble, in the second one nodes are in trouble as well.
func newKubeCluster(seed signal.Seed, number int, o Options) *kubeCluster {
	names := kubeNames()
	name := names[number%len(names)]
	if number >= len(names) {
		name = nth(name, number/len(names))
	}
	c := &kubeCluster{
		seed: seed.Child("k8s-" + name), id: "k8s-" + name, name: name, number: number,
		title: "Kubernetes " + name,
	}
	for i := range o.KubeNodes {
		n := &kubeNode{cluster: c, number: i, name: nth(name+"-node", i)}
		n.seed = c.seed.Child(n.name)
		n.machine = newMachine(n.seed, machineSize{cpus: 8, memory: 32 * gib, disk: 200 * gib, busy: 0.1})
		n.lost = number == 1 && i == o.KubeNodes-1 && i > 0
		n.cordoned = number == 1 && i == o.KubeNodes-2 && i > 0
		c.nodes = append(c.nodes, n)
	}
	c.deployments = newDeployments(c, o.Deployments)
	c.pods = newPods(c, o.Pods)
	return c
}

// resources returns the cluster, its nodes, pods and deployments.
func (c *kubeCluster) resources(at time.Time) []resource.Resource {
	out := make([]resource.Resource, 1, 1+len(c.nodes)+len(c.pods)+len(c.deployments))
	load := make(map[*kubeNode]nodeLoad, len(c.nodes))
	for _, p := range c.pods {
		r := p.resource(at)
		if p.node != nil {
			l := load[p.node]
			l.cores += *r.Usage.CPU
			l.memory += r.Usage.Memory.Used
			load[p.node] = l
		}
		out = append(out, r)
	}
	for _, n := range c.nodes {
		out = append(out, n.resource(load[n], at))
	}
	for _, d := range c.deployments {
		out = append(out, d.resource())
	}
	out[0] = c.resource(load, at)
	return out
}

func (c *kubeCluster) resource(load map[*kubeNode]nodeLoad, at time.Time) resource.Resource {
	r := resource.Resource{
		ID: c.id, Kind: resource.KindCluster, Name: c.name, DisplayName: c.title, Status: resource.StatusRunning,
		Labels: map[string]string{"environment": c.name},
		Detail: &resource.Cluster{
			Server: "https://" + c.name + ".k8s.example.net:6443", Context: c.name + "-admin", Version: "v1.34.1",
			DetailJSON: c.detailJSON(),
			Agent: resource.Agent{
				ID: "agent-" + c.seed.Hex("agent", 12), Version: agentVersion, Interval: 30 * time.Second, Token: token(c.seed, c.id, at),
			},
		},
	}
	lost := 0
	var cores, total float64
	for _, n := range c.nodes {
		total += float64(n.machine.cpus)
		if n.lost {
			lost++
			continue
		}
		u := n.usage(load[n], at)
		cores += *u.CPU * float64(n.machine.cpus)
		r.Usage.Memory.Total += u.Memory.Total
		r.Usage.Memory.Used += u.Memory.Used
	}
	r.Usage.Memory.Free = r.Usage.Memory.Total - r.Usage.Memory.Used
	if total > 0 {
		r.Usage.CPU = new(cores / total)
	}
	if lost > 0 {
		r.Status, r.StatusReason = resource.StatusDegraded, strconv.Itoa(lost)+" of "+strconv.Itoa(len(c.nodes))+" nodes are not ready"
	}
	return r
}

// detailJSON counts what is in the cluster, in the shape of an agent's report.
func (c *kubeCluster) detailJSON() string {
	return fmt.Sprintf(`{"namespaces":{"total":6},"pods":{"total":%d,"problems":0},"services":{"total":%d}}`, len(c.pods), len(c.deployments))
}

func (n *kubeNode) id() string { return n.cluster.id + "/node/" + n.name }

// usage adds what the pods use to what the node needs for itself.
func (n *kubeNode) usage(l nodeLoad, at time.Time) resource.Usage {
	u := n.machine.usage(n.machine.boots.Last(at), at)
	u.CPU = new(signal.Bounded(*u.CPU/2 + l.cores/float64(n.machine.cpus)))
	u.Memory = filled(n.machine.memory, l.memory+2*gib)
	u.Swap = resource.Capacity{}
	return u
}

func (n *kubeNode) resource(l nodeLoad, at time.Time) resource.Resource {
	d := &resource.ClusterNode{
		UID: n.seed.UUID("uid"), Ready: !n.lost, Unschedulable: n.cordoned,
		KubeletVersion: "v1.34.1", RuntimeVersion: "containerd://2.1.4", OSImage: "Ubuntu " + noble, Kernel: "6.8.0-85-generic", Architecture: "amd64",
		CPUs: n.machine.cpus, Pods: 110, Memory: n.machine.memory,
		AllocatableCPUs: n.machine.cpus - 1, AllocatablePods: 110, AllocatableMemory: n.machine.memory - 2*gib,
		Roles: []string{"worker"},
	}
	if n.number == 0 {
		d.Roles = []string{"control-plane", "etcd"}
	}
	n.describe(d, at)
	r := resource.Resource{
		ID: n.id(), Kind: resource.KindClusterNode, Name: n.name, ParentID: n.cluster.id, Status: resource.StatusRunning,
		Uptime: n.machine.boots.Since(at), Labels: map[string]string{"topology.kubernetes.io/zone": "rack-" + strconv.Itoa(n.number%3+1)},
		Detail: d,
	}
	if n.lost {
		r.Status, r.StatusReason, r.Uptime = resource.StatusOffline, "kubelet stopped posting node status", 0
		return r
	}
	r.Usage = n.usage(l, at)
	if n.cordoned {
		r.Status, r.StatusReason = resource.StatusDegraded, "cordoned for maintenance"
		d.KubeletVersion = "v1.33.5"
	}
	return r
}

// describe adds what agents that know of it tell.
func (n *kubeNode) describe(d *resource.ClusterNode, at time.Time) {
	d.Cores, d.AllocatableCores = float64(n.machine.cpus), float64(n.machine.cpus)-0.5
	d.Addresses = []string{"10.30." + strconv.Itoa(n.cluster.number) + "." + strconv.Itoa(10+n.number)}
	d.CreatedAt = signal.Cycle{Every: 400 * day}.Last(at)
	since := signal.Daily(3 * time.Hour).Last(at)
	if n.lost {
		d.NotReady = &resource.NodeProblem{Type: "Ready", Reason: "NodeStatusUnknown", Message: "Kubelet stopped posting node status.", Since: since}
	}
	if n.cordoned {
		d.Problems = []resource.NodeProblem{{
			Type: "DiskPressure", Reason: "KubeletHasDiskPressure", Message: "kubelet has disk pressure", Since: since,
		}}
	}
}
