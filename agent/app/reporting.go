package app

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/config"
	"github.com/pulse-hub/pulse/agent/internal/host"
	"github.com/pulse-hub/pulse/agent/report"
)

// report collects at once and then at every interval, and hands each report to the sender. A system without a name is
// the one thing it cannot work with.
func (a *App) report(ctx context.Context) error {
	ticker := time.NewTicker(a.config.Interval)
	defer ticker.Stop()
	sequence := uint64(max(a.started.UnixMilli(), 1))
	for {
		err := a.cycle(ctx, sequence)
		sequence++
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, host.ErrNoHostname):
			return err
		case err != nil:
			a.logger.Error("no report this time", "error", err)
		}
		a.ready.Store(true)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// cycle makes one report.
func (a *App) cycle(ctx context.Context, sequence uint64) error {
	began := time.Now()
	current, err := a.collector.Collect(ctx)
	if err != nil {
		return err
	}
	current.Sequence = sequence
	current.Agent.Version = a.version
	current.Agent.Type = report.AgentTypeUnified
	current.Agent.IntervalSeconds = int(a.config.Interval / time.Second)
	a.logger.Debug("collected", "duration", time.Since(began))
	return a.sender.Queue(current)
}

// warnOfMissingModules names each module that was asked for and that this build lacks.
func (a *App) warnOfMissingModules() {
	asked := []struct {
		module string
		by     bool
	}{
		{"docker", a.config.Docker.Enabled == config.On},
		{"kubernetes", a.config.Kubernetes.Enabled},
		{"proxmox", a.config.Proxmox.Enabled},
		{"commands", a.config.EnableCommands},
	}
	for _, each := range asked {
		if each.by {
			a.logger.Warn("this build has no such module", "module", each.module)
		}
	}
}

// commandsWish follows whether the hub's administrator wants commands on this machine, which this build cannot run, and
// says so when the wish changes.
type commandsWish struct {
	logger hclog.Logger
	wanted bool
}

func (c *commandsWish) hear(answer report.HostAnswer) {
	wanted := answer.Config != nil && answer.Config.CommandsEnabled != nil && *answer.Config.CommandsEnabled
	if wanted && !c.wanted {
		c.logger.Warn("the hub enables commands, which this build has no module for")
	}
	c.wanted = wanted
}
