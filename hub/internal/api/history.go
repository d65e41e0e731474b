package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/read"
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
	// keptChartLines is how many lines charts have at most that are kept for the next one who asks. More of them are
	// written to each as they are read: they are some ten megabytes.
	keptChartLines = 15_000
)

func (a *API) historyRoutes() []route.Route {
	read := route.Scoped(auth.ScopeMonitoringRead)
	return slices.Concat([]route.Route{
		{
			Methods: getHead(), Path: "/api/charts", Access: read,
			Summary: "Series of everything, for small charts",
			Description: "A point of memory and disk is the average of its step. A point of cpu and of the rates is the " +
				"maximum where a step is two minutes or longer, so that peaks stay in sight, and the average else.",
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
				{Name: "resourceType", Description: "node, vm, container, guest, host, storage, dockerHost, dockerContainer, docker, or any type of /api/resources.", Required: true},
				{Name: "resourceId", Description: "The resource's id.", Required: true},
				{Name: "metric", Description: "One metric, such as cpu, or one that the source itself measures, such as queued{queue=in}; all without it."},
				{Name: "range", Description: "1h, 6h, 12h, 24h, 7d, 30d, 90d or a duration such as 90m; 24h without it."},
			},
			Answer: history.History{}, Handle: a.history,
		},
		a.remoteWriteRoute(),
	}, a.forecastRoutes())
}

func chartRanges() []string { return []string{"5m", "15m", "30m", "1h", "4h", "12h", "24h", "7d"} }

func (a *API) charts(c *route.Call) (any, error) {
	span := history.ChartRange(c.Query("range"))
	ctx, cancel := a.lookup(c)
	defer cancel()
	snapshot := a.Inventory.Snapshot()
	plan := history.PlanCharts(history.Request{Snapshot: snapshot, Now: a.Now(), Span: span})
	if plan.Lines() > keptChartLines {
		return a.streamCharts(ctx, c, plan)
	}
	version := route.Version{Revision: snapshot.Revision, MaxAge: chartsAge}
	return a.documents.Get("charts "+span.String(), version, func() ([]byte, error) {
		var body bytes.Buffer
		if err := plan.Write(ctx, a.Measurements, &body); err != nil {
			return nil, unreadable(err)
		}
		return body.Bytes(), nil
	})
}

// streamCharts writes charts as they are read. What fails once a part has been written ends the connection: that it
// is not all is to be seen.
func (a *API) streamCharts(ctx context.Context, c *route.Call, plan *history.ChartPlan) (any, error) {
	w := c.Stream("application/json")
	if c.Request.Method == http.MethodHead {
		return route.Taken{}, w.Begin()
	}
	err := plan.Write(ctx, a.Measurements, w)
	if err == nil {
		err = w.Close()
	}
	if err != nil && w.Begun() {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return route.Taken{}, nil
}

func (a *API) storageCharts(c *route.Call) (any, error) {
	ctx, cancel := a.lookup(c)
	defer cancel()
	charts, err := history.ReadStorageCharts(ctx, a.Measurements, history.Request{
		Snapshot: a.Inventory.Snapshot(), Now: a.Now(), Span: history.StorageRange(c.Query("range")),
	})
	return charts, unreadable(err)
}

// unreadable makes an answer of a failure to read that passes by itself.
func unreadable(err error) error {
	if errors.Is(err, metrics.ErrReplaying) {
		return &route.Error{
			Status: http.StatusServiceUnavailable, Code: "replaying", RetryAfter: 2 * time.Second,
			Message: "History is being read back after a restart; try again in a moment",
		}
	}
	if errors.Is(err, read.ErrUnreachable) || errors.Is(err, read.ErrRefused) {
		return &route.Error{
			Status: http.StatusServiceUnavailable, Code: "history_unavailable", RetryAfter: 10 * time.Second, Message: err.Error(),
		}
	}
	return err
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
	answer, err := history.ReadHistory(ctx, a.Measurements, a.Inventory.Snapshot(), a.Now(), query)
	return answer, unreadable(err)
}

func (a *API) lookup(c *route.Call) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(c.Context(), historyTimeout, errHistoryTimeout)
}

var errHistoryTimeout = errors.New("history was not read in time")
