package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func (p *pod) resource(at time.Time) resource.Resource {
	created := p.created.Last(at)
	started := p.containers.Last(at)
	if started.Before(created) {
		started = created.Add(20 * time.Second)
	}
	started = earlier(started, at)
	d := &resource.Pod{
		UID: p.seed.UUID("uid"), Namespace: p.namespace, Phase: "Running", QoS: signal.Pick(p.seed, "qos", []string{"Guaranteed", "Burstable", "BestEffort"}),
		CreatedAt: created, StartedAt: earlier(created.Add(9*time.Second), at), OwnerKind: p.ownerKind, OwnerName: p.ownerName,
		Restarts: max(p.containers.Index(at)-p.containers.Index(created), 0),
	}
	r := resource.Resource{
		ID: p.cluster.id + "/pod/" + p.namespace + "/" + p.name, Kind: resource.KindPod, Name: p.name, ParentID: p.cluster.id,
		Status: resource.StatusRunning, Detail: d,
		Labels: map[string]string{
			"app.kubernetes.io/name": p.ownerName, "app.kubernetes.io/instance": p.ownerName + "-" + p.namespace, "app.kubernetes.io/managed-by": "Helm",
		},
		Usage: resource.Usage{CPU: new(0.0), Memory: filled(p.limit, 0)},
	}
	if p.node != nil {
		d.Node, r.ParentID = p.node.name, p.node.id()
	}
	d.Containers = p.podContainers(d.Restarts)
	if p.fault != podFine {
		p.explain(&r, d)
		return r
	}
	r.Uptime = at.Sub(started).Truncate(time.Second)
	r.Usage.CPU = new(p.cpu.At(at))
	r.Usage.Memory = capacity(p.limit, signal.Bounded(p.mem.At(at)))
	r.Usage.Counters = p.traffic.since(started, at)
	return r
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (p *pod) podContainers(restarts int) []resource.PodContainer {
	list := []resource.PodContainer{{Name: "main", Image: p.image, Ready: true, Restarts: restarts, State: "running"}}
	if p.sidecar {
		list = append(list, resource.PodContainer{Name: "proxy", Image: "docker.io/envoyproxy/envoy:v1.35.3", Ready: true, State: "running"})
	}
	return list
}

// explain fills in the state of a pod in trouble.
func (p *pod) explain(r *resource.Resource, d *resource.Pod) {
	main := &d.Containers[0]
	main.Ready, main.State = false, "waiting"
	r.Status = resource.StatusDegraded
	switch p.fault {
	case podCrashing:
		main.Reason, main.Message = "CrashLoopBackOff", "back-off 5m0s restarting failed container=main pod="+p.name
		r.StatusReason = "main restarts again and again (" + strconv.Itoa(d.Restarts) + " times)"
	case podPending:
		d.Phase, d.Reason, d.Message = "Pending", "Unschedulable", "0/"+strconv.Itoa(len(p.cluster.nodes))+" nodes are available: insufficient memory."
		d.StartedAt, d.Restarts, d.Containers = time.Time{}, 0, nil
		r.Status, r.StatusReason = resource.StatusUnknown, d.Message
	case podEvicted:
		d.Phase, d.Reason, d.Message = "Failed", "Evicted", "The node was low on resource: ephemeral-storage. Threshold quantity: 21474836480, available: 20991452Ki."
		main.State, main.Reason, main.Message = "terminated", "Error", "evicted"
		r.Status, r.StatusReason = resource.StatusOffline, d.Message
	case podImage:
		d.Phase = "Pending"
		main.Reason, main.Message = "ImagePullBackOff", "Back-off pulling image \""+p.image+"\": manifest unknown"
		r.StatusReason = "image cannot be pulled"
	case podLost:
		d.Reason, d.Message = "NodeLost", "Node "+d.Node+" which was running pod "+p.name+" is unresponsive"
		d.Phase, main.State = "Unknown", "unknown"
		r.Status, r.StatusReason = resource.StatusUnknown, "its node is not ready"
	}
}
