package api

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/forecast"
	"github.com/pulse-hub/pulse/hub/internal/view/history"
)

// forecastsAge is how long the list of all forecasts passes: what is used grows slowly.
const forecastsAge = 30 * time.Second

func (a *API) forecastRoutes() []route.Route {
	forecaster := forecast.New(a.Measurements)
	return []route.Route{{
		Path: "/api/forecast", Access: route.Scoped(auth.ScopeMonitoringRead),
		Summary: "When storages, datastores and filesystems will be full",
		Description: "A robust trend of the last 30 days; what is full first comes first. " +
			"Where it is not foreseen to be full, daysUntilFull and fullAt are null and reason says why.",
		Query:  []route.Param{{Name: "resourceId", Description: "One resource by its id in /api/resources; all without it."}},
		Answer: history.Forecasts{},
		Handle: func(c *route.Call) (any, error) { return a.forecasts(c, forecaster) },
	}}
}

func (a *API) forecasts(c *route.Call, forecaster *forecast.Forecaster) (any, error) {
	ctx, cancel := a.lookup(c)
	defer cancel()
	snapshot, id := a.Inventory.Snapshot(), c.Query("resourceId")
	if id != "" {
		answer, found, err := history.ReadForecasts(ctx, forecaster, snapshot, a.Now(), id)
		if err == nil && !found {
			return nil, route.NotFound("resource_not_found", "There is no resource with this id")
		}
		return answer, unreadable(err)
	}
	version := route.Version{Revision: snapshot.Revision, MaxAge: forecastsAge}
	return a.documents.Get("forecast", version, func() ([]byte, error) {
		answer, _, err := history.ReadForecasts(ctx, forecaster, snapshot, a.Now(), "")
		if err != nil {
			return nil, unreadable(err)
		}
		body, err := json.Marshal(answer)
		if err != nil {
			return nil, fmt.Errorf("encode forecasts: %w", err)
		}
		return body, nil
	})
}
