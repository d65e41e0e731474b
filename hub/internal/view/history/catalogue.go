package history

import (
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/record"
)

// temperature is the wire name of a machine's hottest processor sensor, and the first part of those of others.
const temperature = "temperature"

// sensorCPU is the sensor label that the hottest processor sensor is recorded with.
const sensorCPU = "cpu"

// maxOwn is how many values of its own a resource has histories of in one answer. One that is asked for by name has
// its history however many there are.
const maxOwn = 100

// A catalogue says which series one resource may have, and what they are called on the wire.
type catalogue struct {
	names    []string              // in the store, each once
	bySeries map[string]wireMetric // by seriesKey
}

// filesystemUsed and filesystemTotal are the first parts of the wire names of what is measured of mounted file systems.
const (
	filesystemUsed  = "filesystemused"
	filesystemTotal = "filesystemtotal"
)

func mountLabels(mountpoint string) []metrics.Label {
	return []metrics.Label{{Name: metrics.LabelMount, Value: mountpoint}}
}

// catalogueOf lists what there may be of a resource: what everything may have, sensors, and what its source measures of
// it now. With a wanted metric it has what is needed for that, which may also be that of a file system.
func catalogueOf(e *inventory.Entry, wanted string) catalogue {
	c := catalogue{bySeries: map[string]wireMetric{}}
	documented := append(wireMetrics(),
		wireMetric{wire: "up", name: metrics.Up, exact: true},
		wireMetric{wire: "memoryused", name: metrics.MemoryUsedBytes, exact: true},
		wireMetric{wire: "diskused", name: metrics.DiskUsedBytes, exact: true},
		wireMetric{wire: "disktotal", name: metrics.DiskTotalBytes, exact: true})
	taken := map[string]bool{temperature: true}
	for _, m := range documented {
		taken[m.wire] = true
		c.add(m, nil, wanted)
	}
	if wanted == "" || strings.HasPrefix(wanted, temperature) {
		c.names = append(c.names, metrics.TemperatureCelsius)
	}
	if wanted != "" {
		for _, f := range record.Filesystems(nil, e) {
			labels := mountLabels(f.Mountpoint)
			c.add(wireMetric{wire: metricKey(filesystemUsed, labels), name: metrics.FilesystemUsedBytes, exact: true}, labels, wanted)
			c.add(wireMetric{wire: metricKey(filesystemTotal, labels), name: metrics.FilesystemTotalBytes, exact: true}, labels, wanted)
		}
	}
	own := 0
	for i := range e.Metrics {
		m := &e.Metrics[i]
		key := metricKey(m.Name, labelsOf(m.Labels, true))
		if taken[key] || wanted == "" && own == maxOwn {
			continue
		}
		taken[key] = true
		own++
		c.add(wireMetric{wire: key, name: record.SeriesName(m), exact: true}, labelsOf(m.Labels, false), wanted)
	}
	return c
}

// add lists a metric unless another one is wanted or its series is listed already.
func (c *catalogue) add(m wireMetric, labels []metrics.Label, wanted string) {
	key := metricKey(m.name, labels)
	if _, known := c.bySeries[key]; known || wanted != "" && wanted != m.wire {
		return
	}
	c.bySeries[key] = m
	if !slices.Contains(c.names, m.name) {
		c.names = append(c.names, m.name)
	}
}

// metric returns what a series is on the wire.
func (c *catalogue) metric(s *metrics.Series) (wireMetric, bool) {
	if m, known := c.bySeries[metricKey(s.Name, s.Extra)]; known {
		return m, true
	}
	if s.Name != metrics.TemperatureCelsius || len(s.Extra) != 1 || s.Extra[0].Name != metrics.LabelSensor {
		return wireMetric{}, false
	}
	wire := temperature
	if s.Extra[0].Value != sensorCPU {
		wire = metricKey(temperature, s.Extra)
	}
	return wireMetric{wire: wire, name: s.Name}, true
}

// metricKey tells metrics of one resource apart, as the live feed does: name{label=value,…} with sorted labels.
func metricKey(name string, labels []metrics.Label) string {
	if len(labels) == 0 {
		return name
	}
	parts := make([]string, len(labels))
	for i, l := range labels {
		parts[i] = l.Name + "=" + l.Value
	}
	slices.Sort(parts)
	return name + "{" + strings.Join(parts, ",") + "}"
}

// labelsOf lists labels. In the store there are no empty ones, on the wire there are.
func labelsOf(labels map[string]string, empty bool) []metrics.Label {
	var list []metrics.Label
	for name, value := range labels {
		if empty || value != "" {
			list = append(list, metrics.Label{Name: name, Value: value})
		}
	}
	return list
}
