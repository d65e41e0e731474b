package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// ErrIncomplete is returned for a query that does not name a resource.
var ErrIncomplete = errors.New("resourceType and resourceId are required")

// maxSeriesPoints is how many points a series of a history answer has at most.
const maxSeriesPoints = 500

// Query asks for the history of one resource.
type Query struct {
	// ResourceType is one of the names that v5.Kinds knows, a kind of resource, "guest" or "docker"; ResourceID is a
	// v5 or unified id.
	ResourceType, ResourceID string
	// Metric is one metric, by a name that History.Metrics has, or empty for all.
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
//
// Metrics has what is documented for everything: cpu, memory and disk in percent, netin, netout, diskread and
// diskwrite in bytes per second, and temperature, in °C, of the hottest processor sensor. Further it has up (1 while
// it can be reached and runs), memoryused, diskused and disktotal in bytes, other sensors as temperature{sensor=name},
// and what the source measures itself under the keys that the live feed has, name{label=value,…}, in its own unit.
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
		if err := readSeries(ctx, store, request, e, query.Metric, series); err != nil {
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

// readSeries reads one metric, or all when none is wanted in particular, into a map by wire name.
func readSeries(ctx context.Context, store Store, request Request, e *inventory.Entry, wanted string, into map[string][]SeriesPoint) error {
	known := catalogueOf(e, wanted)
	if len(known.names) == 0 {
		return nil
	}
	results, err := store.Select(ctx, metrics.Query{
		Names: known.names, Resources: []string{e.Key}, Kinds: []string{string(e.Kind)},
		From: request.from(), To: request.Now.UnixMilli(),
		Step: stepFor(request.Span, maxSeriesPoints).Milliseconds(),
	})
	if err != nil {
		return fmt.Errorf("read history of a %s: %w", e.Kind, err)
	}
	for i := range results {
		metric, found := known.metric(&results[i].Series)
		if !found || len(results[i].Points) == 0 || wanted != "" && wanted != metric.wire {
			continue
		}
		points := make([]SeriesPoint, len(results[i].Points))
		for j, p := range results[i].Points {
			points[j] = SeriesPoint{p.At / 1000 * 1000, metric.value(p.Avg), metric.value(p.Min), metric.value(p.Max)}
		}
		into[metric.wire] = points
	}
	return nil
}
