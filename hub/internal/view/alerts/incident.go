package alerts

import (
	"cmp"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// Incident is one alert from its beginning to its end.
type Incident struct {
	ID           string     `json:"id"`
	AlertID      string     `json:"alertId"`
	AlertType    string     `json:"alertType"`
	Level        string     `json:"level"`
	ResourceID   string     `json:"resourceId"`
	ResourceName string     `json:"resourceName"`
	ResourceType string     `json:"resourceType,omitempty"`
	Node         string     `json:"node,omitempty"`
	Instance     string     `json:"instance,omitempty"`
	Message      string     `json:"message,omitempty"`
	Status       string     `json:"status" enum:"open,resolved"`
	OpenedAt     time.Time  `json:"openedAt"`
	ClosedAt     *time.Time `json:"closedAt,omitempty"`
	Acknowledged bool       `json:"acknowledged"`
	AckUser      string     `json:"ackUser,omitempty"`
	AckTime      *time.Time `json:"ackTime,omitempty"`
	// Events are all, or of very many the first 40 and the last 80.
	Events []Event `json:"events,omitempty"`
}

// Event is one step in the life of an alert. Details are by Type: of alert_fired and alert_changed level, threshold,
// type and value; of what somebody did user, of a note also note; of alert_resolved ending; of alert_escalated level;
// and withheld where nobody was told.
type Event struct {
	ID        string         `json:"id"`
	Type      string         `json:"type" description:"alert_fired, alert_acknowledged, alert_unacknowledged, alert_resolved, note, alert_changed, alert_notified, alert_escalated, alert_flapping or alert_settled."`
	Timestamp time.Time      `json:"timestamp"`
	Summary   string         `json:"summary" description:"One sentence for people."`
	Details   map[string]any `json:"details,omitempty"`
}

// IncidentOf renders an incident with its events, which may be nil.
func IncidentOf(i *journal.Incident, events []alert.Event) Incident {
	a := &i.Alert
	out := Incident{
		ID: i.ID(), AlertID: a.ID, AlertType: string(a.Type), Level: string(a.Level), ResourceID: a.Subject.ID,
		ResourceName: a.Subject.Name, ResourceType: string(a.Subject.Kind), Node: a.Subject.Node, Instance: a.Subject.Instance,
		Message: a.Message, Status: "open", OpenedAt: unit.Time(a.Began), ClosedAt: unit.Known(i.EndedAt),
		Acknowledged: !a.Acknowledged.IsZero(), AckUser: a.AcknowledgedBy, AckTime: unit.Known(a.Acknowledged),
		Events: TimelineOf(events),
	}
	if !i.Open() {
		out.Status = "resolved"
	}
	return out
}

// TimelineOf renders events in their order. Kinds that are not shown are left out.
func TimelineOf(events []alert.Event) []Event {
	out := make([]Event, 0, len(events))
	for i := range events {
		e := &events[i]
		name, summary := spoken(e)
		if name == "" {
			continue
		}
		out = append(out, Event{
			ID:   fmt.Sprintf("inc-evt-%s-%d", e.At.UTC().Format("20060102150405"), e.Number),
			Type: name, Timestamp: unit.Time(e.At), Summary: summary, Details: detailsOf(e),
		})
	}
	return out
}

// spoken returns what the API calls a kind of event, and a sentence about the event.
func spoken(e *alert.Event) (name, summary string) {
	if e.Alert == nil {
		return "", ""
	}
	switch e.Kind {
	case alert.Fired:
		return "alert_fired", "Alert triggered: " + measured(e.Alert)
	case alert.Changed:
		return "alert_changed", "Alert changed: " + measured(e.Alert)
	case alert.Told:
		return "alert_notified", "Alert still active: " + measured(e.Alert)
	case alert.Escalated:
		return "alert_escalated", fmt.Sprintf("Alert escalated to level %d", len(e.Alert.Escalations))
	case alert.Acknowledged:
		return "alert_acknowledged", "Alert acknowledged"
	case alert.Unacknowledged:
		return "alert_unacknowledged", "Alert unacknowledged"
	case alert.Resolved:
		return "alert_resolved", "Alert resolved" + reasonOf(e.Ending)
	case alert.Flapping:
		return "alert_flapping", "Alert comes and goes too often to notify"
	case alert.Settled:
		return "alert_settled", "Alert has settled"
	case alert.Noted:
		return "note", "Note added by " + cmp.Or(e.User, "unknown")
	}
	return "", ""
}

// measured is the type with the level and, of what is measured, the value: "cpu (critical 95.0 >= 80.0)".
func measured(a *alert.Alert) string {
	if a.Trigger == 0 {
		return fmt.Sprintf("%s (%s)", a.Type, a.Level)
	}
	return fmt.Sprintf("%s (%s %.1f >= %.1f)", a.Type, a.Level, a.Value, a.Trigger)
}

func reasonOf(ending alert.Ending) string {
	switch ending {
	case alert.Removed:
		return ": the resource is gone"
	case alert.NotChecked:
		return ": it is not checked any more"
	case alert.ClearedByUs:
		return ": cleared by hand"
	case alert.TooOld:
		return ": too old"
	}
	return ""
}

func detailsOf(e *alert.Event) map[string]any {
	details := map[string]any{}
	switch e.Kind {
	case alert.Fired, alert.Changed, alert.Told:
		details["type"], details["level"] = string(e.Alert.Type), string(e.Alert.Level)
		details["value"], details["threshold"] = unit.Finite(e.Alert.Value), unit.Finite(e.Alert.Trigger)
	case alert.Escalated:
		details["level"] = len(e.Alert.Escalations)
	case alert.Acknowledged, alert.Unacknowledged:
		details["user"] = e.User
	case alert.Noted:
		details["user"], details["note"] = e.User, e.Note
	case alert.Resolved:
		details["ending"] = string(e.Ending)
		if e.User != "" {
			details["user"] = e.User
		}
	}
	if e.Withheld != "" {
		details["withheld"] = string(e.Withheld)
	}
	return details
}
