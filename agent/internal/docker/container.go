package docker

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/report"
)

// Bounds of what is said about health checks.
const (
	maxProbes      = 3
	maxProbeOutput = 256
)

// container reports what was found out about one container, and adds what the published format does not know.
func (c *collection) container(look look) report.Container {
	result := listedContainer(look.summary)
	if look.known == nil {
		return result
	}
	container := look.known.container
	c.inspected(&result, container)
	detail := describe(container)
	if look.running {
		c.measured(&result, look)
		detail.Processes = look.usage.Processes
		if look.usage.Network {
			detail.Network = &report.Traffic{RxBytes: look.usage.RxBytes, TxBytes: look.usage.TxBytes}
		}
	}
	if detail.ID = ""; !detail.empty() {
		detail.ID = container.ID
		details := c.detail()
		details.Containers = append(details.Containers, detail.ContainerDetail)
	}
	return result
}

// listedContainer reports what the list says.
func listedContainer(summary engine.Summary) report.Container {
	result := report.Container{
		ID: summary.ID, Name: name(summary), Image: summary.Image, ImageDigest: summary.ImageID,
		CreatedAt: summary.Created.Time, State: summary.State, Status: summary.Status, Labels: summary.Labels,
	}
	for _, port := range summary.Ports {
		result.Ports = append(result.Ports, report.ContainerPort{
			PrivatePort: port.PrivatePort, PublicPort: port.PublicPort, Protocol: port.Type, IP: port.IP,
		})
	}
	slices.SortFunc(result.Ports, func(a, b report.ContainerPort) int {
		return cmp.Or(cmp.Compare(a.PrivatePort, b.PrivatePort), strings.Compare(a.Protocol, b.Protocol), strings.Compare(a.IP, b.IP), cmp.Compare(a.PublicPort, b.PublicPort))
	})
	return result
}

// inspected adds what a closer look says.
func (c *collection) inspected(into *report.Container, container engine.Container) {
	state := container.State
	if strings.HasPrefix(into.Image, "sha256:") && container.Config.Image != "" {
		into.Image = container.Config.Image // its tag stands for another image by now
	}
	into.State = cmp.Or(state.Status, into.State)
	into.RestartCount, into.ExitCode = container.RestartCount, state.ExitCode
	if state.Health != nil && state.Health.Status != "none" {
		into.Health = state.Health.Status
	}
	into.StartedAt = state.StartedAt
	if state.Running {
		into.UptimeSeconds = max(int64(c.began.Sub(state.StartedAt)/time.Second), 0)
	} else {
		into.FinishedAt = state.FinishedAt
	}
	into.Env = masked(container.Config.Env)
	for network, attached := range container.NetworkSettings.Networks {
		into.Networks = append(into.Networks, report.ContainerNetwork{Name: network, IPv4: attached.IPAddress, IPv6: attached.GlobalIPv6Address})
	}
	slices.SortFunc(into.Networks, func(a, b report.ContainerNetwork) int { return strings.Compare(a.Name, b.Name) })
	for _, mount := range container.Mounts {
		into.Mounts = append(into.Mounts, report.ContainerMount(mount))
	}
	slices.SortFunc(into.Mounts, func(a, b report.ContainerMount) int { return strings.Compare(a.Destination, b.Destination) })
	if c.client.Runtime() == engine.Podman {
		into.Podman = podman(container.Config.Labels)
	}
}

// measured adds what a running container uses.
func (c *collection) measured(into *report.Container, look look) {
	used := look.usage
	into.CPUPercent = rounded(look.known.sample.percent)
	into.MemoryUsageBytes, into.MemoryLimitBytes = used.MemoryBytes, used.LimitBytes
	if total := c.result.Host.TotalMemoryBytes; into.MemoryLimitBytes == 0 || total > 0 && into.MemoryLimitBytes > total {
		into.MemoryLimitBytes = total
	}
	if into.MemoryLimitBytes > 0 {
		into.MemoryPercent = rounded(float64(into.MemoryUsageBytes) / float64(into.MemoryLimitBytes) * 100)
	}
	if used.BlockIO {
		into.BlockIO = &report.BlockIO{ReadBytes: used.ReadBytes, WriteBytes: used.WriteBytes}
	}
}

// rounded keeps two digits behind the point; more is noise that has to be sent.
func rounded(value float64) float64 { return math.Round(value*100) / 100 }

// details is a ContainerDetail that knows whether it says anything.
type details struct{ report.ContainerDetail }

func (d details) empty() bool {
	return !d.OOMKilled && d.Error == "" && d.ComposeProject == "" && d.Processes == 0 && d.Network == nil && d.FailingStreak == 0
}

// describe says what the published format has no place for.
func describe(container engine.Container) details {
	labels, state := container.Config.Labels, container.State
	detail := report.ContainerDetail{
		OOMKilled: state.OOMKilled, Error: state.Error,
		ComposeProject: composeLabel(labels, "project"), ComposeService: composeLabel(labels, "service"),
	}
	if state.Running && state.Health != nil && state.Health.FailingStreak > 0 {
		detail.FailingStreak = state.Health.FailingStreak
		detail.HealthLog = failures(state.Health.Log)
	}
	return details{detail}
}

// failures returns the last failed probes.
func failures(log []engine.HealthProbe) []report.HealthProbe {
	var failed []report.HealthProbe
	for _, probe := range log {
		if probe.ExitCode == 0 {
			continue
		}
		output := strings.TrimSpace(probe.Output)
		output = strings.ToValidUTF8(output[max(len(output)-maxProbeOutput, 0):], "")
		failed = append(failed, report.HealthProbe{At: probe.End.UTC(), ExitCode: probe.ExitCode, Output: output})
	}
	return failed[max(len(failed)-maxProbes, 0):]
}
