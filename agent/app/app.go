// Package app is the agent as a part that any program, or test, can run: it builds the modules from a configuration and
// owns their lives.
package app

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/config"
	"github.com/pulse-hub/pulse/agent/internal/health"
	"github.com/pulse-hub/pulse/agent/internal/host"
	"github.com/pulse-hub/pulse/agent/internal/sender"
	"github.com/pulse-hub/pulse/agent/report"
)

// App is one agent. It is safe to run several in one process if their health addresses differ.
type App struct {
	config    config.Config
	version   string
	logger    hclog.Logger
	collector *host.Collector
	sender    *sender.Sender
	started   time.Time
	ready     atomic.Bool // the first collection is done
}

// New builds an agent and touches nothing of the system. The version is that of the program, or "dev".
func New(cfg config.Config, version string, logger hclog.Logger) *App {
	app := &App{config: cfg, version: version, logger: logger, started: time.Now()}
	app.collector = host.New(host.Options{
		Hostname:    cfg.Hostname,
		AgentID:     cfg.AgentID,
		ReportIP:    cfg.ReportIP,
		Tags:        cfg.Tags,
		DiskExclude: cfg.Host.DiskExclude,
		Logger:      logger.Named("host"),
	})
	app.sender = sender.New(sender.Options{
		URL:       cfg.URL,
		Token:     string(cfg.Token),
		Path:      report.HostPath,
		MaxBytes:  report.MaxHostBytes,
		UserAgent: "pulse-host-agent/" + version,
		Client:    sender.NewClient(sender.ClientOptions{Insecure: cfg.Insecure}),
		Logger:    logger.Named("sender"),
		OnAnswer:  (&commandsWish{logger: logger}).hear,
	})
	return app
}

// Run runs the agent until the context ends, and returns nil then. It waits for everything it started.
func (a *App) Run(ctx context.Context) error {
	a.logger.Info("agent starts", "version", a.version, "interval", a.config.Interval, "host", a.config.Host.Enabled)
	a.warnOfMissingModules()

	var parts []func(context.Context) error
	if a.config.Host.Enabled {
		parts = append(parts, a.report, a.sender.Run)
	} else {
		a.ready.Store(true) // there is nothing to wait for
	}
	if a.config.HealthAddr != "" {
		parts = append(parts, a.health().Run)
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
func (a *App) health() *health.Server {
	return health.New(health.Options{
		Addr:     a.config.HealthAddr,
		Info:     health.Info{Version: a.version, Host: a.config.Host.Enabled, Started: a.started},
		Snapshot: a.snapshot,
		Logger:   a.logger.Named("health"),
	})
}

func (a *App) snapshot() health.Snapshot {
	stats := a.sender.Stats()
	snapshot := health.Snapshot{
		Ready: a.ready.Load(), Sent: stats.Sent, Failed: stats.Failed, Dropped: stats.Dropped, Queued: stats.Queued,
	}
	for _, outcome := range a.collector.Outcomes() {
		snapshot.Collectors = append(snapshot.Collectors, health.Collector{
			Name: outcome.Name, Duration: outcome.Duration, OK: outcome.Err == nil,
		})
	}
	return snapshot
}
