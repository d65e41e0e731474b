package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func encodeCluster(v *resource.Cluster) *pluginv1.Cluster {
	if v == nil {
		return nil
	}
	return &pluginv1.Cluster{
		Server:     v.Server,
		Context:    v.Context,
		Version:    v.Version,
		Agent:      encodeAgent(&v.Agent),
		DetailJson: v.DetailJSON,
	}
}

func encodeClusterNode(v *resource.ClusterNode) *pluginv1.ClusterNode {
	if v == nil {
		return nil
	}
	return &pluginv1.ClusterNode{
		Uid:               v.UID,
		Ready:             v.Ready,
		Unschedulable:     v.Unschedulable,
		KubeletVersion:    v.KubeletVersion,
		RuntimeVersion:    v.RuntimeVersion,
		OsImage:           v.OSImage,
		Kernel:            v.Kernel,
		Architecture:      v.Architecture,
		Cpus:              int64(v.CPUs),
		Pods:              int64(v.Pods),
		Memory:            v.Memory,
		AllocatableCpus:   int64(v.AllocatableCPUs),
		AllocatablePods:   int64(v.AllocatablePods),
		AllocatableMemory: v.AllocatableMemory,
		Roles:             v.Roles,
		Cores:             v.Cores,
		AllocatableCores:  v.AllocatableCores,
		Addresses:         v.Addresses,
		CreatedAt:         EncodeTime(v.CreatedAt),
		Problems:          encodeAll(v.Problems, encodeNodeProblem),
		NotReady:          encodeNodeProblem(v.NotReady),
	}
}

func encodeNodeProblem(v *resource.NodeProblem) *pluginv1.NodeProblem {
	if v == nil {
		return nil
	}
	return &pluginv1.NodeProblem{Type: v.Type, Reason: v.Reason, Message: v.Message, Since: EncodeTime(v.Since)}
}

func encodePod(v *resource.Pod) *pluginv1.Pod {
	if v == nil {
		return nil
	}
	return &pluginv1.Pod{
		Uid:        v.UID,
		Namespace:  v.Namespace,
		Node:       v.Node,
		Phase:      v.Phase,
		Reason:     v.Reason,
		Message:    v.Message,
		Qos:        v.QoS,
		CreatedAt:  EncodeTime(v.CreatedAt),
		StartedAt:  EncodeTime(v.StartedAt),
		Restarts:   int64(v.Restarts),
		OwnerKind:  v.OwnerKind,
		OwnerName:  v.OwnerName,
		Containers: encodeAll(v.Containers, encodePodContainer),
	}
}

func encodePodContainer(v *resource.PodContainer) *pluginv1.PodContainer {
	return &pluginv1.PodContainer{
		Name:     v.Name,
		Image:    v.Image,
		Ready:    v.Ready,
		Restarts: int64(v.Restarts),
		State:    v.State,
		Reason:   v.Reason,
		Message:  v.Message,
	}
}

func encodeDeployment(v *resource.Deployment) *pluginv1.Deployment {
	if v == nil {
		return nil
	}
	return &pluginv1.Deployment{
		Uid:       v.UID,
		Namespace: v.Namespace,
		Desired:   int64(v.Desired),
		Updated:   int64(v.Updated),
		Ready:     int64(v.Ready),
		Available: int64(v.Available),
	}
}
