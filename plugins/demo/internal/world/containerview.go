package world

import (
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// updateAvailable is the outcome of looking for a newer image and finding one.
const updateAvailable = "available"

func (c *container) resource(at time.Time) resource.Resource {
	d := c.detail(at)
	r := resource.Resource{
		ID: c.engine.name + "/" + c.id, Kind: resource.KindAppContainer, Name: c.name, ParentID: c.engine.name,
		Status: resource.StatusRunning, Labels: c.labels(), Detail: d,
		Usage: resource.Usage{CPU: new(0.0), Memory: filled(c.limit, 0)},
	}
	switch {
	case c.state == "paused":
		r.Status = resource.StatusPaused
	case c.state == "restarting" || c.state == "dead":
		r.Status, r.StatusReason = resource.StatusOffline, "ends with exit code "+strconv.Itoa(c.exitCode)
	case c.state != "running":
		r.Status = resource.StatusStopped
		if c.exitCode != 0 {
			r.Status, r.StatusReason = resource.StatusOffline, "killed with exit code "+strconv.Itoa(c.exitCode)
		}
	case c.health == "unhealthy":
		r.Status, r.StatusReason = resource.StatusDegraded, "health check fails: connection refused on port "+strconv.Itoa(int(c.spec.port))
	}
	if !c.running() {
		return r
	}
	r.Uptime = at.Sub(d.StartedAt).Truncate(time.Second)
	r.Usage.Memory = capacity(c.limit, signal.Bounded(c.mem.At(at)))
	r.Usage.Counters = c.traffic.since(d.StartedAt, at)
	if c.state == "running" {
		r.Usage.CPU = new(c.cpu.At(at))
	}
	return r
}

// labels are those that the engine's tools set, and two that people often add.
func (c *container) labels() map[string]string {
	labels := map[string]string{"environment": "production"}
	if c.spec.public > 0 {
		labels["traefik.enable"] = "true"
	}
	switch {
	case c.slot != nil:
		labels["com.docker.swarm.service.name"] = c.slot.service.name
		labels["com.docker.stack.namespace"] = c.slot.service.stack
	case c.engine.podman:
		pod := c.podman()
		labels["io.podman.compose.project"] = pod.ComposeProject
		labels["io.podman.annotations.pod.name"] = pod.PodName
		labels["io.podman.annotations.pod.id"] = pod.PodID
		labels["io.podman.annotations.pod.infra"] = strconv.FormatBool(pod.Infra)
	default:
		labels["com.docker.compose.project"] = c.spec.project
		labels["com.docker.compose.service"] = c.spec.name
	}
	return labels
}

func (c *container) detail(at time.Time) *resource.AppContainer {
	d := &resource.AppContainer{
		Image: c.spec.image, ImageDigest: c.digest("current"), State: c.state, Health: c.health,
		Restarts: c.restarts(at), ExitCode: c.exitCode, CreatedAt: c.createdAt(at), StartedAt: c.startedAt(at),
		Ports:         []resource.Port{{Private: c.spec.port, Protocol: "tcp"}},
		Networks:      []resource.ContainerNetwork{c.network()},
		WritableLayer: uint64(c.seed.Between("layer", 1, 300) * mib), RootFS: uint64(c.seed.Between("rootfs", 60, 1400) * mib),
	}
	if c.spec.public > 0 {
		d.Ports[0].Public, d.Ports[0].IP = c.spec.public, "0.0.0.0"
	}
	if c.spec.volume != "" {
		d.Mounts = c.mounts()
	}
	if c.engine.podman {
		d.Podman = c.podman()
	}
	if c.number%2 == 0 || c.update != "" {
		d.Update = c.updateCheck(at)
	}
	switch {
	case c.state == "created":
		d.StartedAt, d.Restarts = time.Time{}, 0
	case !c.running():
		d.FinishedAt = c.stoppedAt(at)
	}
	d.StatusText = c.statusText(d, at)
	c.describe(d, at)
	return d
}

// describe adds what agents that know of it tell.
func (c *container) describe(d *resource.AppContainer, at time.Time) {
	if c.slot == nil && !c.engine.podman {
		d.ComposeProject, d.ComposeService = c.spec.project, c.spec.name
	}
	d.OOMKilled = c.state == "exited" && c.exitCode == 137
	if c.state == "dead" {
		d.Error = "driver failed to remove root filesystem: device or resource busy"
	}
	if c.running() {
		d.Processes = c.seed.Int("processes", 1, 40)
	}
	if c.health == "unhealthy" {
		checks := signal.Cycle{Every: 30 * time.Second}
		d.FailingStreak = 17
		d.HealthLog = []resource.HealthProbe{
			{At: checks.Last(at), ExitCode: 1, Output: "connect: connection refused"},
			{At: checks.Last(at).Add(-30 * time.Second), ExitCode: -1, Output: "Health check exceeded timeout (5s)"},
		}
	}
}

func (c *container) digest(which string) string { return "sha256:" + c.seed.Hex(which, 64) }

func (c *container) statusText(d *resource.AppContainer, at time.Time) string {
	up := "Up " + ago(at.Sub(d.StartedAt))
	code := " (" + strconv.Itoa(c.exitCode) + ") "
	switch c.state {
	case "created":
		return "Created"
	case "dead":
		return "Dead"
	case "exited":
		return "Exited" + code + ago(at.Sub(d.FinishedAt)) + " ago"
	case "restarting":
		return "Restarting" + code + ago(at.Sub(d.FinishedAt)) + " ago"
	case "paused":
		return up + " (Paused)"
	}
	switch c.health {
	case "healthy", "unhealthy":
		return up + " (" + c.health + ")"
	case "starting":
		return up + " (health: starting)"
	}
	return up
}

func (c *container) network() resource.ContainerNetwork {
	name := c.spec.project + "_default"
	if c.slot != nil {
		name = "ingress"
	}
	host := strconv.Itoa(2 + c.number)
	return resource.ContainerNetwork{Name: name, IPv4: "172.18." + strconv.Itoa(c.number/250) + "." + host, IPv6: "fd00:18::" + host}
}

func (c *container) mounts() []resource.Mount {
	root := "/var/lib/docker/volumes/"
	if c.engine.podman {
		root = "/var/lib/containers/storage/volumes/"
	}
	return []resource.Mount{
		{
			Type: "volume", Source: root + c.spec.volume + "/_data", Destination: "/data", Mode: "z", ReadWrite: true,
			Name: c.spec.volume, Driver: "local",
		},
		{Type: "bind", Source: "/etc/localtime", Destination: "/etc/localtime", Mode: "ro", Propagation: "rprivate"},
	}
}

// podman says what only Podman knows. The first container of an engine keeps
// the namespaces of its pod.
func (c *container) podman() *resource.Podman {
	return &resource.Podman{
		PodName: c.spec.project, PodID: c.engine.seed.Hex("pod-"+c.spec.project, 12), Infra: c.number == 0,
		ComposeProject: c.spec.project, ComposeService: c.spec.name, ComposeWorkdir: "/srv/" + c.spec.project,
		ComposeConfigHash: c.seed.Hex("compose", 64), AutoUpdatePolicy: "registry", AutoUpdateRestart: "rolled-back",
		UserNamespace: "keep-id",
	}
}

func (c *container) updateCheck(at time.Time) *resource.ImageUpdate {
	u := &resource.ImageUpdate{
		CurrentDigest: c.digest("current"), LatestDigest: c.digest("current"),
		CheckedAt: signal.Cycle{Every: 6 * time.Hour, Offset: time.Duration(c.number) * time.Minute}.Last(at),
	}
	switch {
	case c.update == updateAvailable:
		u.Available, u.LatestDigest = true, c.digest("latest")
	case c.update != "":
		u.LatestDigest, u.Error = "", c.update
	case strings.HasPrefix(c.spec.image, "registry.example.net/"):
		u.LatestDigest, u.Error = "", "registry needs a login"
	}
	return u
}
