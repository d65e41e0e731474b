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
	"github.com/pulse-hub/pulse/hub/internal/record"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Forecasts is the answer of `/api/forecast`: what is full first comes first.
type Forecasts struct {
	Forecasts []Forecast `json:"forecasts"`
}

// Forecast says when the disk of a resource is full: of a storage, a datastore or a machine, or one of the file systems
// of a machine.
type Forecast struct {
	ResourceID string `json:"resourceId"`
	Type       string `json:"type"`
	Name       string `json:"name"`
	// Mount is where the file system is mounted that is meant; empty: the disk of the resource as a whole.
	Mount string `json:"mount,omitempty"`
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
// unified id when that is not empty; of a machine also those of each of its file systems. It says false when there is no
// such resource.
func ReadForecasts(ctx context.Context, forecaster Forecaster, snap *inventory.Snapshot, now time.Time, id string) (Forecasts, bool, error) {
	answer := Forecasts{Forecasts: []Forecast{}}
	p := resources.NewProjector(snap, resources.Inputs{}, nil)
	var spaces []space
	if id == "" {
		for e := range snap.All() {
			spaces = appendSpaces(spaces, p, e)
		}
	} else {
		e, ok := p.Find(id)
		if !ok {
			return answer, false, nil
		}
		spaces = appendSpaces(spaces, p, e)
	}
	found, err := forecaster.Of(ctx, now, subjectsOf(spaces))
	if err != nil {
		return answer, true, err
	}
	for i, s := range spaces {
		answer.Forecasts = append(answer.Forecasts, forecastOf(p, s, now, found[i]))
	}
	slices.SortStableFunc(answer.Forecasts, sooner)
	return answer, true, nil
}

// A space is what can fill up.
type space struct {
	entry *inventory.Entry
	mount string // empty: the disk as a whole
	size  resource.Capacity
}

// appendSpaces adds the spaces of an entry: its disk first, then its file systems.
func appendSpaces(spaces []space, p *resources.Projector, e *inventory.Entry) []space {
	if !p.Shown(e) {
		return spaces
	}
	if _, known := presentValue(e, metrics.DiskUsageRatio); known {
		spaces = append(spaces, space{entry: e, size: e.Usage.Disk})
	}
	for _, f := range record.Filesystems(nil, e) {
		spaces = append(spaces, space{entry: e, mount: f.Mountpoint, size: f.Capacity})
	}
	return spaces
}

func subjectsOf(spaces []space) []forecast.Subject {
	subjects := make([]forecast.Subject, len(spaces))
	for i, s := range spaces {
		capacity := s.size.Total
		if s.size.Used+s.size.Free > 0 {
			capacity = s.size.Used + s.size.Free // what the filesystem keeps for itself cannot be filled
		}
		subjects[i] = forecast.Subject{
			Key: s.entry.Key, Kind: string(s.entry.Kind), Mount: s.mount, Used: float64(s.size.Used), Capacity: float64(capacity),
		}
	}
	return subjects
}

func forecastOf(p *resources.Projector, s space, now time.Time, f forecast.Forecast) Forecast {
	metric := "disk"
	if s.mount != "" {
		metric = metricKey(filesystemUsed, mountLabels(s.mount))
	}
	shown := Forecast{
		ResourceID: p.ID(s.entry), Type: p.Resource(s.entry).Type, Name: s.entry.Name, Mount: s.mount, Metric: metric,
		UsedBytes: s.size.Used, TotalBytes: s.size.Total,
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
	return cmp.Or(cmp.Compare(days(a), days(b)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ResourceID, b.ResourceID), cmp.Compare(a.Mount, b.Mount))
}
