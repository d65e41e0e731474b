package v5

import (
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// KubernetesCluster is a cluster with what runs in it.
type KubernetesCluster struct {
	ID                string `json:"id"`
	AgentID           string `json:"agentId"`
	Name              string `json:"name,omitempty"`
	DisplayName       string `json:"displayName,omitempty"`
	CustomDisplayName string `json:"customDisplayName,omitempty"`
	Server            string `json:"server,omitempty"`
	Context           string `json:"context,omitempty"`
	Version           string `json:"version,omitempty"`
	Status            string `json:"status"`
	LastSeen          int64  `json:"lastSeen"`
	IntervalSeconds   int64  `json:"intervalSeconds"`
	AgentVersion      string `json:"agentVersion,omitempty"`
	Token
	Hidden           bool            `json:"hidden"`
	PendingUninstall bool            `json:"pendingUninstall"`
	Nodes            []K8sNode       `json:"nodes,omitempty"`
	Pods             []K8sPod        `json:"pods,omitempty"`
	Deployments      []K8sDeployment `json:"deployments,omitempty"`
}

// K8sNode is a node of a Kubernetes cluster; processors are whole cores.
type K8sNode struct {
	UID                     string   `json:"uid"`
	Name                    string   `json:"name"`
	Ready                   bool     `json:"ready"`
	Unschedulable           bool     `json:"unschedulable,omitempty"`
	KubeletVersion          string   `json:"kubeletVersion,omitempty"`
	ContainerRuntimeVersion string   `json:"containerRuntimeVersion,omitempty"`
	OSImage                 string   `json:"osImage,omitempty"`
	KernelVersion           string   `json:"kernelVersion,omitempty"`
	Architecture            string   `json:"architecture,omitempty"`
	CapacityCPUCores        int      `json:"capacityCpuCores,omitempty"`
	CapacityMemoryBytes     uint64   `json:"capacityMemoryBytes,omitempty"`
	CapacityPods            int      `json:"capacityPods,omitempty"`
	AllocatableCPUCores     int      `json:"allocatableCpuCores,omitempty"`
	AllocatableMemoryBytes  uint64   `json:"allocatableMemoryBytes,omitempty"`
	AllocatablePods         int      `json:"allocatablePods,omitempty"`
	Roles                   []string `json:"roles,omitempty"`
}

// K8sPod is a pod. Times are Unix ms.
type K8sPod struct {
	UID        string            `json:"uid"`
	Name       string            `json:"name"`
	Namespace  string            `json:"namespace"`
	NodeName   string            `json:"nodeName,omitempty"`
	Phase      string            `json:"phase,omitempty"`
	Reason     string            `json:"reason,omitempty"`
	Message    string            `json:"message,omitempty"`
	QoSClass   string            `json:"qosClass,omitempty"`
	CreatedAt  int64             `json:"createdAt,omitempty"`
	StartTime  int64             `json:"startTime,omitempty"`
	Restarts   int               `json:"restarts,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	OwnerKind  string            `json:"ownerKind,omitempty"`
	OwnerName  string            `json:"ownerName,omitempty"`
	Containers []K8sPodContainer `json:"containers,omitempty"`
}

// K8sPodContainer is one container of a pod.
type K8sPodContainer struct {
	Name         string `json:"name"`
	Image        string `json:"image,omitempty"`
	Ready        bool   `json:"ready"`
	RestartCount int    `json:"restartCount,omitempty"`
	State        string `json:"state,omitempty"`
	Reason       string `json:"reason,omitempty"`
	Message      string `json:"message,omitempty"`
}

// K8sDeployment is a deployment with its replica counts.
type K8sDeployment struct {
	UID               string            `json:"uid"`
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	DesiredReplicas   int               `json:"desiredReplicas,omitempty"`
	UpdatedReplicas   int               `json:"updatedReplicas,omitempty"`
	ReadyReplicas     int               `json:"readyReplicas,omitempty"`
	AvailableReplicas int               `json:"availableReplicas,omitempty"`
	Labels            map[string]string `json:"labels,omitempty"`
}

// cluster renders a cluster with everything below it.
func (p *projection) cluster(e *inventory.Entry, below []*inventory.Entry) KubernetesCluster {
	detail, _ := e.Detail.(*resource.Cluster)
	if detail == nil {
		detail = &resource.Cluster{}
	}
	cluster := KubernetesCluster{
		ID: e.ID, AgentID: orElse(detail.Agent.ID, e.ID), Name: e.Name,
		DisplayName: orElse(e.DisplayName, orElse(e.Name, e.ID)),
		Server:      detail.Server, Context: detail.Context, Version: detail.Version,
		Status: onlineOrOffline(e), LastSeen: unit.Millis(e.SeenAt),
		IntervalSeconds: unit.Seconds(detail.Agent.Interval), AgentVersion: detail.Agent.Version,
		Token: tokenOf(&detail.Agent),
	}
	for _, item := range below {
		switch item.Kind {
		case resource.KindClusterNode:
			cluster.Nodes = append(cluster.Nodes, k8sNode(item))
		case resource.KindPod:
			cluster.Pods = append(cluster.Pods, k8sPod(item))
		case resource.KindDeployment:
			cluster.Deployments = append(cluster.Deployments, k8sDeployment(item))
		}
	}
	if s := e.Settings; s != nil {
		cluster.CustomDisplayName, cluster.Hidden, cluster.PendingUninstall = s.DisplayName, s.Hidden, s.PendingUninstall
	}
	return cluster
}

func k8sNode(e *inventory.Entry) K8sNode {
	detail, _ := e.Detail.(*resource.ClusterNode)
	if detail == nil {
		detail = &resource.ClusterNode{}
	}
	return K8sNode{
		UID: K8sUID(e), Name: e.Name, Ready: detail.Ready, Unschedulable: detail.Unschedulable,
		KubeletVersion: detail.KubeletVersion, ContainerRuntimeVersion: detail.RuntimeVersion,
		OSImage: detail.OSImage, KernelVersion: detail.Kernel, Architecture: detail.Architecture,
		CapacityCPUCores: detail.CPUs, CapacityMemoryBytes: detail.Memory, CapacityPods: detail.Pods,
		AllocatableCPUCores: detail.AllocatableCPUs, AllocatableMemoryBytes: detail.AllocatableMemory,
		AllocatablePods: detail.AllocatablePods, Roles: detail.Roles,
	}
}

func k8sPod(e *inventory.Entry) K8sPod {
	detail, _ := e.Detail.(*resource.Pod)
	if detail == nil {
		detail = &resource.Pod{}
	}
	return K8sPod{
		UID: K8sUID(e), Name: e.Name, Namespace: detail.Namespace, NodeName: detail.Node,
		Phase: detail.Phase, Reason: detail.Reason, Message: detail.Message, QoSClass: detail.QoS,
		CreatedAt: unit.Millis(detail.CreatedAt), StartTime: unit.Millis(detail.StartedAt),
		Restarts: detail.Restarts, Labels: e.Labels, OwnerKind: detail.OwnerKind, OwnerName: detail.OwnerName,
		Containers: PodContainers(detail.Containers),
	}
}

// PodContainers converts the containers of a pod; nil for none.
func PodContainers(containers []resource.PodContainer) []K8sPodContainer {
	return convert(containers, func(c *resource.PodContainer) K8sPodContainer {
		return K8sPodContainer{c.Name, c.Image, c.Ready, c.Restarts, c.State, c.Reason, c.Message}
	})
}

func k8sDeployment(e *inventory.Entry) K8sDeployment {
	detail, _ := e.Detail.(*resource.Deployment)
	if detail == nil {
		detail = &resource.Deployment{}
	}
	return K8sDeployment{
		UID: K8sUID(e), Name: e.Name, Namespace: detail.Namespace,
		DesiredReplicas: detail.Desired, UpdatedReplicas: detail.Updated,
		ReadyReplicas: detail.Ready, AvailableReplicas: detail.Available, Labels: e.Labels,
	}
}
