package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

const (
	// acknowledgementLasts is how long after its end an alert that comes back is still acknowledged.
	acknowledgementLasts = time.Hour
	// pastLasts is how long what has been is remembered, and the longest that any window can look back.
	pastLasts = 24 * time.Hour
	// maxTurns bounds how many beginnings and tellings of one alert are remembered.
	maxTurns = 100
	// pruneEvery is after how many events what is too old is forgotten.
	pruneEvery = 256
)

// State is everything decisions are made by. It is what events say it is: reading the same events in the same order
// gives the same State. The zero value is not ready; use NewState.
type State struct {
	// Number is that of the newest event.
	Number  uint64                          `json:"number"`
	Active  map[alert.Identity]*alert.Alert `json:"active"`
	Waiting map[alert.Identity]alert.Wait   `json:"waiting"`
	Past    map[alert.Identity]*Past        `json:"past"`
}

// Past is what is remembered of an alert from one time to the next.
type Past struct {
	// FiredAt and Value are of the newest firing.
	FiredAt time.Time `json:"firedAt,omitzero"`
	Value   float64   `json:"value"`
	// EndedAt is when it was last over; AcknowledgedBy who had acknowledged it then.
	EndedAt        time.Time `json:"endedAt,omitzero"`
	Acknowledged   time.Time `json:"acknowledged,omitzero"`
	AcknowledgedBy string    `json:"acknowledgedBy,omitempty"`
	// Fired are the newest firings, Told those that people were told of, the oldest first.
	Fired []time.Time `json:"fired,omitempty"`
	Told  []time.Time `json:"told,omitempty"`
	// FlappingUntil is set while it comes and goes too often.
	FlappingUntil time.Time `json:"flappingUntil,omitzero"`
}

// NewState returns the state before any event.
func NewState() *State {
	return &State{
		Active: map[alert.Identity]*alert.Alert{}, Waiting: map[alert.Identity]alert.Wait{}, Past: map[alert.Identity]*Past{},
	}
}

// Apply brings the state up to an event. The event must be the one after State.Number; what it points to must not be
// changed afterwards.
func (s *State) Apply(e *alert.Event) {
	s.Number = e.Number
	switch e.Kind {
	case alert.Pending:
		s.Waiting[e.Identity] = *e.Wait
	case alert.Dropped:
		delete(s.Waiting, e.Identity)
	case alert.Fired:
		delete(s.Waiting, e.Identity)
		s.Active[e.Identity] = e.Alert
		s.fired(e)
	case alert.Resolved:
		delete(s.Active, e.Identity)
		s.ended(e)
	case alert.Flapping:
		s.Active[e.Identity] = e.Alert
		s.past(e.Identity).FlappingUntil = e.Until
	case alert.Settled:
		s.past(e.Identity).FlappingUntil = time.Time{}
	case alert.Noted:
	default:
		s.Active[e.Identity] = e.Alert
	}
	if e.Number%pruneEvery == 0 {
		s.prune(e.At)
	}
}

func (s *State) fired(e *alert.Event) {
	past := s.past(e.Identity)
	past.FiredAt, past.Value = e.At, e.Alert.Value
	past.Fired = remember(past.Fired, e.At)
	if e.Notice != nil {
		past.Told = remember(past.Told, e.At)
	}
}

func (s *State) ended(e *alert.Event) {
	past := s.past(e.Identity)
	past.EndedAt = e.At
	past.Acknowledged, past.AcknowledgedBy = e.Alert.Acknowledged, e.Alert.AcknowledgedBy
}

func (s *State) past(id alert.Identity) *Past {
	past := s.Past[id]
	if past == nil {
		past = &Past{}
		s.Past[id] = past
	}
	return past
}

// prune forgets what has no say any more.
func (s *State) prune(now time.Time) {
	oldest := now.Add(-pastLasts)
	maps.DeleteFunc(s.Past, func(id alert.Identity, past *Past) bool {
		return s.Active[id] == nil && past.FiredAt.Before(oldest) && past.EndedAt.Before(oldest) && past.FlappingUntil.Before(now)
	})
}

// remember adds a time to a list of bounded length.
func remember(list []time.Time, at time.Time) []time.Time {
	if len(list) >= maxTurns {
		list = list[1:]
	}
	return append(slices.Clip(list), at)
}

// since counts the times that are not before a moment.
func since(list []time.Time, moment time.Time) int {
	n := 0
	for _, at := range list {
		if !at.Before(moment) {
			n++
		}
	}
	return n
}
