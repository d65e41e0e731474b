package api

import (
	"context"
	"errors"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/history"
)

// Measurements reads what was measured. It is safe for concurrent use.
type Measurements interface {
	history.Store
	// Stats says what is kept.
	Stats() metrics.Stats
}

const (
	// chartsAge is how long charts of an older revision pass: no series has
	// points closer than this, and drawing them all takes a while.
	chartsAge = 2 * time.Second
	// historyTimeout bounds a look into the store.
	historyTimeout = 20 * time.Second
)

func (a *API) historyRoutes() []route.Route {
	read := route.Scoped(auth.ScopeMonitoringRead)
	return []route.Route{
		{
			Methods: getHead(), Path: "/api/charts", Access: read,
			Summary: "Series of everything, for small charts",
			Query: []route.Param{{
				Name: "range", Description: "How far back; anything else means 1h.", Enum: chartRanges(),
			}},
			Answer: history.Charts{}, Handle: a.charts,
		},
		{
			Methods: getHead(), Path: "/api/storage-charts", Access: read,
			Summary: "Series of storages",
			Query:   []route.Param{{Name: "range", Description: "How far back, in minutes; 60 without it."}},
			Answer:  map[string]history.StorageLines{}, Handle: a.storageCharts,
		},
		{
			Path: "/api/metrics-store/stats", Access: read,
			Summary: "What the store of measured values holds", Answer: history.StoreStats{}, Handle: a.storeStats,
		},
		{
			Path: "/api/metrics-store/history", Access: read,
			Summary: "What was measured of one resource",
			Query: []route.Param{
				{Name: "resourceType", Description: "node, vm, container, host, storage, dockerHost or dockerContainer.", Required: true},
				{Name: "resourceId", Description: "The resource's id.", Required: true},
				{Name: "metric", Description: "One metric, such as cpu; all without it."},
				{Name: "range", Description: "1h, 6h, 12h, 24h, 7d, 30d, 90d or a duration such as 90m; 24h without it."},
			},
			Answer: history.History{}, Handle: a.history,
		},
	}
}

func chartRanges() []string { return []string{"5m", "15m", "30m", "1h", "4h", "12h", "24h", "7d"} }

func (a *API) charts(c *route.Call) (any, error) {
	span := history.ChartRange(c.Query("range"))
	ctx, cancel := a.lookup(c)
	defer cancel()
	snapshot := a.Inventory.Snapshot()
	version := route.Version{Revision: snapshot.Revision, MaxAge: chartsAge}
	return a.documents.Get("charts "+span.String(), version, func() ([]byte, error) {
		charts, err := history.ReadCharts(ctx, a.Measurements, history.Request{Snapshot: snapshot, Now: a.Now(), Span: span})
		if err != nil {
			return nil, err
		}
		return charts.AppendJSON(nil), nil
	})
}

func (a *API) storageCharts(c *route.Call) (any, error) {
	ctx, cancel := a.lookup(c)
	defer cancel()
	return history.ReadStorageCharts(ctx, a.Measurements, history.Request{
		Snapshot: a.Inventory.Snapshot(), Now: a.Now(), Span: history.StorageRange(c.Query("range")),
	})
}

func (a *API) storeStats(*route.Call) (any, error) {
	return history.StatsOf(a.Measurements.Stats()), nil
}

func (a *API) history(c *route.Call) (any, error) {
	query := history.Query{
		ResourceType: c.Query("resourceType"), ResourceID: c.Query("resourceId"),
		Metric: c.Query("metric"), Range: c.Query("range"),
	}
	if query.ResourceType == "" || query.ResourceID == "" {
		return nil, route.BadRequestText("resourceType and resourceId are required")
	}
	ctx, cancel := a.lookup(c)
	defer cancel()
	return history.ReadHistory(ctx, a.Measurements, a.Inventory.Snapshot(), a.Now(), query)
}

func (a *API) lookup(c *route.Call) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(c.Context(), historyTimeout, errHistoryTimeout)
}

var errHistoryTimeout = errors.New("history was not read in time")
