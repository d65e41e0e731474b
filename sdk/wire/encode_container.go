package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func encodeContainerHost(v *resource.ContainerHost) *pluginv1.ContainerHost {
	if v == nil {
		return nil
	}
	return &pluginv1.ContainerHost{
		Hostname:       v.Hostname,
		MachineId:      v.MachineID,
		Os:             v.OS,
		Kernel:         v.Kernel,
		Architecture:   v.Architecture,
		Runtime:        v.Runtime,
		RuntimeVersion: v.RuntimeVersion,
		EngineVersion:  v.EngineVersion,
		Cpus:           int64(v.CPUs),
		LoadAverage:    v.LoadAverage,
		Filesystems:    encodeAll(v.Filesystems, encodeFilesystem),
		Interfaces:     encodeAll(v.Interfaces, encodeInterface),
		Swarm:          encodeSwarm(v.Swarm),
		Tasks:          encodeAll(v.Tasks, encodeTask),
		Agent:          encodeAgent(&v.Agent),
		Degraded:       encodeAll(v.Degraded, encodeDegradedPart),
	}
}

func encodeSwarm(v *resource.Swarm) *pluginv1.Swarm {
	if v == nil {
		return nil
	}
	return &pluginv1.Swarm{
		NodeId:           v.NodeID,
		NodeRole:         v.NodeRole,
		LocalState:       v.LocalState,
		ControlAvailable: v.ControlAvailable,
		ClusterId:        v.ClusterID,
		ClusterName:      v.ClusterName,
		Scope:            v.Scope,
		Error:            v.Error,
	}
}

func encodeAppContainer(v *resource.AppContainer) *pluginv1.AppContainer {
	if v == nil {
		return nil
	}
	return &pluginv1.AppContainer{
		Image:          v.Image,
		ImageDigest:    v.ImageDigest,
		State:          v.State,
		StatusText:     v.StatusText,
		Health:         v.Health,
		Restarts:       int64(v.Restarts),
		ExitCode:       int64(v.ExitCode),
		CreatedAt:      EncodeTime(v.CreatedAt),
		StartedAt:      EncodeTime(v.StartedAt),
		FinishedAt:     EncodeTime(v.FinishedAt),
		Ports:          encodeAll(v.Ports, encodePort),
		Networks:       encodeAll(v.Networks, encodeContainerNetwork),
		Mounts:         encodeAll(v.Mounts, encodeMount),
		WritableLayer:  v.WritableLayer,
		RootFs:         v.RootFS,
		Podman:         encodePodman(v.Podman),
		Update:         encodeImageUpdate(v.Update),
		OomKilled:      v.OOMKilled,
		Error:          v.Error,
		ComposeProject: v.ComposeProject,
		ComposeService: v.ComposeService,
		Processes:      int64(v.Processes),
		FailingStreak:  int64(v.FailingStreak),
		HealthLog:      encodeAll(v.HealthLog, encodeHealthProbe),
	}
}

func encodeHealthProbe(v *resource.HealthProbe) *pluginv1.HealthProbe {
	return &pluginv1.HealthProbe{At: EncodeTime(v.At), ExitCode: int64(v.ExitCode), Output: v.Output}
}

func encodePort(v *resource.Port) *pluginv1.Port {
	return &pluginv1.Port{
		Private:  uint32(v.Private),
		Public:   uint32(v.Public),
		Protocol: v.Protocol,
		Ip:       v.IP,
	}
}

func encodeContainerNetwork(v *resource.ContainerNetwork) *pluginv1.ContainerNetwork {
	return &pluginv1.ContainerNetwork{
		Name: v.Name,
		Ipv4: v.IPv4,
		Ipv6: v.IPv6,
	}
}

func encodeMount(v *resource.Mount) *pluginv1.Mount {
	return &pluginv1.Mount{
		Type:        v.Type,
		Source:      v.Source,
		Destination: v.Destination,
		Mode:        v.Mode,
		ReadWrite:   v.ReadWrite,
		Propagation: v.Propagation,
		Name:        v.Name,
		Driver:      v.Driver,
	}
}

func encodePodman(v *resource.Podman) *pluginv1.Podman {
	if v == nil {
		return nil
	}
	return &pluginv1.Podman{
		PodName:           v.PodName,
		PodId:             v.PodID,
		Infra:             v.Infra,
		ComposeProject:    v.ComposeProject,
		ComposeService:    v.ComposeService,
		ComposeWorkdir:    v.ComposeWorkdir,
		ComposeConfigHash: v.ComposeConfigHash,
		AutoUpdatePolicy:  v.AutoUpdatePolicy,
		AutoUpdateRestart: v.AutoUpdateRestart,
		UserNamespace:     v.UserNamespace,
	}
}

func encodeImageUpdate(v *resource.ImageUpdate) *pluginv1.ImageUpdate {
	if v == nil {
		return nil
	}
	return &pluginv1.ImageUpdate{
		Available:     v.Available,
		CurrentDigest: v.CurrentDigest,
		LatestDigest:  v.LatestDigest,
		CheckedAt:     EncodeTime(v.CheckedAt),
		Error:         v.Error,
	}
}

func encodeService(v *resource.Service) *pluginv1.Service {
	if v == nil {
		return nil
	}
	return &pluginv1.Service{
		Stack:             v.Stack,
		Image:             v.Image,
		Mode:              v.Mode,
		Desired:           int64(v.Desired),
		Running:           int64(v.Running),
		Completed:         int64(v.Completed),
		Ports:             encodeAll(v.Ports, encodeServicePort),
		UpdateState:       v.UpdateState,
		UpdateMessage:     v.UpdateMessage,
		UpdateCompletedAt: EncodeTime(v.UpdateCompletedAt),
		CreatedAt:         EncodeTime(v.CreatedAt),
		UpdatedAt:         EncodeTime(v.UpdatedAt),
	}
}

func encodeServicePort(v *resource.ServicePort) *pluginv1.ServicePort {
	return &pluginv1.ServicePort{
		Name:      v.Name,
		Protocol:  v.Protocol,
		Target:    uint32(v.Target),
		Published: uint32(v.Published),
		Mode:      v.Mode,
	}
}

func encodeTask(v *resource.Task) *pluginv1.Task {
	return &pluginv1.Task{
		Id:            v.ID,
		ServiceId:     v.ServiceID,
		ServiceName:   v.ServiceName,
		Slot:          int64(v.Slot),
		NodeId:        v.NodeID,
		NodeName:      v.NodeName,
		DesiredState:  v.DesiredState,
		CurrentState:  v.CurrentState,
		Error:         v.Error,
		Message:       v.Message,
		ContainerId:   v.ContainerID,
		ContainerName: v.ContainerName,
		CreatedAt:     EncodeTime(v.CreatedAt),
		UpdatedAt:     EncodeTime(v.UpdatedAt),
		StartedAt:     EncodeTime(v.StartedAt),
		CompletedAt:   EncodeTime(v.CompletedAt),
	}
}
