package report

import "time"

// Kubernetes is the report of the Kubernetes module: one cluster at one moment.
type Kubernetes struct {
	Agent   Agent   `json:"agent"`
	Cluster Cluster `json:"cluster"`
	// Nodes are all nodes.
	Nodes []KubernetesNode `json:"nodes,omitempty"`
	// Pods are by default only those with a problem, up to the agent's limit.
	Pods []Pod `json:"pods,omitempty"`
	// Deployments are by default only those with fewer replicas than desired.
	Deployments []Deployment `json:"deployments,omitempty"`
	// Timestamp is when the cluster was asked, by the agent's clock, in UTC.
	Timestamp time.Time `json:"timestamp"`
	// Sequence grows by one with each report and starts at the agent's start time in Unix milliseconds, so that it also
	// grows across restarts. Zero means the agent does not number its reports. An addition to the published format.
	Sequence uint64 `json:"sequence,omitempty"`
	// Detail is what the published format has no place for; nil for hubs that do not know it. An addition.
	Detail *KubernetesDetail `json:"detail,omitempty"`
}

// Cluster names the cluster.
type Cluster struct {
	// ID is the SHA-256 of "server|context|name" as 64 hex digits.
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	// Server is the URL of the API server.
	Server string `json:"server,omitempty"`
	// Context is the context of the kubeconfig.
	Context string `json:"context,omitempty"`
	// Version is the version of the API server, such as "v1.31.2".
	Version string `json:"version,omitempty"`
	// Provider and Namespace are part of the published format and filled by no known agent.
	Provider  string `json:"provider,omitempty"`
	Namespace string `json:"namespace,omitempty"`
}

// KubernetesNode is one node.
type KubernetesNode struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	// Ready is the node's Ready condition.
	Ready bool `json:"ready"`
	// Unschedulable says that the node is cordoned.
	Unschedulable           bool          `json:"unschedulable,omitempty"`
	KubeletVersion          string        `json:"kubeletVersion,omitempty"`
	ContainerRuntimeVersion string        `json:"containerRuntimeVersion,omitempty"`
	OSImage                 string        `json:"osImage,omitempty"`
	KernelVersion           string        `json:"kernelVersion,omitempty"`
	Architecture            string        `json:"architecture,omitempty"`
	Capacity                NodeResources `json:"capacity"`
	Allocatable             NodeResources `json:"allocatable"`
	// Roles are taken from the node-role.kubernetes.io labels.
	Roles []string `json:"roles,omitempty"`
}

// NodeResources are what a node has or can give to pods.
type NodeResources struct {
	// CPUCores are whole cores, rounded down.
	CPUCores int64 `json:"cpuCores,omitempty"`
	// MemoryBytes is in bytes.
	MemoryBytes int64 `json:"memoryBytes,omitempty"`
	// Pods is the greatest number of pods.
	Pods int64 `json:"pods,omitempty"`
}

// Pod is one pod.
type Pod struct {
	UID       string `json:"uid"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	// NodeName is empty for a pod that is not scheduled.
	NodeName string `json:"nodeName,omitempty"`
	// Phase is Pending, Running, Failed or Unknown.
	Phase    string `json:"phase,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Message  string `json:"message,omitempty"`
	QOSClass string `json:"qosClass,omitempty"`
	// CreatedAt is when the pod was made.
	CreatedAt time.Time `json:"createdAt"`
	// StartTime is zero until a kubelet accepts the pod.
	StartTime time.Time `json:"startTime,omitzero"`
	// Restarts sums the restarts of all containers.
	Restarts int               `json:"restarts,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	// OwnerKind and OwnerName name the controller, such as a ReplicaSet.
	OwnerKind  string         `json:"ownerKind,omitempty"`
	OwnerName  string         `json:"ownerName,omitempty"`
	Containers []PodContainer `json:"containers,omitempty"`
}

// PodContainer is one container of a pod.
type PodContainer struct {
	Name         string `json:"name"`
	Image        string `json:"image,omitempty"`
	Ready        bool   `json:"ready"`
	RestartCount int    `json:"restartCount,omitempty"`
	// State is waiting, running or terminated.
	State   string `json:"state,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// Deployment is one deployment with its counts of replicas.
type Deployment struct {
	UID               string            `json:"uid"`
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	DesiredReplicas   int               `json:"desiredReplicas,omitempty"`
	UpdatedReplicas   int               `json:"updatedReplicas,omitempty"`
	ReadyReplicas     int               `json:"readyReplicas,omitempty"`
	AvailableReplicas int               `json:"availableReplicas,omitempty"`
	Labels            map[string]string `json:"labels,omitempty"`
}

// KubernetesAnswer is the body of a 200 answer to a [Kubernetes] report.
type KubernetesAnswer struct {
	// Success is always true.
	Success bool `json:"success"`
	// ClusterID is the id under which the hub keeps the cluster.
	ClusterID string `json:"clusterId"`
	// Nodes, Pods and Deployments are the numbers the hub took from the report.
	Nodes       int `json:"nodes"`
	Pods        int `json:"pods"`
	Deployments int `json:"deployments"`
	// LastSeen is the time the hub recorded for the report.
	LastSeen time.Time `json:"lastSeen"`
}
