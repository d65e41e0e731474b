package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func decodeCluster(p *pluginv1.Cluster) *resource.Cluster {
	if p == nil {
		return nil
	}
	return &resource.Cluster{
		Server:     p.GetServer(),
		Context:    p.GetContext(),
		Version:    p.GetVersion(),
		Agent:      decodeAgent(p.GetAgent()),
		DetailJSON: p.GetDetailJson(),
	}
}

func decodeClusterNode(p *pluginv1.ClusterNode) *resource.ClusterNode {
	if p == nil {
		return nil
	}
	return &resource.ClusterNode{
		UID:               p.GetUid(),
		Ready:             p.GetReady(),
		Unschedulable:     p.GetUnschedulable(),
		KubeletVersion:    p.GetKubeletVersion(),
		RuntimeVersion:    p.GetRuntimeVersion(),
		OSImage:           p.GetOsImage(),
		Kernel:            p.GetKernel(),
		Architecture:      p.GetArchitecture(),
		CPUs:              decodeInt(p.GetCpus()),
		Pods:              decodeInt(p.GetPods()),
		Memory:            p.GetMemory(),
		AllocatableCPUs:   decodeInt(p.GetAllocatableCpus()),
		AllocatablePods:   decodeInt(p.GetAllocatablePods()),
		AllocatableMemory: p.GetAllocatableMemory(),
		Roles:             p.GetRoles(),
		Cores:             decodeFloat(p.GetCores()),
		AllocatableCores:  decodeFloat(p.GetAllocatableCores()),
		Addresses:         p.GetAddresses(),
		CreatedAt:         DecodeTime(p.GetCreatedAt()),
		Problems:          decodeAll(p.GetProblems(), decodeNodeProblem),
		NotReady:          decodeOptionalProblem(p.GetNotReady()),
	}
}

func decodeNodeProblem(p *pluginv1.NodeProblem) resource.NodeProblem {
	return resource.NodeProblem{Type: p.GetType(), Reason: p.GetReason(), Message: p.GetMessage(), Since: DecodeTime(p.GetSince())}
}

func decodeOptionalProblem(p *pluginv1.NodeProblem) *resource.NodeProblem {
	if p == nil {
		return nil
	}
	problem := decodeNodeProblem(p)
	return &problem
}

func decodePod(p *pluginv1.Pod) *resource.Pod {
	if p == nil {
		return nil
	}
	return &resource.Pod{
		UID:        p.GetUid(),
		Namespace:  p.GetNamespace(),
		Node:       p.GetNode(),
		Phase:      p.GetPhase(),
		Reason:     p.GetReason(),
		Message:    p.GetMessage(),
		QoS:        p.GetQos(),
		CreatedAt:  DecodeTime(p.GetCreatedAt()),
		StartedAt:  DecodeTime(p.GetStartedAt()),
		Restarts:   decodeInt(p.GetRestarts()),
		OwnerKind:  p.GetOwnerKind(),
		OwnerName:  p.GetOwnerName(),
		Containers: decodeAll(p.GetContainers(), decodePodContainer),
	}
}

func decodePodContainer(p *pluginv1.PodContainer) resource.PodContainer {
	return resource.PodContainer{
		Name:     p.GetName(),
		Image:    p.GetImage(),
		Ready:    p.GetReady(),
		Restarts: decodeInt(p.GetRestarts()),
		State:    p.GetState(),
		Reason:   p.GetReason(),
		Message:  p.GetMessage(),
	}
}

func decodeDeployment(p *pluginv1.Deployment) *resource.Deployment {
	if p == nil {
		return nil
	}
	return &resource.Deployment{
		UID:       p.GetUid(),
		Namespace: p.GetNamespace(),
		Desired:   decodeInt(p.GetDesired()),
		Updated:   decodeInt(p.GetUpdated()),
		Ready:     decodeInt(p.GetReady()),
		Available: decodeInt(p.GetAvailable()),
	}
}
