package webhook

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/sdk/notification"
)

// origin is what generic webhooks call the sender.
const origin = "pulse-monitoring"

// firingBody is what a generic webhook posts unless alerts are over. Event,
// title and message are there only for what is not an ordinary alert.
type firingBody struct {
	Event      string  `json:"event,omitempty"`
	Title      string  `json:"title,omitempty"`
	Message    string  `json:"message,omitempty"`
	Alerts     []alert `json:"alerts"`
	Count      int     `json:"count"`
	Grouped    bool    `json:"grouped"`
	Escalation int     `json:"escalation,omitempty"`
	Source     string  `json:"source"`
	Timestamp  int64   `json:"timestamp"` // Unix seconds
}

// resolvedBody is what a generic webhook posts when alerts are over.
type resolvedBody struct {
	Event         string  `json:"event"`
	Alerts        []alert `json:"alerts"`
	Count         int     `json:"count"`
	AlertID       string  `json:"alertId,omitempty"` // of the only one
	ResolvedAt    int64   `json:"resolvedAt"`        // Unix seconds
	ResolvedAtISO string  `json:"resolvedAtIso"`
	Source        string  `json:"source"`
	Dashboard     string  `json:"dashboard,omitempty"`
}

// genericBody writes a message as generic webhooks have it.
func genericBody(d *data) ([]byte, error) {
	var body any
	if d.Resolved {
		body = newResolvedBody(d)
	} else {
		body = newFiringBody(d)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write message: %w", err)
	}
	return text, nil
}

func newFiringBody(d *data) firingBody {
	body := firingBody{
		Alerts: d.Alerts, Count: len(d.Alerts), Grouped: true, Escalation: d.Escalation,
		Source: origin, Timestamp: d.sentAt.Unix(),
	}
	if d.Event != notification.PhaseFiring {
		body.Event, body.Title, body.Message = d.Event, d.Title, d.Text
	}
	return body
}

func newResolvedBody(d *data) resolvedBody {
	body := resolvedBody{
		Event: notification.PhaseResolved, Alerts: d.Alerts, Count: len(d.Alerts),
		ResolvedAt: d.endedAt.Unix(), ResolvedAtISO: d.endedAt.Format(time.RFC3339),
		Source: origin, Dashboard: d.Instance,
	}
	if len(d.Alerts) == 1 {
		body.AlertID = d.Alerts[0].ID
	}
	return body
}
