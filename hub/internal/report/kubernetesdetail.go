package report

import (
	"encoding/json"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/sdk/resource"
)

type podName struct{ namespace, name string }

// clusterDetail is what only newer agents tell of a cluster, by what it is about.
type clusterDetail struct {
	nodes map[string]*wire.KubernetesNodeDetail
	pods  map[podName]*wire.KubernetesUsage
	// rest is about the whole cluster, as JSON; empty: nothing.
	rest string
}

func indexDetail(d *wire.KubernetesDetail) clusterDetail {
	if d == nil {
		return clusterDetail{}
	}
	out := clusterDetail{nodes: map[string]*wire.KubernetesNodeDetail{}, pods: map[podName]*wire.KubernetesUsage{}}
	for i := range d.Nodes {
		out.nodes[d.Nodes[i].Name] = &d.Nodes[i]
	}
	for i := range d.PodUsage {
		one := &d.PodUsage[i]
		out.pods[podName{one.Namespace, one.Name}] = &one.KubernetesUsage
	}
	rest := *d
	rest.Nodes, rest.PodUsage = nil, nil
	// What was decoded can be encoded, and its shape is the hub's own again: what
	// the hub does not know is not passed on.
	if encoded, err := json.Marshal(&rest); err == nil && string(encoded) != "{}" {
		out.rest = string(encoded)
	}
	return out
}

func addNodeDetail(out *resource.Resource, d *wire.KubernetesNodeDetail) {
	if d == nil {
		return
	}
	node := out.Detail.(*resource.ClusterNode)
	node.Cores, node.AllocatableCores = atLeastZero(d.CPUCores), atLeastZero(d.AllocatableCPUCores)
	node.Addresses, node.CreatedAt = cut(d.Addresses), d.CreatedAt
	node.Problems = convert(cut(d.Problems), nodeProblem)
	if d.NotReady != nil {
		problem := nodeProblem(d.NotReady)
		node.NotReady = &problem
		if node.NotReady.Message != "" && !node.Ready {
			out.StatusReason = node.NotReady.Message
		}
	}
	if len(node.Problems) > 0 && node.Ready {
		out.Status, out.StatusReason = resource.StatusDegraded, node.Problems[0].Type
	}
	if d.Usage != nil {
		out.Usage = usageOf(d.Usage, coresOf(node), node.Memory)
	}
}

func nodeProblem(p *wire.NodeProblem) resource.NodeProblem {
	return resource.NodeProblem{Type: p.Type, Reason: p.Reason, Message: p.Message, Since: p.Since}
}

func coresOf(node *resource.ClusterNode) float64 {
	if node.Cores > 0 {
		return node.Cores
	}
	return float64(node.CPUs)
}

// podUsage is what a pod uses of the node it is on; without that it is not
// known what that means.
func podUsage(used *wire.KubernetesUsage, node *resource.Resource) resource.Usage {
	if used == nil || node == nil {
		return resource.Usage{}
	}
	detail := node.Detail.(*resource.ClusterNode)
	return usageOf(used, coresOf(detail), detail.Memory)
}

// usageOf puts what is used in relation to what there is.
func usageOf(used *wire.KubernetesUsage, cores float64, memory uint64) resource.Usage {
	var usage resource.Usage
	if ratio := used.CPUCores / cores; cores > 0 && isFinite(ratio) {
		ratio = max(ratio, 0)
		usage.CPU = &ratio
	}
	if memory > 0 {
		taken := positive(used.MemoryBytes)
		usage.Memory = resource.Capacity{Total: memory, Used: taken, Free: memory - min(taken, memory)}
	}
	return usage
}
