// Package alerts renders alerts, their past and why they are there, in the shapes of the public API.
package alerts

import (
	"encoding/json"
	"math"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
)

// Short is an alert as the state shows it. Value and Threshold are in the unit of the type: percent, MB/s (1024²), °C,
// counts, minutes or days; 0 for states.
type Short struct {
	ID           string  `json:"id"`
	Type         string  `json:"type"`
	Level        string  `json:"level" enum:"warning,critical"`
	ResourceID   string  `json:"resourceId"`
	ResourceName string  `json:"resourceName"`
	Node         string  `json:"node"`
	Instance     string  `json:"instance"`
	Message      string  `json:"message"`
	Value        float64 `json:"value"`
	Threshold    float64 `json:"threshold"`
	// StartTime is when it was first bad, before the delay.
	StartTime    time.Time  `json:"startTime"`
	Acknowledged bool       `json:"acknowledged"`
	AckTime      *time.Time `json:"ackTime,omitempty"`
	AckUser      string     `json:"ackUser,omitempty"`
}

// Alert is an active alert.
type Alert struct {
	Short
	LastSeen time.Time      `json:"lastSeen"`
	Metadata map[string]any `json:"metadata,omitempty"`
	// LastNotified is when people were last told of it.
	LastNotified *time.Time `json:"lastNotified,omitempty"`
	// LastEscalation is the level of escalation reached, counted from 1, and EscalationTimes when each was.
	LastEscalation  int         `json:"lastEscalation,omitempty"`
	EscalationTimes []time.Time `json:"escalationTimes,omitempty"`
}

// Past is an alert in the history: as it fired, or as it was when it became worse. LastSeen is when it ended, while it
// goes on when it fired.
type Past struct {
	Alert
	// ResolvedAt is null while it goes on; Ending says why it ended. Both are in addition to the published shape.
	ResolvedAt *time.Time `json:"resolvedAt,omitempty"`
	Ending     string     `json:"ending,omitempty" enum:"cleared,removed,not-checked,manual,too-old"`
	IncidentID string     `json:"incidentId"`
}

// Of renders an active alert with what was last seen of it, if anything was.
func Of(a *alert.Alert, reading alert.Reading, seen bool) Alert {
	out := Alert{Short: ShortOf(a, reading, seen), LastSeen: unit.Time(a.FiredAt), Metadata: finite(a.Metadata)}
	if seen {
		out.LastSeen, out.Metadata = unit.Time(reading.At), finite(reading.Metadata)
	}
	out.LastNotified, out.LastEscalation = unit.Known(a.ToldAt), len(a.Escalations)
	for _, at := range a.Escalations {
		out.EscalationTimes = append(out.EscalationTimes, unit.Time(at))
	}
	return out
}

// ShortOf renders an active alert as the state shows it, with what was last seen of it, if anything was.
func ShortOf(a *alert.Alert, reading alert.Reading, seen bool) Short {
	subject, value, message := a.Subject, a.Value, a.Message
	if seen {
		subject, value, message = reading.Subject, reading.Value, reading.Message
	}
	return Short{
		ID: a.ID, Type: string(a.Type), Level: string(a.Level), ResourceID: subject.ID, ResourceName: subject.Name,
		Node: subject.Node, Instance: subject.Instance, Message: message, Value: unit.Finite(value),
		Threshold: unit.Finite(a.Trigger), StartTime: unit.Time(a.Began), Acknowledged: !a.Acknowledged.IsZero(),
		AckTime: unit.Known(a.Acknowledged), AckUser: a.AcknowledgedBy,
	}
}

// PastOf renders an incident for the history.
func PastOf(i *journal.Incident) Past {
	out := Past{
		Alert: Of(&i.Alert, alert.Reading{}, false), ResolvedAt: unit.Known(i.EndedAt), Ending: string(i.Ending), IncidentID: i.ID(),
	}
	if !i.Open() {
		out.LastSeen = unit.Time(i.EndedAt)
	}
	return out
}

// ForState encodes an active alert for the list of the state.
func ForState(a *alert.Alert, reading alert.Reading, seen bool) v5.Alert {
	body, err := json.Marshal(ShortOf(a, reading, seen))
	if err != nil { // plain text, finite numbers and times of four-digit years always encode
		panic(err)
	}
	return body
}

// ForResource renders an active alert for its resource in the unified view.
func ForResource(a *alert.Alert, reading alert.Reading, seen bool) resources.Alert {
	s := ShortOf(a, reading, seen)
	return resources.Alert{
		ID: s.ID, Type: s.Type, Level: s.Level, Message: s.Message, Value: s.Value, Threshold: s.Threshold, StartTime: s.StartTime,
	}
}

// finite returns metadata as it is, or without the numbers that JSON has no word for.
func finite(metadata map[string]any) map[string]any {
	clean := metadata
	for name, value := range metadata {
		number, isNumber := value.(float64)
		if !isNumber || !math.IsNaN(number) && !math.IsInf(number, 0) {
			continue
		}
		if len(clean) == len(metadata) {
			clean = make(map[string]any, len(metadata))
			for name, value := range metadata {
				clean[name] = value
			}
		}
		delete(clean, name)
	}
	return clean
}
