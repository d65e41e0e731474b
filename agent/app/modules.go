package app

import (
	"context"
	"os"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/host"
	"github.com/pulse-hub/pulse/agent/internal/identity"
	"github.com/pulse-hub/pulse/agent/internal/module"
)

// modules builds the modules that are asked for and that this build has.
func (a *App) modules(who identity.Identity) []module.Module {
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

func (a *App) host(who identity.Identity) *hostModule {
	logger := a.logger.Named("host")
	return &hostModule{
		collector: host.New(host.Options{
			Hostname:    a.config.Hostname,
			AgentID:     who.AgentID,
			ReportIP:    a.config.ReportIP,
			Tags:        a.config.Tags,
			DiskExclude: a.config.Host.DiskExclude,
			Interval:    a.config.Interval,
			Logger:      logger,
		}),
		identity: who, version: a.version, interval: int(a.config.Interval / time.Second),
		wish: commandsWish{logger: logger},
	}
}

// identity finds out under which ids this machine reports.
func (a *App) identity(ctx context.Context, readOnly bool) identity.Identity {
	hostname := a.config.Hostname
	if hostname == "" {
		hostname, _ = os.Hostname() // the host module says so when there is none
	}
	return identity.Resolve(ctx, identity.Options{
		StateDir: a.config.StateDir, AgentID: a.config.AgentID, Hostname: hostname, ReadOnly: readOnly, Logger: a.logger.Named("identity"),
	})
}

// warnOfMissingModules names each module that was asked for and that this build lacks.
func (a *App) warnOfMissingModules() {
	asked := []struct {
		module string
		by     bool
	}{
		{"proxmox", a.config.Proxmox.Enabled},
		{"commands", a.config.EnableCommands},
	}
	for _, each := range asked {
		if each.by {
			a.logger.Warn("this build has no such module", "module", each.module)
		}
	}
}
