package journal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// idTime is how incident ids have the time.
const idTime = "20060102150405"

// An Incident sums up one alert from its beginning to its end. It is a value; what it points to is not changed.
type Incident struct {
	// Alert is the alert as it fired or, if it became worse later, as it was then. Who acknowledged it and when people
	// were told are those of its newest event.
	Alert alert.Alert `json:"alert"`
	// EndedAt is zero while it goes on. Ending says why it ended; it is empty if that is not known any more. EndedBy is
	// set if somebody ended it.
	EndedAt time.Time    `json:"endedAt,omitzero"`
	Ending  alert.Ending `json:"ending,omitempty"`
	EndedBy string       `json:"endedBy,omitempty"`
	// Events is how many events it has had, Newest the number of the newest one and NewestAt when that was.
	Events   int       `json:"events"`
	Newest   uint64    `json:"newest"`
	NewestAt time.Time `json:"newestAt"`
}

// ID returns the id of the incident in the API: "inc-<yyyymmddhhmmss>-<number of the alert>", in UTC.
func (i *Incident) ID() string {
	return fmt.Sprintf("inc-%s-%d", i.Alert.FiredAt.UTC().Format(idTime), i.Alert.Number)
}

// Open says that the alert goes on.
func (i *Incident) Open() bool { return i.EndedAt.IsZero() }

// numberOfID returns the number in an id.
func numberOfID(id string) (uint64, bool) {
	rest, found := strings.CutPrefix(id, "inc-")
	_, digits, cut := strings.Cut(rest, "-")
	if !found || !cut {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, err == nil
}

// incidentOf returns the number of the alert that an event is of; 0: of none, for nothing has fired.
func incidentOf(e *alert.Event) uint64 {
	if e.Alert == nil || e.Kind == alert.Pending || e.Kind == alert.Dropped {
		return 0
	}
	return e.Alert.Number
}

// begun returns the incident of an alert that nothing else is known of.
func begun(a *alert.Alert) Incident { return Incident{Alert: *a} }

// apply brings the incident up to an event of it.
func (i *Incident) apply(e *alert.Event) {
	if e.Number <= i.Newest {
		return // it is known already
	}
	i.Events++
	i.Newest, i.NewestAt = e.Number, e.At
	if e.Kind == alert.Noted {
		return // its alert is that of any time
	}
	if e.Alert.Level.Above(i.Alert.Level) {
		i.Alert = *e.Alert
	}
	i.Alert.Acknowledged, i.Alert.AcknowledgedBy = e.Alert.Acknowledged, e.Alert.AcknowledgedBy
	i.Alert.ToldAt, i.Alert.ToldLevel, i.Alert.Escalations = e.Alert.ToldAt, e.Alert.ToldLevel, e.Alert.Escalations
	if e.Kind == alert.Resolved {
		i.EndedAt, i.Ending, i.EndedBy = e.At, e.Ending, e.User
	}
}
