package journal

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// nearby is how far the beginning of an incident may be from the moment that is asked for.
const nearby = 10 * time.Minute

// A Query chooses incidents. The zero value chooses all.
type Query struct {
	// From and To bound when they began, both included; zero: no bound.
	From, To time.Time
	// Level is the worst level they had; empty: any.
	Level alert.Level
	// ResourceID is a resource id of the API; empty: any.
	ResourceID string
	// Limit is how many are returned at most, after the first Offset of those that were chosen; 0: any number.
	Limit, Offset int
}

func (q *Query) chooses(i *Incident) bool {
	switch {
	case q.Level != "" && i.Alert.Level != q.Level,
		q.ResourceID != "" && i.Alert.Subject.ID != q.ResourceID,
		!q.From.IsZero() && i.Alert.Began.Before(q.From),
		!q.To.IsZero() && i.Alert.Began.After(q.To):
		return false
	}
	return true
}

// History returns the incidents that a query chooses, those that fired last first. The slice is the caller's.
func (j *Journal) History(q Query) []Incident {
	var found []Incident
	skip := q.Offset
	for incident := range j.book.newest() {
		if !q.chooses(incident) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		found = append(found, *incident)
		if len(found) == q.Limit {
			break
		}
	}
	return found
}

// ByResource returns up to limit incidents of a resource, by its id in the API, those that fired last first; 0: all.
func (j *Journal) ByResource(resourceID string, limit int) []Incident {
	return j.History(Query{ResourceID: resourceID, Limit: limit})
}

// Incident returns the incident of an alert, by its id in the API, that began nearest to a moment, within ten minutes;
// without one, or for the zero time, the newest.
func (j *Journal) Incident(alertID string, near time.Time) (Incident, bool) {
	var newest, nearest Incident
	known, closest := false, nearby+1
	for incident := range j.book.newest() {
		if incident.Alert.ID != alertID {
			continue
		}
		if !known {
			newest, known = *incident, true
		}
		if distance := incident.Alert.Began.Sub(near).Abs(); distance < closest {
			nearest, closest = *incident, distance
		}
	}
	if closest <= nearby {
		return nearest, true
	}
	return newest, known
}

// ByIncidentID returns the incident with an id.
func (j *Journal) ByIncidentID(id string) (Incident, bool) {
	number, ok := numberOfID(id)
	if !ok {
		return Incident{}, false
	}
	incident, known := j.book.get(number)
	if !known || incident.ID() != id {
		return Incident{}, false
	}
	return incident, true
}
