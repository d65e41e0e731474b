package app

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/health"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/internal/sender"
	"github.com/pulse-hub/pulse/agent/internal/spool"
	"github.com/pulse-hub/pulse/agent/report"
)

// road is the way of one module's reports: from the module through the spool to the hubs, and of the answers back.
type road struct {
	module   module.Module
	outbox   *sender.Outbox
	interval time.Duration
	logger   hclog.Logger
	tried    atomic.Bool // the first collection is done
}

// roads builds a road for each module. It opens their spools, which share the room they may take.
func (a *App) roads(who self, targets []*sender.Target) []*road {
	var roads []*road
	modules := a.modules(who)
	for _, each := range modules {
		info := each.Info()
		logger := a.logger.Named(info.Name)
		roads = append(roads, &road{
			module: each, interval: a.config.Interval, logger: logger,
			outbox: sender.New(sender.Options{
				Module: info, Targets: targets, Hear: each.Hear, Logger: logger,
				Spool: spool.Open(spool.Options{
					Dir:      filepath.Join(a.config.Spool.Dir, info.Name),
					MaxBytes: a.config.Spool.MaxBytes / int64(len(modules)),
					MaxAge:   a.config.Spool.MaxAge,
					Readers:  keys(targets),
					Logger:   logger.Named("spool"),
				}),
			}),
		})
	}
	return roads
}

// targets returns the hubs, in their order. The state directory, which may be empty, keeps what is known about them.
func (a *App) targets(stateDir string) []*sender.Target {
	var targets []*sender.Target
	for i, target := range a.config.Targets {
		targets = append(targets, sender.NewTarget(sender.TargetOptions{
			Place: i, URL: target.URL, Token: string(target.Token), StateDir: stateDir,
			Client: sender.NewClient(sender.ClientOptions{Insecure: a.config.Insecure}),
		}))
	}
	return targets
}

// parts returns what of the road must run.
func (r *road) parts() []func(context.Context) error {
	parts := []func(context.Context) error{r.outbox.Run, func(ctx context.Context) error {
		return module.Run(ctx, module.Options{
			Module: r.module, Interval: r.interval, Put: r.put, Tried: func() { r.tried.Store(true) }, Logger: r.logger,
		})
	}}
	if background, ok := r.module.(module.Background); ok {
		parts = append(parts, background.Run)
	}
	return parts
}

// put sends a report on its way. That of the machine says so when the spool cannot use the disk.
func (r *road) put(value report.Report) error {
	if host, ok := value.(*report.Host); ok {
		noteProblem(host, r.outbox.Spool().Problem)
	}
	return r.outbox.Put(value)
}

// noteProblem adds a problem of the spool to what is degraded.
func noteProblem(host *report.Host, problem error) {
	if problem == nil {
		return
	}
	if host.Detail == nil {
		host.Detail = &report.HostDetail{}
	}
	host.Detail.Degraded = append(host.Detail.Degraded, report.DegradedPart{
		Part: "spool", Reason: "reports that wait are in memory only: " + problem.Error(),
	})
}

// addTo adds how the road stands.
func (r *road) addTo(snapshot *health.Snapshot) {
	snapshot.Ready = snapshot.Ready && r.tried.Load()
	for _, stats := range r.outbox.Stats() {
		snapshot.Sent += stats.Sent
		snapshot.Failed += stats.Failed
		snapshot.Dropped += stats.Dropped
		snapshot.Queued = max(snapshot.Queued, stats.Waiting)
	}
	spool := r.outbox.Spool()
	snapshot.SpoolBytes += spool.Bytes
	snapshot.SpoolDropped += spool.Dropped
	for _, check := range r.module.Checks() {
		snapshot.Collectors = append(snapshot.Collectors, health.Collector{
			Module: r.module.Info().Name, Name: check.Name, Duration: check.Duration,
			OK: check.State == module.OK || check.State == module.Unavailable,
		})
	}
}

func keys(targets []*sender.Target) []string {
	var list []string
	for _, target := range targets {
		list = append(list, target.Key())
	}
	return list
}

func names(roads []*road) []string {
	var list []string
	for _, road := range roads {
		list = append(list, road.module.Info().Name)
	}
	return list
}
