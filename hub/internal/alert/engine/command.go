package engine

import (
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

// Acknowledge says that somebody takes care of the alert with an id of the API. Doing it again is another event. It
// fails with ErrNotFound.
func (e *Engine) Acknowledge(id, user string, now time.Time) ([]alert.Event, error) {
	a, err := e.find(id)
	if err != nil {
		return nil, err
	}
	e.acknowledge(now, a, user)
	return e.take(), nil
}

// Unacknowledge says that nobody does any more. It fails with ErrNotFound.
func (e *Engine) Unacknowledge(id, user string, now time.Time) ([]alert.Event, error) {
	active, err := e.find(id)
	if err != nil {
		return nil, err
	}
	a := *active
	a.Acknowledged, a.AcknowledgedBy = time.Time{}, ""
	e.emit(alert.Event{At: now, Kind: alert.Unacknowledged, Identity: a.Identity, Alert: &a, User: user})
	return e.take(), nil
}

// Clear ends an alert by hand. It begins again with the next observation that is bad. It fails with ErrNotFound.
func (e *Engine) Clear(id, user string, now time.Time, p *policy.Policy) ([]alert.Event, error) {
	a, err := e.find(id)
	if err != nil {
		return nil, err
	}
	e.resolve(&Round{Now: now, Policy: p}, a.Identity, alert.ClearedByUs, user)
	return e.take(), nil
}

// Note writes something down about an alert, active or not: past is the alert as its newest event has it.
func (e *Engine) Note(past *alert.Alert, user, note string, now time.Time) []alert.Event {
	a := *past
	e.emit(alert.Event{At: now, Kind: alert.Noted, Identity: a.Identity, Alert: &a, User: user, Note: note})
	return e.take()
}

func (e *Engine) acknowledge(now time.Time, active *alert.Alert, user string) {
	a := *active
	a.Acknowledged, a.AcknowledgedBy = now, user
	e.emit(alert.Event{At: now, Kind: alert.Acknowledged, Identity: a.Identity, Alert: &a, User: user})
}

func (e *Engine) find(id string) (*alert.Alert, error) {
	a, known := e.Find(id)
	if !known {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	return a, nil
}
