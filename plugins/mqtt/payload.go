package mqtt

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// announcement is a message as it is published, without its alerts.
type announcement struct {
	DeliveryID string `json:"deliveryId,omitempty"`
	Phase      string `json:"phase"`
	Severity   string `json:"severity,omitempty"`
	Escalation int    `json:"escalation,omitempty"`
	Title      string `json:"title"`
	Text       string `json:"text,omitempty"`
	Alerts     int    `json:"alerts"`
	Link       string `json:"link,omitempty"`
}

func announcementOf(m *sdk.Notification) announcement {
	return announcement{
		DeliveryID: m.DeliveryID, Phase: m.Phase, Severity: m.Severity, Escalation: m.Escalation,
		Title: cut(m.Title), Text: cut(m.Text), Alerts: len(m.Alerts), Link: cut(m.Link),
	}
}

// alert is an alert as it is published. Times are RFC 3339.
type alert struct {
	DeliveryID string `json:"deliveryId,omitempty"`
	Phase      string `json:"phase"`
	Escalation int    `json:"escalation,omitempty"`

	ID            string            `json:"id"`
	Type          string            `json:"type"`
	Level         string            `json:"level"`
	ResourceID    string            `json:"resourceId"`
	ResourceName  string            `json:"resourceName"`
	ResourceKind  string            `json:"resourceKind,omitempty"`
	Node          string            `json:"node,omitempty"`
	Instance      string            `json:"instance,omitempty"`
	Message       string            `json:"message"`
	Value         float64           `json:"value"`
	Threshold     float64           `json:"threshold"`
	ValueText     string            `json:"valueText,omitempty"`
	ThresholdText string            `json:"thresholdText,omitempty"`
	Start         time.Time         `json:"startTime,omitzero"`
	End           time.Time         `json:"endTime,omitzero"`
	LastSeen      time.Time         `json:"lastSeen,omitzero"`
	Acknowledged  bool              `json:"acknowledged"`
	AckTime       time.Time         `json:"ackTime,omitzero"`
	AckUser       string            `json:"ackUser,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Metadata      json.RawMessage   `json:"metadata,omitempty"`
	Link          string            `json:"link,omitempty"`
}

func alertOf(m *sdk.Notification, a *sdk.Alert) alert {
	p := alert{
		DeliveryID: m.DeliveryID, Phase: m.Phase, Escalation: m.Escalation,
		ID: cut(a.ID), Type: a.Rule, Level: a.Severity, ResourceID: cut(a.ResourceID), ResourceName: cut(a.ResourceName),
		ResourceKind: a.ResourceKind, Node: cut(a.Node), Instance: cut(a.Instance), Message: cut(a.Message),
		Value: number(a.Value), Threshold: number(a.Threshold), ValueText: a.ValueText, ThresholdText: a.ThresholdText,
		Start: a.Started.UTC(), End: a.Ended.UTC(), LastSeen: a.LastSeen.UTC(),
		Acknowledged: !a.Acknowledged.IsZero(), AckTime: a.Acknowledged.UTC(), AckUser: a.AcknowledgedBy,
		Labels: a.Labels, Link: cut(m.Link),
	}
	if json.Valid([]byte(a.Metadata)) && len(a.Metadata) <= maxText {
		p.Metadata = json.RawMessage(a.Metadata)
	}
	return p
}

// number returns a value that JSON can tell; what it cannot is 0.
func number(value float64) float64 {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0
	}
	return value
}

// maxText bounds each text in a payload, in bytes.
const maxText = 16 << 10

func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}

// sensor is the discovery of a binary sensor
// (https://www.home-assistant.io/integrations/binary_sensor.mqtt).
type sensor struct {
	Name            string `json:"name"`
	UniqueID        string `json:"unique_id"`
	DeviceClass     string `json:"device_class"`
	StateTopic      string `json:"state_topic"`
	AttributesTopic string `json:"json_attributes_topic"`
	Device          device `json:"device"`
	Origin          origin `json:"origin"`
}

// device is what all sensors belong to.
type device struct {
	Identifiers  []string `json:"identifiers"`
	Name         string   `json:"name"`
	Manufacturer string   `json:"manufacturer"`
	URL          string   `json:"configuration_url,omitempty"`
}

// origin is who made the sensor.
type origin struct {
	Name string `json:"name"`
}

// problem is what a sensor tells beside on and off.
type problem struct {
	Resource string    `json:"resource"`
	Kind     string    `json:"kind,omitempty"`
	Node     string    `json:"node,omitempty"`
	Level    string    `json:"level"`
	Message  string    `json:"message"`
	Alerts   int       `json:"alerts"`
	Since    time.Time `json:"since,omitzero"`
	Link     string    `json:"link,omitempty"`
}

// isOver tells whether the alerts of a message have ended.
func isOver(m *sdk.Notification) bool { return m.Phase == notification.PhaseResolved }
