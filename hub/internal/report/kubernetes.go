package report

import (
	"strings"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// clusterResources converts what an agent says of a Kubernetes cluster. The id
// is the one the hub keeps the cluster under; ids of what is in it begin with it.
func clusterResources(r *wire.Kubernetes, id string, agent resource.Agent) []resource.Resource {
	out := make([]resource.Resource, 0, 1+len(r.Nodes)+len(r.Pods)+len(r.Deployments))
	told := indexDetail(r.Detail)
	out = append(out, resource.Resource{
		ID: id, Kind: resource.KindCluster, Name: orElse(r.Cluster.Name, id), Status: resource.StatusRunning,
		Detail: &resource.Cluster{
			Server: r.Cluster.Server, Context: r.Cluster.Context, Version: r.Cluster.Version, Agent: agent, DetailJSON: told.rest,
		},
	})
	nodes := make(map[string]*resource.Resource, len(r.Nodes)) // by name
	for i := range r.Nodes {
		node := clusterNode(&r.Nodes[i], id)
		addNodeDetail(&node, told.nodes[node.Name])
		out = append(out, node)
		nodes[node.Name] = &out[len(out)-1] // stays: there is room for all
	}
	for i := range r.Pods {
		pod := podResource(&r.Pods[i], id)
		node := nodes[r.Pods[i].NodeName]
		if node != nil {
			pod.ParentID = node.ID
		}
		pod.Usage = podUsage(told.pods[podName{r.Pods[i].Namespace, r.Pods[i].Name}], node)
		out = append(out, pod)
	}
	for i := range r.Deployments {
		out = append(out, deploymentResource(&r.Deployments[i], id))
	}
	return out
}

// objectID returns the id of something in a cluster: by its uid, else by its
// name, which is unique within its namespace.
func objectID(clusterID, kind, uid, namespace, name string) string {
	if uid == "" {
		uid = strings.TrimPrefix(namespace+":"+name, ":")
	}
	return clusterID + "/" + kind + "/" + strings.ReplaceAll(uid, "/", "-")
}

func clusterNode(n *wire.KubernetesNode, clusterID string) resource.Resource {
	out := resource.Resource{
		ID: objectID(clusterID, "node", n.UID, "", n.Name), Kind: resource.KindClusterNode, Name: n.Name, ParentID: clusterID,
		Status: resource.StatusRunning,
		Detail: &resource.ClusterNode{
			UID: n.UID, Ready: n.Ready, Unschedulable: n.Unschedulable,
			KubeletVersion: n.KubeletVersion, RuntimeVersion: n.ContainerRuntimeVersion,
			OSImage: n.OSImage, Kernel: n.KernelVersion, Architecture: n.Architecture,
			CPUs: count(n.Capacity.CPUCores), Memory: positive(n.Capacity.MemoryBytes), Pods: count(n.Capacity.Pods),
			AllocatableCPUs: count(n.Allocatable.CPUCores), AllocatableMemory: positive(n.Allocatable.MemoryBytes),
			AllocatablePods: count(n.Allocatable.Pods), Roles: n.Roles,
		},
	}
	switch {
	case !n.Ready:
		out.Status, out.StatusReason = resource.StatusOffline, "it is not ready"
	case n.Unschedulable:
		out.StatusReason = "it takes no new pods"
	}
	return out
}

func podResource(p *wire.Pod, clusterID string) resource.Resource {
	detail := &resource.Pod{
		UID: p.UID, Namespace: p.Namespace, Node: p.NodeName, Phase: p.Phase, Reason: p.Reason, Message: p.Message,
		QoS: p.QOSClass, CreatedAt: p.CreatedAt, StartedAt: p.StartTime, Restarts: p.Restarts,
		OwnerKind: p.OwnerKind, OwnerName: p.OwnerName,
		Containers: convert(p.Containers, func(c *wire.PodContainer) resource.PodContainer {
			return resource.PodContainer{
				Name: c.Name, Image: c.Image, Ready: c.Ready, Restarts: c.RestartCount,
				State: c.State, Reason: c.Reason, Message: c.Message,
			}
		}),
	}
	out := resource.Resource{
		ID: objectID(clusterID, "pod", p.UID, p.Namespace, p.Name), Kind: resource.KindPod, Name: p.Name, ParentID: clusterID,
		Labels: p.Labels, Detail: detail,
	}
	out.Status, out.StatusReason = podStatus(p)
	return out
}

// podStatus puts the phase of a pod and the state of its containers into one word.
func podStatus(p *wire.Pod) (resource.Status, string) {
	switch strings.ToLower(p.Phase) {
	case "running":
		for i := range p.Containers {
			if c := &p.Containers[i]; !c.Ready {
				return resource.StatusDegraded, orElse(c.Reason, "container "+c.Name+" is not ready")
			}
		}
		return resource.StatusRunning, ""
	case "pending":
		return resource.StatusDegraded, orElse(p.Reason, orElse(waitingFor(p), "pending"))
	case "failed":
		return resource.StatusOffline, orElse(p.Reason, "failed")
	case "succeeded":
		return resource.StatusStopped, ""
	}
	return resource.StatusUnknown, p.Reason
}

func waitingFor(p *wire.Pod) string {
	for i := range p.Containers {
		if reason := p.Containers[i].Reason; reason != "" {
			return reason
		}
	}
	return ""
}

func deploymentResource(d *wire.Deployment, clusterID string) resource.Resource {
	out := resource.Resource{
		ID: objectID(clusterID, "deployment", d.UID, d.Namespace, d.Name), Kind: resource.KindDeployment, Name: d.Name,
		ParentID: clusterID, Labels: d.Labels,
		Detail: &resource.Deployment{
			UID: d.UID, Namespace: d.Namespace, Desired: d.DesiredReplicas, Updated: d.UpdatedReplicas,
			Ready: d.ReadyReplicas, Available: d.AvailableReplicas,
		},
	}
	out.Status, out.StatusReason = replicaStatus(d.DesiredReplicas, d.AvailableReplicas)
	return out
}

// count keeps a number of things within what an int holds everywhere.
func count(n int64) int { return int(min(max(n, 0), 1<<31-1)) }
