package app

import (
	"context"
	"fmt"
	"net"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/recall"
	"github.com/pulse-hub/pulse/hub/internal/record"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/stream"
	"github.com/pulse-hub/pulse/hub/internal/telemetry"
)

// measure says what the hub measures of itself beyond requests.
func (a *App) measure(live *inventory.Inventory, feed *stream.Stream, platform *platform, series *metrics.Store) *telemetry.Telemetry {
	t := telemetry.New()
	t.Gauge("pulse_resources", "Resources that are known.", func() float64 { return float64(live.Snapshot().Len()) })
	t.Gauge("pulse_inventory_revision", "Revision of the newest snapshot.", func() float64 { return float64(live.Snapshot().Revision) })
	t.Gauge("pulse_stream_connections", "Clients connected by websocket.", func() float64 { return float64(feed.Connections()) })
	t.Gauge("pulse_scheduler_queue_depth", "Polls that wait.", func() float64 { return float64(platform.scheduler.Health().Queue.Depth) })
	t.Gauge("pulse_scheduler_queue_due_soon", "Polls due within twelve seconds.", func() float64 { return float64(platform.scheduler.Health().Queue.DueSoon) })
	t.Gauge("pulse_monitor_poll_inflight", "Polls that are going on.", func() float64 { return float64(platform.scheduler.Health().Queue.Running) })
	t.Gauge("pulse_scheduler_dead_letter_depth", "Sources that are only tried rarely.", func() float64 {
		dead := 0
		for _, one := range platform.scheduler.Health().Instances {
			if one.DeadLetter != nil {
				dead++
			}
		}
		return float64(dead)
	})
	t.Series(series.Stats)
	t.Plugins(platform.host.Status)
	t.Include(series.Gatherer())
	return t
}

// recordQueue is how many batches may wait to be recorded before observations have to wait.
const recordQueue = 1024

// startStores runs what writes to the stores and what keeps the present.
func (a *App) startStores(ctx context.Context, running *parts, opened stores, live *inventory.Inventory) {
	running.start(ctx, "metrics", opened.metrics.Run)
	// Subscribed before anything can be observed, so that the history has no gap.
	measured := live.Subscribe("record", recordQueue)
	running.start(ctx, "record", func(ctx context.Context) error {
		defer measured.Close()
		return record.New(opened.metrics, a.logger.Named("record")).Run(ctx, measured.Batches())
	})
	running.start(ctx, "inventory", live.Run)
}

// remember brings back what was known before the hub ended, and keeps what is
// known now. Made-up systems are not worth remembering.
func (a *App) remember(ctx context.Context, running *parts, settings store.Store, live *inventory.Inventory) error {
	if a.config.Mock {
		return nil
	}
	memory := recall.New(settings, live, a.logger.Named("recall"))
	if err := memory.Restore(ctx); err != nil {
		return err
	}
	running.start(ctx, "recall", memory.Run)
	return nil
}

// startTelemetry serves the hub's own metrics if an address is configured. The
// hub works without them: a port that is taken is worth a warning only.
func (a *App) startTelemetry(ctx context.Context, running *parts, measured *telemetry.Telemetry) {
	if a.config.MetricsAddress == "" {
		return
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", a.config.MetricsAddress)
	if err != nil {
		a.logger.Warn("own metrics are not served", "address", a.config.MetricsAddress, "error", err)
		return
	}
	running.start(ctx, "metrics server", func(ctx context.Context) error {
		plain := *a.config
		plain.HTTPS = false // scraped from inside, as documented
		if err := serve(ctx, listener, measured.Handler(), &plain, a.logger.Named("telemetry")); err != nil {
			return fmt.Errorf("own metrics: %w", err)
		}
		return nil
	})
}
