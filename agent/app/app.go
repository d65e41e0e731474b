// Package app is the agent as a part that any program, or test, can run: it builds the modules from a configuration and
// owns their lives.
package app

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/config"
	"github.com/pulse-hub/pulse/agent/internal/health"
)

// App is one agent. It is safe to run several in one process if their directories and health addresses differ.
type App struct {
	config  config.Config
	version string
	logger  hclog.Logger
	started time.Time
}

// New returns an agent and touches nothing of the system. The version is that of the program, or "dev".
func New(cfg config.Config, version string, logger hclog.Logger) *App {
	return &App{config: cfg, version: version, logger: logger, started: time.Now()}
}

// Run runs the agent until the context ends, and returns nil then. It waits for everything it started.
func (a *App) Run(ctx context.Context) error { return a.RunProgram(ctx, Program{}) }

// RunProgram does so for an agent that is the whole of a program, which is kept up to date. It returns [ErrReplaced] when
// the program is another one.
func (a *App) RunProgram(ctx context.Context, program Program) error {
	var roads []*road
	who := self{Identity: a.identity(ctx, false)}
	var parts []func(context.Context) error
	if program.Path != "" {
		follower := a.follower(program, func() bool { return snapshot(roads).Sent > 0 })
		who.updatedFrom = follower.UpdatedFrom()
		parts = append(parts, follower.Run)
	}
	if len(a.config.Targets) > 0 {
		who.commands = a.commands(who.Identity)
		parts = append(parts, who.commands.Run)
	}
	if a.config.Proxmox.Enabled {
		parts = append(parts, a.registrar().Run)
	}
	roads = a.roads(who, a.targets(a.config.Spool.Dir))
	a.logger.Info("agent starts", "version", a.version, "interval", a.config.Interval, "modules", names(roads), "hubs", len(a.config.Targets))
	for _, road := range roads {
		parts = append(parts, road.parts()...)
	}
	if a.config.HealthAddr != "" {
		parts = append(parts, a.health(roads).Run)
	}
	err := runAll(ctx, parts)
	a.logger.Info("agent ends")
	return err
}

// runAll runs the parts until the context ends or one of them fails, and waits for all. It returns the first failure.
func runAll(ctx context.Context, parts []func(context.Context) error) error {
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	for _, part := range parts {
		wait.Go(func() {
			if err := part(running); err != nil {
				cancel(err)
			}
		})
	}
	<-running.Done()
	wait.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(running)
}

// health returns the health listener of this agent.
func (a *App) health(roads []*road) *health.Server {
	info := health.Info{Version: a.version, Started: a.started}
	for _, road := range roads {
		switch road.module.Info().Name {
		case "host":
			info.Host = true
		case "docker":
			info.Docker = true
		case "kubernetes":
			info.Kubernetes = true
		}
	}
	return health.New(health.Options{
		Addr: a.config.HealthAddr, Info: info, Logger: a.logger.Named("health"),
		Snapshot: func() health.Snapshot { return snapshot(roads) },
	})
}

// snapshot sums up how the roads stand.
func snapshot(roads []*road) health.Snapshot {
	result := health.Snapshot{Ready: true}
	for _, road := range roads {
		road.addTo(&result)
	}
	return result
}
