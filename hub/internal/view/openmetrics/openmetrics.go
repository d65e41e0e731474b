// Package openmetrics renders the present value of everything that is measured for scrapers, in the formats that
// Prometheus and OpenMetrics define.
package openmetrics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

const (
	// fresh is how old a value may be to be the present one.
	fresh = 5 * time.Minute
	// timeout bounds one reading.
	timeout = 15 * time.Second
	// atATime is how many scrapers are served at a time; more are told to come back (status 503).
	atATime = 3
)

// infoName is the metric that says what a resource is called and what it belongs to.
const infoName = "pulse_resource_info"

var errTimeout = errors.New("present values were not read in time")

// Snapshots gives the present.
type Snapshots interface {
	// Snapshot returns the newest snapshot without blocking.
	Snapshot() *inventory.Snapshot
}

// Options say what is rendered. All but Own are required.
type Options struct {
	// Queryable has the samples.
	Queryable storage.Queryable
	// Inventory has the resources; values of others are left out.
	Inventory Snapshots
	// Own are the hub's metrics of itself; nil: none.
	Own prometheus.Gatherer
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Handler serves the newest value of each series that is at most five minutes old, what each resource is
// (pulse_resource_info), and the hub's own metrics. The header Accept decides between OpenMetrics and the text format
// of Prometheus, which is what is served without it.
func Handler(options Options) http.Handler {
	if options.Now == nil {
		options.Now = time.Now
	}
	sources := prometheus.Gatherers{prometheus.GathererFunc(options.gather)}
	if options.Own != nil {
		sources = append(sources, options.Own)
	}
	return promhttp.HandlerFor(sources, promhttp.HandlerOpts{
		// A plugin that takes a name of ours spoils its own metric only.
		ErrorHandling:     promhttp.ContinueOnError,
		EnableOpenMetrics: true, MaxRequestsInFlight: atATime, Timeout: 2 * timeout,
	})
}

// gather reads the present values as families, without order.
func (o Options) gather() ([]*dto.MetricFamily, error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), timeout, errTimeout)
	defer cancel()
	now, snapshot := o.Now(), o.Inventory.Snapshot()
	querier, err := o.Queryable.Querier(now.Add(-fresh).UnixMilli(), now.UnixMilli())
	if err != nil {
		return nil, err
	}
	// Closing ends a hold on files; its error concerns nothing that was read.
	defer querier.Close()
	hints := &storage.SelectHints{Start: now.Add(-fresh).UnixMilli(), End: now.UnixMilli()}
	set := querier.Select(ctx, false, hints, labels.MustNewMatcher(labels.MatchNotEqual, model.MetricNameLabel, ""))
	g := families{byName: map[string]*dto.MetricFamily{}}
	for set.Next() {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		series := set.At()
		lset := series.Labels()
		if _, exists := snapshot.Get(lset.Get(metrics.LabelResource)); !exists {
			continue
		}
		g.it = series.Iterator(g.it)
		if value, ok := last(g.it); ok {
			g.add(lset, value)
		}
	}
	if err := set.Err(); err != nil {
		return nil, fmt.Errorf("read present values: %w", err)
	}
	return append(g.all, info(snapshot)...), nil
}

// last returns the newest value of a series. A part that cannot be read has none.
func last(it chunkenc.Iterator) (value float64, ok bool) {
	for it.Next() == chunkenc.ValFloat {
		_, value = it.At()
		ok = true
	}
	return value, ok
}

// families gathers metrics by name.
type families struct {
	byName map[string]*dto.MetricFamily
	all    []*dto.MetricFamily
	it     chunkenc.Iterator // reused from series to series
}

func (g *families) add(lset labels.Labels, value float64) {
	metric := &dto.Metric{Label: make([]*dto.LabelPair, 0, lset.Len())}
	lset.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel {
			metric.Label = append(metric.Label, pair(l.Name, l.Value))
		}
	})
	family := g.family(lset.Get(model.MetricNameLabel))
	if family.GetType() == dto.MetricType_COUNTER {
		metric.Counter = &dto.Counter{Value: &value}
	} else {
		metric.Gauge = &dto.Gauge{Value: &value}
	}
	family.Metric = append(family.Metric, metric)
}

func (g *families) family(name string) *dto.MetricFamily {
	if known := g.byName[name]; known != nil {
		return known
	}
	about, kind := Describe(name), dto.MetricType_GAUGE
	if about.Type == model.MetricTypeCounter {
		kind = dto.MetricType_COUNTER
	}
	name = strings.Clone(name) // what comes from the storage lives as long as the querier
	made := &dto.MetricFamily{Name: &name, Type: &kind, Help: &about.Help}
	g.byName[name] = made
	g.all = append(g.all, made)
	return made
}

// info says of each resource what it is called and what it belongs to.
func info(snapshot *inventory.Snapshot) []*dto.MetricFamily {
	name, help, kind, one := infoName, "What a resource is called and what it belongs to.", dto.MetricType_GAUGE, 1.0
	family := &dto.MetricFamily{Name: &name, Help: &help, Type: &kind}
	for e := range snapshot.All() {
		pairs := make([]*dto.LabelPair, 0, 5)
		for _, l := range []labels.Label{
			{Name: metrics.LabelKind, Value: string(e.Kind)}, {Name: "name", Value: strings.ToValidUTF8(e.Name, "?")},
			{Name: "parent", Value: e.ParentKey}, {Name: metrics.LabelResource, Value: e.Key}, {Name: "source", Value: e.Source},
		} {
			if l.Value != "" {
				pairs = append(pairs, pair(l.Name, l.Value))
			}
		}
		family.Metric = append(family.Metric, &dto.Metric{Label: pairs, Gauge: &dto.Gauge{Value: &one}})
	}
	if len(family.Metric) == 0 {
		return nil
	}
	return []*dto.MetricFamily{family}
}

func pair(name, value string) *dto.LabelPair {
	value = strings.Clone(value) // what comes from the storage lives as long as the querier
	return &dto.LabelPair{Name: &name, Value: &value}
}
