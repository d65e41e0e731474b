package v5

import (
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// DockerContainer is an application container.
type DockerContainer struct {
	ID                  string            `json:"id"`
	Name                string            `json:"name"`
	Image               string            `json:"image"`
	State               string            `json:"state"`
	Status              string            `json:"status"`
	Health              string            `json:"health,omitempty"`
	CPUPercent          float64           `json:"cpuPercent"`
	MemoryUsageBytes    uint64            `json:"memoryUsageBytes"`
	MemoryLimitBytes    uint64            `json:"memoryLimitBytes"`
	MemoryPercent       float64           `json:"memoryPercent"`
	UptimeSeconds       int64             `json:"uptimeSeconds"`
	RestartCount        int               `json:"restartCount"`
	ExitCode            int               `json:"exitCode"`
	CreatedAt           int64             `json:"createdAt"`
	StartedAt           int64             `json:"startedAt,omitempty"`
	FinishedAt          int64             `json:"finishedAt,omitempty"`
	Ports               []DockerPort      `json:"ports,omitempty"`
	Labels              map[string]string `json:"labels,omitempty"`
	Networks            []DockerNetwork   `json:"networks,omitempty"`
	WritableLayerBytes  uint64            `json:"writableLayerBytes,omitempty"`
	RootFilesystemBytes uint64            `json:"rootFilesystemBytes,omitempty"`
	BlockIO             *BlockIO          `json:"blockIo,omitempty"`
	Mounts              []DockerMount     `json:"mounts,omitempty"`
	Podman              *Podman           `json:"podman,omitempty"`
	UpdateStatus        *ImageUpdate      `json:"updateStatus,omitempty"`
}

// DockerPort is an exposed or published port.
type DockerPort struct {
	PrivatePort uint16 `json:"privatePort"`
	PublicPort  uint16 `json:"publicPort,omitempty"`
	Protocol    string `json:"protocol"`
	IP          string `json:"ip,omitempty"`
}

// DockerNetwork is a container's address in one network.
type DockerNetwork struct {
	Name string `json:"name"`
	IPv4 string `json:"ipv4,omitempty"`
	IPv6 string `json:"ipv6,omitempty"`
}

// BlockIO is what a container has read and written, and how fast it does.
type BlockIO struct {
	ReadBytes               uint64  `json:"readBytes,omitempty"`
	WriteBytes              uint64  `json:"writeBytes,omitempty"`
	ReadRateBytesPerSecond  float64 `json:"readRateBytesPerSecond,omitempty"`
	WriteRateBytesPerSecond float64 `json:"writeRateBytesPerSecond,omitempty"`
}

// DockerMount is one mount of a container.
type DockerMount struct {
	Type        string `json:"type,omitempty"`
	Source      string `json:"source,omitempty"`
	Destination string `json:"destination,omitempty"`
	Mode        string `json:"mode,omitempty"`
	RW          bool   `json:"rw"`
	Propagation string `json:"propagation,omitempty"`
	Name        string `json:"name,omitempty"`
	Driver      string `json:"driver,omitempty"`
}

// Podman is what only Podman knows of a container.
type Podman struct {
	PodName           string `json:"podName,omitempty"`
	PodID             string `json:"podId,omitempty"`
	Infra             bool   `json:"infra,omitempty"`
	ComposeProject    string `json:"composeProject,omitempty"`
	ComposeService    string `json:"composeService,omitempty"`
	ComposeWorkdir    string `json:"composeWorkdir,omitempty"`
	ComposeConfigHash string `json:"composeConfigHash,omitempty"`
	AutoUpdatePolicy  string `json:"autoUpdatePolicy,omitempty"`
	AutoUpdateRestart string `json:"autoUpdateRestart,omitempty"`
	UserNamespace     string `json:"userNamespace,omitempty"`
}

// ImageUpdate is the result of looking for a newer image. LastChecked is Unix ms.
type ImageUpdate struct {
	UpdateAvailable bool   `json:"updateAvailable"`
	CurrentDigest   string `json:"currentDigest,omitempty"`
	LatestDigest    string `json:"latestDigest,omitempty"`
	LastChecked     int64  `json:"lastChecked"`
	Error           string `json:"error,omitempty"`
}

func dockerContainer(e *inventory.Entry) DockerContainer {
	detail, _ := e.Detail.(*resource.AppContainer)
	if detail == nil {
		detail = &resource.AppContainer{}
	}
	return DockerContainer{
		ID: ContainerID(e), Name: e.Name, Image: detail.Image, State: detail.State,
		Status: detail.StatusText, Health: detail.Health, CPUPercent: unit.PercentOf(e.Usage.CPU),
		MemoryUsageBytes: e.Usage.Memory.Used, MemoryLimitBytes: e.Usage.Memory.Total,
		MemoryPercent: memoryPercent(e.Usage.Memory), UptimeSeconds: unit.Seconds(e.Uptime),
		RestartCount: detail.Restarts, ExitCode: detail.ExitCode,
		CreatedAt: unit.Millis(detail.CreatedAt), StartedAt: unit.Millis(detail.StartedAt),
		FinishedAt: unit.Millis(detail.FinishedAt), Ports: Ports(detail.Ports), Labels: e.Labels,
		Networks: Networks(detail.Networks), WritableLayerBytes: detail.WritableLayer,
		RootFilesystemBytes: detail.RootFS, BlockIO: blockIO(e), Mounts: Mounts(detail.Mounts),
		Podman: PodmanOf(detail.Podman), UpdateStatus: ImageUpdateOf(detail.Update),
	}
}

func blockIO(e *inventory.Entry) *BlockIO {
	io := BlockIO{}
	if e.Usage.Counters != nil {
		io.ReadBytes, io.WriteBytes = e.Usage.Counters.DiskRead, e.Usage.Counters.DiskWrite
	}
	if e.Rates != nil {
		io.ReadRateBytesPerSecond = unit.Finite(e.Rates.DiskRead)
		io.WriteRateBytesPerSecond = unit.Finite(e.Rates.DiskWrite)
	}
	if io == (BlockIO{}) {
		return nil
	}
	return &io
}

// Ports converts exposed and published ports; nil for none.
func Ports(ports []resource.Port) []DockerPort {
	return convert(ports, func(p *resource.Port) DockerPort {
		return DockerPort{PrivatePort: p.Private, PublicPort: p.Public, Protocol: p.Protocol, IP: p.IP}
	})
}

// Networks converts a container's networks; nil for none.
func Networks(networks []resource.ContainerNetwork) []DockerNetwork {
	return convert(networks, func(n *resource.ContainerNetwork) DockerNetwork {
		return DockerNetwork{Name: n.Name, IPv4: n.IPv4, IPv6: n.IPv6}
	})
}

// Mounts converts a container's mounts; nil for none.
func Mounts(mounts []resource.Mount) []DockerMount {
	return convert(mounts, func(m *resource.Mount) DockerMount {
		return DockerMount{
			Type: m.Type, Source: m.Source, Destination: m.Destination, Mode: m.Mode, RW: m.ReadWrite,
			Propagation: m.Propagation, Name: m.Name, Driver: m.Driver,
		}
	})
}

// PodmanOf returns nil for a container that Podman says nothing special of.
func PodmanOf(p *resource.Podman) *Podman {
	if p == nil {
		return nil
	}
	return &Podman{
		PodName: p.PodName, PodID: p.PodID, Infra: p.Infra,
		ComposeProject: p.ComposeProject, ComposeService: p.ComposeService,
		ComposeWorkdir: p.ComposeWorkdir, ComposeConfigHash: p.ComposeConfigHash,
		AutoUpdatePolicy: p.AutoUpdatePolicy, AutoUpdateRestart: p.AutoUpdateRestart,
		UserNamespace: p.UserNamespace,
	}
}

// ImageUpdateOf returns nil when nobody has looked for a newer image.
func ImageUpdateOf(u *resource.ImageUpdate) *ImageUpdate {
	if u == nil {
		return nil
	}
	return &ImageUpdate{
		UpdateAvailable: u.Available, CurrentDigest: u.CurrentDigest, LatestDigest: u.LatestDigest,
		LastChecked: unit.Millis(u.CheckedAt), Error: u.Error,
	}
}

// DockerService is a Swarm service.
type DockerService struct {
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	Stack          string            `json:"stack,omitempty"`
	Image          string            `json:"image,omitempty"`
	Mode           string            `json:"mode,omitempty"`
	DesiredTasks   int               `json:"desiredTasks,omitempty"`
	RunningTasks   int               `json:"runningTasks,omitempty"`
	CompletedTasks int               `json:"completedTasks,omitempty"`
	Labels         map[string]string `json:"labels,omitempty"`
	EndpointPorts  []ServicePort     `json:"endpointPorts,omitempty"`
	UpdateStatus   *ServiceUpdate    `json:"updateStatus,omitempty"`
	CreatedAt      int64             `json:"createdAt,omitempty"`
	UpdatedAt      int64             `json:"updatedAt,omitempty"`
}

// ServicePort is a port published by a service.
type ServicePort struct {
	Name          string `json:"name,omitempty"`
	Protocol      string `json:"protocol,omitempty"`
	TargetPort    uint16 `json:"targetPort,omitempty"`
	PublishedPort uint16 `json:"publishedPort,omitempty"`
	PublishMode   string `json:"publishMode,omitempty"`
}

// ServiceUpdate is the state of a rolling update. CompletedAt is Unix ms.
type ServiceUpdate struct {
	State       string `json:"state,omitempty"`
	Message     string `json:"message,omitempty"`
	CompletedAt int64  `json:"completedAt,omitempty"`
}

func dockerService(e *inventory.Entry) DockerService {
	detail, _ := e.Detail.(*resource.Service)
	if detail == nil {
		detail = &resource.Service{}
	}
	return DockerService{
		ID: ServiceID(e), Name: e.Name, Stack: detail.Stack, Image: detail.Image, Mode: detail.Mode,
		DesiredTasks: detail.Desired, RunningTasks: detail.Running, CompletedTasks: detail.Completed,
		Labels: e.Labels, EndpointPorts: ServicePorts(detail.Ports), UpdateStatus: ServiceUpdateOf(detail),
		CreatedAt: unit.Millis(detail.CreatedAt), UpdatedAt: unit.Millis(detail.UpdatedAt),
	}
}

// ServicePorts converts a service's ports; nil for none.
func ServicePorts(ports []resource.ServicePort) []ServicePort {
	return convert(ports, func(p *resource.ServicePort) ServicePort {
		return ServicePort{p.Name, p.Protocol, p.Target, p.Published, p.Mode}
	})
}

// ServiceUpdateOf returns nil for a service that was never updated.
func ServiceUpdateOf(s *resource.Service) *ServiceUpdate {
	update := ServiceUpdate{s.UpdateState, s.UpdateMessage, unit.Millis(s.UpdateCompletedAt)}
	if update == (ServiceUpdate{}) {
		return nil
	}
	return &update
}
