package check

import (
	"fmt"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const (
	// crashWindow is how far back restarts count: Kubernetes waits up to five minutes between two.
	crashWindow = 15 * time.Minute
	// pendingFor and workloadDelay are for how long a pod may wait, and a deployment may lack replicas.
	pendingFor    = 5 * time.Minute
	workloadDelay = 5 * time.Minute
)

// crashLoop is the reason for which a container waits whose restarts are held back.
const crashLoop = "CrashLoopBackOff"

func checkCluster(b *bench) {
	if hidden(b.entry) {
		return
	}
	detail, _ := b.entry.Detail.(*resource.Cluster)
	if detail == nil {
		detail = &resource.Cluster{}
	}
	b.subject.Node = b.entry.Name
	b.describe = func() map[string]any {
		return map[string]any{
			"resourceType": "KubernetesCluster", "clusterId": b.entry.ID, "clusterName": b.entry.Name,
			"version": detail.Version, "agentVersion": detail.Agent.Version,
		}
	}
	b.identify("kubernetes:"+b.entry.ID, policy.Target{
		IDs: []string{b.entry.ID}, Node: b.entry.Name, Status: b.entry.Status.String(),
	})
	if b.thresholds.Disabled {
		return
	}
	b.listen(silence{
		Type: alert.KubernetesOffline, AlertID: "kubernetes-offline-" + b.entry.ID, Label: "Kubernetes cluster '" + b.subject.Name + "'",
		Limit: silenceLimit(detail.Agent.Interval, engineIntervals, engineLeastSilence),
	})
}

// inCluster prepares a look at something in a cluster, which is on a node if that is known. It returns false when there
// is nothing to look at.
func (b *bench) inCluster(what, namespace, node string) bool {
	cluster := b.clusterOf()
	if cluster == nil {
		cluster = b.entry
	}
	if hidden(b.entry) || hidden(cluster) {
		return false
	}
	b.subject.Node = orElse(node, cluster.Name)
	b.hiddenBy = alert.IdentityOf(cluster.Key, alert.KubernetesOffline, "")
	b.describe = func() map[string]any {
		metadata := map[string]any{"resourceType": what, "clusterId": cluster.ID, "clusterName": cluster.Name, "uid": v5.K8sUID(b.entry)}
		if namespace != "" {
			metadata["namespace"] = namespace
		}
		if node != "" {
			metadata["nodeName"] = node
		}
		return metadata
	}
	b.identify("kubernetes:"+b.entry.ID, policy.Target{
		IDs: []string{v5.K8sUID(b.entry)}, Node: b.subject.Node, Status: b.entry.Status.String(),
	})
	if b.thresholds.Disabled {
		return false
	}
	b.unseen = b.entry.Stale || b.sourceFailed(b.entry) || cluster != b.entry && outOfTouch(cluster)
	return !b.unseen
}

// clusterOf returns the cluster that something is in, directly or by its node; nil if that is not known.
func (b *bench) clusterOf() *inventory.Entry {
	e := b.entry
	for range 2 {
		parent, known := b.Get(e.ParentKey)
		if !known {
			return nil
		}
		if parent.Kind == resource.KindCluster {
			return parent
		}
		e = parent
	}
	return nil
}

// checkClusterNode looks at whether a node is ready, and at what its kubelet complains of.
func checkClusterNode(b *bench) {
	detail, _ := b.entry.Detail.(*resource.ClusterNode)
	if detail == nil || !b.inCluster("KubernetesNode", "", b.entry.Name) {
		return
	}
	level, reason := levelOfClusterNode(detail)
	if level == "" && !b.open {
		return
	}
	b.is(state{
		Type: alert.KubernetesNode, AlertID: "kubernetes-node-" + b.entry.ID, Level: level, Confirm: 2, Connectivity: true,
		Message: "Kubernetes node '" + b.subject.Name + "' " + reason,
		Extra: func() map[string]any {
			return map[string]any{"ready": detail.Ready, "unschedulable": detail.Unschedulable, "roles": detail.Roles}
		},
	})
}

func levelOfClusterNode(n *resource.ClusterNode) (alert.Level, string) {
	if !n.Ready {
		reason := "is not ready"
		if p := n.NotReady; p != nil && orElse(p.Message, p.Reason) != "" {
			reason += ": " + orElse(p.Message, p.Reason)
		}
		return alert.Critical, reason
	}
	if len(n.Problems) == 0 {
		return "", ""
	}
	names := make([]string, len(n.Problems))
	for i, problem := range n.Problems {
		names[i] = problem.Type
	}
	return alert.Warning, "has problems: " + listed(names, 5)
}

func checkPod(b *bench) {
	pod, _ := b.entry.Detail.(*resource.Pod)
	if pod == nil || !b.inCluster("KubernetesPod", pod.Namespace, pod.Node) {
		return
	}
	if node, known := b.Get(b.entry.ParentKey); known && !readyNode(node) {
		b.hiddenBy = alert.IdentityOf(node.Key, alert.KubernetesNode, "")
	}
	b.judgeCrashes(pod)
	b.judgePending(pod)
}

func readyNode(e *inventory.Entry) bool {
	node, _ := e.Detail.(*resource.ClusterNode)
	return node == nil || node.Ready
}

// podName begins the message about the pod.
func (b *bench) podName(pod *resource.Pod) string {
	return "Pod '" + strings.TrimPrefix(pod.Namespace+"/"+b.subject.Name, "/") + "'"
}

// judgeCrashes looks at whether containers of the pod crash again and again. Between two crashes they run for a moment.
func (b *bench) judgeCrashes(pod *resource.Pod) {
	restarts := b.memory.grown(b.entry.Key, b.entry.SeenAt, float64(pod.Restarts), crashWindow)
	waiting := crashing(pod)
	level := alert.Level("")
	if restarts > 0 && waiting != nil {
		level = alert.Critical
	}
	if level == "" && !b.open {
		return
	}
	message := ""
	if waiting != nil {
		message = fmt.Sprintf("%s keeps crashing: container '%s' has been restarted %d times", b.podName(pod), waiting.Name, waiting.Restarts)
	}
	b.is(state{
		Type: alert.KubernetesCrashLoop, AlertID: "kubernetes-crash-loop-" + b.entry.ID, Level: level,
		Unknown: level == "" && (restarts > 0 || waiting != nil || b.young(crashWindow)), Value: restarts, Message: message,
		Extra: func() map[string]any { return crashMetadata(pod, waiting) },
	})
}

// crashing returns the first container whose restarts are held back; nil: none.
func crashing(pod *resource.Pod) *resource.PodContainer {
	for i := range pod.Containers {
		if c := &pod.Containers[i]; c.State == "waiting" && c.Reason == crashLoop {
			return c
		}
	}
	return nil
}

func crashMetadata(pod *resource.Pod, waiting *resource.PodContainer) map[string]any {
	metadata := map[string]any{"restarts": pod.Restarts, "ownerKind": pod.OwnerKind, "ownerName": pod.OwnerName}
	if waiting != nil {
		metadata["containerName"], metadata["image"], metadata["reason"] = waiting.Name, waiting.Image, waiting.Reason
	}
	return metadata
}

// judgePending looks at whether a pod has been waiting for long to run. Without the time of its making, it counts from
// when it is first seen.
func (b *bench) judgePending(pod *resource.Pod) {
	level, delay := alert.Level(""), time.Duration(0)
	pending := strings.EqualFold(pod.Phase, "pending")
	if pod.CreatedAt.IsZero() {
		delay = pendingFor
	}
	if pending && (delay > 0 || b.entry.SeenAt.Sub(pod.CreatedAt) > pendingFor) {
		level = alert.Warning
	}
	if level == "" && !b.open {
		return
	}
	reason := podReason(pod)
	message := b.podName(pod) + " is pending"
	if !pod.CreatedAt.IsZero() {
		message += " for " + spoken(b.entry.SeenAt.Sub(pod.CreatedAt))
	}
	if reason != "" {
		message += ": " + reason
	}
	b.is(state{
		Type: alert.KubernetesPending, AlertID: "kubernetes-pending-" + b.entry.ID, Level: level, Delay: delay, Message: message,
		Extra: func() map[string]any {
			return map[string]any{"phase": pod.Phase, "reason": reason, "ownerKind": pod.OwnerKind, "ownerName": pod.OwnerName}
		},
	})
}

// podReason says why a pod waits, as far as anything says so.
func podReason(pod *resource.Pod) string {
	for i := range pod.Containers {
		if c := &pod.Containers[i]; c.State == "waiting" && c.Reason != "" && c.Reason != "ContainerCreating" {
			return c.Reason
		}
	}
	return orElse(pod.Message, pod.Reason)
}

func checkDeployment(b *bench) {
	d, _ := b.entry.Detail.(*resource.Deployment)
	if d == nil || !b.inCluster("KubernetesDeployment", d.Namespace, "") {
		return
	}
	level := alert.Level("")
	switch {
	case d.Available >= d.Desired:
	case d.Available == 0:
		level = alert.Critical
	default:
		level = alert.Warning
	}
	if level == "" && !b.open {
		return
	}
	b.is(state{
		Type: alert.KubernetesWorkload, AlertID: "kubernetes-workload-" + b.entry.ID, Level: level, Delay: workloadDelay,
		Value: float64(d.Available), Trigger: float64(d.Desired),
		Message: fmt.Sprintf("Deployment '%s' has %d of %d replicas available",
			strings.TrimPrefix(d.Namespace+"/"+b.subject.Name, "/"), d.Available, d.Desired),
		Extra: func() map[string]any {
			return map[string]any{"desiredReplicas": d.Desired, "readyReplicas": d.Ready, "availableReplicas": d.Available, "updatedReplicas": d.Updated}
		},
	})
}
