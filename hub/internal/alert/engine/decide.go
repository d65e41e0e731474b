package engine

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

// decide fills in whether people are told of an event, and with it the alert after the event, which it takes over.
func (e *Engine) decide(r *Round, event *alert.Event, a *alert.Alert) {
	event.Withheld, event.Until = e.withheld(r, a)
	if event.Withheld == "" && event.Kind == alert.Fired && e.overLimit(r, a) {
		event.Withheld = alert.ForHourlyLimit
	}
	a.Withheld = event.Withheld
	if event.Withheld == "" {
		event.Notice = &alert.Notice{Channels: alert.AllChannels}
		a.ToldAt, a.ToldLevel = r.Now, a.Level
	}
	event.Alert = a
}

// withheld returns why nobody is to be told of an alert now, and until when if that is known; "": nothing speaks
// against it.
func (e *Engine) withheld(r *Round, a *alert.Alert) (why alert.Withholding, until time.Time) {
	if !a.Acknowledged.IsZero() {
		return alert.ForAcknowledged, until
	}
	if past := e.state.Past[a.Identity]; past != nil && past.FlappingUntil.After(r.Now) {
		return alert.ForFlapping, past.FlappingUntil
	}
	if r.Policy.Activation() != policy.Active {
		return alert.ForActivation, until
	}
	if a.MonitorOnly {
		return alert.ForMonitorOnly, until
	}
	if until, _, planned := r.Policy.InMaintenance(r.Now, a.Subject); planned {
		return alert.ForMaintenance, until
	}
	if e.explained(a.HiddenBy) {
		return alert.ForDependency, until
	}
	if until, quiet := r.Policy.Quiet(r.Now, a.Level, a.Category); quiet {
		return alert.ForQuietHours, until
	}
	return "", until
}

// explained says that another alert is active, or about to be, that says why.
func (e *Engine) explained(by alert.Identity) bool {
	if by == "" {
		return false
	}
	_, waiting := e.state.Waiting[by]
	return waiting || e.state.Active[by] != nil
}

// overLimit says that people were told of the same alert often enough within the hour.
func (e *Engine) overLimit(r *Round, a *alert.Alert) bool {
	limit, past := r.Policy.MaxPerHour(), e.state.Past[a.Identity]
	return limit > 0 && past != nil && since(past.Told, r.Now.Add(-time.Hour)) >= limit
}

// Withheld returns why nobody would be told of an active alert at a moment, and until when if that is known.
func (e *Engine) Withheld(now time.Time, p *policy.Policy, a *alert.Alert) (why alert.Withholding, until time.Time) {
	return e.withheld(&Round{Now: now, Policy: p}, a)
}

// watchFlapping begins to withhold an alert that fires too often.
func (e *Engine) watchFlapping(r *Round, id alert.Identity) {
	rule, on := r.Policy.Flapping()
	past := e.state.Past[id]
	if !on || past.FlappingUntil.After(r.Now) || since(past.Fired, r.Now.Add(-rule.Window)) < rule.Threshold {
		return
	}
	e.emit(alert.Event{
		At: r.Now, Kind: alert.Flapping, Identity: id, Alert: e.state.Active[id],
		Withheld: alert.ForFlapping, Until: r.Now.Add(rule.Cooldown),
	})
}

// timed does what is due by time with an active alert.
func (e *Engine) timed(r *Round, id alert.Identity) {
	if past := e.state.Past[id]; past != nil && !past.FlappingUntil.IsZero() && !past.FlappingUntil.After(r.Now) {
		e.emit(alert.Event{At: r.Now, Kind: alert.Settled, Identity: id, Alert: e.state.Active[id]})
	}
	a := e.state.Active[id]
	if after := r.Policy.Ages().AutoAcknowledge; after > 0 && a.Acknowledged.IsZero() && r.Now.Sub(a.Began) >= after {
		e.acknowledge(r.Now, a, AutoUser)
		return
	}
	if !a.Acknowledged.IsZero() {
		return
	}
	if e.due(r, a) {
		e.tellAgain(r, a)
	}
	e.escalate(r, e.state.Active[id])
}

// due says that people are to be told of an alert that goes on: because they were not when it began or became worse, or
// because that was long ago.
func (e *Engine) due(r *Round, a *alert.Alert) bool {
	if a.Level.Above(a.ToldLevel) {
		// What was there before anybody asked to be told is news only if it is critical.
		return a.Withheld != alert.ForActivation || a.Level == alert.Critical
	}
	cooldown := r.Policy.Cooldown()
	goesOn := e.seen[a.Identity].After(a.ToldAt) // that must show
	return goesOn && a.Numeric && cooldown > 0 && r.Now.Sub(a.ToldAt) >= cooldown
}

// tellAgain tells people of an alert that goes on, unless something speaks against it.
func (e *Engine) tellAgain(r *Round, active *alert.Alert) {
	if why, _ := e.withheld(r, active); why != "" || active.Withheld == alert.ForHourlyLimit && e.overLimit(r, active) {
		return
	}
	a := *active
	event := alert.Event{At: r.Now, Kind: alert.Told, Identity: a.Identity}
	e.decide(r, &event, &a)
	e.refresh(&a)
	e.emit(event)
}

// escalate reaches the next step of escalation when it is due and nothing speaks against telling.
func (e *Engine) escalate(r *Round, active *alert.Alert) {
	steps, reached := r.Policy.Escalation(), len(active.Escalations)
	if reached >= len(steps) || r.Now.Sub(active.Began) < steps[reached].After {
		return
	}
	if why, _ := e.withheld(r, active); why != "" {
		return
	}
	a := *active
	a.Escalations = remember(a.Escalations, r.Now)
	a.ToldAt, a.ToldLevel, a.Withheld = r.Now, a.Level, ""
	e.emit(alert.Event{
		At: r.Now, Kind: alert.Escalated, Identity: a.Identity, Alert: &a,
		Notice: &alert.Notice{Channels: steps[reached].Channels, Level: reached + 1},
	})
}

// age ends an alert that nothing was heard of, once it is older than alerts are kept. One whose cause still shows is
// kept: it would only come back.
func (e *Engine) age(r *Round, id alert.Identity) {
	a := e.state.Active[id]
	if a == nil {
		return
	}
	ages := r.Policy.Ages()
	limit, from := ages.MaxAge, a.Began
	if !a.Acknowledged.IsZero() {
		limit, from = ages.MaxAcknowledged, a.Acknowledged
	}
	if limit > 0 && r.Now.Sub(from) >= limit {
		e.resolve(r, id, alert.TooOld, "")
	}
}
