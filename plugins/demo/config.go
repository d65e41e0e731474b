package demo

import (
	"fmt"

	"github.com/pulse-hub/pulse/plugins/demo/internal/world"
	"github.com/pulse-hub/pulse/sdk"
)

// Size says which made-up world an instance belongs to. Instances that agree
// in all of it share one world.
type Size struct {
	Seed              uint32  `json:"seed" title:"Seed" description:"Another seed gives other names, sizes and figures." default:"1" x-pulse-group:"World"`
	ClusterNodes      int     `json:"cluster_nodes" title:"Nodes of the cluster" description:"Two stand-alone nodes come on top." default:"3" min:"1" max:"64" x-pulse-group:"World"`
	VMsPerNode        int     `json:"vms_per_node" title:"Virtual machines per node" default:"5" min:"0" max:"200" x-pulse-group:"World"`
	LXCsPerNode       int     `json:"lxcs_per_node" title:"System containers per node" default:"8" min:"0" max:"200" x-pulse-group:"World"`
	Hosts             int     `json:"hosts" title:"Hosts with an agent" description:"Two nodes of the cluster have one as well." default:"6" min:"0" max:"1000" x-pulse-group:"World"`
	DockerHosts       int     `json:"docker_hosts" title:"Docker and Podman hosts" default:"3" min:"0" max:"1000" x-pulse-group:"World"`
	ContainersPerHost int     `json:"containers_per_host" title:"Containers per Docker host" default:"12" min:"0" max:"500" x-pulse-group:"World"`
	Clusters          int     `json:"clusters" title:"Kubernetes clusters" default:"2" min:"0" max:"50" x-pulse-group:"World"`
	ClusterK8sNodes   int     `json:"k8s_nodes_per_cluster" title:"Nodes per Kubernetes cluster" default:"4" min:"0" max:"200" x-pulse-group:"World"`
	PodsPerCluster    int     `json:"pods_per_cluster" title:"Pods per Kubernetes cluster" default:"30" min:"0" max:"5000" x-pulse-group:"World"`
	Deployments       int     `json:"deployments_per_cluster" title:"Deployments per Kubernetes cluster" default:"12" min:"0" max:"1000" x-pulse-group:"World"`
	Stopped           float64 `json:"stopped" title:"Part of the guests that is stopped" description:"0 to 1." default:"0.2" min:"0" max:"1" x-pulse-group:"World"`
	Scale             int     `json:"scale" title:"Scale" description:"Multiplies nodes, hosts and all that Kubernetes clusters have, for load tests." default:"1" min:"1" max:"1000" x-pulse-group:"World"`
}

// maxThings bounds what one world may hold: more than a hub is made for.
const maxThings = 200_000

func (s Size) options() (world.Options, error) {
	o := world.Options{
		Seed: uint64(s.Seed), ClusterNodes: s.ClusterNodes, VMsPerNode: s.VMsPerNode, LXCsPerNode: s.LXCsPerNode,
		Hosts: s.Hosts, Engines: s.DockerHosts, Containers: s.ContainersPerHost,
		Kubernetes: s.Clusters, KubeNodes: s.ClusterK8sNodes, Pods: s.PodsPerCluster, Deployments: s.Deployments,
		StoppedRatio: s.Stopped, Scale: s.Scale,
	}
	if n := o.Things(); n > maxThings {
		return o, sdk.FieldError{Path: "/scale", Message: fmt.Sprintf("this world would hold about %d things, more than %d", n, maxThings)}
	}
	return o, nil
}

type pveConfig struct {
	Site string `json:"site" title:"Site" default:"demo-cluster" enum:"demo-cluster,standalone1,standalone2"`
	Host string `json:"host" title:"Address" description:"Shown where instances are listed; nothing is contacted." default:"https://10.20.0.11:8006" format:"uri"`
	Size
}

type pbsConfig struct {
	Server string `json:"server" title:"Backup server" default:"pbs-main" enum:"pbs-main,pbs-offsite"`
	Host   string `json:"host" title:"Address" description:"Shown where instances are listed; nothing is contacted." default:"https://10.20.0.30:8007" format:"uri"`
	Size
}

type pmgConfig struct {
	Gateway string `json:"gateway" title:"Mail gateway" default:"pmg-main" enum:"pmg-main,pmg-edge"`
	Host    string `json:"host" title:"Address" description:"Shown where instances are listed; nothing is contacted." default:"https://10.20.0.35:8006" format:"uri"`
	Size
}

type agentsConfig struct {
	Size
}
