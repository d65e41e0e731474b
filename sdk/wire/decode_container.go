package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func decodeContainerHost(p *pluginv1.ContainerHost) *resource.ContainerHost {
	if p == nil {
		return nil
	}
	return &resource.ContainerHost{
		Hostname:       p.GetHostname(),
		MachineID:      p.GetMachineId(),
		OS:             p.GetOs(),
		Kernel:         p.GetKernel(),
		Architecture:   p.GetArchitecture(),
		Runtime:        p.GetRuntime(),
		RuntimeVersion: p.GetRuntimeVersion(),
		EngineVersion:  p.GetEngineVersion(),
		CPUs:           decodeInt(p.GetCpus()),
		LoadAverage:    decodeFloats(p.GetLoadAverage()),
		Filesystems:    decodeAll(p.GetFilesystems(), decodeFilesystem),
		Interfaces:     decodeAll(p.GetInterfaces(), decodeInterface),
		Swarm:          decodeSwarm(p.GetSwarm()),
		Tasks:          decodeAll(p.GetTasks(), decodeTask),
		Agent:          decodeAgent(p.GetAgent()),
		Degraded:       decodeAll(p.GetDegraded(), decodeDegradedPart),
	}
}

func decodeSwarm(p *pluginv1.Swarm) *resource.Swarm {
	if p == nil {
		return nil
	}
	return &resource.Swarm{
		NodeID:           p.GetNodeId(),
		NodeRole:         p.GetNodeRole(),
		LocalState:       p.GetLocalState(),
		ControlAvailable: p.GetControlAvailable(),
		ClusterID:        p.GetClusterId(),
		ClusterName:      p.GetClusterName(),
		Scope:            p.GetScope(),
		Error:            p.GetError(),
	}
}

func decodeAppContainer(p *pluginv1.AppContainer) *resource.AppContainer {
	if p == nil {
		return nil
	}
	return &resource.AppContainer{
		Image:          p.GetImage(),
		ImageDigest:    p.GetImageDigest(),
		State:          p.GetState(),
		StatusText:     p.GetStatusText(),
		Health:         p.GetHealth(),
		Restarts:       decodeInt(p.GetRestarts()),
		ExitCode:       decodeInt(p.GetExitCode()),
		CreatedAt:      DecodeTime(p.GetCreatedAt()),
		StartedAt:      DecodeTime(p.GetStartedAt()),
		FinishedAt:     DecodeTime(p.GetFinishedAt()),
		Ports:          decodeAll(p.GetPorts(), decodePort),
		Networks:       decodeAll(p.GetNetworks(), decodeContainerNetwork),
		Mounts:         decodeAll(p.GetMounts(), decodeMount),
		WritableLayer:  p.GetWritableLayer(),
		RootFS:         p.GetRootFs(),
		Podman:         decodePodman(p.GetPodman()),
		Update:         decodeImageUpdate(p.GetUpdate()),
		OOMKilled:      p.GetOomKilled(),
		Error:          p.GetError(),
		ComposeProject: p.GetComposeProject(),
		ComposeService: p.GetComposeService(),
		Processes:      decodeInt(p.GetProcesses()),
		FailingStreak:  decodeInt(p.GetFailingStreak()),
		HealthLog:      decodeAll(p.GetHealthLog(), decodeHealthProbe),
	}
}

func decodeHealthProbe(p *pluginv1.HealthProbe) resource.HealthProbe {
	return resource.HealthProbe{At: DecodeTime(p.GetAt()), ExitCode: decodeInt(p.GetExitCode()), Output: p.GetOutput()}
}

func decodePort(p *pluginv1.Port) resource.Port {
	return resource.Port{
		Private:  decodePortNumber(p.GetPrivate()),
		Public:   decodePortNumber(p.GetPublic()),
		Protocol: p.GetProtocol(),
		IP:       p.GetIp(),
	}
}

func decodeContainerNetwork(p *pluginv1.ContainerNetwork) resource.ContainerNetwork {
	return resource.ContainerNetwork{
		Name: p.GetName(),
		IPv4: p.GetIpv4(),
		IPv6: p.GetIpv6(),
	}
}

func decodeMount(p *pluginv1.Mount) resource.Mount {
	return resource.Mount{
		Type:        p.GetType(),
		Source:      p.GetSource(),
		Destination: p.GetDestination(),
		Mode:        p.GetMode(),
		ReadWrite:   p.GetReadWrite(),
		Propagation: p.GetPropagation(),
		Name:        p.GetName(),
		Driver:      p.GetDriver(),
	}
}

func decodePodman(p *pluginv1.Podman) *resource.Podman {
	if p == nil {
		return nil
	}
	return &resource.Podman{
		PodName:           p.GetPodName(),
		PodID:             p.GetPodId(),
		Infra:             p.GetInfra(),
		ComposeProject:    p.GetComposeProject(),
		ComposeService:    p.GetComposeService(),
		ComposeWorkdir:    p.GetComposeWorkdir(),
		ComposeConfigHash: p.GetComposeConfigHash(),
		AutoUpdatePolicy:  p.GetAutoUpdatePolicy(),
		AutoUpdateRestart: p.GetAutoUpdateRestart(),
		UserNamespace:     p.GetUserNamespace(),
	}
}

func decodeImageUpdate(p *pluginv1.ImageUpdate) *resource.ImageUpdate {
	if p == nil {
		return nil
	}
	return &resource.ImageUpdate{
		Available:     p.GetAvailable(),
		CurrentDigest: p.GetCurrentDigest(),
		LatestDigest:  p.GetLatestDigest(),
		CheckedAt:     DecodeTime(p.GetCheckedAt()),
		Error:         p.GetError(),
	}
}

func decodeService(p *pluginv1.Service) *resource.Service {
	if p == nil {
		return nil
	}
	return &resource.Service{
		Stack:             p.GetStack(),
		Image:             p.GetImage(),
		Mode:              p.GetMode(),
		Desired:           decodeInt(p.GetDesired()),
		Running:           decodeInt(p.GetRunning()),
		Completed:         decodeInt(p.GetCompleted()),
		Ports:             decodeAll(p.GetPorts(), decodeServicePort),
		UpdateState:       p.GetUpdateState(),
		UpdateMessage:     p.GetUpdateMessage(),
		UpdateCompletedAt: DecodeTime(p.GetUpdateCompletedAt()),
		CreatedAt:         DecodeTime(p.GetCreatedAt()),
		UpdatedAt:         DecodeTime(p.GetUpdatedAt()),
	}
}

func decodeServicePort(p *pluginv1.ServicePort) resource.ServicePort {
	return resource.ServicePort{
		Name:      p.GetName(),
		Protocol:  p.GetProtocol(),
		Target:    decodePortNumber(p.GetTarget()),
		Published: decodePortNumber(p.GetPublished()),
		Mode:      p.GetMode(),
	}
}

func decodeTask(p *pluginv1.Task) resource.Task {
	return resource.Task{
		ID:            p.GetId(),
		ServiceID:     p.GetServiceId(),
		ServiceName:   p.GetServiceName(),
		Slot:          decodeInt(p.GetSlot()),
		NodeID:        p.GetNodeId(),
		NodeName:      p.GetNodeName(),
		DesiredState:  p.GetDesiredState(),
		CurrentState:  p.GetCurrentState(),
		Error:         p.GetError(),
		Message:       p.GetMessage(),
		ContainerID:   p.GetContainerId(),
		ContainerName: p.GetContainerName(),
		CreatedAt:     DecodeTime(p.GetCreatedAt()),
		UpdatedAt:     DecodeTime(p.GetUpdatedAt()),
		StartedAt:     DecodeTime(p.GetStartedAt()),
		CompletedAt:   DecodeTime(p.GetCompletedAt()),
	}
}
