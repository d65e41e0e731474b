// Package wire converts resources between the Go values that plugin authors
// and the hub work with and the messages of the plugin protocol.
//
// Encode… shares strings, slices and maps with its argument and Decode… with
// its message, so neither may be changed afterwards. All functions are safe
// for concurrent use.
package wire

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// EncodeResource returns the message for one resource.
func EncodeResource(v *resource.Resource) *pluginv1.Resource {
	message := &pluginv1.Resource{
		Id:           v.ID,
		Kind:         string(v.Kind),
		Name:         v.Name,
		DisplayName:  v.DisplayName,
		ParentId:     v.ParentID,
		Status:       encodeStatus(v.Status),
		StatusReason: v.StatusReason,
		Tags:         v.Tags,
		Labels:       v.Labels,
		Uptime:       EncodeDuration(v.Uptime),
		SeenAt:       EncodeTime(v.SeenAt),
		Usage:        encodeUsage(&v.Usage),
		Metrics:      encodeMetrics(v.Metrics),
	}
	encodeDetail(message, v.Detail)
	return message
}

// EncodeEvent returns the message for one event.
func EncodeEvent(v *resource.Event) *pluginv1.Event {
	return &pluginv1.Event{
		Id:         v.ID,
		At:         EncodeTime(v.At),
		Severity:   v.Severity,
		ResourceId: v.ResourceID,
		Message:    v.Message,
		Labels:     v.Labels,
	}
}

// EncodeProblem returns the message for one problem.
func EncodeProblem(v *resource.Problem) *pluginv1.Problem {
	return &pluginv1.Problem{
		ResourceId: v.ResourceID,
		Code:       v.Code,
		Message:    v.Message,
		Transient:  v.Transient,
	}
}

func encodeStatus(v resource.Status) pluginv1.Status {
	switch v {
	case resource.StatusRunning:
		return pluginv1.Status_STATUS_RUNNING
	case resource.StatusStopped:
		return pluginv1.Status_STATUS_STOPPED
	case resource.StatusPaused:
		return pluginv1.Status_STATUS_PAUSED
	case resource.StatusDegraded:
		return pluginv1.Status_STATUS_DEGRADED
	case resource.StatusOffline:
		return pluginv1.Status_STATUS_OFFLINE
	}
	return pluginv1.Status_STATUS_UNSPECIFIED
}

func encodeUsage(v *resource.Usage) *pluginv1.Usage {
	if *v == (resource.Usage{}) {
		return nil
	}
	return &pluginv1.Usage{
		Cpu:         v.CPU,
		Memory:      encodeCapacity(&v.Memory),
		Swap:        encodeCapacity(&v.Swap),
		Disk:        encodeCapacity(&v.Disk),
		Temperature: v.Temperature,
		Counters:    encodeTraffic(v.Counters),
		Rates:       encodeRates(v.Rates),
	}
}

func encodeTraffic(v *resource.Traffic) *pluginv1.Traffic {
	if v == nil {
		return nil
	}
	return &pluginv1.Traffic{NetIn: v.NetIn, NetOut: v.NetOut, DiskRead: v.DiskRead, DiskWrite: v.DiskWrite}
}

func encodeRates(v *resource.Rates) *pluginv1.Rates {
	if v == nil {
		return nil
	}
	return &pluginv1.Rates{NetIn: v.NetIn, NetOut: v.NetOut, DiskRead: v.DiskRead, DiskWrite: v.DiskWrite}
}

// encodeMetrics puts all messages into one allocation: a source reports many metrics at a time.
func encodeMetrics(list []resource.Metric) []*pluginv1.Metric {
	if len(list) == 0 {
		return nil
	}
	messages := make([]pluginv1.Metric, len(list))
	pointers := make([]*pluginv1.Metric, len(list))
	for i := range list {
		message := &messages[i]
		message.Name = list[i].Name
		message.Value = list[i].Value
		message.Unit = encodeUnit(list[i].Unit)
		message.Counter = list[i].Counter
		message.Labels = list[i].Labels
		pointers[i] = message
	}
	return pointers
}

func encodeUnit(v resource.Unit) pluginv1.Unit {
	switch v {
	case resource.UnitBytes:
		return pluginv1.Unit_UNIT_BYTES
	case resource.UnitRatio:
		return pluginv1.Unit_UNIT_RATIO
	case resource.UnitSeconds:
		return pluginv1.Unit_UNIT_SECONDS
	case resource.UnitCelsius:
		return pluginv1.Unit_UNIT_CELSIUS
	case resource.UnitBytesPerSecond:
		return pluginv1.Unit_UNIT_BYTES_PER_SECOND
	case resource.UnitWatts:
		return pluginv1.Unit_UNIT_WATTS
	case resource.UnitRPM:
		return pluginv1.Unit_UNIT_RPM
	}
	return pluginv1.Unit_UNIT_UNSPECIFIED
}

func encodeAll[V, M any](list []V, encode func(*V) *M) []*M {
	if len(list) == 0 {
		return nil
	}
	messages := make([]*M, len(list))
	for i := range list {
		messages[i] = encode(&list[i])
	}
	return messages
}

// EncodeTime returns the message for a time, nil for the zero time.
func EncodeTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// EncodeDuration returns the message for a duration, nil for zero.
func EncodeDuration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}
