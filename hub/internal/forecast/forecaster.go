package forecast

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// Store reads series; [metrics.Store] is one.
type Store interface {
	Select(ctx context.Context, query metrics.Query) ([]metrics.Result, error)
}

// A Subject is what a forecast is wanted of.
type Subject struct {
	// Key and Kind are the labels of its series.
	Key, Kind string
	// Used and Capacity are its present numbers in bytes; Capacity is what can be filled.
	Used, Capacity float64
}

const (
	// batchSize is how many histories are in memory at a time: 500 of 720 hours are 12 MB.
	batchSize = 500
	// maxTrends bounds the trends that are kept.
	maxTrends = 100_000
)

// A Forecaster makes forecasts. It reads the history of a resource once an hour, when it is first asked for it. It is
// safe for concurrent use; one caller reads at a time.
type Forecaster struct {
	store Store
	turn  chan struct{} // holds a value while somebody uses what is below

	hour   int64 // that the trends are of
	trends map[string]Trend
}

// New returns a Forecaster that reads from the store.
func New(store Store) *Forecaster {
	return &Forecaster{store: store, turn: make(chan struct{}, 1)}
}

// Of returns the forecast of each subject, in their order. It fails as the store does, and when ctx ends.
func (f *Forecaster) Of(ctx context.Context, now time.Time, subjects []Subject) ([]Forecast, error) {
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for forecasts: %w", context.Cause(ctx))
	}
	defer func() { <-f.turn }()
	if err := f.learn(ctx, now, subjects); err != nil {
		return nil, err
	}
	forecasts := make([]Forecast, len(subjects))
	for i, s := range subjects {
		trend := f.trends[s.Key]
		forecasts[i] = trend.Foresee(now, s.Used, s.Capacity)
	}
	return forecasts, nil
}

// learn reads what is not known yet in this hour.
func (f *Forecaster) learn(ctx context.Context, now time.Time, subjects []Subject) error {
	if hour := hourOf(now.UnixMilli()); hour != f.hour || len(f.trends)+len(subjects) > maxTrends {
		f.hour, f.trends = hour, make(map[string]Trend, len(subjects))
	}
	var unknown []Subject
	for _, s := range subjects {
		if _, known := f.trends[s.Key]; !known {
			unknown = append(unknown, s)
		}
	}
	for batch := range slices.Chunk(unknown, batchSize) {
		if err := f.read(ctx, now, batch); err != nil {
			return err
		}
	}
	return nil
}

func (f *Forecaster) read(ctx context.Context, now time.Time, subjects []Subject) error {
	query := metrics.Query{
		Names: []string{metrics.DiskUsedBytes}, Step: time.Hour.Milliseconds(),
		From: now.Add(-Window).UnixMilli(), To: now.UnixMilli(),
	}
	kinds := make(map[string]string, len(subjects))
	for _, s := range subjects {
		kinds[s.Key] = s.Kind
		query.Resources = append(query.Resources, s.Key)
		if !slices.Contains(query.Kinds, s.Kind) {
			query.Kinds = append(query.Kinds, s.Kind)
		}
	}
	results, err := f.store.Select(ctx, query)
	if err != nil {
		return fmt.Errorf("read bytes used: %w", err)
	}
	for _, s := range subjects {
		f.trends[s.Key] = Trend{unknown: TooLittleHistory}
	}
	var hours []Hour
	for i := range results {
		result := &results[i]
		// A series with labels of its own is of a part of the resource.
		if kinds[result.Resource] != result.Kind || len(result.Extra) > 0 {
			continue
		}
		hours = hours[:0]
		for _, p := range result.Points {
			hours = append(hours, Hour{At: hourOf(p.At), Used: p.Avg})
		}
		f.trends[result.Resource] = Fit(hours)
	}
	return nil
}

// hourOf returns the number of the hour of a time in Unix ms since the epoch.
func hourOf(millis int64) int64 { return millis / time.Hour.Milliseconds() }
