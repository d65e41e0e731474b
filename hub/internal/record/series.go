package record

import (
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// sensorCPU is the sensor label of the hottest processor sensor of a machine.
const sensorCPU = "cpu"

// maxExtra is how many values of its own one resource may have stored. What
// is beyond that is left out.
const maxExtra = 256

// The places of the fixed series in a seriesSet.
const (
	slotUp = iota
	slotCPU
	slotMemory
	slotMemoryUsed
	slotDisk
	slotDiskUsed
	slotDiskTotal
	slotReceive
	slotTransmit
	slotRead
	slotWrite
	slotTemperature
	slots
)

// slotName returns the metric of a fixed series.
func slotName(slot int) string {
	return [slots]string{
		metrics.Up, metrics.CPUUsageRatio, metrics.MemoryUsageRatio, metrics.MemoryUsedBytes,
		metrics.DiskUsageRatio, metrics.DiskUsedBytes, metrics.DiskTotalBytes,
		metrics.NetworkReceiveRate, metrics.NetworkTransmitRate, metrics.DiskReadRate, metrics.DiskWriteRate,
		metrics.TemperatureCelsius,
	}[slot]
}

// seriesSet is the series of one resource, made when first needed.
type seriesSet struct {
	key   string
	kind  resource.Kind
	last  int64 // newest time of values that was written, Unix ms
	fixed [slots]*metrics.Handle
	// extra is by what extraKey makes of a metric; nil for one that was refused.
	extra  map[string]*metrics.Handle
	mounts []mountSeries // of the file systems mounted now, in their order
}

// isMeasured says whether things of a kind have values that change with time;
// the others are records of what has happened or is planned.
func isMeasured(kind resource.Kind) bool {
	switch kind {
	case resource.KindBackup, resource.KindBackupTask, resource.KindSnapshot, resource.KindBackupJob:
		return false
	}
	return true
}

// sampler gathers the samples of one entry. The first error sticks and does
// not keep the other samples from being gathered.
type sampler struct {
	store Store
	set   *seriesSet
	at    int64
	out   []metrics.Sample
	err   error

	mounted []*resource.Filesystem // of the entry, used again
}

func (w *sampler) up(e *inventory.Entry) {
	switch e.Status {
	case resource.StatusUnknown:
	case resource.StatusRunning, resource.StatusDegraded:
		w.fixed(slotUp, 1)
	default:
		w.fixed(slotUp, 0)
	}
}

func (w *sampler) usage(e *inventory.Entry) {
	usage := &e.Usage
	if usage.CPU != nil {
		w.fixed(slotCPU, *usage.CPU)
	}
	if ratio, known := usage.Memory.Ratio(); known {
		w.fixed(slotMemory, ratio)
		w.fixed(slotMemoryUsed, float64(usage.Memory.Used))
	}
	if ratio, known := usage.Disk.FullRatio(); known && !diskUnknown(e) {
		w.fixed(slotDisk, ratio)
		w.fixed(slotDiskUsed, float64(usage.Disk.Used))
		w.fixed(slotDiskTotal, float64(usage.Disk.Total))
	}
	if e.Rates != nil {
		w.fixed(slotReceive, e.Rates.NetIn)
		w.fixed(slotTransmit, e.Rates.NetOut)
		w.fixed(slotRead, e.Rates.DiskRead)
		w.fixed(slotWrite, e.Rates.DiskWrite)
	}
	if usage.Temperature != nil {
		w.fixed(slotTemperature, *usage.Temperature)
	}
}

// diskUnknown says that only the size of a guest's disk is known.
func diskUnknown(e *inventory.Entry) bool {
	detail, _ := e.Detail.(*resource.Guest)
	return detail != nil && detail.DiskUnknown != ""
}

// extra gathers the resource's own metrics and the sensors of a machine.
func (w *sampler) extra(e *inventory.Entry) {
	for i := range e.Metrics {
		w.metric(&e.Metrics[i])
	}
	detail, _ := e.Detail.(*resource.Host)
	if detail == nil {
		return
	}
	for sensor, celsius := range detail.Sensors.Temperatures {
		if sensor != sensorCPU {
			w.sensor(sensor, celsius)
		}
	}
}

func (w *sampler) fixed(slot int, value float64) {
	handle := w.set.fixed[slot]
	if handle == nil {
		var extra []metrics.Label
		if slot == slotTemperature {
			extra = []metrics.Label{{Name: metrics.LabelSensor, Value: sensorCPU}}
		}
		if handle = w.intern(slotName(slot), extra); handle == nil {
			return
		}
		w.set.fixed[slot] = handle
	}
	w.out = append(w.out, metrics.Sample{Series: handle, At: w.at, Value: value})
}

func (w *sampler) sensor(sensor string, celsius float64) {
	handle, known := w.set.extra[sensor]
	if !known {
		handle = w.addExtra(sensor, metrics.TemperatureCelsius, []metrics.Label{{Name: metrics.LabelSensor, Value: sensor}})
	}
	w.put(handle, celsius)
}

func (w *sampler) metric(m *resource.Metric) {
	key := extraKey(m)
	handle, known := w.set.extra[key]
	if !known {
		handle = w.addExtra(key, SeriesName(m), labelsOf(m))
	}
	w.put(handle, m.Value)
}

// addExtra makes a series and remembers it under the key, or that it was refused.
func (w *sampler) addExtra(key, name string, labels []metrics.Label) *metrics.Handle {
	if len(w.set.extra) >= maxExtra {
		return nil
	}
	if w.set.extra == nil {
		w.set.extra = map[string]*metrics.Handle{}
	}
	handle := w.intern(name, labels)
	w.set.extra[strings.Clone(key)] = handle
	return handle
}

func (w *sampler) intern(name string, extra []metrics.Label) *metrics.Handle {
	handle, err := w.store.Intern(metrics.Series{Name: name, Resource: w.set.key, Kind: string(w.set.kind), Extra: extra})
	if err != nil {
		w.err = err
		return nil
	}
	return handle
}

// SeriesName returns the name a resource's own metric is stored under: pulse_,
// the metric's name, its unit, and _total for what only grows.
func SeriesName(m *resource.Metric) string {
	name := "pulse_" + m.Name
	if suffix := unitSuffix(m.Unit); !strings.HasSuffix(name, suffix) {
		name += suffix
	}
	if m.Counter && !strings.HasSuffix(name, "_total") {
		name += "_total"
	}
	return name
}

func unitSuffix(u resource.Unit) string {
	switch u {
	case resource.UnitBytes:
		return "_bytes"
	case resource.UnitRatio:
		return "_ratio"
	case resource.UnitSeconds:
		return "_seconds"
	case resource.UnitCelsius:
		return "_celsius"
	case resource.UnitBytesPerSecond:
		return "_bytes_per_second"
	case resource.UnitWatts:
		return "_watts"
	case resource.UnitRPM:
		return "_rpm"
	}
	return ""
}

// labelsOf returns a metric's labels sorted by name. Empty ones are left out:
// they are the same as none.
func labelsOf(m *resource.Metric) []metrics.Label {
	var labels []metrics.Label
	for name, value := range m.Labels {
		if value != "" {
			labels = append(labels, metrics.Label{Name: name, Value: value})
		}
	}
	slices.SortFunc(labels, func(a, b metrics.Label) int { return strings.Compare(a.Name, b.Name) })
	return labels
}

// extraKey tells the metrics of one resource apart. It begins with a byte that
// no sensor's name has.
func extraKey(m *resource.Metric) string {
	if len(m.Labels) == 0 {
		return "\x00" + m.Name
	}
	var b strings.Builder
	b.WriteByte(0)
	b.WriteString(m.Name)
	for _, label := range labelsOf(m) {
		b.WriteByte(0)
		b.WriteString(label.Name)
		b.WriteByte(0)
		b.WriteString(label.Value)
	}
	return b.String()
}
