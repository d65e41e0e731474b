package check

import (
	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// processors is the sensor under which the temperature of the processors is stored.
const processors = "cpu"

// Stored says in which series the values of a metric are kept, and what they are in the unit of its thresholds.
type Stored struct {
	// Name is the metric, and Extra its labels beside the resource and its kind.
	Name  string
	Extra []metrics.Label
	// Whole is the metric that Name is a part of, with the same labels; empty: Name is told by itself.
	Whole string
	// Reserved is the part of the whole that cannot be filled, in the unit of both.
	Reserved float64

	convert func(float64) float64
}

// StoredAs returns where the values of a metric are kept; the part is the one of its identity. It reports false for what
// is not kept, such as file systems inside of guests, and for what is no metric.
func StoredAs(kind alert.Type, part string) (s Stored, kept bool) {
	name := map[alert.Type]string{
		alert.CPU: metrics.CPUUsageRatio, alert.Memory: metrics.MemoryUsageRatio, alert.ContainerMemoryLimit: metrics.MemoryUsageRatio,
		alert.Disk: metrics.DiskUsageRatio, alert.Usage: metrics.DiskUsageRatio, alert.DiskRead: metrics.DiskReadRate,
		alert.DiskWrite: metrics.DiskWriteRate, alert.NetworkIn: metrics.NetworkReceiveRate, alert.NetworkOut: metrics.NetworkTransmitRate,
		alert.Temperature: metrics.TemperatureCelsius,
	}[kind]
	if name == "" || part != "" && kind != alert.Disk {
		return Stored{}, false
	}
	s = Stored{Name: name, convert: percent}
	switch {
	case part != "":
		s.Name, s.Whole = metrics.FilesystemUsedBytes, metrics.FilesystemTotalBytes
		s.Extra = []metrics.Label{{Name: metrics.LabelMount, Value: part}}
	case kind == alert.Temperature:
		s.Extra = []metrics.Label{{Name: metrics.LabelSensor, Value: processors}}
		s.convert = asItIs
	case kind == alert.DiskRead, kind == alert.DiskWrite, kind == alert.NetworkIn, kind == alert.NetworkOut:
		s.convert = perSecond
	}
	return s, true
}

func asItIs(value float64) float64 { return value }

// Value returns what a stored value is in the unit of thresholds. The whole has a say only where there is one. It
// reports false where nothing can be filled.
func (s *Stored) Value(value, whole float64) (converted float64, known bool) {
	if s.Whole == "" {
		return s.convert(value), true
	}
	if whole -= s.Reserved; whole <= 0 {
		return 0, false
	}
	return s.convert(value / whole), true
}
