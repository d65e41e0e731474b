package app

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/read"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/write"
	"github.com/pulse-hub/pulse/hub/internal/promapi"
	"github.com/pulse-hub/pulse/hub/internal/telemetry"
	"github.com/pulse-hub/pulse/hub/internal/view/openmetrics"
)

// past is what the API reads of the past, and what is served to scrapers.
type past struct {
	measurements api.Measurements
	queries      *promapi.API
	values       http.Handler
}

// newPast says where history is read. The query API and the present values always come from the local store.
func (a *App) newPast(local *metrics.Store, live *inventory.Inventory, measured *telemetry.Telemetry) (past, error) {
	p := past{
		measurements: local,
		queries: promapi.New(promapi.Options{
			Queryable: local.Queryable(), Describe: openmetrics.Describe, Registry: measured.Registry(), Logger: slog.New(slog.DiscardHandler),
		}),
		values: openmetrics.Handler(openmetrics.Options{Queryable: local.Queryable(), Inventory: live, Own: measured.Gatherer()}),
	}
	if !a.config.History.Remote {
		return p, nil
	}
	there, err := read.New(a.config.History.Store)
	if err != nil {
		return past{}, err
	}
	p.measurements = remoteHistory{Store: there, local: local}
	return p, nil
}

// remoteHistory reads series elsewhere; what is told of the store is about the local one.
type remoteHistory struct {
	*read.Store
	local *metrics.Store
}

// Stats is part of api.Measurements.
func (r remoteHistory) Stats() metrics.Stats { return r.local.Stats() }

// startRemoteWrite passes what is stored on to other systems, if there are any.
func (a *App) startRemoteWrite(ctx context.Context, running *parts, measured *telemetry.Telemetry) (*write.Writer, error) {
	writer := write.New(write.Options{
		Dir: filepath.Join(a.config.DataDir, "remote-write"), Log: filepath.Join(a.config.DataDir, "metrics", "wal"),
		Describe: openmetrics.Describe, Agent: "pulse/" + a.build.Version, Logger: a.logger.Named("remote-write"),
	})
	if err := writer.Replace(a.config.RemoteWrite.Targets()); err != nil {
		return nil, err
	}
	measured.Registry().MustRegister(writer.Collector())
	running.start(ctx, "remote write", writer.Run)
	return writer, nil
}
