package object

import "time"

// Phases of a pod.
const (
	Pending   = "Pending"
	Running   = "Running"
	Succeeded = "Succeeded"
	Failed    = "Failed"
	Unknown   = "Unknown"
)

// Pod is a pod (v1).
type Pod struct {
	Object
	Spec   PodSpec   `json:"spec"`
	Status PodStatus `json:"status"`
}

// PodSpec is what a pod should be.
type PodSpec struct {
	NodeName   string `json:"nodeName"`
	Containers []struct {
		Name  string `json:"name"`
		Image string `json:"image"`
	} `json:"containers"`
}

// PodStatus is how a pod is.
type PodStatus struct {
	Phase                 string            `json:"phase"`
	Reason                string            `json:"reason"`
	Message               string            `json:"message"`
	QOSClass              string            `json:"qosClass"`
	StartTime             time.Time         `json:"startTime"`
	ContainerStatuses     []ContainerStatus `json:"containerStatuses"`
	InitContainerStatuses []ContainerStatus `json:"initContainerStatuses"`
}

// ContainerStatus is how one container of a pod is.
type ContainerStatus struct {
	Name         string         `json:"name"`
	Image        string         `json:"image"`
	Ready        bool           `json:"ready"`
	Started      *bool          `json:"started"`
	RestartCount int            `json:"restartCount"`
	State        ContainerState `json:"state"`
}

// ContainerState is one of waiting, running and terminated; none of them means waiting.
type ContainerState struct {
	Waiting    *Waiting    `json:"waiting"`
	Running    *struct{}   `json:"running"`
	Terminated *Terminated `json:"terminated"`
}

// Waiting says why a container does not run yet.
type Waiting struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Terminated says how a container ended.
type Terminated struct {
	ExitCode int    `json:"exitCode"`
	Reason   string `json:"reason"`
	Message  string `json:"message"`
}

// Problem reports whether a pod is one to look at: it is pending, failed or unknown, or has a container that waits, has
// ended or is not ready, or an initial container that fails. A pod that has done its work is none.
func (p *Pod) Problem() bool {
	switch p.Status.Phase {
	case Succeeded:
		return false
	case Pending, Failed, Unknown:
		return true
	}
	for i := range p.Status.ContainerStatuses {
		status := &p.Status.ContainerStatuses[i]
		if !status.Ready || status.State.Waiting != nil || status.State.Terminated != nil {
			return true
		}
	}
	for i := range p.Status.InitContainerStatuses {
		if p.Status.InitContainerStatuses[i].failing() {
			return true
		}
	}
	return false
}

// failing reports whether an initial container has ended with an error, or waits after one.
func (s *ContainerStatus) failing() bool {
	if s.State.Terminated != nil {
		return s.State.Terminated.ExitCode != 0
	}
	return s.State.Waiting != nil && s.State.Waiting.Reason != "" && s.State.Waiting.Reason != "PodInitializing"
}

// Restarts sums the restarts of all containers.
func (p *Pod) Restarts() int {
	sum := 0
	for i := range p.Status.ContainerStatuses {
		sum += p.Status.ContainerStatuses[i].RestartCount
	}
	return sum
}
