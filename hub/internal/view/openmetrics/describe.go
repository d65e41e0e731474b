package openmetrics

import (
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/metadata"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// Describe returns type, unit and meaning of a stored metric. Of those that plugins bring, the name tells type and unit,
// and nothing tells the meaning.
func Describe(name string) metadata.Metadata {
	kind := model.MetricTypeGauge
	if strings.HasSuffix(name, "_total") {
		kind = model.MetricTypeCounter
	}
	return metadata.Metadata{Type: kind, Unit: unitOf(name), Help: meaning(name)}
}

// unitOf returns the unit at the end of a name, or before what marks a counter. A rate has none: OpenMetrics knows no
// units per second.
func unitOf(name string) string {
	name = strings.TrimSuffix(name, "_total")
	for _, unit := range []string{"ratio", "bytes", "seconds", "celsius", "watts", "rpm"} {
		if strings.HasSuffix(name, "_"+unit) {
			return unit
		}
	}
	return ""
}

func meaning(name string) string {
	switch name {
	case metrics.Up:
		return "Whether the resource can be reached and runs."
	case metrics.CPUUsageRatio:
		return "Share of all cores in use."
	case metrics.MemoryUsageRatio:
		return "Used by total memory."
	case metrics.MemoryUsedBytes:
		return "Memory in use."
	case metrics.DiskUsageRatio:
		return "Used by total space."
	case metrics.DiskUsedBytes:
		return "Space in use."
	case metrics.DiskTotalBytes:
		return "Size of the space."
	case metrics.FilesystemUsedBytes:
		return "Space in use in a mounted file system."
	case metrics.FilesystemTotalBytes:
		return "Size of a mounted file system."
	case metrics.NetworkReceiveRate:
		return "Received by all interfaces."
	case metrics.NetworkTransmitRate:
		return "Sent by all interfaces."
	case metrics.DiskReadRate:
		return "Read from all disks."
	case metrics.DiskWriteRate:
		return "Written to all disks."
	case metrics.TemperatureCelsius:
		return "Temperature of a sensor."
	}
	return ""
}
