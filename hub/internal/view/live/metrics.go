package live

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// maxMetrics is how many values of its own one resource may have shown. What
// is beyond that is left out.
const maxMetrics = 100

// Metric is one measured value, in its unit as sdk/resource defines it.
type Metric struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"`
	// Unit is none, bytes, ratio, seconds, celsius, bytes_per_second, watts or rpm.
	Unit    string  `json:"unit"`
	Counter bool    `json:"counter,omitempty"`
	Value   float64 `json:"value"`

	key string
}

// Metrics are the values of a resource in the order its source has them, no
// two with the same name and labels. As JSON they are an object by what tells
// them apart, so that a value that has changed is a patch of its own.
type Metrics []Metric

// MarshalJSON implements [json.Marshaler].
func (m Metrics) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i := range m {
		key, err := json.Marshal(m[i].key)
		if err != nil {
			return nil, fmt.Errorf("encode metric name: %w", err)
		}
		value, err := json.Marshal(&m[i])
		if err != nil {
			return nil, fmt.Errorf("encode metric %s: %w", m[i].key, err)
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

// metricsOf returns the first of each name and labels. What is not a number is left out.
func metricsOf(measured []resource.Metric) Metrics {
	if len(measured) == 0 {
		return nil
	}
	shown := make(Metrics, 0, min(len(measured), maxMetrics))
	known := make(map[string]bool, cap(shown))
	for i := range measured {
		m := &measured[i]
		key := metricKey(m)
		if known[key] || math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			continue
		}
		if len(shown) == maxMetrics {
			break
		}
		known[key] = true
		shown = append(shown, Metric{
			Name: m.Name, Labels: m.Labels, Unit: unitName(m.Unit), Counter: m.Counter, Value: m.Value, key: key,
		})
	}
	return shown
}

// metricKey returns name{label=value,…} with the labels sorted.
func metricKey(m *resource.Metric) string {
	if len(m.Labels) == 0 {
		return m.Name
	}
	labels := make([]string, 0, len(m.Labels))
	for name, value := range m.Labels {
		labels = append(labels, name+"="+value)
	}
	slices.Sort(labels)
	return m.Name + "{" + strings.Join(labels, ",") + "}"
}

func unitName(u resource.Unit) string {
	switch u {
	case resource.UnitBytes:
		return "bytes"
	case resource.UnitRatio:
		return "ratio"
	case resource.UnitSeconds:
		return "seconds"
	case resource.UnitCelsius:
		return "celsius"
	case resource.UnitBytesPerSecond:
		return "bytes_per_second"
	case resource.UnitWatts:
		return "watts"
	case resource.UnitRPM:
		return "rpm"
	}
	return "none"
}
