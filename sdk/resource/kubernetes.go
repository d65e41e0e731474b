package resource

import "time"

// Cluster is a Kubernetes cluster.
type Cluster struct {
	Server, Context, Version string
	Agent                    Agent
	// DetailJSON is what newer agents tell of the whole cluster, as one JSON
	// object in the shape of their report; empty: nothing.
	DetailJSON string
}

// ClusterNode is a node of a Kubernetes cluster.
type ClusterNode struct {
	UID                              string
	Ready, Unschedulable             bool
	KubeletVersion, RuntimeVersion   string
	OSImage, Kernel, Architecture    string
	CPUs, Pods                       int    // capacity
	Memory                           uint64 // capacity in bytes
	AllocatableCPUs, AllocatablePods int
	AllocatableMemory                uint64 // bytes
	Roles                            []string

	// What follows is told by agents that know of it.

	Cores, AllocatableCores float64 // not rounded
	Addresses               []string
	CreatedAt               time.Time
	Problems                []NodeProblem // conditions that should not hold
	NotReady                *NodeProblem  // why it is not ready; nil: it is, or not told
}

// NodeProblem is a condition of a node that is not as it should be.
type NodeProblem struct {
	Type, Reason, Message string
	Since                 time.Time // zero: not known
}

// Pod is a Kubernetes pod.
type Pod struct {
	UID, Namespace, Node        string
	Phase, Reason, Message, QoS string
	CreatedAt, StartedAt        time.Time
	Restarts                    int
	OwnerKind, OwnerName        string
	Containers                  []PodContainer
}

// PodContainer is one container of a pod.
type PodContainer struct {
	Name, Image            string
	Ready                  bool
	Restarts               int
	State, Reason, Message string // State: "running", "waiting", "terminated", "unknown"
}

// Deployment is a Kubernetes deployment with its replica counts.
type Deployment struct {
	UID, Namespace                     string
	Desired, Updated, Ready, Available int
}
