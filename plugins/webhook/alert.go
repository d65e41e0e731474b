package webhook

import (
	"encoding/json"
	"math"
	"time"

	"github.com/pulse-hub/pulse/sdk/notification"
)

// alert is one alert in the shape that generic webhooks post and templates
// see. The names of both are what receivers and templates already rely on;
// value and threshold have the unit of the rule (percent from 0 to 100, MB/s, °C, …).
type alert struct {
	ID           string         `json:"id"`
	Type         string         `json:"type"`
	Level        string         `json:"level"`
	ResourceID   string         `json:"resourceId"`
	ResourceName string         `json:"resourceName"`
	Node         string         `json:"node"`
	Instance     string         `json:"instance"`
	Message      string         `json:"message"`
	Value        float64        `json:"value"`
	Threshold    float64        `json:"threshold"`
	StartTime    time.Time      `json:"startTime"`
	LastSeen     time.Time      `json:"lastSeen"`
	Acknowledged bool           `json:"acknowledged"`
	AckTime      *time.Time     `json:"ackTime,omitempty"`
	AckUser      string         `json:"ackUser,omitempty"`
	Metadata     map[string]any `json:"metadata,omitempty"`
	LastNotified *time.Time     `json:"lastNotified,omitempty"`

	ValueFormatted     string            `json:"-"` // with unit; empty for states
	ThresholdFormatted string            `json:"-"`
	ResourceType       string            `json:"-"`
	EndTime            time.Time         `json:"-"` // zero: it goes on
	Labels             map[string]string `json:"-"`
}

// newAlert converts an alert that is told at the moment now.
func newAlert(a *notification.Alert, now time.Time) alert {
	out := alert{
		ID: a.ID, Type: a.Rule, Level: a.Severity,
		ResourceID: a.ResourceID, ResourceName: a.ResourceName, Node: a.Node, Instance: a.Instance,
		Message: a.Message, Value: finite(a.Value), Threshold: finite(a.Threshold),
		StartTime: a.Started.UTC(), LastSeen: lastSeen(a),
		Acknowledged: !a.Acknowledged.IsZero(), AckUser: a.AcknowledgedBy,
		Metadata:       metadataOf(a),
		ValueFormatted: a.ValueText, ThresholdFormatted: a.ThresholdText, EndTime: a.Ended, Labels: a.Labels,
	}
	if out.Acknowledged {
		out.AckTime = new(a.Acknowledged.UTC())
	}
	if a.Ended.IsZero() {
		out.LastNotified = new(now.UTC())
	}
	out.ResourceType = a.ResourceKind
	if text, ok := out.Metadata["resourceType"].(string); ok && text != "" {
		out.ResourceType = text
	}
	return out
}

// lastSeen is when the alert was last seen, which is never before it began.
func lastSeen(a *notification.Alert) time.Time {
	if a.LastSeen.Before(a.Started) {
		return a.Started.UTC()
	}
	return a.LastSeen.UTC()
}

// metadataOf reads what else is known of an alert; what is not an object is nothing.
func metadataOf(a *notification.Alert) map[string]any {
	metadata := map[string]any{}
	if err := json.Unmarshal([]byte(a.Metadata), &metadata); err != nil || metadata == nil {
		metadata = map[string]any{}
	}
	if !a.Ended.IsZero() {
		metadata["resolvedAt"] = a.Ended.UTC().Format(time.RFC3339)
	}
	return metadata
}

// finite is a number that JSON can write.
func finite(value float64) float64 {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0
	}
	return value
}
