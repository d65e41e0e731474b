package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
)

// Present is what is active at one moment. It is not changed.
type Present struct {
	// Revision grows whenever the list is another one, Decided only when it is by a decision, not by what was seen.
	Revision, Decided uint64
	// Alerts are sorted by id.
	Alerts []Active

	decided chan struct{} // closed with the next decision
}

// Next is closed when there is a Present with another Decided.
func (p *Present) Next() <-chan struct{} { return p.decided }

// noPresent is what is active before anything is known.
func noPresent() *Present {
	return &Present{decided: make(chan struct{})}
}

// publishLocked makes what is active known, if it is not what is known already.
func (d *Desk) publishLocked() {
	before := d.present.Load()
	state := d.engine.State()
	alerts := make([]Active, 0, len(state.Active))
	for id, a := range state.Active {
		reading, seen := d.engine.Reading(id)
		alerts = append(alerts, Active{Alert: *a, Reading: reading, Seen: seen})
	}
	slices.SortFunc(alerts, func(a, b Active) int { return cmp.Compare(a.ID, b.ID) })
	if !slices.EqualFunc(before.Alerts, alerts, sameDecision) {
		d.present.Store(&Present{Revision: before.Revision + 1, Decided: before.Decided + 1, Alerts: alerts, decided: make(chan struct{})})
		close(before.decided)
		return
	}
	if !slices.EqualFunc(before.Alerts, alerts, sameReading) {
		d.present.Store(&Present{Revision: before.Revision + 1, Decided: before.Decided, Alerts: alerts, decided: before.decided})
	}
}

// sameDecision compares what is decided in the life of an alert.
func sameDecision(a, b Active) bool {
	return a.Identity == b.Identity && a.Number == b.Number && a.Level == b.Level && a.Trigger == b.Trigger &&
		a.Acknowledged.Equal(b.Acknowledged) && a.ToldAt.Equal(b.ToldAt) && len(a.Escalations) == len(b.Escalations)
}

func sameReading(a, b Active) bool {
	return a.Seen == b.Seen && a.Reading.At.Equal(b.Reading.At) && a.Reading.Value == b.Reading.Value && a.Reading.Message == b.Reading.Message
}

// Present returns what is active.
func (d *Desk) Present() *Present { return d.present.Load() }

// Active returns what is active, sorted by id. The slice is shared: it must not be changed.
func (d *Desk) Active() []Active { return d.present.Load().Alerts }

// Find returns an active alert by its id in the API.
func (d *Desk) Find(id string) (Active, bool) {
	alerts := d.Active()
	i, found := slices.BinarySearchFunc(alerts, id, func(a Active, id string) int { return cmp.Compare(a.ID, id) })
	if !found {
		return Active{}, false
	}
	return alerts[i], true
}

// Withheld returns why nobody would be told of an active alert now, and until when if that is known; "" when people
// would be, or when there is no such alert.
func (d *Desk) Withheld(id string) (why alert.Withholding, until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, active := d.engine.Find(id)
	if !active {
		return "", until
	}
	return d.engine.Withheld(d.Now(), d.policy, a)
}

// History returns past and present incidents.
func (d *Desk) History(q journal.Query) []journal.Incident { return d.Journal.History(q) }
