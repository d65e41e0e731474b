package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/docker/command"
	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/updates"
	"github.com/pulse-hub/pulse/agent/internal/docker/usage"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

// atOnce is how many containers are looked at at the same time.
const atOnce = 16

// collection is one collection on its way.
type collection struct {
	module   *Module
	began    time.Time
	client   *engine.Client
	result   *report.Docker
	degraded []report.DegradedPart
}

// look is what one collection finds out about one container.
type look struct {
	summary engine.Summary
	known   *remembered // nil when it is not known closely
	usage   usage.Usage
	running bool // usage is set
	err     error
}

// do makes the report.
func (c *collection) do(ctx context.Context) (*report.Docker, error) {
	client, err := c.module.connect(ctx)
	if err != nil {
		return nil, err
	}
	c.client = client
	list, err := client.Containers(ctx)
	if errors.Is(err, engine.ErrUnreachable) {
		c.module.lose(client)
		return nil, fmt.Errorf("%w: %w", module.ErrUnavailable, err)
	}
	host, hostErr := c.module.options.Host(ctx)
	if hostErr != nil {
		return nil, fmt.Errorf("report of the machine: %w", hostErr)
	}
	c.result = c.frame(host)
	if err != nil {
		c.degrade("containers", err)
	}
	c.readInfo(ctx, err == nil)
	if err == nil {
		c.result.Containers = []report.Container{} // none, rather than unknown
		c.readContainers(ctx, list)
	}
	c.readSwarm(ctx)
	if len(c.degraded) > 0 {
		c.detail().Degraded = c.degraded
	}
	shrink(c.result)
	return c.result, nil
}

// degrade notes a part that does not work.
func (c *collection) degrade(part string, err error) {
	c.degraded = append(c.degraded, report.DegradedPart{Part: part, Reason: err.Error()})
}

func (c *collection) detail() *report.DockerDetail {
	if c.result.Detail == nil {
		c.result.Detail = &report.DockerDetail{}
	}
	return c.result.Detail
}

// frame returns a report with what is known without the engine.
func (c *collection) frame(host *report.Host) *report.Docker {
	return &report.Docker{
		Agent: report.Agent{
			ID: host.Agent.ID, Version: c.module.options.Version, Type: report.AgentTypeUnified,
			IntervalSeconds: int(c.module.options.Interval / time.Second),
		},
		Host: report.DockerHost{
			Hostname: host.Host.Hostname, MachineID: host.Host.MachineID,
			UptimeSeconds: host.Host.UptimeSeconds, LoadAverage: host.Host.LoadAverage,
			CPUUsagePercent: host.Metrics.CPUUsagePercent, Memory: host.Metrics.Memory,
			Disks: host.Disks, Network: host.Network,
		},
		Timestamp: c.began.UTC(),
	}
}

// readInfo says what the engine is. What it said before stands for a while unless something happens to it, and for as
// long as it does not answer.
func (c *collection) readInfo(ctx context.Context, answers bool) {
	facts := &c.module.facts
	if answers && (c.module.changes.takeEngine() || time.Since(facts.at) >= infoLife) {
		c.askInfo(ctx)
	}
	info, host := facts.info, &c.result.Host
	host.Runtime = string(c.client.Runtime())
	host.Name, host.OS, host.KernelVersion, host.Architecture = info.Name, info.OperatingSystem, info.KernelVersion, info.Architecture
	host.RuntimeVersion, host.DockerVersion = info.ServerVersion, info.ServerVersion
	host.TotalCPU, host.TotalMemoryBytes = info.NCPU, info.MemTotal
}

// askInfo asks the engine about itself. It costs the engine more than a list of containers.
func (c *collection) askInfo(ctx context.Context) {
	info, err := c.client.Info(ctx)
	if err != nil {
		c.degrade("info", err)
		return
	}
	c.module.facts = facts{info: info, at: time.Now()}
}

// readContainers looks at all containers, and adds them in the engine's order.
func (c *collection) readContainers(ctx context.Context, list []engine.Summary) {
	looks := c.look(ctx, withoutBackups(list))
	var failed []error
	var keys []updates.Key
	for _, each := range looks {
		if each.err != nil {
			if engine.Missing(each.err) {
				continue // it went between the list and the look
			}
			failed = append(failed, each.err)
		}
		container := c.container(each)
		if key := each.key(); key != (updates.Key{}) && !c.module.options.DisableUpdateChecks {
			keys = append(keys, key)
			container.UpdateStatus = c.module.checker.Status(key)
		}
		c.result.Containers = append(c.result.Containers, container)
	}
	if len(failed) > 0 {
		c.degrade("containers", fmt.Errorf("%d of %d not measured: %w", len(failed), len(looks), failed[0]))
	}
	c.module.checker.Want(keys)
}

// withoutBackups leaves out what an update keeps until it has proved itself.
func withoutBackups(list []engine.Summary) []engine.Summary {
	kept := make([]engine.Summary, 0, len(list))
	for _, each := range list {
		if !strings.Contains(name(each), command.BackupMark) {
			kept = append(kept, each)
		}
	}
	return kept
}

// look looks at containers, several at once.
func (c *collection) look(ctx context.Context, list []engine.Summary) []look {
	known := c.module.changes.take()
	cache := c.module.cache
	cache.keep(list)
	looks := make([]look, len(list))
	for i, summary := range list {
		if cache.containers[summary.ID] == nil {
			cache.containers[summary.ID] = &remembered{}
		}
		looks[i] = look{summary: summary, known: cache.containers[summary.ID]}
	}
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(atOnce, len(list)) {
		wait.Go(func() {
			buffer := make([]byte, 16<<10)
			for i := range next {
				c.lookAt(ctx, &looks[i], known, buffer)
			}
		})
	}
	for i := range looks {
		next <- i
	}
	close(next)
	wait.Wait()
	return looks
}

// lookAt inspects a container if it may have changed, and measures it if it runs.
func (c *collection) lookAt(ctx context.Context, look *look, events knowledge, buffer []byte) {
	known := look.known
	if !events.fresh(known, look.summary) {
		known.epoch = 0 // in case this fails
		container, err := c.client.Container(ctx, look.summary.ID)
		if err != nil {
			look.known, look.err = nil, fmt.Errorf("inspect: %w", err)
			return
		}
		if container.State.Pid != known.container.State.Pid {
			known.located = false
		}
		known.container, known.listed, known.epoch = container, listedAs(look.summary), events.epoch
	}
	if !known.container.State.Running {
		known.located = false
		return
	}
	now, err := c.module.cache.measure(ctx, c.client, known, buffer)
	if err != nil {
		look.err = fmt.Errorf("measure: %w", err)
		return
	}
	known.sample = known.sample.next(known.container.State.StartedAt, now)
	look.usage, look.running = now, true
}

// key returns what to check for updates; nothing when the container is not known closely.
func (l look) key() updates.Key {
	if l.known == nil {
		return updates.Key{}
	}
	return updates.Key{Name: l.known.container.Config.Image, ImageID: l.summary.ImageID}
}
