package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
)

// ErrIncomplete is returned for a query that does not name a resource.
var ErrIncomplete = errors.New("resourceType and resourceId are required")

// temperature is the wire name of a machine's hottest processor sensor, in °C.
const temperature = "temperature"

// sensorCPU is the sensor label that the hottest processor sensor is recorded with.
const sensorCPU = "cpu"

// maxSeriesPoints is how many points a series of a history answer has at most.
const maxSeriesPoints = 500

// Query asks for the history of one resource.
type Query struct {
	// ResourceType is one of the names that v5.Kinds knows, ResourceID a v5 or unified id.
	ResourceType, ResourceID string
	// Metric is one metric, or empty for all.
	Metric string
	// Range is as the client gave it; see SpanOf.
	Range string
}

// SeriesPoint sums up the samples of one step. Timestamp is Unix ms.
type SeriesPoint struct {
	Timestamp int64   `json:"timestamp"`
	Value     float64 `json:"value"`
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
}

// History is the answer for all metrics of a resource. Start and End are Unix ms.
type History struct {
	ResourceType string                   `json:"resourceType"`
	ResourceID   string                   `json:"resourceId"`
	Range        string                   `json:"range"`
	Start        int64                    `json:"start"`
	End          int64                    `json:"end"`
	Metrics      map[string][]SeriesPoint `json:"metrics"`
}

// MetricHistory is the answer for one metric of a resource.
type MetricHistory struct {
	ResourceType string        `json:"resourceType"`
	ResourceID   string        `json:"resourceId"`
	Metric       string        `json:"metric"`
	Range        string        `json:"range"`
	Start        int64         `json:"start"`
	End          int64         `json:"end"`
	Points       []SeriesPoint `json:"points"`
}

// ReadHistory reads the history of one resource: all its metrics, or the one
// that the query names. A resource or metric that is not known has none, which
// is no error. It fails with ErrIncomplete or as the store does.
func ReadHistory(ctx context.Context, store Store, snap *inventory.Snapshot, now time.Time, query Query) (any, error) {
	if query.ResourceType == "" || query.ResourceID == "" {
		return nil, ErrIncomplete
	}
	request := Request{Snapshot: snap, Now: now, Span: SpanOf(query.Range)}
	start, end := request.from(), now.UnixMilli()
	series := map[string][]SeriesPoint{}
	if e, ok := find(snap, query.ResourceType, query.ResourceID); ok {
		r := seriesReader{store: store, request: request, entry: e, series: series}
		if err := r.read(ctx, query.Metric); err != nil {
			return nil, err
		}
	}
	if query.Metric == "" {
		return &History{query.ResourceType, query.ResourceID, query.Range, start, end, series}, nil
	}
	points := series[query.Metric]
	if points == nil {
		points = []SeriesPoint{}
	}
	return &MetricHistory{query.ResourceType, query.ResourceID, query.Metric, query.Range, start, end, points}, nil
}

// find looks a resource up by its v5 id, then by its unified one.
func find(snap *inventory.Snapshot, resourceType, id string) (*inventory.Entry, bool) {
	if e, ok := v5.Find(snap, resourceType, id); ok {
		return e, true
	}
	p := resources.NewProjector(snap, resources.Inputs{}, nil)
	for _, kind := range v5.Kinds(resourceType) {
		for e := range snap.OfKind(kind) {
			if p.ID(e) == id {
				return e, true
			}
		}
	}
	return nil, false
}

// seriesReader reads series of one resource into a map by wire name.
type seriesReader struct {
	store   Store
	request Request
	entry   *inventory.Entry
	series  map[string][]SeriesPoint
}

// read reads one metric, or all when none is wanted in particular.
func (r *seriesReader) read(ctx context.Context, wanted string) error {
	var query metrics.Query
	byName := map[string]wireMetric{}
	for _, m := range wireMetrics() {
		if wanted == "" || wanted == m.wire {
			query.Names = append(query.Names, m.name)
			byName[m.name] = m
		}
	}
	if len(query.Names) > 0 {
		if err := r.fetch(ctx, query, byName); err != nil {
			return err
		}
	}
	if wanted != "" && wanted != temperature {
		return nil
	}
	hottest := metrics.Query{
		Names: []string{metrics.TemperatureCelsius},
		Extra: []metrics.Label{{Name: metrics.LabelSensor, Value: sensorCPU}},
	}
	return r.fetch(ctx, hottest, map[string]wireMetric{
		metrics.TemperatureCelsius: {wire: temperature, name: metrics.TemperatureCelsius},
	})
}

func (r *seriesReader) fetch(ctx context.Context, query metrics.Query, byName map[string]wireMetric) error {
	query.Resources, query.Kinds = []string{r.entry.Key}, []string{string(r.entry.Kind)}
	query.From, query.To = r.request.from(), r.request.Now.UnixMilli()
	query.Step = stepFor(r.request.Span, maxSeriesPoints).Milliseconds()
	results, err := r.store.Select(ctx, query)
	if err != nil {
		return fmt.Errorf("read history of a %s: %w", r.entry.Kind, err)
	}
	for i := range results {
		metric, known := byName[results[i].Name]
		if !known || len(results[i].Points) == 0 {
			continue
		}
		points := make([]SeriesPoint, len(results[i].Points))
		for j, p := range results[i].Points {
			points[j] = SeriesPoint{p.At / 1000 * 1000, metric.value(p.Avg), metric.value(p.Min), metric.value(p.Max)}
		}
		r.series[metric.wire] = points
	}
	return nil
}
