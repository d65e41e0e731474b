package v5

import (
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// DockerHost is a Docker or Podman engine with what it runs.
type DockerHost struct {
	ID                string            `json:"id"`
	AgentID           string            `json:"agentId"`
	Hostname          string            `json:"hostname"`
	DisplayName       string            `json:"displayName"`
	CustomDisplayName string            `json:"customDisplayName,omitempty"`
	MachineID         string            `json:"machineId,omitempty"`
	OS                string            `json:"os,omitempty"`
	KernelVersion     string            `json:"kernelVersion,omitempty"`
	Architecture      string            `json:"architecture,omitempty"`
	Runtime           string            `json:"runtime"`
	RuntimeVersion    string            `json:"runtimeVersion,omitempty"`
	DockerVersion     string            `json:"dockerVersion,omitempty"`
	CPUs              int               `json:"cpus"`
	TotalMemoryBytes  uint64            `json:"totalMemoryBytes"`
	UptimeSeconds     int64             `json:"uptimeSeconds"`
	CPUUsagePercent   float64           `json:"cpuUsagePercent"`
	LoadAverage       []float64         `json:"loadAverage,omitempty"`
	Memory            *Memory           `json:"memory,omitempty"`
	Disks             []Disk            `json:"disks,omitempty"`
	NetworkInterfaces []NIC             `json:"networkInterfaces,omitempty"`
	Status            string            `json:"status"`
	LastSeen          int64             `json:"lastSeen"`
	IntervalSeconds   int64             `json:"intervalSeconds"`
	AgentVersion      string            `json:"agentVersion,omitempty"`
	Containers        []DockerContainer `json:"containers"`
	Services          []DockerService   `json:"services,omitempty"`
	Tasks             []DockerTask      `json:"tasks,omitempty"`
	Swarm             *Swarm            `json:"swarm,omitempty"`
	Token
	PendingUninstall bool           `json:"pendingUninstall"`
	Command          *DockerCommand `json:"command,omitempty"`
}

// DockerCommand is the state of a command sent to a container host. Times are Unix ms.
type DockerCommand struct {
	ID             string `json:"id"`
	Type           string `json:"type"`
	Status         string `json:"status"`
	Message        string `json:"message,omitempty"`
	CreatedAt      int64  `json:"createdAt"`
	UpdatedAt      int64  `json:"updatedAt"`
	DispatchedAt   int64  `json:"dispatchedAt,omitempty"`
	AcknowledgedAt int64  `json:"acknowledgedAt,omitempty"`
	CompletedAt    int64  `json:"completedAt,omitempty"`
	FailedAt       int64  `json:"failedAt,omitempty"`
	FailureReason  string `json:"failureReason,omitempty"`
	ExpiresAt      int64  `json:"expiresAt,omitempty"`
}

// DockerTask is one task of a Swarm service.
type DockerTask struct {
	ID            string `json:"id"`
	ServiceID     string `json:"serviceId,omitempty"`
	ServiceName   string `json:"serviceName,omitempty"`
	Slot          int    `json:"slot,omitempty"`
	NodeID        string `json:"nodeId,omitempty"`
	NodeName      string `json:"nodeName,omitempty"`
	DesiredState  string `json:"desiredState,omitempty"`
	CurrentState  string `json:"currentState,omitempty"`
	Error         string `json:"error,omitempty"`
	Message       string `json:"message,omitempty"`
	ContainerID   string `json:"containerId,omitempty"`
	ContainerName string `json:"containerName,omitempty"`
	CreatedAt     int64  `json:"createdAt,omitempty"`
	UpdatedAt     int64  `json:"updatedAt,omitempty"`
	StartedAt     int64  `json:"startedAt,omitempty"`
	CompletedAt   int64  `json:"completedAt,omitempty"`
}

// Swarm is an engine's place in a Docker Swarm.
type Swarm struct {
	NodeID           string `json:"nodeId,omitempty"`
	NodeRole         string `json:"nodeRole,omitempty"`
	LocalState       string `json:"localState,omitempty"`
	ControlAvailable bool   `json:"controlAvailable,omitempty"`
	ClusterID        string `json:"clusterId,omitempty"`
	ClusterName      string `json:"clusterName,omitempty"`
	Scope            string `json:"scope,omitempty"`
	Error            string `json:"error,omitempty"`
}

// dockerHost renders a host with its children: containers and services.
func (p *projection) dockerHost(e *inventory.Entry, children []*inventory.Entry) DockerHost {
	detail, _ := e.Detail.(*resource.ContainerHost)
	if detail == nil {
		detail = &resource.ContainerHost{}
	}
	hostname := orElse(detail.Hostname, e.Name)
	host := DockerHost{
		ID: e.ID, AgentID: orElse(detail.Agent.ID, e.ID), Hostname: hostname,
		DisplayName: orElse(e.DisplayName, hostname), MachineID: detail.MachineID,
		OS: detail.OS, KernelVersion: detail.Kernel, Architecture: detail.Architecture,
		Runtime: orElse(detail.Runtime, "docker"), RuntimeVersion: detail.RuntimeVersion,
		DockerVersion: detail.EngineVersion, CPUs: detail.CPUs, TotalMemoryBytes: e.Usage.Memory.Total,
		UptimeSeconds: unit.Seconds(e.Uptime), CPUUsagePercent: unit.PercentOf(e.Usage.CPU),
		LoadAverage: unit.Floats(detail.LoadAverage), Memory: memoryOf(&e.Usage, 0),
		Disks: Disks(detail.Filesystems), NetworkInterfaces: NICs(detail.Interfaces),
		Status: onlineOrOffline(e), LastSeen: unit.Millis(e.SeenAt),
		IntervalSeconds: unit.Seconds(detail.Agent.Interval), AgentVersion: detail.Agent.Version,
		Containers: make([]DockerContainer, 0, len(children)), Tasks: convert(detail.Tasks, dockerTask),
		Swarm: SwarmOf(detail.Swarm), Token: tokenOf(&detail.Agent),
	}
	for _, child := range children {
		switch child.Kind {
		case resource.KindAppContainer:
			host.Containers = append(host.Containers, dockerContainer(child))
		case resource.KindService:
			host.Services = append(host.Services, dockerService(child))
		}
	}
	if s := e.Settings; s != nil {
		host.CustomDisplayName, host.PendingUninstall = s.DisplayName, s.PendingUninstall
		host.Command = CommandOf(s.Command)
	}
	return host
}

// CommandOf returns nil when an engine was told nothing.
func CommandOf(c *inventory.Command) *DockerCommand {
	if c == nil {
		return nil
	}
	return &DockerCommand{
		ID: c.ID, Type: c.Type, Status: c.Status, Message: c.Message,
		CreatedAt: unit.Millis(c.Created), UpdatedAt: unit.Millis(c.Updated), DispatchedAt: unit.Millis(c.Dispatched),
		AcknowledgedAt: unit.Millis(c.Acknowledged), CompletedAt: unit.Millis(c.Completed),
		FailedAt: unit.Millis(c.Failed), FailureReason: c.FailureReason, ExpiresAt: unit.Millis(c.Expires),
	}
}

// SwarmOf returns nil for an engine that has nothing to do with a Swarm.
func SwarmOf(s *resource.Swarm) *Swarm {
	if s == nil {
		return nil
	}
	return &Swarm{
		NodeID: s.NodeID, NodeRole: s.NodeRole, LocalState: s.LocalState, ControlAvailable: s.ControlAvailable,
		ClusterID: s.ClusterID, ClusterName: s.ClusterName, Scope: s.Scope, Error: s.Error,
	}
}

func dockerTask(t *resource.Task) DockerTask {
	return DockerTask{
		ID: t.ID, ServiceID: t.ServiceID, ServiceName: t.ServiceName, Slot: t.Slot,
		NodeID: t.NodeID, NodeName: t.NodeName, DesiredState: t.DesiredState, CurrentState: t.CurrentState,
		Error: t.Error, Message: t.Message, ContainerID: t.ContainerID, ContainerName: t.ContainerName,
		CreatedAt: unit.Millis(t.CreatedAt), UpdatedAt: unit.Millis(t.UpdatedAt),
		StartedAt: unit.Millis(t.StartedAt), CompletedAt: unit.Millis(t.CompletedAt),
	}
}
