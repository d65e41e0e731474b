package resources

import (
	"encoding/json"
	"strings"

	"github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// ClusterData is the platform data of a Kubernetes cluster.
type ClusterData struct {
	AgentID string `json:"agentId"`
	Server  string `json:"server,omitempty"`
	Context string `json:"context,omitempty"`
	Version string `json:"version,omitempty"`
	SettingsData
	TokenData
	NodeCount       int `json:"nodeCount"`
	PodCount        int `json:"podCount"`
	DeploymentCount int `json:"deploymentCount"`
	// Detail is what newer agents tell of the whole cluster, in the shape of their reports.
	Detail rawObject `json:"detail,omitempty"`
}

// ClusterNodeData is the platform data of a Kubernetes node.
type ClusterNodeData struct {
	ClusterID               string   `json:"clusterId"`
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
	// Detail is what newer agents tell, in the words of their reports.
	Detail *report.KubernetesNodeDetail `json:"detail,omitempty"`
}

// rawObject is a JSON object as it is; empty: none. Unlike json.RawMessage it can be compared.
type rawObject string

// MarshalJSON is part of json.Marshaler.
func (r rawObject) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// objectOf returns a text that is a JSON object, and nothing for any other.
func objectOf(text string) rawObject {
	if !strings.HasPrefix(text, "{") || !json.Valid([]byte(text)) {
		return ""
	}
	return rawObject(text)
}

// PodData is the platform data of a pod.
type PodData struct {
	ClusterID  string               `json:"clusterId"`
	Namespace  string               `json:"namespace"`
	NodeName   string               `json:"nodeName,omitempty"`
	Phase      string               `json:"phase,omitempty"`
	Reason     string               `json:"reason,omitempty"`
	Message    string               `json:"message,omitempty"`
	QoSClass   string               `json:"qosClass,omitempty"`
	Restarts   int                  `json:"restarts,omitempty"`
	OwnerKind  string               `json:"ownerKind,omitempty"`
	OwnerName  string               `json:"ownerName,omitempty"`
	Containers []v5.K8sPodContainer `json:"containers,omitempty"`
}

// DeploymentData is the platform data of a deployment.
type DeploymentData struct {
	ClusterID         string `json:"clusterId"`
	Namespace         string `json:"namespace"`
	DesiredReplicas   int    `json:"desiredReplicas"`
	UpdatedReplicas   int    `json:"updatedReplicas"`
	ReadyReplicas     int    `json:"readyReplicas"`
	AvailableReplicas int    `json:"availableReplicas"`
}

func (p *Projector) cluster(e *inventory.Entry, head *Head, tail *Tail) {
	detail := detailOf[resource.Cluster](e)
	agentID := orElse(detail.Agent.ID, e.ID)
	head.DisplayName, head.PlatformID = orElse(e.DisplayName, orElse(e.Name, e.ID)), agentID
	data := &ClusterData{AgentID: agentID, Server: detail.Server, Context: detail.Context, Version: detail.Version, SettingsData: settings(e), TokenData: token(&detail.Agent), Detail: objectOf(detail.DetailJSON)}
	p.countInto(data, e)
	tail.PlatformData = data
}

// countInto counts what is in a cluster. Pods may be below its nodes.
func (p *Projector) countInto(data *ClusterData, e *inventory.Entry) {
	for child := range p.snap.Children(e.Key) {
		switch child.Kind {
		case resource.KindClusterNode:
			data.NodeCount++
			data.PodCount += p.children(child, resource.KindPod)
		case resource.KindPod:
			data.PodCount++
		case resource.KindDeployment:
			data.DeploymentCount++
		}
	}
}

func (p *Projector) inCluster(e *inventory.Entry, head *Head, tail *Tail) {
	clusterID := p.clusterOf(e)
	head.PlatformID = clusterID
	switch detail := e.Detail.(type) {
	case *resource.ClusterNode:
		data := clusterNodeData(clusterID, detail)
		data.Detail = nodeDetail(e, detail)
		tail.PlatformData = data
	case *resource.Pod:
		tail.PlatformData = &PodData{
			ClusterID: clusterID, Namespace: detail.Namespace, NodeName: detail.Node, Phase: detail.Phase,
			Reason: detail.Reason, Message: detail.Message, QoSClass: detail.QoS, Restarts: detail.Restarts,
			OwnerKind: detail.OwnerKind, OwnerName: detail.OwnerName, Containers: v5.PodContainers(detail.Containers),
		}
	case *resource.Deployment:
		tail.PlatformData = &DeploymentData{
			ClusterID: clusterID, Namespace: detail.Namespace, DesiredReplicas: detail.Desired,
			UpdatedReplicas: detail.Updated, ReadyReplicas: detail.Ready, AvailableReplicas: detail.Available,
		}
	}
}

func clusterNodeData(clusterID string, n *resource.ClusterNode) *ClusterNodeData {
	return &ClusterNodeData{
		ClusterID: clusterID, Ready: n.Ready, Unschedulable: n.Unschedulable,
		KubeletVersion: n.KubeletVersion, ContainerRuntimeVersion: n.RuntimeVersion,
		OSImage: n.OSImage, KernelVersion: n.Kernel, Architecture: n.Architecture,
		CapacityCPUCores: n.CPUs, CapacityMemoryBytes: n.Memory, CapacityPods: n.Pods,
		AllocatableCPUCores: n.AllocatableCPUs, AllocatableMemoryBytes: n.AllocatableMemory,
		AllocatablePods: n.AllocatablePods, Roles: n.Roles,
	}
}
