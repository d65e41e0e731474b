package inventory

import (
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
	"github.com/pulse-hub/pulse/agent/report"
)

// Pods is a collection of pods, counted by phase.
type Pods = Store[object.Pod, *object.Pod, report.Pod]

// NewPods returns a store of pods that lists at most as many, in the order of namespace and name: those with a problem, or
// all that have not done their work.
func NewPods(filter Filter, all bool, limit int) *Pods {
	return newStore[object.Pod, *object.Pod, report.Pod](limit, true, func(pod *object.Pod) (Entry, bool) {
		if !filter.Allows(pod.Metadata.Namespace) {
			return Entry{}, false
		}
		entry := Entry{
			Class: pod.Status.Phase, Problem: pod.Problem(), Namespace: pod.Metadata.Namespace, Name: pod.Metadata.Name,
		}
		if entry.Class == "" {
			entry.Class = object.Unknown
		}
		entry.Shown = entry.Problem || all && pod.Status.Phase != object.Succeeded
		if entry.Shown {
			entry.Detail = convertPod(pod)
		}
		return entry, true
	})
}

func convertPod(pod *object.Pod) report.Pod {
	owner := pod.Metadata.Controller()
	return report.Pod{
		UID: pod.Metadata.UID, Name: pod.Metadata.Name, Namespace: pod.Metadata.Namespace, NodeName: pod.Spec.NodeName,
		Phase: pod.Status.Phase, Reason: cut(pod.Status.Reason), Message: cut(pod.Status.Message), QOSClass: pod.Status.QOSClass,
		CreatedAt: pod.Metadata.CreationTimestamp.UTC(), StartTime: pod.Status.StartTime.UTC(), Restarts: pod.Restarts(),
		Labels: labels(pod.Metadata.Labels), OwnerKind: owner.Kind, OwnerName: owner.Name, Containers: convertContainers(pod),
	}
}

// convertContainers returns the containers in the order of the specification. One the kubelet has not yet said anything
// about has no state.
func convertContainers(pod *object.Pod) []report.PodContainer {
	var list []report.PodContainer
	for _, wanted := range first(pod.Spec.Containers, maxContainers) {
		container := report.PodContainer{Name: wanted.Name, Image: cut(wanted.Image)}
		for i := range pod.Status.ContainerStatuses {
			if status := &pod.Status.ContainerStatuses[i]; status.Name == wanted.Name {
				fillContainer(&container, status)
			}
		}
		list = append(list, container)
	}
	if list != nil {
		return list
	}
	for i := range first(pod.Status.ContainerStatuses, maxContainers) {
		status := &pod.Status.ContainerStatuses[i]
		container := report.PodContainer{Name: status.Name}
		fillContainer(&container, status)
		list = append(list, container)
	}
	return list
}

func fillContainer(container *report.PodContainer, status *object.ContainerStatus) {
	if status.Image != "" {
		container.Image = cut(status.Image)
	}
	container.Ready, container.RestartCount = status.Ready, status.RestartCount
	state := status.State
	switch {
	case state.Terminated != nil:
		container.State, container.Reason, container.Message = "terminated", cut(state.Terminated.Reason), cut(state.Terminated.Message)
	case state.Waiting != nil:
		container.State, container.Reason, container.Message = "waiting", cut(state.Waiting.Reason), cut(state.Waiting.Message)
	case state.Running != nil:
		container.State = "running"
	default:
		container.State = "waiting" // the API's default when none is named
	}
}
