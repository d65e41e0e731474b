package alerts

import (
	"context"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/history"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

const (
	// maxSamples is how many samples are shown.
	maxSamples = 200
	// around is how long before the beginning, and after the firing, samples are shown.
	around = 30 * time.Minute
	// usualInterval is how far apart the samples of most resources are.
	usualInterval = 10 * time.Second
	// mebibyte is what MB/s of the API count.
	mebibyte = 1 << 20
)

// Explanation is why an alert is there, and why people are told of it or not.
type Explanation struct {
	Alert    Alert    `json:"alert"`
	Evidence Evidence `json:"evidence"`
	Timeline []Event  `json:"timeline"`
	// Withheld is absent unless something keeps people from being told now.
	Withheld *Withheld `json:"withheld,omitempty"`
	// HiddenBy is the id of the alert that explains this one, if there is one; Hidden are those that this one explains.
	HiddenBy string   `json:"hiddenBy,omitempty"`
	Hidden   []string `json:"hidden"`
}

// Evidence is what the alert was decided by.
type Evidence struct {
	// Value and Threshold are those of the moment it fired, or became worse.
	Value     float64 `json:"value"`
	Threshold float64 `json:"threshold"`
	// Clear is where it ends.
	Clear float64 `json:"clear"`
	// Rule says where the threshold is from.
	Rule    string    `json:"rule" description:"\"defaults\", \"override\", \"rule <name>\", \"tag <tag>\"."`
	Began   time.Time `json:"began"`
	FiredAt time.Time `json:"firedAt"`
	// Samples were measured around the beginning. Empty for what is not measured.
	Samples []Sample `json:"samples" description:"Pairs of Unix milliseconds and value."`
	// SamplesMissing says why there are none although it is measured.
	SamplesMissing string `json:"samplesMissing,omitempty"`
}

// Sample is a moment in Unix milliseconds and the value in the unit of the alert; of many in between, the average.
type Sample [2]float64

// Withheld is why nobody is told, and until when if that is known.
type Withheld struct {
	Reason string     `json:"reason" enum:"acknowledged,flapping,not-activated,monitor-only,maintenance,dependency,quiet-hours,hourly-limit,cooldown"`
	Until  *time.Time `json:"until,omitempty"`
}

// EvidenceOf renders what an alert was decided by, without samples.
func EvidenceOf(a *alert.Alert) Evidence {
	return Evidence{
		Value: unit.Finite(a.Value), Threshold: unit.Finite(a.Trigger), Clear: unit.Finite(a.Clear), Rule: a.Rule,
		Began: unit.Time(a.Began), FiredAt: unit.Time(a.FiredAt), Samples: []Sample{},
	}
}

// WithheldOf renders a reason not to tell; nil for none.
func WithheldOf(why alert.Withholding, until time.Time) *Withheld {
	if why == "" {
		return nil
	}
	return &Withheld{Reason: string(why), Until: unit.Known(until)}
}

// A measure says which series the value of an alert is from, and how to tell it.
type measure struct {
	name  string
	extra []metrics.Label
	// factor turns what is stored into the unit of the alert.
	factor float64
	// of is the series that it is a share of; empty: it is told by itself.
	of string
}

// measureOf returns what an alert was measured by; false for states, and for what is not stored.
func measureOf(a *alert.Alert) (measure, bool) {
	switch a.Type {
	case alert.CPU:
		return measure{name: metrics.CPUUsageRatio, factor: 100}, true
	case alert.Memory:
		return measure{name: metrics.MemoryUsageRatio, factor: 100}, true
	case alert.Disk, alert.Usage:
		return diskOf(a), true
	case alert.DiskRead:
		return measure{name: metrics.DiskReadRate, factor: 1.0 / mebibyte}, true
	case alert.DiskWrite:
		return measure{name: metrics.DiskWriteRate, factor: 1.0 / mebibyte}, true
	case alert.NetworkIn:
		return measure{name: metrics.NetworkReceiveRate, factor: 1.0 / mebibyte}, true
	case alert.NetworkOut:
		return measure{name: metrics.NetworkTransmitRate, factor: 1.0 / mebibyte}, true
	case alert.Temperature:
		return measure{name: metrics.TemperatureCelsius, factor: 1, extra: []metrics.Label{{Name: metrics.LabelSensor, Value: "cpu"}}}, true
	}
	return measure{}, false
}

// diskOf is the disk of a resource or, if the alert is about a part of it, the file system mounted there.
func diskOf(a *alert.Alert) measure {
	parts := strings.SplitN(string(a.Identity), "\t", 3)
	if len(parts) < 3 || parts[2] == "" {
		return measure{name: metrics.DiskUsageRatio, factor: 100}
	}
	return measure{
		name: metrics.FilesystemUsedBytes, of: metrics.FilesystemTotalBytes, factor: 100,
		extra: []metrics.Label{{Name: metrics.LabelMount, Value: parts[2]}},
	}
}

// ReadSamples reads what was measured around the beginning of an alert: from half an hour before it began to half an
// hour after it fired, at most 200 samples. It is empty, and never nil, for what is not measured or not stored. It fails
// as the store does.
func ReadSamples(ctx context.Context, store history.Store, a *alert.Alert, now time.Time) ([]Sample, error) {
	m, measured := measureOf(a)
	if !measured {
		return []Sample{}, nil
	}
	names := []string{m.name}
	if m.of != "" {
		names = append(names, m.of)
	}
	from, to := a.Began.Add(-around), a.FiredAt.Add(around)
	if to.After(now) {
		to = now
	}
	if !from.Before(to) {
		return []Sample{}, nil
	}
	found, err := store.Select(ctx, metrics.Query{
		Names: names, Resources: []string{a.Subject.Key}, Extra: m.extra,
		From: from.UnixMilli(), To: to.UnixMilli(), Step: stepOf(to.Sub(from)).Milliseconds(),
	})
	if err != nil {
		return []Sample{}, err
	}
	return m.samples(found), nil
}

// stepOf is the shortest step, in whole intervals, that a span has no more than maxSamples of, one begun at each end.
func stepOf(span time.Duration) time.Duration {
	step := span / (maxSamples - 2)
	return (step + usualInterval - 1) / usualInterval * usualInterval
}

// samples joins the series that were found.
func (m measure) samples(found []metrics.Result) []Sample {
	var points []metrics.Point
	whole := map[int64]float64{}
	for i := range found {
		switch found[i].Name {
		case m.of:
			for _, p := range found[i].Points {
				whole[p.At] = p.Avg
			}
		case m.name:
			if points == nil {
				points = found[i].Points
			}
		}
	}
	out := make([]Sample, 0, len(points))
	for _, p := range points {
		value := p.Avg
		if m.of != "" {
			if whole[p.At] <= 0 {
				continue
			}
			value /= whole[p.At]
		}
		out = append(out, Sample{float64(p.At), unit.Finite(value * m.factor)})
	}
	return out
}
