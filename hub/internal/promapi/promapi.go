// Package promapi answers the query part of the Prometheus HTTP API, so that Grafana, promtool and everything else that
// speaks to a Prometheus can read what the hub has measured.
//
// Paths, parameters and answers are those of https://prometheus.io/docs/prometheus/latest/querying/api/ (version 3).
// Who may ask is not decided here.
package promapi

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
)

// Defaults of Options.
const (
	DefaultTimeout    = 30 * time.Second
	DefaultMaxSamples = 20_000_000
	DefaultMaxSeries  = 100_000
	DefaultConcurrent = 4
	DefaultQueue      = 32
)

// maxPoints is how many steps a range query may have; clients know this number from Prometheus.
const maxPoints = 11_000

// lookback is how old a value may be to count as the present one.
const lookback = 5 * time.Minute

// subqueryStep is the step of a subquery that names none.
const subqueryStep = time.Minute

// Options say what is read and how much of it. Queryable is required; zero values mean the defaults above.
type Options struct {
	// Queryable has the samples.
	Queryable storage.Queryable
	// Describe says what a metric is. Nil: nothing is known of any.
	Describe func(name string) metadata.Metadata
	// Version is told as that of the server: the version of Prometheus whose query language is spoken. Empty: that of the
	// library in the program.
	Version string
	// Timeout bounds one query, waiting for its turn included.
	Timeout time.Duration
	// MaxSamples bounds the samples that one query holds in memory; each takes 16 bytes.
	MaxSamples int
	// MaxSeries bounds the series, names and values that one answer lists.
	MaxSeries int
	// Concurrent is how many queries run at a time, Queue how many wait. Those beyond are refused with status 503.
	Concurrent, Queue int
	// Registry gets the engine's own metrics; nil: nobody does.
	Registry prometheus.Registerer
	// Logger is told what the engine has to say; nil: nothing.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// API answers queries. Make it with New. It is safe for concurrent use.
type API struct {
	options Options
	engine  *promql.Engine
	parser  parser.Parser
	gate    *gate
}

// New returns an API.
func New(options Options) *API {
	options = options.withDefaults()
	language := parser.NewParser(parser.Options{})
	return &API{
		options: options, parser: language, gate: newGate(options.Concurrent, options.Queue),
		engine: promql.NewEngine(promql.EngineOpts{
			Logger: options.Logger, Reg: options.Registry, Parser: language,
			MaxSamples: options.MaxSamples, Timeout: options.Timeout, LookbackDelta: lookback,
			NoStepSubqueryIntervalFn: func(int64) int64 { return subqueryStep.Milliseconds() },
			EnableAtModifier:         true, EnableNegativeOffset: true,
		}),
	}
}

func (o Options) withDefaults() Options {
	setDefault(&o.Timeout, DefaultTimeout)
	setDefault(&o.MaxSamples, DefaultMaxSamples)
	setDefault(&o.MaxSeries, DefaultMaxSeries)
	setDefault(&o.Concurrent, DefaultConcurrent)
	setDefault(&o.Queue, DefaultQueue)
	if o.Describe == nil {
		o.Describe = func(string) metadata.Metadata { return metadata.Metadata{} }
	}
	if o.Version == "" {
		o.Version = libraryVersion()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Handler serves the whole API below /api/v1, for programs that have nothing else there.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"query", "query_range", "series", "labels", "format_query"} {
		handler := map[string]http.HandlerFunc{
			"query": a.Query, "query_range": a.QueryRange, "series": a.Series, "labels": a.Labels, "format_query": a.FormatQuery,
		}[path]
		mux.HandleFunc("GET /api/v1/"+path, handler)
		mux.HandleFunc("POST /api/v1/"+path, handler)
	}
	mux.HandleFunc("GET /api/v1/label/{name}/values", func(w http.ResponseWriter, r *http.Request) {
		a.LabelValues(w, r, r.PathValue("name"))
	})
	mux.HandleFunc("GET /api/v1/metadata", a.Metadata)
	mux.HandleFunc("GET /api/v1/status/buildinfo", a.BuildInfo)
	return mux
}
