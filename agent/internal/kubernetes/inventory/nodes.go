package inventory

import (
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
	"github.com/pulse-hub/pulse/agent/report"
)

// maxNodes is how many nodes are listed; Kubernetes supports 5,000 in a cluster.
const maxNodes = 5000

// Node is one node with what the published format has no place for.
type Node struct {
	Node   report.KubernetesNode
	Detail report.KubernetesNodeDetail
}

// Nodes is the collection of nodes, all of which are listed. Those not ready, or with a pressure, have a problem.
type Nodes = Store[object.Node, *object.Node, Node]

// NewNodes returns a store of nodes.
func NewNodes() *Nodes {
	return newStore[object.Node, *object.Node, Node](maxNodes, true, func(node *object.Node) (Entry, bool) {
		converted := convertNode(node)
		return Entry{
			Problem: !converted.Node.Ready || len(converted.Detail.Problems) > 0,
			Shown:   true, Name: node.Metadata.Name, Detail: converted,
		}, true
	})
}

func convertNode(node *object.Node) Node {
	info, ready := node.Status.NodeInfo, node.Ready()
	converted := Node{
		Node: report.KubernetesNode{
			UID: node.Metadata.UID, Name: node.Metadata.Name, Ready: ready.Status == "True", Unschedulable: node.Spec.Unschedulable,
			KubeletVersion: info.KubeletVersion, ContainerRuntimeVersion: info.ContainerRuntimeVersion, OSImage: info.OSImage,
			KernelVersion: info.KernelVersion, Architecture: info.Architecture,
			Capacity: convertResources(node.Status.Capacity), Allocatable: convertResources(node.Status.Allocatable),
			Roles: first(node.Roles(), maxItems),
		},
		Detail: report.KubernetesNodeDetail{
			Name: node.Metadata.Name, CPUCores: node.Status.Capacity.CPU.Amount(), AllocatableCPUCores: node.Status.Allocatable.CPU.Amount(),
			CreatedAt: node.Metadata.CreationTimestamp.UTC(),
		},
	}
	for _, condition := range first(node.Problems(), maxItems) {
		converted.Detail.Problems = append(converted.Detail.Problems, convertCondition(condition))
	}
	if !converted.Node.Ready {
		problem := convertCondition(ready)
		converted.Detail.NotReady = &problem
	}
	for _, address := range first(node.Status.Addresses, maxItems) {
		if address.Type == "InternalIP" || address.Type == "ExternalIP" {
			converted.Detail.Addresses = append(converted.Detail.Addresses, address.Address)
		}
	}
	return converted
}

func convertResources(resources object.Resources) report.NodeResources {
	return report.NodeResources{CPUCores: resources.CPU.Whole(), MemoryBytes: resources.Memory.Whole(), Pods: resources.Pods.Whole()}
}

func convertCondition(condition object.Condition) report.NodeProblem {
	return report.NodeProblem{
		Type: condition.Type, Reason: cut(condition.Reason), Message: cut(condition.Message), Since: condition.LastTransitionTime.UTC(),
	}
}
