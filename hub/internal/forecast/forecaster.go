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
	// Mount is where the file system is mounted that is meant; empty: the resource's disk as a whole.
	Mount string
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
	trends map[part]Trend
}

// A part is a resource's disk or one of its file systems.
type part struct{ key, mount string }

func (s *Subject) part() part { return part{s.Key, s.Mount} }

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
	for i := range subjects {
		s := &subjects[i]
		trend := f.trends[s.part()]
		forecasts[i] = trend.Foresee(now, s.Used, s.Capacity)
	}
	return forecasts, nil
}

// learn reads what is not known yet in this hour.
func (f *Forecaster) learn(ctx context.Context, now time.Time, subjects []Subject) error {
	if hour := hourOf(now.UnixMilli()); hour != f.hour || len(f.trends)+len(subjects) > maxTrends {
		f.hour, f.trends = hour, make(map[part]Trend, len(subjects))
	}
	var unknown []Subject
	for i := range subjects {
		if _, known := f.trends[subjects[i].part()]; !known {
			unknown = append(unknown, subjects[i])
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
	kinds := make(map[part]string, len(subjects))
	for i := range subjects {
		kinds[subjects[i].part()] = subjects[i].Kind
	}
	results, err := f.store.Select(ctx, queryOf(now, subjects))
	if err != nil {
		return fmt.Errorf("read bytes used: %w", err)
	}
	for wanted := range kinds {
		f.trends[wanted] = Trend{unknown: TooLittleHistory}
	}
	var hours []Hour
	for i := range results {
		result := &results[i]
		found, whole := partOf(&result.Series)
		if kind, wanted := kinds[found]; !whole || !wanted || kind != result.Kind {
			continue
		}
		hours = hours[:0]
		for _, p := range result.Points {
			hours = append(hours, Hour{At: hourOf(p.At), Used: p.Avg})
		}
		f.trends[found] = Fit(hours)
	}
	return nil
}

// queryOf asks for the histories of subjects, and for those of other file systems of the same resources.
func queryOf(now time.Time, subjects []Subject) metrics.Query {
	query := metrics.Query{
		Step: time.Hour.Milliseconds(), From: now.Add(-Window).UnixMilli(), To: now.UnixMilli(),
	}
	add := func(to *[]string, value string) {
		if !slices.Contains(*to, value) {
			*to = append(*to, value)
		}
	}
	for i := range subjects {
		s := &subjects[i]
		if s.Mount == "" {
			add(&query.Names, metrics.DiskUsedBytes)
		} else {
			add(&query.Names, metrics.FilesystemUsedBytes)
		}
		add(&query.Kinds, s.Kind)
		if n := len(query.Resources); n == 0 || query.Resources[n-1] != s.Key {
			query.Resources = append(query.Resources, s.Key)
		}
	}
	return query
}

// partOf says what a series is of, and whether of all of that: one with other labels is of a part of it.
func partOf(s *metrics.Series) (found part, whole bool) {
	switch s.Name {
	case metrics.DiskUsedBytes:
		return part{key: s.Resource}, len(s.Extra) == 0
	case metrics.FilesystemUsedBytes:
		if len(s.Extra) == 1 && s.Extra[0].Name == metrics.LabelMount {
			return part{s.Resource, s.Extra[0].Value}, true
		}
	}
	return part{}, false
}

// hourOf returns the number of the hour of a time in Unix ms since the epoch.
func hourOf(millis int64) int64 { return millis / time.Hour.Milliseconds() }
