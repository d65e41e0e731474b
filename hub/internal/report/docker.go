package report

import (
	"fmt"
	"math"
	"strings"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// engineResources converts what an agent says of a container engine and of
// what runs on it. The id is the one the hub keeps the engine under; ids of
// what belongs to it begin with it.
func engineResources(r *wire.Docker, id string, agent resource.Agent) []resource.Resource {
	out := make([]resource.Resource, 0, 1+len(r.Containers)+len(r.Services))
	engine := engineResource(r, id, agent)
	details := map[string]*wire.ContainerDetail{}
	if r.Detail != nil {
		engine.Detail.(*resource.ContainerHost).Degraded = degradedParts(r.Detail.Degraded)
		for i := range r.Detail.Containers {
			details[r.Detail.Containers[i].ID] = &r.Detail.Containers[i]
		}
	}
	out = append(out, engine)
	for i := range r.Containers {
		c := &r.Containers[i]
		if c.ID == "" {
			continue
		}
		container := containerResource(c, id)
		addContainerDetail(&container, details[c.ID])
		out = append(out, container)
	}
	for i := range r.Services {
		if s := &r.Services[i]; s.ID != "" {
			out = append(out, serviceResource(s, id))
		}
	}
	return out
}

func engineResource(r *wire.Docker, id string, agent resource.Agent) resource.Resource {
	h := &r.Host
	detail := &resource.ContainerHost{
		Hostname: h.Hostname, MachineID: h.MachineID, OS: h.OS, Kernel: h.KernelVersion, Architecture: h.Architecture,
		Runtime: runtime(h.Runtime), RuntimeVersion: h.RuntimeVersion, EngineVersion: h.DockerVersion,
		CPUs: max(h.TotalCPU, 0), LoadAverage: finite(h.LoadAverage),
		Filesystems: filesystems(h.Disks), Interfaces: interfaces(h.Network),
		Swarm: swarm(h.Swarm), Tasks: tasks(r.Tasks), Agent: agent,
	}
	out := resource.Resource{
		ID: id, Kind: resource.KindContainerHost, Name: h.Hostname, DisplayName: h.Name,
		Status: resource.StatusRunning, Uptime: seconds(h.UptimeSeconds), Detail: detail,
		Usage: resource.Usage{
			CPU: wholeRatio(h.CPUUsagePercent), Memory: memory(&h.Memory), Swap: swap(&h.Memory),
			Disk: mainDisk(detail.Filesystems), Counters: traffic(detail.Interfaces, nil),
		},
	}
	if out.Usage.Memory.Total == 0 {
		out.Usage.Memory.Total = positive(h.TotalMemoryBytes)
	}
	return out
}

// runtime returns the name of an engine's runtime; what is not podman counts as docker.
func runtime(name string) string {
	if strings.EqualFold(strings.TrimSpace(name), "podman") {
		return "podman"
	}
	return "docker"
}

func containerResource(c *wire.Container, hostID string) resource.Resource {
	out := resource.Resource{
		ID: hostID + "/" + c.ID, Kind: resource.KindAppContainer, Name: orElse(strings.TrimPrefix(c.Name, "/"), c.ID),
		ParentID: hostID, Labels: c.Labels, Uptime: seconds(c.UptimeSeconds),
		Usage: resource.Usage{
			CPU:    coreRatio(c.CPUPercent),
			Memory: resource.Capacity{Total: positive(c.MemoryLimitBytes), Used: positive(c.MemoryUsageBytes)},
		},
		Detail: &resource.AppContainer{
			Image: c.Image, ImageDigest: c.ImageDigest, State: strings.ToLower(c.State), StatusText: c.Status, Health: c.Health,
			Restarts: c.RestartCount, ExitCode: c.ExitCode,
			CreatedAt: c.CreatedAt, StartedAt: c.StartedAt, FinishedAt: c.FinishedAt,
			Ports: ports(c.Ports), Networks: networks(c.Networks), Mounts: containerMounts(c.Mounts),
			WritableLayer: positive(c.WritableLayerBytes), RootFS: positive(c.RootFilesystemBytes),
			Podman: podman(c.Podman), Update: imageUpdate(c.UpdateStatus),
		},
	}
	if out.Usage.Memory.Free = 0; out.Usage.Memory.Total > out.Usage.Memory.Used {
		out.Usage.Memory.Free = out.Usage.Memory.Total - out.Usage.Memory.Used
	}
	if c.BlockIO != nil {
		out.Usage.Counters = &resource.Traffic{DiskRead: c.BlockIO.ReadBytes, DiskWrite: c.BlockIO.WriteBytes}
	}
	out.Status, out.StatusReason = containerStatus(c)
	return out
}

// addContainerDetail puts what only newer agents tell into a container.
func addContainerDetail(out *resource.Resource, d *wire.ContainerDetail) {
	if d == nil {
		return
	}
	container := out.Detail.(*resource.AppContainer)
	container.OOMKilled, container.Error, container.Processes = d.OOMKilled, d.Error, max(d.Processes, 0)
	container.ComposeProject, container.ComposeService = d.ComposeProject, d.ComposeService
	container.FailingStreak = max(d.FailingStreak, 0)
	container.HealthLog = convert(cut(d.HealthLog), func(p *wire.HealthProbe) resource.HealthProbe {
		return resource.HealthProbe{At: p.At, ExitCode: p.ExitCode, Output: p.Output}
	})
	if d.Network != nil {
		if out.Usage.Counters == nil {
			out.Usage.Counters = &resource.Traffic{}
		}
		out.Usage.Counters.NetIn, out.Usage.Counters.NetOut = d.Network.RxBytes, d.Network.TxBytes
	}
	switch {
	case out.Status == resource.StatusRunning:
	case d.OOMKilled:
		out.StatusReason = "it was ended for using too much memory"
	case d.Error != "":
		out.StatusReason = d.Error
	}
}

// containerStatus puts the engine's state and health into one word, and says
// what is wrong.
func containerStatus(c *wire.Container) (resource.Status, string) {
	switch strings.ToLower(c.State) {
	case "running":
		if strings.EqualFold(c.Health, "unhealthy") {
			return resource.StatusDegraded, "its health check fails"
		}
		return resource.StatusRunning, ""
	case "paused":
		return resource.StatusPaused, ""
	case "restarting":
		return resource.StatusDegraded, "it keeps restarting"
	case "exited", "created", "removing":
		if c.ExitCode != 0 {
			return resource.StatusStopped, fmt.Sprintf("it ended with code %d", c.ExitCode)
		}
		return resource.StatusStopped, ""
	case "dead":
		return resource.StatusOffline, "the engine could not remove it"
	}
	return resource.StatusUnknown, ""
}

func ports(all []wire.ContainerPort) []resource.Port {
	return convert(all, func(p *wire.ContainerPort) resource.Port {
		return resource.Port{Private: port(p.PrivatePort), Public: port(p.PublicPort), Protocol: p.Protocol, IP: p.IP}
	})
}

func port[N int | uint32](n N) uint16 { return uint16(min(max(n, 0), math.MaxUint16)) }

func networks(all []wire.ContainerNetwork) []resource.ContainerNetwork {
	return convert(all, func(n *wire.ContainerNetwork) resource.ContainerNetwork {
		return resource.ContainerNetwork{Name: n.Name, IPv4: n.IPv4, IPv6: n.IPv6}
	})
}

func containerMounts(all []wire.ContainerMount) []resource.Mount {
	return convert(all, func(m *wire.ContainerMount) resource.Mount {
		return resource.Mount{
			Type: m.Type, Source: m.Source, Destination: m.Destination, Mode: m.Mode, ReadWrite: m.RW,
			Propagation: m.Propagation, Name: m.Name, Driver: m.Driver,
		}
	})
}

func podman(p *wire.Podman) *resource.Podman {
	if p == nil {
		return nil
	}
	return &resource.Podman{
		PodName: p.PodName, PodID: p.PodID, Infra: p.Infra,
		ComposeProject: p.ComposeProject, ComposeService: p.ComposeService,
		ComposeWorkdir: p.ComposeWorkdir, ComposeConfigHash: p.ComposeConfigHash,
		AutoUpdatePolicy: p.AutoUpdatePolicy, AutoUpdateRestart: p.AutoUpdateRestart, UserNamespace: p.UserNamespace,
	}
}

func imageUpdate(u *wire.ImageUpdate) *resource.ImageUpdate {
	if u == nil {
		return nil
	}
	return &resource.ImageUpdate{
		Available: u.UpdateAvailable, CurrentDigest: u.CurrentDigest, LatestDigest: u.LatestDigest,
		CheckedAt: u.LastChecked, Error: u.Error,
	}
}

// convert maps a list; an empty one gives nil.
func convert[From, To any](from []From, one func(*From) To) []To {
	if len(from) == 0 {
		return nil
	}
	to := make([]To, len(from))
	for i := range from {
		to[i] = one(&from[i])
	}
	return to
}
