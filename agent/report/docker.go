package report

import (
	"encoding/json"
	"time"
)

// Docker is the report of the Docker module: one Docker or Podman engine at one moment. The hub requires Host.Hostname
// and some agent or machine id.
type Docker struct {
	Agent Agent      `json:"agent"`
	Host  DockerHost `json:"host"`
	// Containers are all containers, also stopped ones; nil (null on the wire) when they could not be listed, which is
	// not the same as having none.
	Containers []Container `json:"containers"`
	// Services are the Swarm services this node knows.
	Services []SwarmService `json:"services,omitempty"`
	// Tasks are the Swarm tasks this node knows.
	Tasks []SwarmTask `json:"tasks,omitempty"`
	// Timestamp is when the figures were taken, by the agent's clock, in UTC.
	Timestamp time.Time `json:"timestamp"`
	// Sequence grows by one with each report and starts at the agent's start time in Unix milliseconds, so that it also
	// grows across restarts. Zero means the agent does not number its reports. An addition to the published format.
	Sequence uint64 `json:"sequence,omitempty"`
	// Detail is more than the published format knows; nil for none. An addition to the published format.
	Detail *DockerDetail `json:"detail,omitempty"`
}

// DockerDetail is what a Docker report says beyond the published format: an addition that old hubs ignore and that
// agents leave out until a hub has asked for it. Everything is optional.
type DockerDetail struct {
	// Containers says more about some of the containers of the report, in the same order.
	Containers []ContainerDetail `json:"containers,omitempty"`
	// Degraded names the parts of the collection that do not work now. What such a part found before may still be in the
	// report.
	Degraded []DegradedPart `json:"degraded,omitempty"`
}

// ContainerDetail says more about one container.
type ContainerDetail struct {
	// ID is the container's, as in [Container].
	ID string `json:"id"`
	// OOMKilled says that the kernel ended the container for using more memory than it may.
	OOMKilled bool `json:"oomKilled,omitempty"`
	// Error is why the engine could not start the container.
	Error string `json:"error,omitempty"`
	// ComposeProject and ComposeService say what of which Compose project it is.
	ComposeProject string `json:"composeProject,omitempty"`
	ComposeService string `json:"composeService,omitempty"`
	// Processes counts its processes and threads.
	Processes int `json:"processes,omitempty"`
	// Network counts traffic since the container started; nil when it uses the machine's network, and when it is not known.
	Network *Traffic `json:"network,omitempty"`
	// FailingStreak counts the failures of the health check in a row.
	FailingStreak int `json:"failingStreak,omitempty"`
	// HealthLog are the last failed runs of the health check, the oldest first.
	HealthLog []HealthProbe `json:"healthLog,omitempty"`
}

// Traffic counts bytes.
type Traffic struct {
	RxBytes uint64 `json:"rxBytes"`
	TxBytes uint64 `json:"txBytes"`
}

// HealthProbe is one run of a container's health check.
type HealthProbe struct {
	// At is when it ended.
	At time.Time `json:"at"`
	// ExitCode is zero for success, -1 when the probe did not end in time.
	ExitCode int `json:"exitCode"`
	// Output is the end of what it wrote.
	Output string `json:"output,omitempty"`
}

// DockerHost describes the engine and the machine it runs on.
type DockerHost struct {
	// Hostname is the name of the machine. Required.
	Hostname string `json:"hostname"`
	// Name is what the engine calls its host; the hub shows it.
	Name string `json:"name,omitempty"`
	// MachineID identifies the installation of the operating system.
	MachineID string `json:"machineId,omitempty"`
	// OS is the engine's text for the operating system.
	OS string `json:"os,omitempty"`
	// Runtime is docker or podman.
	Runtime        string `json:"runtime,omitempty"`
	RuntimeVersion string `json:"runtimeVersion,omitempty"`
	KernelVersion  string `json:"kernelVersion,omitempty"`
	Architecture   string `json:"architecture,omitempty"`
	// DockerVersion repeats the version of the engine for old hubs.
	DockerVersion string `json:"dockerVersion,omitempty"`
	// TotalCPU is the number of logical processors.
	TotalCPU int `json:"totalCpu,omitempty"`
	// TotalMemoryBytes is the memory of the machine, in bytes.
	TotalMemoryBytes int64 `json:"totalMemoryBytes,omitempty"`
	// UptimeSeconds is the time since boot, in seconds.
	UptimeSeconds int64 `json:"uptimeSeconds,omitempty"`
	// Swarm is this node's part in a Swarm; nil for Podman.
	Swarm *Swarm `json:"swarm,omitempty"`
	// CPUUsagePercent is the busy time of all processors together, in percent 0–100.
	CPUUsagePercent float64 `json:"cpuUsagePercent,omitempty"`
	// LoadAverage is the load over 1, 5 and 15 minutes, in that order.
	LoadAverage []float64 `json:"loadAverage,omitempty"`
	Memory      Memory    `json:"memory"`
	Disks       []Disk    `json:"disks,omitempty"`
	Network     []NIC     `json:"network,omitempty"`
}

// Swarm is a node's part in a Docker Swarm.
type Swarm struct {
	NodeID string `json:"nodeId,omitempty"`
	// NodeRole is manager or worker.
	NodeRole string `json:"nodeRole,omitempty"`
	// LocalState is the engine's word, such as inactive or active.
	LocalState string `json:"localState,omitempty"`
	// ControlAvailable says that this node can answer for the whole Swarm.
	ControlAvailable bool   `json:"controlAvailable,omitempty"`
	ClusterID        string `json:"clusterId,omitempty"`
	ClusterName      string `json:"clusterName,omitempty"`
	// Scope is node when services and tasks cover this node only, or cluster.
	Scope string `json:"scope,omitempty"`
	Error string `json:"error,omitempty"`
}

// Container is one container.
type Container struct {
	// ID is the full id, 64 hex digits.
	ID string `json:"id"`
	// Name is without the leading slash.
	Name  string `json:"name"`
	Image string `json:"image"`
	// ImageDigest is the local image id.
	ImageDigest string    `json:"imageDigest,omitempty"`
	CreatedAt   time.Time `json:"createdAt"`
	// State is the engine's word, such as running or exited.
	State string `json:"state"`
	// Status is the engine's sentence, such as "Up 6 minutes (healthy)".
	Status string `json:"status"`
	// Health is healthy, unhealthy or starting; empty without a health check.
	Health string `json:"health,omitempty"`
	// CPUPercent is in percent of one core: 100 is one core fully used, and more is possible.
	CPUPercent float64 `json:"cpuPercent"`
	// MemoryUsageBytes is in bytes, without the page cache.
	MemoryUsageBytes int64 `json:"memoryUsageBytes"`
	// MemoryLimitBytes is in bytes; zero for a container that does not run.
	MemoryLimitBytes int64 `json:"memoryLimitBytes"`
	// MemoryPercent is usage of the limit in percent 0–100.
	MemoryPercent float64 `json:"memoryPercent"`
	// UptimeSeconds is the time since start, in seconds; zero for a container that does not run.
	UptimeSeconds int64 `json:"uptimeSeconds"`
	RestartCount  int   `json:"restartCount"`
	ExitCode      int   `json:"exitCode"`
	// StartedAt is zero for a container that was never started.
	StartedAt time.Time `json:"startedAt,omitzero"`
	// FinishedAt is zero for a container that runs.
	FinishedAt time.Time         `json:"finishedAt,omitzero"`
	Ports      []ContainerPort   `json:"ports,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	// Env are NAME=value strings; agents replace the values of sensitive names by ***, and the hub ignores the list.
	Env      []string           `json:"env,omitempty"`
	Networks []ContainerNetwork `json:"networks,omitempty"`
	// WritableLayerBytes is the size of what the container changed, in bytes.
	WritableLayerBytes int64 `json:"writableLayerBytes,omitempty"`
	// RootFilesystemBytes is the size of image and changes, in bytes.
	RootFilesystemBytes int64 `json:"rootFilesystemBytes,omitempty"`
	// BlockIO is nil when the engine does not say.
	BlockIO *BlockIO         `json:"blockIo,omitempty"`
	Mounts  []ContainerMount `json:"mounts,omitempty"`
	// Podman is nil for containers of Docker.
	Podman *Podman `json:"podman,omitempty"`
	// UpdateStatus is nil when the image was not compared with its registry.
	UpdateStatus *ImageUpdate `json:"updateStatus,omitempty"`
}

// ContainerPort is one port of a container.
type ContainerPort struct {
	PrivatePort int `json:"privatePort"`
	// PublicPort is zero when the port is not published.
	PublicPort int `json:"publicPort,omitempty"`
	// Protocol is tcp, udp or sctp.
	Protocol string `json:"protocol"`
	// IP is the address of the machine it is published on.
	IP string `json:"ip,omitempty"`
}

// ContainerNetwork is one network a container is attached to.
type ContainerNetwork struct {
	Name string `json:"name"`
	IPv4 string `json:"ipv4,omitempty"`
	IPv6 string `json:"ipv6,omitempty"`
}

// BlockIO counts bytes since the container started.
type BlockIO struct {
	ReadBytes  uint64 `json:"readBytes,omitempty"`
	WriteBytes uint64 `json:"writeBytes,omitempty"`
}

// ContainerMount is one mount inside a container.
type ContainerMount struct {
	// Type is bind, volume or tmpfs.
	Type        string `json:"type,omitempty"`
	Source      string `json:"source,omitempty"`
	Destination string `json:"destination,omitempty"`
	Mode        string `json:"mode,omitempty"`
	// RW says that the container may write.
	RW          bool   `json:"rw"`
	Propagation string `json:"propagation,omitempty"`
	// Name is the name of the volume.
	Name   string `json:"name,omitempty"`
	Driver string `json:"driver,omitempty"`
}

// Podman is what only Podman says about a container, read from its labels.
type Podman struct {
	PodName string `json:"podName,omitempty"`
	PodID   string `json:"podId,omitempty"`
	// Infra says that the container only holds the pod together.
	Infra             bool   `json:"infra,omitempty"`
	ComposeProject    string `json:"composeProject,omitempty"`
	ComposeService    string `json:"composeService,omitempty"`
	ComposeWorkdir    string `json:"composeWorkdir,omitempty"`
	ComposeConfigHash string `json:"composeConfigHash,omitempty"`
	AutoUpdatePolicy  string `json:"autoUpdatePolicy,omitempty"`
	AutoUpdateRestart string `json:"autoUpdateRestart,omitempty"`
	UserNamespace     string `json:"userNamespace,omitempty"`
}

// ImageUpdate says whether the registry has a newer image under the same name.
type ImageUpdate struct {
	UpdateAvailable bool      `json:"updateAvailable"`
	CurrentDigest   string    `json:"currentDigest,omitempty"`
	LatestDigest    string    `json:"latestDigest,omitempty"`
	LastChecked     time.Time `json:"lastChecked"`
	// Error says why there is no answer, such as "rate limited".
	Error string `json:"error,omitempty"`
}

// SwarmService is one service of a Swarm.
type SwarmService struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Stack is the stack it was deployed with.
	Stack string `json:"stack,omitempty"`
	Image string `json:"image,omitempty"`
	// Mode is replicated or global.
	Mode string `json:"mode,omitempty"`
	// DesiredTasks, RunningTasks and CompletedTasks count tasks.
	DesiredTasks   int                  `json:"desiredTasks,omitempty"`
	RunningTasks   int                  `json:"runningTasks,omitempty"`
	CompletedTasks int                  `json:"completedTasks,omitempty"`
	Labels         map[string]string    `json:"labels,omitempty"`
	EndpointPorts  []ServicePort        `json:"endpointPorts,omitempty"`
	UpdateStatus   *ServiceUpdateStatus `json:"updateStatus,omitempty"`
	CreatedAt      time.Time            `json:"createdAt,omitzero"`
	UpdatedAt      time.Time            `json:"updatedAt,omitzero"`
}

// ServicePort is one published port of a Swarm service.
type ServicePort struct {
	Name          string `json:"name,omitempty"`
	Protocol      string `json:"protocol,omitempty"`
	TargetPort    uint32 `json:"targetPort,omitempty"`
	PublishedPort uint32 `json:"publishedPort,omitempty"`
	// PublishMode is ingress or host.
	PublishMode string `json:"publishMode,omitempty"`
}

// ServiceUpdateStatus is the progress of a rolling update.
type ServiceUpdateStatus struct {
	State       string    `json:"state,omitempty"`
	Message     string    `json:"message,omitempty"`
	CompletedAt time.Time `json:"completedAt,omitzero"`
}

// SwarmTask is one task of a Swarm service.
type SwarmTask struct {
	ID          string `json:"id"`
	ServiceID   string `json:"serviceId,omitempty"`
	ServiceName string `json:"serviceName,omitempty"`
	// Slot numbers the replicas from one; zero for global services.
	Slot          int       `json:"slot,omitempty"`
	NodeID        string    `json:"nodeId,omitempty"`
	NodeName      string    `json:"nodeName,omitempty"`
	DesiredState  string    `json:"desiredState,omitempty"`
	CurrentState  string    `json:"currentState,omitempty"`
	Error         string    `json:"error,omitempty"`
	Message       string    `json:"message,omitempty"`
	ContainerID   string    `json:"containerId,omitempty"`
	ContainerName string    `json:"containerName,omitempty"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt,omitzero"`
	StartedAt     time.Time `json:"startedAt,omitzero"`
	CompletedAt   time.Time `json:"completedAt,omitzero"`
}

// DockerAnswer is the body of a 200 answer to a [Docker] report.
type DockerAnswer struct {
	// Success is always true.
	Success bool `json:"success"`
	// HostID is the id under which the hub keeps the host.
	HostID string `json:"hostId"`
	// Containers is the number of containers the hub took from the report.
	Containers int `json:"containers"`
	// LastSeen is the time the hub recorded for the report.
	LastSeen time.Time `json:"lastSeen"`
	// Commands holds what the agent is to do next, at most one command.
	Commands []DockerCommand `json:"commands,omitempty"`
}

// Types of a [DockerCommand]. Agents ignore types they do not know.
const (
	CommandStop            = "stop"
	CommandCheckUpdates    = "check_updates"
	CommandUpdateContainer = "update_container"
)

// DockerCommand is one order of the hub to a Docker agent.
type DockerCommand struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// Payload is a JSON object that depends on the type: [UpdateContainer] for CommandUpdateContainer, else absent.
	Payload json.RawMessage `json:"payload,omitempty"`
}

// UpdateContainer is the payload of CommandUpdateContainer.
type UpdateContainer struct {
	ContainerID   string `json:"containerId"`
	ContainerName string `json:"containerName"`
}

// CommandAck is what an agent posts about a command's progress.
type CommandAck struct {
	// HostID is the id the hub gave the host in [DockerAnswer].
	HostID string `json:"hostId"`
	// Status is acknowledged, in_progress, completed or failed.
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}
