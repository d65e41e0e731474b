package policy

import "github.com/pulse-hub/pulse/hub/internal/alert"

// CategoryOf returns what quiet hours know a type by; empty: critical alerts of it never wait. Types of the published
// API have the category that they have there; new ones that of the closest of those.
func CategoryOf(t alert.Type) alert.Category {
	switch t {
	case alert.CPU, alert.Memory, alert.Disk, alert.DiskRead, alert.DiskWrite, alert.NetworkIn, alert.NetworkOut,
		alert.Temperature, alert.QueueDepth, alert.QueueDeferred, alert.QueueHold, alert.MessageAge,
		alert.ContainerHealth, alert.ContainerRestarts, alert.ContainerOOM, alert.ContainerMemoryLimit,
		alert.ContainerUpdate, alert.KubernetesCrashLoop, alert.KubernetesPending, alert.KubernetesWorkload:
		return alert.Performance
	case alert.Usage, alert.DiskHealth, alert.DiskWearout, alert.ZFSPoolState, alert.ZFSPoolErrors, alert.ZFSDevice,
		alert.PoolState, alert.CephHealth:
		return alert.Storage
	case alert.Connectivity, alert.Unreachable, alert.PoweredOff, alert.DockerHostOffline, alert.ContainerState,
		alert.KubernetesOffline, alert.KubernetesNode, alert.SourceUnreachable:
		return alert.Offline
	}
	return ""
}
