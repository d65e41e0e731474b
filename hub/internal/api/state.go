package api

import (
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/stream"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
)

// StateView renders the whole state.
type StateView interface {
	// State returns one JSON object that is not changed afterwards.
	State(*inventory.Snapshot) ([]byte, error)
	// Summary counts what there is.
	Summary(*inventory.Snapshot) v5.Summary
}

func (a *API) stateRoutes() []route.Route {
	return []route.Route{
		{
			Path: "/api/state", Access: route.Scoped(auth.ScopeMonitoringRead), Limit: route.Unlimited(),
			Summary: "Everything that is watched, as of now",
			Description: "Carries an ETag: asking again with If-None-Match costs nothing while nothing has changed. " +
				"Compressed with zstd or gzip for callers that accept it.",
			Answer: v5.State{}, Handle: a.state,
		},
		{
			Path: "/api/state/summary", Access: route.Scoped(auth.ScopeMonitoringRead), Limit: route.Unlimited(),
			Summary: "The state in a few numbers, for frequent polling", Answer: v5.Summary{}, Handle: a.summary,
		},
		{
			Path: "/ws", Access: route.Scoped(auth.ScopeMonitoringRead), Limit: route.Unlimited(),
			Summary: "Live changes by websocket",
			Description: "Clients that offer the subprotocol pulse.live.v1 get a snapshot and then deltas; others get whole " +
				"states every ten seconds. A token may be given as the query parameter \"token\".",
			Media: "application/json", Handle: a.stream,
		},
	}
}

func (a *API) state(*route.Call) (any, error) {
	snapshot := a.Inventory.Snapshot()
	return a.documents.Get("state", route.Version{Revision: snapshot.Revision}, func() ([]byte, error) {
		return a.State.State(snapshot)
	})
}

func (a *API) summary(*route.Call) (any, error) {
	return a.State.Summary(a.Inventory.Snapshot()), nil
}

func (a *API) stream(c *route.Call) (any, error) {
	if !route.WantsUpgrade(c.Request) {
		return nil, &route.Error{
			Status: http.StatusUpgradeRequired, Code: "upgrade_required", Message: "This address speaks websocket only",
		}
	}
	a.Stream.ServeHTTP(c.Writer, stream.WithCaller(c.Request, c.From, c.Principal))
	return route.Taken{}, nil
}
