package app

import (
	"context"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/command"
	"github.com/pulse-hub/pulse/agent/internal/host"
	"github.com/pulse-hub/pulse/agent/internal/identity"
	"github.com/pulse-hub/pulse/agent/internal/module"
)

// self is what modules know of the agent they are a part of.
type self struct {
	identity.Identity
	updatedFrom string          // the version before an update; empty: there was none
	commands    *command.Runner // nil where nothing can run commands
}

// modules builds the modules that are asked for.
func (a *App) modules(who self) []module.Module {
	var list []module.Module
	host := a.host(who)
	if a.config.Host.Enabled {
		list = append(list, host)
	}
	if a.wantsDocker() {
		list = append(list, a.docker(newMachine(host, a.config.Host.Enabled)))
	}
	if a.config.Kubernetes.Enabled {
		list = append(list, a.kubernetes())
	}
	return list
}

func (a *App) host(who self) *hostModule {
	return &hostModule{
		collector: host.New(host.Options{
			Hostname:    a.config.Hostname,
			AgentID:     who.AgentID,
			HostID:      who.HostID,
			MachineID:   who.MachineID,
			ReportIP:    a.config.ReportIP,
			Tags:        a.config.Tags,
			DiskExclude: a.config.Host.DiskExclude,
			Interval:    a.config.Interval,
			Logger:      a.logger.Named("host"),
		}),
		self: who, version: a.version, interval: int(a.config.Interval / time.Second), commands: a.config.EnableCommands,
	}
}

// identity finds out under which ids this machine reports.
func (a *App) identity(ctx context.Context, readOnly bool) identity.Identity {
	return identity.Resolve(ctx, identity.Options{
		StateDir: a.config.StateDir, AgentID: a.config.AgentID, Hostname: a.hostname(), ReadOnly: readOnly, Logger: a.logger.Named("identity"),
	})
}
