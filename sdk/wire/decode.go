package wire

import (
	"maps"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// DecodeResource returns the resource of a message, which may come from
// anywhere. It never fails: an enum value this side does not know becomes
// "unknown", a number outside the range of its Go type becomes the nearest
// one, and a value that is infinite or not a number counts as not known, so
// that what comes out can always be stored and written as JSON. A nil message
// gives the zero Resource.
func DecodeResource(p *pluginv1.Resource) resource.Resource {
	return resource.Resource{
		ID:           p.GetId(),
		Kind:         resource.Kind(p.GetKind()),
		Name:         p.GetName(),
		DisplayName:  p.GetDisplayName(),
		ParentID:     p.GetParentId(),
		Status:       decodeStatus(p.GetStatus()),
		StatusReason: p.GetStatusReason(),
		Tags:         p.GetTags(),
		Labels:       p.GetLabels(),
		Uptime:       DecodeDuration(p.GetUptime()),
		SeenAt:       DecodeTime(p.GetSeenAt()),
		Usage:        decodeUsage(p.GetUsage()),
		Metrics:      decodeMetrics(p.GetMetrics()),
		Detail:       decodeDetail(p),
	}
}

// DecodeEvent returns the event of a message.
func DecodeEvent(p *pluginv1.Event) resource.Event {
	return resource.Event{
		ID:         p.GetId(),
		At:         DecodeTime(p.GetAt()),
		Severity:   p.GetSeverity(),
		ResourceID: p.GetResourceId(),
		Message:    p.GetMessage(),
		Labels:     p.GetLabels(),
	}
}

// DecodeProblem returns the problem of a message.
func DecodeProblem(p *pluginv1.Problem) resource.Problem {
	return resource.Problem{
		ResourceID: p.GetResourceId(),
		Code:       p.GetCode(),
		Message:    p.GetMessage(),
		Transient:  p.GetTransient(),
	}
}

func decodeStatus(p pluginv1.Status) resource.Status {
	switch p {
	case pluginv1.Status_STATUS_RUNNING:
		return resource.StatusRunning
	case pluginv1.Status_STATUS_STOPPED:
		return resource.StatusStopped
	case pluginv1.Status_STATUS_PAUSED:
		return resource.StatusPaused
	case pluginv1.Status_STATUS_DEGRADED:
		return resource.StatusDegraded
	case pluginv1.Status_STATUS_OFFLINE:
		return resource.StatusOffline
	}
	return resource.StatusUnknown
}

func decodeUsage(p *pluginv1.Usage) resource.Usage {
	if p == nil {
		return resource.Usage{}
	}
	return resource.Usage{
		CPU:         decodeOptional(p.Cpu),
		Memory:      decodeCapacity(p.GetMemory()),
		Swap:        decodeCapacity(p.GetSwap()),
		Disk:        decodeCapacity(p.GetDisk()),
		Temperature: decodeOptional(p.Temperature),
		Counters:    decodeTraffic(p.GetCounters()),
		Rates:       decodeRates(p.GetRates()),
	}
}

func decodeTraffic(p *pluginv1.Traffic) *resource.Traffic {
	if p == nil {
		return nil
	}
	return &resource.Traffic{NetIn: p.NetIn, NetOut: p.NetOut, DiskRead: p.DiskRead, DiskWrite: p.DiskWrite}
}

func decodeRates(p *pluginv1.Rates) *resource.Rates {
	if p == nil {
		return nil
	}
	return &resource.Rates{
		NetIn:     decodeFloat(p.NetIn),
		NetOut:    decodeFloat(p.NetOut),
		DiskRead:  decodeFloat(p.DiskRead),
		DiskWrite: decodeFloat(p.DiskWrite),
	}
}

// decodeMetrics leaves out metrics whose value is not a finite number.
func decodeMetrics(list []*pluginv1.Metric) []resource.Metric {
	if len(list) == 0 {
		return nil
	}
	metrics := make([]resource.Metric, 0, len(list))
	for _, p := range list {
		if p == nil || !finite(p.Value) {
			continue
		}
		metrics = append(metrics, resource.Metric{
			Name:    p.Name,
			Value:   p.Value,
			Unit:    decodeUnit(p.Unit),
			Counter: p.Counter,
			Labels:  p.Labels,
		})
	}
	return metrics
}

func decodeUnit(p pluginv1.Unit) resource.Unit {
	switch p {
	case pluginv1.Unit_UNIT_BYTES:
		return resource.UnitBytes
	case pluginv1.Unit_UNIT_RATIO:
		return resource.UnitRatio
	case pluginv1.Unit_UNIT_SECONDS:
		return resource.UnitSeconds
	case pluginv1.Unit_UNIT_CELSIUS:
		return resource.UnitCelsius
	case pluginv1.Unit_UNIT_BYTES_PER_SECOND:
		return resource.UnitBytesPerSecond
	case pluginv1.Unit_UNIT_WATTS:
		return resource.UnitWatts
	case pluginv1.Unit_UNIT_RPM:
		return resource.UnitRPM
	}
	return resource.UnitNone
}

func decodeAll[M, V any](list []*M, decode func(*M) V) []V {
	if len(list) == 0 {
		return nil
	}
	values := make([]V, len(list))
	for i, message := range list {
		values[i] = decode(message)
	}
	return values
}

// DecodeTime returns the time of a message in UTC, the zero time for nil and for what is no valid timestamp.
func DecodeTime(p *timestamppb.Timestamp) time.Time {
	if !p.IsValid() {
		return time.Time{}
	}
	return p.AsTime()
}

// DecodeDuration returns the duration of a message, 0 for nil and for what is no valid duration.
func DecodeDuration(p *durationpb.Duration) time.Duration {
	if !p.IsValid() {
		return 0
	}
	return p.AsDuration()
}

func decodeInt(v int64) int { return int(min(max(v, math.MinInt), math.MaxInt)) }

func decodePortNumber(v uint32) uint16 { return uint16(min(v, math.MaxUint16)) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func decodeFloat(v float64) float64 {
	if !finite(v) {
		return 0
	}
	return v
}

func decodeOptional(v *float64) *float64 {
	if v == nil || !finite(*v) {
		return nil
	}
	return v
}

// decodeFloats gives nil if any value is not a finite number: the places in
// such a list have a meaning, so that leaving out one would move the others.
func decodeFloats(list []float64) []float64 {
	if slices.ContainsFunc(list, func(v float64) bool { return !finite(v) }) {
		return nil
	}
	return list
}

func decodeReadings(readings map[string]float64) map[string]float64 {
	maps.DeleteFunc(readings, func(_ string, v float64) bool { return !finite(v) })
	return readings
}
