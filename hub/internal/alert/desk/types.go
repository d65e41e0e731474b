package desk

import (
	"errors"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// ErrNoIncident is returned for a note on an alert or incident that is not known.
var ErrNoIncident = errors.New("no such incident")

// Active is an active alert and what was last seen of it.
type Active struct {
	alert.Alert
	// Reading is the newest observation; zero unless Seen.
	Reading alert.Reading
	// Seen says that there was one since the hub started.
	Seen bool
}

// A Note is what somebody wrote about an alert, active or not.
type Note struct {
	// AlertID is the id of the alert in the API, IncidentID that of one incident of it. One of them is set; IncidentID
	// decides when both are.
	AlertID, IncidentID string
	// Text is what was written, By who wrote it.
	Text, By string
}
