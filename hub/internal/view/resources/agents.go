package resources

import (
	"time"

	"github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// HostData is the platform data of a machine with an agent.
type HostData struct {
	Platform        string      `json:"platform,omitempty"`
	OSName          string      `json:"osName,omitempty"`
	OSVersion       string      `json:"osVersion,omitempty"`
	KernelVersion   string      `json:"kernelVersion,omitempty"`
	Architecture    string      `json:"architecture,omitempty"`
	CPUModel        string      `json:"cpuModel,omitempty"`
	CPUCount        int         `json:"cpuCount,omitempty"`
	LoadAverage     []float64   `json:"loadAverage,omitempty"`
	AgentVersion    string      `json:"agentVersion,omitempty"`
	IntervalSeconds int64       `json:"intervalSeconds,omitempty"`
	Sensors         *v5.Sensors `json:"sensors"`
	Swap            *Metric     `json:"swap,omitempty"`
	Disks           []MountData `json:"disks,omitempty"`
	Interfaces      []v5.NIC    `json:"interfaces,omitempty"`
	RAID            []RAIDData  `json:"raid,omitempty"`
	TokenData
	CommandsEnabled bool   `json:"commandsEnabled,omitempty"`
	IsLegacy        bool   `json:"isLegacy,omitempty"`
	LinkedNodeID    string `json:"linkedNodeId,omitempty"`
	// Detail is what newer agents tell, in the words and units of their reports.
	Detail *report.HostDetail `json:"detail,omitempty"`
}

// MountData is a mounted file system; Usage is percent.
type MountData struct {
	Mountpoint string  `json:"mountpoint,omitempty"`
	Device     string  `json:"device,omitempty"`
	Type       string  `json:"type,omitempty"`
	Total      uint64  `json:"total"`
	Used       uint64  `json:"used"`
	Free       uint64  `json:"free"`
	Usage      float64 `json:"usage"`
}

// RAIDData is a software RAID array; RebuildPercent is 0 when none is running.
type RAIDData struct {
	Device         string  `json:"device"`
	Level          string  `json:"level"`
	State          string  `json:"state"`
	TotalDevices   int     `json:"totalDevices"`
	FailedDevices  int     `json:"failedDevices"`
	RebuildPercent float64 `json:"rebuildPercent"`
}

// TokenData names the API token an agent reports with.
type TokenData struct {
	TokenID         string     `json:"tokenId,omitempty"`
	TokenName       string     `json:"tokenName,omitempty"`
	TokenHint       string     `json:"tokenHint,omitempty"`
	TokenLastUsedAt *time.Time `json:"tokenLastUsedAt,omitempty"`
	// ClockSkewSeconds is how far the agent's clock is behind that of the hub,
	// negative when it is ahead; absent when that is no more than is usual.
	ClockSkewSeconds int64 `json:"clockSkewSeconds,omitempty"`
}

// ContainerHostData is the platform data of a Docker or Podman engine.
type ContainerHostData struct {
	AgentID         string      `json:"agentId"`
	MachineID       string      `json:"machineId,omitempty"`
	OS              string      `json:"os,omitempty"`
	KernelVersion   string      `json:"kernelVersion,omitempty"`
	Architecture    string      `json:"architecture,omitempty"`
	Runtime         string      `json:"runtime"`
	RuntimeVersion  string      `json:"runtimeVersion,omitempty"`
	DockerVersion   string      `json:"dockerVersion,omitempty"`
	LoadAverage     []float64   `json:"loadAverage,omitempty"`
	AgentVersion    string      `json:"agentVersion,omitempty"`
	IntervalSeconds int64       `json:"intervalSeconds,omitempty"`
	CPUs            int         `json:"cpus"`
	Disks           []MountData `json:"disks,omitempty"`
	Interfaces      []v5.NIC    `json:"interfaces,omitempty"`
	TokenData
	SettingsData
	Swarm *v5.Swarm `json:"swarm,omitempty"`
	// Command is the last one for its agent.
	Command *v5.DockerCommand `json:"command,omitempty"`
	// Degraded are parts of the agent's collection that do not work now.
	Degraded []report.DegradedPart `json:"degraded,omitempty"`
}

// ContainerData is the platform data of an application container.
type ContainerData struct {
	HostID        string             `json:"hostId"`
	HostName      string             `json:"hostName"`
	Image         string             `json:"image"`
	ImageDigest   string             `json:"imageDigest,omitempty"`
	State         string             `json:"state"`
	Status        string             `json:"status"`
	Health        string             `json:"health,omitempty"`
	RestartCount  int                `json:"restartCount"`
	ExitCode      int                `json:"exitCode"`
	CreatedAt     *time.Time         `json:"createdAt,omitempty"`
	StartedAt     *time.Time         `json:"startedAt,omitempty"`
	FinishedAt    *time.Time         `json:"finishedAt,omitempty"`
	Labels        map[string]string  `json:"labels,omitempty"`
	Ports         []v5.DockerPort    `json:"ports,omitempty"`
	Networks      []v5.DockerNetwork `json:"networks,omitempty"`
	Mounts        []v5.DockerMount   `json:"mounts,omitempty"`
	Podman        *v5.Podman         `json:"podman,omitempty"`
	UpdateStatus  *v5.ImageUpdate    `json:"updateStatus,omitempty"`
	WritableLayer uint64             `json:"writableLayerBytes,omitempty"`
	RootFS        uint64             `json:"rootFilesystemBytes,omitempty"`
	// Detail is what newer agents tell, in the words of their reports.
	Detail *report.ContainerDetail `json:"detail,omitempty"`
}

// ServiceData is the platform data of a Swarm service.
type ServiceData struct {
	HostID         string            `json:"hostId"`
	HostName       string            `json:"hostName"`
	Stack          string            `json:"stack,omitempty"`
	Image          string            `json:"image,omitempty"`
	Mode           string            `json:"mode,omitempty"`
	DesiredTasks   int               `json:"desiredTasks"`
	RunningTasks   int               `json:"runningTasks"`
	CompletedTasks int               `json:"completedTasks,omitempty"`
	Ports          []v5.ServicePort  `json:"endpointPorts,omitempty"`
	UpdateStatus   *v5.ServiceUpdate `json:"updateStatus,omitempty"`
}

func (p *Projector) host(e *inventory.Entry, head *Head, tail *Tail) {
	detail := detailOf[resource.Host](e)
	hostname := orElse(detail.Hostname, e.Name)
	head.DisplayName, head.PlatformID = orElse(e.DisplayName, hostname), "host-agent"
	head.Uptime, head.Network = seconds(e.Uptime), totals(detail.Interfaces)
	tail.Identity = &Identity{Hostname: hostname, MachineID: detail.MachineID, IPs: addresses(detail.Interfaces)}
	data := &HostData{
		Platform: detail.Platform, OSName: detail.OSName, OSVersion: detail.OSVersion,
		KernelVersion: detail.Kernel, Architecture: detail.Architecture, CPUModel: detail.CPUModel, CPUCount: detail.CPUs,
		LoadAverage: unit.Floats(detail.LoadAverage), AgentVersion: detail.Agent.Version,
		IntervalSeconds: unit.Seconds(detail.Agent.Interval), Sensors: v5.SensorsOf(&detail.Sensors),
		Swap: memoryMetric(e.Usage.Swap), Disks: mounts(detail.Filesystems), Interfaces: v5.NICs(detail.Interfaces),
		RAID: arrays(detail.RAID), TokenData: token(&detail.Agent), CommandsEnabled: detail.Agent.CommandsEnabled,
		IsLegacy: detail.Agent.Legacy, LinkedNodeID: p.links().NodeID(e), Detail: detailData(detail),
	}
	if data.Sensors == nil {
		data.Sensors = &v5.Sensors{}
	}
	tail.PlatformData = data
}

func (p *Projector) containerHost(e *inventory.Entry, head *Head, tail *Tail) {
	detail := detailOf[resource.ContainerHost](e)
	hostname := orElse(detail.Hostname, e.Name)
	agentID := orElse(detail.Agent.ID, e.ID)
	head.DisplayName, head.PlatformID = orElse(e.DisplayName, hostname), agentID
	head.Uptime, head.Network = seconds(e.Uptime), totals(detail.Interfaces)
	tail.Identity = &Identity{Hostname: hostname, MachineID: detail.MachineID, IPs: addresses(detail.Interfaces)}
	tail.PlatformData = &ContainerHostData{
		AgentID: agentID, MachineID: detail.MachineID, OS: detail.OS, KernelVersion: detail.Kernel,
		Architecture: detail.Architecture, Runtime: orElse(detail.Runtime, "docker"), RuntimeVersion: detail.RuntimeVersion,
		DockerVersion: detail.EngineVersion, LoadAverage: unit.Floats(detail.LoadAverage),
		AgentVersion: detail.Agent.Version, IntervalSeconds: unit.Seconds(detail.Agent.Interval), CPUs: detail.CPUs,
		Disks: mounts(detail.Filesystems), Interfaces: v5.NICs(detail.Interfaces),
		TokenData: token(&detail.Agent), SettingsData: settings(e), Swarm: v5.SwarmOf(detail.Swarm), Command: command(e), Degraded: degradedParts(detail.Degraded),
	}
}

// SettingsData is what people have set on an engine or a cluster.
type SettingsData struct {
	CustomDisplayName string `json:"customDisplayName,omitempty"`
	Hidden            bool   `json:"hidden"`
	PendingUninstall  bool   `json:"pendingUninstall"`
}

func settings(e *inventory.Entry) SettingsData {
	if e.Settings == nil {
		return SettingsData{}
	}
	return SettingsData{e.Settings.DisplayName, e.Settings.Hidden, e.Settings.PendingUninstall}
}

func command(e *inventory.Entry) *v5.DockerCommand {
	if e.Settings == nil {
		return nil
	}
	return v5.CommandOf(e.Settings.Command)
}

func (p *Projector) appContainer(e *inventory.Entry, head *Head, tail *Tail) {
	detail := detailOf[resource.AppContainer](e)
	head.PlatformID = e.ParentID
	if e.Uptime > 0 {
		head.Uptime = seconds(e.Uptime)
	}
	tail.PlatformData = &ContainerData{
		HostID: e.ParentID, HostName: p.hostName(e), Image: detail.Image, ImageDigest: detail.ImageDigest,
		State: detail.State, Status: detail.StatusText, Health: detail.Health,
		RestartCount: detail.Restarts, ExitCode: detail.ExitCode, CreatedAt: when(detail.CreatedAt),
		StartedAt: when(detail.StartedAt), FinishedAt: when(detail.FinishedAt), Labels: e.Labels,
		Ports: v5.Ports(detail.Ports), Networks: v5.Networks(detail.Networks), Mounts: v5.Mounts(detail.Mounts),
		Podman: v5.PodmanOf(detail.Podman), UpdateStatus: v5.ImageUpdateOf(detail.Update),
		WritableLayer: detail.WritableLayer, RootFS: detail.RootFS, Detail: containerDetail(e, detail),
	}
}

func (p *Projector) service(e *inventory.Entry, head *Head, tail *Tail) {
	detail := detailOf[resource.Service](e)
	head.PlatformID = e.ParentID
	tail.PlatformData = &ServiceData{
		HostID: e.ParentID, HostName: p.hostName(e), Stack: detail.Stack, Image: detail.Image, Mode: detail.Mode,
		DesiredTasks: detail.Desired, RunningTasks: detail.Running, CompletedTasks: detail.Completed,
		Ports: v5.ServicePorts(detail.Ports), UpdateStatus: v5.ServiceUpdateOf(detail),
	}
}

// hostName returns the name of the machine that a container or service is on.
func (p *Projector) hostName(e *inventory.Entry) string {
	host, ok := p.snap.Get(e.ParentKey)
	if !ok {
		return e.ParentID
	}
	return orElse(detailOf[resource.ContainerHost](host).Hostname, host.Name)
}

func mounts(filesystems []resource.Filesystem) []MountData {
	var data []MountData
	for i := range filesystems {
		fs := &filesystems[i]
		ratio, _ := fs.FullRatio()
		data = append(data, MountData{
			Mountpoint: fs.Mountpoint, Device: fs.Device, Type: fs.Type,
			Total: fs.Total, Used: fs.Used, Free: fs.Free, Usage: unit.Percent(ratio),
		})
	}
	return data
}

func arrays(raid []resource.RAIDArray) []RAIDData {
	var data []RAIDData
	for i := range raid {
		array := &raid[i]
		data = append(data, RAIDData{
			Device: array.Device, Level: array.Level, State: array.State, TotalDevices: array.TotalDevices,
			FailedDevices: array.FailedDevices, RebuildPercent: unit.Percent(array.Rebuild),
		})
	}
	return data
}

func token(agent *resource.Agent) TokenData {
	t := &agent.Token
	return TokenData{t.ID, t.Name, t.Hint, when(t.LastUsed), unit.Seconds(agent.ClockSkew)}
}
