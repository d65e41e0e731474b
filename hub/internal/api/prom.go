package api

import (
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// PromQL answers the query part of the Prometheus HTTP API, errors included: its clients read no others. It is safe
// for concurrent use.
type PromQL interface {
	Query(http.ResponseWriter, *http.Request)
	QueryRange(http.ResponseWriter, *http.Request)
	Series(http.ResponseWriter, *http.Request)
	Labels(http.ResponseWriter, *http.Request)
	LabelValues(w http.ResponseWriter, r *http.Request, name string)
	FormatQuery(http.ResponseWriter, *http.Request)
	Metadata(http.ResponseWriter, *http.Request)
	BuildInfo(http.ResponseWriter, *http.Request)
}

// maxQueryForm is the most bytes that are read of a query that comes as a form.
const maxQueryForm = 1 << 20

// queries is the limit of queries: a dashboard sends one for each panel, and how many run at a time is bounded anyway.
func queries() route.Limit { return route.Limit{Name: "queries", Requests: 3000, Window: time.Minute} }

// PromRoutes are the routes that make the hub a data source of the kind Prometheus.
func PromRoutes(q PromQL) []route.Route {
	span := []route.Param{
		{Name: "match[]", Description: "A selector of series; may be there several times."},
		{Name: "start", Description: "Unix seconds or RFC 3339; everything without it."},
		{Name: "end", Description: "Unix seconds or RFC 3339; everything without it."},
		{Name: "limit", Description: "How much is listed at most."},
	}
	expression := route.Param{Name: "query", Description: "The PromQL expression.", Required: true}
	instant := []route.Param{
		expression,
		{Name: "time", Description: "Unix seconds or RFC 3339; now without it."},
		{Name: "timeout", Description: "How long it may take, such as 10s; at most half a minute."},
		{Name: "limit", Description: "How many series are told at most."},
	}
	steps := []route.Param{
		expression,
		{Name: "start", Description: "Unix seconds or RFC 3339.", Required: true},
		{Name: "end", Description: "Unix seconds or RFC 3339.", Required: true},
		{Name: "step", Description: "Seconds or a duration such as 1m.", Required: true},
		instant[2], instant[3],
	}
	// There may be no q where routes are only described.
	by := func(answer func(PromQL, http.ResponseWriter, *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { answer(q, w, r) }
	}
	return []route.Route{
		promRoute("query", "A PromQL query at one moment", instant, by(PromQL.Query)),
		promRoute("query_range", "A PromQL query at each step of a time", steps, by(PromQL.QueryRange)),
		promRoute("series", "Labels of series", span, by(PromQL.Series)),
		promRoute("labels", "Names of labels", span, by(PromQL.Labels)),
		promRoute("format_query", "A PromQL query with the usual spaces", []route.Param{expression}, by(PromQL.FormatQuery)),
		{
			Methods: getHead(), Path: "/api/v1/label/{name}/values", Access: route.Scoped(auth.ScopeMonitoringRead), Resource: auth.ResourceMonitoring,
			Limit: queries(), Summary: "Values of one label", Query: span,
			Handle: func(c *route.Call) (any, error) {
				q.LabelValues(c.Writer, c.Request, c.PathValue("name"))
				return route.Taken{}, nil
			},
		},
		onlyGet(promRoute("metadata", "Type, unit and meaning of metrics", []route.Param{
			{Name: "metric", Description: "One metric; all without it."}, span[3],
		}, by(PromQL.Metadata))),
		onlyGet(promRoute("status/buildinfo", "Which version of Prometheus' query language is spoken", nil, by(PromQL.BuildInfo))),
	}
}

func promRoute(path, summary string, query []route.Param, answer http.HandlerFunc) route.Route {
	return route.Route{
		Methods: []string{http.MethodGet, http.MethodPost}, Path: "/api/v1/" + path, Access: route.Scoped(auth.ScopeMonitoringRead), Resource: auth.ResourceMonitoring,
		Unaudited: "queries change nothing", Unforged: true,
		Limit: queries(), MaxBody: maxQueryForm, Summary: summary, Query: query, Handle: handOver(answer),
		Description: "Path, parameters and answers are those of the Prometheus HTTP API; with POST, parameters may come as a form.",
	}
}

func onlyGet(r route.Route) route.Route {
	r.Methods, r.MaxBody = getHead(), 0
	r.Description = "Path, parameters and answers are those of the Prometheus HTTP API."
	return r
}

// handOver lets something else answer altogether.
func handOver(answer http.HandlerFunc) route.Handler {
	return func(c *route.Call) (any, error) {
		answer(c.Writer, c.Request)
		return route.Taken{}, nil
	}
}
