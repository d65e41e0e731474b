package api

import (
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/write"
	"github.com/pulse-hub/pulse/hub/internal/view/history"
)

// remoteWriteRoute tells addresses, which are a matter of settings.
func (a *API) remoteWriteRoute() route.Route {
	return route.Route{
		Path: "/api/metrics-store/remote", Access: route.Admin(auth.ScopeSettingsRead), Resource: auth.ResourceSettings,
		Summary:     "The systems that measured values are passed on to",
		Description: "By Prometheus remote write, as configured. Without any the list is empty.",
		Answer:      history.RemoteWrites{}, Handle: a.remoteWrite,
	}
}

func (a *API) remoteWrite(*route.Call) (any, error) {
	var all []write.Status
	if a.RemoteWrite != nil {
		all = a.RemoteWrite()
	}
	return history.RemoteWritesOf(all), nil
}
