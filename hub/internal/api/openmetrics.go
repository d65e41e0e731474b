package api

import (
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// ScrapeRoutes are the routes for scrapers; values serves what is measured at present.
func ScrapeRoutes(values http.Handler) []route.Route {
	return []route.Route{{
		Path: "/metrics", Access: route.Scoped(auth.ScopeMonitoringRead), Resource: auth.ResourceMonitoring, Media: "text/plain",
		Summary:     "Present values of everything, for Prometheus",
		Description: "In the text format of Prometheus, or OpenMetrics where the header Accept asks for it.",
		Handle:      handOver(func(w http.ResponseWriter, r *http.Request) { values.ServeHTTP(w, r) }),
	}}
}
