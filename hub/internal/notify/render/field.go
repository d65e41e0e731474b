package render

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// How long texts are in the fields of a message, in bytes.
const (
	maxText     = 16 << 10
	maxMetadata = 32 << 10
)

// field returns an alert as the fields of a message have it.
func field(e *alert.Event, values func(*alert.Alert) (string, string), details bool) notification.Alert {
	a := e.Alert
	out := notification.Alert{
		ID: valid(a.ID), Rule: valid(string(a.Type)), ResourceID: valid(a.Subject.ID), ResourceName: valid(a.Subject.Name),
		ResourceKind: valid(string(a.Subject.Kind)), Node: valid(a.Subject.Node), Instance: valid(a.Subject.Instance),
		Severity: string(a.Level), Message: valid(a.Message), Value: finite(a.Value), Threshold: finite(a.Trigger),
		Started: sane(a.Began), LastSeen: sane(e.At), Acknowledged: sane(a.Acknowledged), AcknowledgedBy: valid(a.AcknowledgedBy),
	}
	if e.Kind == alert.Resolved {
		out.Ended = sane(e.At)
	}
	out.ValueText, out.ThresholdText = values(a)
	if len(a.Subject.Tags) > 0 {
		out.Labels = map[string]string{"tags": valid(strings.Join(a.Subject.Tags, ","))}
	}
	if details {
		out.Metadata = metadata(a.Metadata)
	}
	return out
}

// metadata encodes what can be encoded; what is too long is left out as a whole.
func metadata(members map[string]any) string {
	if len(members) == 0 {
		return ""
	}
	sayable := make(map[string]json.RawMessage, len(members))
	for name, member := range members {
		if raw, err := json.Marshal(member); err == nil {
			sayable[name] = raw
		}
	}
	raw, err := json.Marshal(sayable)
	if err != nil || len(raw) > maxMetadata {
		return ""
	}
	return string(raw)
}

// valid returns a text as UTF-8, and not endless.
func valid(text string) string {
	if len(text) > maxText {
		cut := maxText
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// sane returns a time that records and protocols can say; the zero time for others.
func sane(t time.Time) time.Time {
	if t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC()
}
