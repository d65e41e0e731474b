package report

import "time"

// KubernetesDetail is what a Kubernetes report says beyond the published format: an addition that old hubs ignore and that
// agents leave out until a hub has asked for it. Everything is optional. Only the namespaces the administrator let the
// agent report are counted and listed. Lists have a bound; where there is more, the counts tell.
type KubernetesDetail struct {
	// Namespaces counts the namespaces; nil when they cannot be read.
	Namespaces *NamespaceCount `json:"namespaces,omitempty"`
	// Pods counts all pods, also those that are not in the report; nil when they cannot be read.
	Pods *PodCount `json:"pods,omitempty"`
	// Deployments counts all deployments, also those that are not in the report; nil when they cannot be read.
	Deployments *WorkloadCount `json:"deployments,omitempty"`
	// Nodes says more about the nodes of the report, by name and in the same order.
	Nodes []KubernetesNodeDetail `json:"nodes,omitempty"`
	// Workloads counts stateful sets, daemon sets, jobs and cron jobs by their kind, such as "StatefulSet". Kinds that
	// cannot be read are left out.
	Workloads map[string]WorkloadCount `json:"workloads,omitempty"`
	// WorkloadProblems are the workloads among those with a problem, by kind, namespace and name.
	WorkloadProblems []Workload `json:"workloadProblems,omitempty"`
	// Services counts the services; nil when they cannot be read.
	Services *ServiceCount `json:"services,omitempty"`
	// Volumes are the persistent volumes, by name.
	Volumes []Volume `json:"volumes,omitempty"`
	// VolumePhases counts all persistent volumes by phase, such as "Bound".
	VolumePhases map[string]int `json:"volumePhases,omitempty"`
	// Claims are the claims to persistent volumes, by namespace and name.
	Claims []VolumeClaim `json:"claims,omitempty"`
	// ClaimPhases counts all claims by phase.
	ClaimPhases map[string]int `json:"claimPhases,omitempty"`
	// Warnings are the newest events of type Warning, newest first.
	Warnings []KubernetesEvent `json:"warnings,omitempty"`
	// PodUsage is what pods use: those of the report, and those that use most processor time or memory.
	PodUsage []PodUsage `json:"podUsage,omitempty"`
	// Degraded names the parts of the collection that do not work now. What such a part saw before may still be in the
	// report.
	Degraded []DegradedPart `json:"degraded,omitempty"`
}

// NamespaceCount counts namespaces.
type NamespaceCount struct {
	Total int `json:"total"`
	// Terminating are the names of namespaces that are being removed.
	Terminating []string `json:"terminating,omitempty"`
}

// PodCount counts pods.
type PodCount struct {
	Total int `json:"total"`
	// Phases counts by phase: Pending, Running, Succeeded, Failed or Unknown.
	Phases map[string]int `json:"phases,omitempty"`
	// Problems counts the pods with a problem.
	Problems int `json:"problems"`
	// Omitted counts the pods that belong into the report and are beyond its bound.
	Omitted int `json:"omitted,omitempty"`
}

// WorkloadCount counts the objects of one kind.
type WorkloadCount struct {
	Total int `json:"total"`
	// Problems counts those with a problem.
	Problems int `json:"problems"`
}

// KubernetesNodeDetail says more about one node.
type KubernetesNodeDetail struct {
	Name string `json:"name"`
	// Problems are the conditions other than Ready that hold though they should not, such as MemoryPressure, DiskPressure,
	// PIDPressure and NetworkUnavailable.
	Problems []NodeProblem `json:"problems,omitempty"`
	// NotReady says why the node is not ready; nil when it is.
	NotReady *NodeProblem `json:"notReady,omitempty"`
	// Usage is nil when the cluster does not measure it.
	Usage *KubernetesUsage `json:"usage,omitempty"`
	// CPUCores is the capacity in cores, and AllocatableCPUCores what pods can have of it, not rounded.
	CPUCores            float64 `json:"cpuCores,omitempty"`
	AllocatableCPUCores float64 `json:"allocatableCpuCores,omitempty"`
	// Addresses are the node's IP addresses.
	Addresses []string `json:"addresses,omitempty"`
	// CreatedAt is when the node joined.
	CreatedAt time.Time `json:"createdAt,omitzero"`
}

// NodeProblem is one condition of a node that is not as it should be.
type NodeProblem struct {
	Type    string `json:"type"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	// Since is when the condition changed; zero when unknown.
	Since time.Time `json:"since,omitzero"`
}

// KubernetesUsage is what a node or pod uses, by the metrics API of the cluster.
type KubernetesUsage struct {
	// CPUCores is processor time per time: 0.5 is half a core.
	CPUCores float64 `json:"cpuCores"`
	// MemoryBytes is the working set in bytes.
	MemoryBytes int64 `json:"memoryBytes"`
	// MeasuredAt is the end of the time measured.
	MeasuredAt time.Time `json:"measuredAt,omitzero"`
}

// PodUsage is what one pod uses.
type PodUsage struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	KubernetesUsage
}

// Workload is one stateful set, daemon set, job or cron job.
type Workload struct {
	// Kind is StatefulSet, DaemonSet, Job or CronJob.
	Kind      string `json:"kind"`
	UID       string `json:"uid"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	// Desired, Ready and Failed count pods; zero for cron jobs.
	Desired int `json:"desired,omitempty"`
	Ready   int `json:"ready,omitempty"`
	Failed  int `json:"failed,omitempty"`
	// Problem says in a few words what is wrong.
	Problem string `json:"problem"`
}

// ServiceCount counts services.
type ServiceCount struct {
	Total int `json:"total"`
	// Types counts by type, such as ClusterIP or LoadBalancer.
	Types map[string]int `json:"types,omitempty"`
	// Exposed are services that can be reached from outside the cluster, by namespace and name.
	Exposed []KubernetesService `json:"exposed,omitempty"`
}

// KubernetesService is one service.
type KubernetesService struct {
	UID       string `json:"uid"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	// Type is NodePort or LoadBalancer.
	Type string `json:"type"`
	// Addresses are the outer IP addresses or host names; a load balancer without one is not there yet.
	Addresses []string `json:"addresses,omitempty"`
	// Ports are written "80:30080/TCP", the second number being the port of the nodes where there is one.
	Ports []string `json:"ports,omitempty"`
}

// Volume is one persistent volume.
type Volume struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	// Phase is Pending, Available, Bound, Released or Failed.
	Phase string `json:"phase,omitempty"`
	// CapacityBytes is the size in bytes.
	CapacityBytes int64  `json:"capacityBytes,omitempty"`
	StorageClass  string `json:"storageClass,omitempty"`
	// Claim is the claim that has it, as "namespace/name"; empty when none has, and when its namespace is not reported.
	Claim  string `json:"claim,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// VolumeClaim is one claim to a persistent volume.
type VolumeClaim struct {
	UID       string `json:"uid"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	// Phase is Pending, Bound or Lost.
	Phase string `json:"phase,omitempty"`
	// RequestedBytes is the size asked for and CapacityBytes the size given, in bytes.
	RequestedBytes int64  `json:"requestedBytes,omitempty"`
	CapacityBytes  int64  `json:"capacityBytes,omitempty"`
	StorageClass   string `json:"storageClass,omitempty"`
	// Volume is the name of the volume; empty until there is one.
	Volume string `json:"volume,omitempty"`
}

// KubernetesEvent is one event, or a series of equal ones.
type KubernetesEvent struct {
	Namespace string `json:"namespace,omitempty"`
	// Kind and Name are those of the object it is about.
	Kind    string `json:"kind,omitempty"`
	Name    string `json:"name,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	// Count is how often it happened.
	Count int `json:"count,omitempty"`
	// LastSeen is when it happened last.
	LastSeen time.Time `json:"lastSeen,omitzero"`
}
