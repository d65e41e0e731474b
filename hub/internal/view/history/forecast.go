package history

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/forecast"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// Forecasts is the answer of `/api/forecast`: what is full first comes first.
type Forecasts struct {
	Forecasts []Forecast `json:"forecasts"`
}

// Forecast says when the disk of a resource is full: of a storage, a datastore, or the filesystems of a machine.
type Forecast struct {
	ResourceID string `json:"resourceId"`
	Type       string `json:"type"`
	Name       string `json:"name"`
	// Metric is what fills up, by its name in the history of the resource.
	Metric     string `json:"metric"`
	UsedBytes  uint64 `json:"usedBytes"`
	TotalBytes uint64 `json:"totalBytes"`
	// BytesPerDay is the growth, negative when it shrinks, 0 while it is not known.
	BytesPerDay float64 `json:"bytesPerDay"`
	// DaysUntilFull and FullAt, to the hour, are null when it is not foreseen to be full within five years.
	DaysUntilFull *float64   `json:"daysUntilFull"`
	FullAt        *time.Time `json:"fullAt"`
	// Confidence is low, medium or high.
	Confidence string `json:"confidence"`
	// Reason is growing, full, not_growing, shrinking, too_little_history, after_cleanup or no_recent_history.
	Reason  string `json:"reason"`
	BasedOn Basis  `json:"basedOn"`
}

// Basis is the history that a forecast is made of: Points hours between From and To, which are null without history.
type Basis struct {
	From   *time.Time `json:"from"`
	To     *time.Time `json:"to"`
	Points int        `json:"points"`
}

// Forecaster makes forecasts; [forecast.Forecaster] is one.
type Forecaster interface {
	Of(ctx context.Context, now time.Time, subjects []forecast.Subject) ([]forecast.Forecast, error)
}

// ReadForecasts returns the forecasts of everything in the snapshot whose disk is known, or of the one resource with a
// unified id when that is not empty. It says false when there is no such resource.
func ReadForecasts(ctx context.Context, forecaster Forecaster, snap *inventory.Snapshot, now time.Time, id string) (Forecasts, bool, error) {
	answer := Forecasts{Forecasts: []Forecast{}}
	p := resources.NewProjector(snap, resources.Inputs{}, nil)
	var entries []*inventory.Entry
	if id == "" {
		entries = slices.Collect(snap.All())
	} else {
		e, ok := p.Find(id)
		if !ok {
			return answer, false, nil
		}
		entries = append(entries, e)
	}
	entries = slices.DeleteFunc(entries, func(e *inventory.Entry) bool {
		_, known := presentValue(e, metrics.DiskUsageRatio)
		return !known || !p.Shown(e)
	})
	found, err := forecaster.Of(ctx, now, subjectsOf(entries))
	if err != nil {
		return answer, true, err
	}
	for i, e := range entries {
		answer.Forecasts = append(answer.Forecasts, forecastOf(p, e, now, found[i]))
	}
	slices.SortStableFunc(answer.Forecasts, sooner)
	return answer, true, nil
}

func subjectsOf(entries []*inventory.Entry) []forecast.Subject {
	subjects := make([]forecast.Subject, len(entries))
	for i, e := range entries {
		disk := e.Usage.Disk
		capacity := disk.Total
		if disk.Used+disk.Free > 0 {
			capacity = disk.Used + disk.Free // what the filesystem keeps for itself cannot be filled
		}
		subjects[i] = forecast.Subject{
			Key: e.Key, Kind: string(e.Kind), Used: float64(disk.Used), Capacity: float64(capacity),
		}
	}
	return subjects
}

func forecastOf(p *resources.Projector, e *inventory.Entry, now time.Time, f forecast.Forecast) Forecast {
	shown := Forecast{
		ResourceID: p.ID(e), Type: p.Resource(e).Type, Name: e.Name, Metric: "disk",
		UsedBytes: e.Usage.Disk.Used, TotalBytes: e.Usage.Disk.Total,
		BytesPerDay: math.Round(unit.Finite(f.Growth * (24 * time.Hour).Seconds())),
		FullAt:      unit.Known(f.FullAt.Truncate(time.Hour)), Confidence: string(f.Confidence), Reason: string(f.Reason),
		BasedOn: Basis{From: unit.Known(f.Basis.From), To: unit.Known(f.Basis.To), Points: f.Basis.Hours},
	}
	if !f.FullAt.IsZero() {
		days := math.Round(f.FullAt.Sub(now).Hours()/24*10) / 10
		shown.DaysUntilFull = &days
	}
	return shown
}

// sooner puts what is full first before what is full later, and that before what is not foreseen to be.
func sooner(a, b Forecast) int {
	days := func(f Forecast) float64 {
		if f.DaysUntilFull == nil {
			return math.Inf(1)
		}
		return *f.DaysUntilFull
	}
	return cmp.Or(cmp.Compare(days(a), days(b)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ResourceID, b.ResourceID))
}
