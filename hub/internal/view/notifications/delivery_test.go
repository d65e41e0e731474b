package notifications_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/view/alerts"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/sdk/notification"
)

func TestAlertsOfMessages(t *testing.T) {
	at := time.Date(2026, 11, 23, 5, 32, 56, 0, time.FixedZone("", 3600))
	message := &notification.Message{Alerts: []notification.Alert{
		{
			ID: "a", Rule: "cpu", Severity: "critical", ResourceID: "r", ResourceName: "R", Node: "n", Instance: "i", Message: "m", Value: 91.2, Threshold: 80,
			Started: at, LastSeen: at, Acknowledged: at, AcknowledgedBy: "anna", Metadata: `{"unit":"%"}`,
		},
		{ID: "b", Value: math.NaN(), Metadata: `["no object"]`},
	}}
	acknowledged := at.UTC()
	want := []alerts.Alert{
		{
			Short: alerts.Short{
				ID: "a", Type: "cpu", Level: "critical", ResourceID: "r", ResourceName: "R", Node: "n", Instance: "i", Message: "m", Value: 91.2,
				Threshold: 80, StartTime: at.UTC(), Acknowledged: true, AckTime: &acknowledged, AckUser: "anna",
			},
			LastSeen: at.UTC(), Metadata: map[string]any{"unit": "%"},
		},
		{Short: alerts.Short{ID: "b"}},
	}
	got := notifications.AlertsOf(message)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
	if none := notifications.AlertsOf(nil); none == nil || len(none) != 0 {
		t.Errorf("of nothing there are %v", none)
	}
}

func TestTypesOfMessages(t *testing.T) {
	for phase, want := range map[string]string{
		notification.PhaseFiring: "email", notification.PhaseResolved: "email_resolved", notification.PhaseInfo: "email", "": "email",
	} {
		if got := notifications.TypeOf("email", phase); got != want {
			t.Errorf("a message that is %q is of type %s, want %s", phase, got, want)
		}
	}
}
