// Package telemetry measures the hub itself and serves what it measured to Prometheus.
package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// Telemetry is the set of the hub's own metrics. It is safe for concurrent use.
type Telemetry struct {
	registry *prometheus.Registry
	included prometheus.Gatherers
	requests *prometheus.CounterVec
	errors   *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// New returns a set with the metrics of the process and of HTTP requests.
func New() *Telemetry {
	labels := []string{"method", "route", "status"}
	t := &Telemetry{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pulse_http_requests_total", Help: "HTTP requests answered.",
		}, labels),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pulse_http_request_errors_total", Help: "HTTP requests answered with a status of 400 or above.",
		}, []string{"method", "route", "status_class"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pulse_http_request_duration_seconds", Help: "Time until an HTTP request was answered.",
			Buckets: []float64{.001, .005, .025, .1, .5, 2.5, 10},
		}, []string{"method", "route"}),
	}
	t.registry.MustRegister(t.requests, t.errors, t.duration,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t
}

// Answered counts one answer. The route is the declared path, so that the
// number of series is bounded.
func (t *Telemetry) Answered(route, method string, status int, duration time.Duration) {
	method = known(method)
	t.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	t.duration.WithLabelValues(method, route).Observe(duration.Seconds())
	if status >= http.StatusBadRequest {
		t.errors.WithLabelValues(method, route, strconv.Itoa(status/100)+"xx").Inc()
	}
}

// known keeps what callers invent out of the labels.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// Gauge adds a metric whose value is asked for when it is read. The name must
// not be taken; read must be safe for concurrent use and must not block.
func (t *Telemetry) Gauge(name, help string, read func() float64) {
	t.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Include adds the metrics that a part of the hub gathers itself. It must be
// called before Handler.
func (t *Telemetry) Include(g prometheus.Gatherer) { t.included = append(t.included, g) }

// Registry takes further metrics of parts that measure themselves.
func (t *Telemetry) Registry() prometheus.Registerer { return t.registry }

// Gatherer gives everything that Handler serves, what is included later too.
func (t *Telemetry) Gatherer() prometheus.Gatherer {
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		return append(prometheus.Gatherers{t.registry}, t.included...).Gather()
	})
}

// Handler serves the metrics in the Prometheus text format.
func (t *Telemetry) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(append(prometheus.Gatherers{t.registry}, t.included...), promhttp.HandlerOpts{Timeout: 10 * time.Second}))
	return mux
}
