package resource

import "time"

// ContainerHost is a Docker or Podman engine.
type ContainerHost struct {
	Hostname, MachineID, OS       string
	Kernel, Architecture          string
	Runtime                       string // "docker" or "podman"
	RuntimeVersion, EngineVersion string
	CPUs                          int
	LoadAverage                   []float64
	Filesystems                   []Filesystem
	Interfaces                    []Interface
	Swarm                         *Swarm
	Tasks                         []Task
	Agent                         Agent
	Degraded                      []DegradedPart // parts of the collection that do not work now
}

// Swarm is an engine's place in a Docker Swarm.
type Swarm struct {
	NodeID, NodeRole, LocalState  string
	ControlAvailable              bool
	ClusterID, ClusterName, Scope string
	Error                         string
}

// AppContainer is an application container of an engine.
type AppContainer struct {
	Image, ImageDigest    string
	State                 string // "created", "running", "paused", "restarting", "removing", "exited", "dead"
	StatusText            string // as the engine prints it: "Up 2 minutes (healthy)"
	Health                string // "healthy", "unhealthy", "starting", "none", ""
	Restarts, ExitCode    int
	CreatedAt             time.Time
	StartedAt, FinishedAt time.Time
	Ports                 []Port
	Networks              []ContainerNetwork
	Mounts                []Mount
	WritableLayer, RootFS uint64 // bytes
	Podman                *Podman
	Update                *ImageUpdate

	// What follows is told by agents that know of it.

	OOMKilled                      bool   // the kernel ended it for using more memory than it may
	Error                          string // why the engine could not start it
	ComposeProject, ComposeService string
	Processes                      int // with threads
	FailingStreak                  int // failures of the health check in a row
	HealthLog                      []HealthProbe
}

// HealthProbe is one run of a container's health check.
type HealthProbe struct {
	At       time.Time // when it ended
	ExitCode int       // 0: success; -1: it did not end in time
	Output   string    // the end of what it wrote
}

// Port is one exposed or published port.
type Port struct {
	Private, Public uint16 // Public 0: not published
	Protocol, IP    string
}

// ContainerNetwork is a container's address in one network.
type ContainerNetwork struct{ Name, IPv4, IPv6 string }

// Mount is one mount of a container.
type Mount struct {
	Type, Source, Destination, Mode string
	ReadWrite                       bool
	Propagation, Name, Driver       string
}

// Podman is what only Podman knows of a container.
type Podman struct {
	PodName, PodID                                                    string
	Infra                                                             bool
	ComposeProject, ComposeService, ComposeWorkdir, ComposeConfigHash string
	AutoUpdatePolicy, AutoUpdateRestart, UserNamespace                string
}

// ImageUpdate is the result of looking for a newer image.
type ImageUpdate struct {
	Available                   bool
	CurrentDigest, LatestDigest string
	CheckedAt                   time.Time
	Error                       string
}

// Service is a Swarm service.
type Service struct {
	Stack, Image, Mode          string
	Desired, Running, Completed int
	Ports                       []ServicePort
	UpdateState, UpdateMessage  string
	UpdateCompletedAt           time.Time
	CreatedAt, UpdatedAt        time.Time
}

// ServicePort is a port published by a service.
type ServicePort struct {
	Name, Protocol    string
	Target, Published uint16
	Mode              string
}

// Task is one task of a Swarm service.
type Task struct {
	ID, ServiceID, ServiceName                   string
	Slot                                         int
	NodeID, NodeName                             string
	DesiredState, CurrentState, Error, Message   string
	ContainerID, ContainerName                   string
	CreatedAt, UpdatedAt, StartedAt, CompletedAt time.Time
}
