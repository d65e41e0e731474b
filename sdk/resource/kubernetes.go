package resource

import "time"

// Cluster is a Kubernetes cluster.
type Cluster struct {
	Server, Context, Version string
	Agent                    Agent
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
