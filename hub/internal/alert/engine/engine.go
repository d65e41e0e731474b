// Package engine decides about alerts: when one begins and ends, and whether people are told.
//
// What it decides is a function of the events so far, of the findings it is given and of the time it is told; it has no
// clock and does no input or output. Decisions are events, and its State changes by events only, so that whoever keeps
// the events can bring an engine back to where it was.
package engine

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

// ErrNotFound is returned for an id that no active alert has.
var ErrNotFound = errors.New("alert not found")

// AutoUser is who acknowledges alerts that nobody has acknowledged for long.
const AutoUser = "system-auto"

// Engine holds the alerts. Make it with New; it is not safe for concurrent use.
type Engine struct {
	state    *State
	byID     map[string]alert.Identity
	byKey    map[string]map[alert.Identity]struct{} // active and waiting
	readings map[alert.Identity]alert.Reading       // of active alerts
	seen     map[alert.Identity]time.Time           // when what was read in the call that is going on was observed
	events   []alert.Event                          // of the call that is going on
}

// New returns an engine in a state, which belongs to it from then on; nil: nothing has happened yet.
func New(state *State) *Engine {
	if state == nil {
		state = NewState()
	}
	e := &Engine{
		state: state, byID: map[string]alert.Identity{}, byKey: map[string]map[alert.Identity]struct{}{},
		readings: map[alert.Identity]alert.Reading{}, seen: map[alert.Identity]time.Time{},
	}
	for id, a := range state.Active {
		e.byID[a.ID] = id
		e.index(id)
	}
	for id := range state.Waiting {
		e.index(id)
	}
	return e
}

// A Round is what the engine decides by at one moment.
type Round struct {
	Now    time.Time
	Policy *policy.Policy
	// Checked are resources that were looked at; those that were not are left as they are.
	Checked []alert.Checked
	// Gone says whether a resource does not exist any more; nil: all others do.
	Gone func(key string) bool
}

// Evaluate decides, and returns what has happened. The events are the caller's, but what they point to is not changed
// by anybody.
func (e *Engine) Evaluate(r *Round) []alert.Event {
	if !r.Policy.Enabled() {
		return e.switchOff(r)
	}
	for i := range r.Checked {
		e.checked(r, &r.Checked[i])
	}
	e.forgetGone(r)
	for _, id := range e.activeInOrder() {
		e.timed(r, id)
	}
	return e.take()
}

// switchOff ends everything.
func (e *Engine) switchOff(r *Round) []alert.Event {
	for _, id := range e.activeInOrder() {
		e.resolve(r, id, alert.NotChecked, "")
	}
	for _, id := range slices.Sorted(maps.Keys(e.state.Waiting)) {
		e.drop(r.Now, id)
	}
	return e.take()
}

// checked takes in what was found out about one resource.
func (e *Engine) checked(r *Round, c *alert.Checked) {
	for i := range c.Findings {
		e.found(r, &c.Findings[i])
	}
	known := e.byKey[c.Key]
	if len(known) == 0 {
		return
	}
	named := make(map[alert.Identity]struct{}, len(c.Findings))
	for i := range c.Findings {
		named[c.Findings[i].Identity] = struct{}{}
		if c.Findings[i].Verdict == alert.Unknown {
			e.age(r, c.Findings[i].Identity)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if _, found := named[id]; found {
			continue
		}
		if c.Unseen {
			e.age(r, id)
			continue
		}
		e.end(r, id, alert.NotChecked)
	}
}

// end ends an alert, or the wait for one.
func (e *Engine) end(r *Round, id alert.Identity, why alert.Ending) {
	if e.state.Active[id] != nil {
		e.resolve(r, id, why, "")
		return
	}
	e.drop(r.Now, id)
}

// found takes in one finding.
func (e *Engine) found(r *Round, f *alert.Finding) {
	active := e.state.Active[f.Identity]
	_, waiting := e.state.Waiting[f.Identity]
	verdict := f.Verdict
	if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
		verdict = alert.Unknown
	}
	switch {
	case verdict == alert.Unknown:
	case active != nil && verdict == alert.Good:
		e.read(f)
		e.resolve(r, f.Identity, alert.Cleared, "")
	case active != nil:
		e.read(f)
		e.update(r, f, active)
	case verdict == alert.Bad:
		e.wait(r, f)
	case waiting:
		e.drop(r.Now, f.Identity)
	}
}

// read notes what was last seen of an active alert.
func (e *Engine) read(f *alert.Finding) {
	e.readings[f.Identity] = alert.Reading{
		At: f.At, Value: f.Value, Message: f.Message, Metadata: f.Metadata, Subject: f.Subject,
	}
	e.seen[f.Identity] = f.At
}

// wait lets what is bad hold for as long as it must, and then fires.
func (e *Engine) wait(r *Round, f *alert.Finding) {
	now := f.At
	if f.ByClock {
		now = r.Now
	}
	wait, waiting := e.state.Waiting[f.Identity]
	switch {
	case !waiting:
		wait = alert.Wait{Since: now, At: now, Seen: 1}
	case !now.After(wait.At):
		return // nothing new was seen
	default:
		wait.At = now
		wait.Seen++
	}
	if wait.Seen >= f.Confirm && now.Sub(wait.Since) >= f.Delay && !e.nearDuplicate(r, f) {
		e.fire(r, f, wait)
		return
	}
	if !waiting || wait.Seen <= f.Confirm {
		e.emit(alert.Event{At: r.Now, Kind: alert.Pending, Identity: f.Identity, Wait: &wait})
	}
}

// nearDuplicate says that the same has fired a moment ago, with about the same value.
func (e *Engine) nearDuplicate(r *Round, f *alert.Finding) bool {
	past := e.state.Past[f.Identity]
	if past == nil || !f.Numeric {
		return false
	}
	delta, window := r.Policy.NearDuplicate()
	return r.Now.Sub(past.FiredAt) < window && math.Abs(f.Value-past.Value) < delta
}

// fire begins an alert.
func (e *Engine) fire(r *Round, f *alert.Finding, wait alert.Wait) {
	a := alert.Alert{
		Identity: f.Identity, ID: e.freeID(f.AlertID, f.Identity), Number: e.state.Number + 1, Type: f.Type, Level: f.Level,
		Subject: f.Subject, Value: f.Value, Trigger: f.Trigger, Clear: f.Clear, Message: f.Message, Metadata: f.Metadata,
		Rule: f.Rule, Began: wait.Since, FiredAt: r.Now, MonitorOnly: f.MonitorOnly, Numeric: f.Numeric,
		HiddenBy: f.HiddenBy, Category: f.Category,
	}
	if past := e.state.Past[f.Identity]; past != nil && past.AcknowledgedBy != "" && r.Now.Sub(past.EndedAt) < acknowledgementLasts {
		a.Acknowledged, a.AcknowledgedBy = past.Acknowledged, past.AcknowledgedBy
	}
	event := alert.Event{At: r.Now, Kind: alert.Fired, Identity: f.Identity}
	e.decide(r, &event, &a)
	e.emit(event)
	e.read(f)
	e.watchFlapping(r, f.Identity)
}

// freeID returns an id that no other alert has: those of the API are made of names, and names can be given twice.
func (e *Engine) freeID(id string, identity alert.Identity) string {
	free := id
	for n := 2; ; n++ {
		owner, taken := e.byID[free]
		if !taken || owner == identity {
			return free
		}
		free = fmt.Sprintf("%s-%d", id, n)
	}
}

// update follows an alert that goes on.
func (e *Engine) update(r *Round, f *alert.Finding, active *alert.Alert) {
	level := f.Level
	if active.Level.Above(level) && f.Numeric && f.Verdict == alert.Bad && f.Critical-f.Value < f.Trigger-f.Clear {
		level = active.Level // it falls with the same distance as the alert ends
	}
	if level == active.Level && f.Trigger == active.Trigger && f.Clear == active.Clear && f.MonitorOnly == active.MonitorOnly &&
		f.HiddenBy == active.HiddenBy {
		return
	}
	risen := level.Above(active.Level)
	a := *active
	a.Level, a.Trigger, a.Clear, a.Rule, a.MonitorOnly, a.HiddenBy = level, f.Trigger, f.Clear, f.Rule, f.MonitorOnly, f.HiddenBy
	a.Value, a.Message, a.Metadata, a.Subject = f.Value, f.Message, f.Metadata, f.Subject
	event := alert.Event{At: r.Now, Kind: alert.Changed, Identity: f.Identity}
	if risen {
		e.decide(r, &event, &a)
	} else {
		event.Alert = &a
	}
	e.emit(event)
}

// resolve ends an alert.
func (e *Engine) resolve(r *Round, id alert.Identity, why alert.Ending, user string) {
	a := *e.state.Active[id]
	e.refresh(&a)
	event := alert.Event{At: r.Now, Kind: alert.Resolved, Identity: id, Alert: &a, Ending: why, User: user}
	if !a.ToldAt.IsZero() && r.Policy.NotifyOnResolve() && (why == alert.Cleared || why == alert.Removed) {
		event.Withheld, event.Until = e.withheld(r, &a)
		if event.Withheld == "" {
			event.Notice = &alert.Notice{Channels: alert.AllChannels}
		}
	}
	e.emit(event)
}

// refresh gives an alert the value it has been seen with. What was seen in an earlier call is not known to an engine made
// of the events, so it must have no say.
func (e *Engine) refresh(a *alert.Alert) {
	if _, seen := e.seen[a.Identity]; !seen {
		return
	}
	reading := e.readings[a.Identity]
	a.Value, a.Message, a.Metadata, a.Subject = reading.Value, reading.Message, reading.Metadata, reading.Subject
}

func (e *Engine) drop(now time.Time, id alert.Identity) {
	e.emit(alert.Event{At: now, Kind: alert.Dropped, Identity: id})
}

// forgetGone ends what belongs to resources that do not exist any more.
func (e *Engine) forgetGone(r *Round) {
	if r.Gone == nil {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(e.byKey)) {
		if !r.Gone(key) {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(e.byKey[key])) {
			e.end(r, id, alert.Removed)
		}
	}
}

// emit numbers an event, lets it happen, and keeps it for the caller.
func (e *Engine) emit(event alert.Event) {
	event.Number = e.state.Number + 1
	e.state.Apply(&event)
	switch event.Kind {
	case alert.Pending:
		e.index(event.Identity)
	case alert.Fired:
		e.byID[event.Alert.ID] = event.Identity
		e.index(event.Identity)
	case alert.Resolved:
		delete(e.byID, event.Alert.ID)
		delete(e.readings, event.Identity)
		e.unindex(event.Identity)
	case alert.Dropped:
		e.unindex(event.Identity)
	}
	e.events = append(e.events, event)
}

func (e *Engine) take() []alert.Event {
	events := e.events
	e.events = nil
	clear(e.seen)
	return events
}

func (e *Engine) index(id alert.Identity) {
	key := id.Key()
	if e.byKey[key] == nil {
		e.byKey[key] = map[alert.Identity]struct{}{}
	}
	e.byKey[key][id] = struct{}{}
}

func (e *Engine) unindex(id alert.Identity) {
	key := id.Key()
	delete(e.byKey[key], id)
	if len(e.byKey[key]) == 0 {
		delete(e.byKey, key)
	}
}

func (e *Engine) activeInOrder() []alert.Identity {
	return slices.Sorted(maps.Keys(e.state.Active))
}

// Open says whether a resource has alerts, or waits for some.
func (e *Engine) Open(key string) bool { return len(e.byKey[key]) > 0 }

// State returns the state. It must not be changed, and changes with the next call.
func (e *Engine) State() *State { return e.state }

// Reading returns what was last seen of an active alert, and whether anything was since the engine began.
func (e *Engine) Reading(id alert.Identity) (alert.Reading, bool) {
	reading, seen := e.readings[id]
	return reading, seen
}

// Find returns the active alert with an id of the API.
func (e *Engine) Find(id string) (*alert.Alert, bool) {
	identity, known := e.byID[id]
	return e.state.Active[identity], known
}
