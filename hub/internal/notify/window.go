package notify

import (
	"context"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/notify/render"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// stormWindow is for how long alerts are collected in a storm, whatever the configuration asks for.
	stormWindow = 30 * time.Second
	// stormSpan is how far back a storm is looked for.
	stormSpan = time.Minute
	// closeRetry is when to try again while it is not known which channels there are.
	closeRetry = 5 * time.Second
	// maxQueued bounds the messages that wait.
	maxQueued = 10_000
)

// A window holds the events that wait to be told together. They are in the outbox as well, unless the disk was full.
type window struct {
	events []alert.Event // in order
	// opened is when the first came; retry is set when it could not be closed.
	opened, retry time.Time
}

func (w *window) add(e alert.Event) {
	if len(w.events) == 0 {
		w.opened = e.At
		if now := time.Now(); e.At.After(now) { // clocks have jumped
			w.opened = now
		}
	}
	w.events = append(w.events, e)
}

func (w *window) has(number uint64) bool {
	_, found := slices.BinarySearchFunc(w.events, number, func(e alert.Event, number uint64) int {
		switch {
		case e.Number < number:
			return -1
		case e.Number > number:
			return 1
		}
		return 0
	})
	return found
}

// A storm counts the alerts that were told within a minute.
type storm struct {
	at    []time.Time
	count []int
}

func (s *storm) add(n int, now time.Time) {
	s.at, s.count = append(s.at, now), append(s.count, n)
}

// told returns how many alerts that are.
func (s *storm) told(now time.Time) int {
	old := 0
	for old < len(s.at) && now.Sub(s.at[old]) > stormSpan {
		old++
	}
	s.at, s.count = slices.Delete(s.at, 0, old), slices.Delete(s.count, 0, old)
	sum := 0
	for _, n := range s.count {
		sum += n
	}
	return sum
}

// closeWindow queues what the window holds if its time has come, and returns when it will.
func (w *work) closeWindow(ctx context.Context, now time.Time) time.Time {
	if len(w.window.events) == 0 {
		return time.Time{}
	}
	lately := w.storm.told(now)
	p := planner{grouping: w.Grouping(), told: w.told, storm: lately+len(w.window.events) >= stormSize}
	var span time.Duration
	if p.grouping.Enabled {
		span = max(0, p.grouping.Window)
	}
	if lately >= stormSize {
		span = max(span, stormWindow)
	}
	at := w.window.opened.Add(span)
	if w.window.retry.After(at) {
		at = w.window.retry
	}
	if at.After(now) {
		return at
	}
	if !w.list(ctx, now, 0) {
		w.window.retry = now.Add(closeRetry)
		return w.window.retry
	}
	p.routing = newRouting(w.rules(ctx), w.channels)
	w.perform(ctx, p.plan(w.window.events), now)
	return time.Time{}
}

// rules returns the rules of routing; all go to all channels if they cannot be read.
func (w *work) rules(ctx context.Context) []Rule {
	rules, err := w.Routes(ctx)
	if err != nil {
		w.Logger.Error("rules of notifications cannot be read, all channels are told", "error", err)
	}
	return rules
}

// perform queues the messages of a plan in the transaction that empties the outbox.
func (w *work) perform(ctx context.Context, p plan, now time.Time) {
	b := &batch{}
	for i := range w.window.events {
		b.delete(store.Queue, eventKey(w.window.events[i].Number))
	}
	drafts, kept := w.collect(ctx, b, p.drafts)
	made := w.compose(b, drafts, now)
	w.learn(b, p.told)
	w.logCancelled(b, p.cancelled, now)
	if err := w.commit(ctx, b); err != nil {
		made = append(made, w.compose(&batch{}, kept, now)...)
	} else {
		for _, m := range made {
			m.body = nil
		}
		w.noteCollected(kept)
	}
	alerts := map[uint64]struct{}{}
	for _, m := range made {
		w.queue(m)
		for _, number := range m.Numbers {
			alerts[number] = struct{}{}
		}
	}
	w.storm.add(len(alerts), now)
	w.window = window{}
	w.bound(ctx, now)
}

// compose makes messages of drafts and puts them into a batch; what is known already is left out.
func (w *work) compose(b *batch, drafts []draft, now time.Time) []*message {
	var made []*message
	for _, d := range drafts {
		id := deliveryID(d.channel, d.events)
		if _, known := w.known[id]; known {
			continue
		}
		m := w.message(&render.Input{
			DeliveryID: id, Phase: d.phase, Escalation: d.escalation, Events: d.events, HubURL: w.PublicURL(), Values: w.Values,
		}, d.channel, now)
		m.put(b)
		made = append(made, m)
	}
	return made
}

// message renders a message for a channel.
func (w *work) message(in *render.Input, channel string, now time.Time) *message {
	body := render.Message(in)
	m := &message{
		ID: w.nextID(now), DeliveryID: in.DeliveryID, Channel: channel, Phase: body.Phase, Severity: body.Severity,
		Escalation: body.Escalation, Created: now, body: body,
	}
	for i, e := range in.Events {
		m.Numbers = append(m.Numbers, e.Alert.Number)
		if i < maxAlertIDs {
			m.AlertIDs = append(m.AlertIDs, body.Alerts[i].ID)
		}
	}
	return m
}

// put puts the message into a batch, with its content if the store does not have it.
func (m *message) put(b *batch) {
	b.put(store.Queue, messageKey(m.ID), encode(m))
	if m.body != nil {
		b.put(store.Queue, bodyKey(m.ID), encode(m.body))
	}
}

// forget takes the message out of the store.
func (m *message) forget(b *batch) {
	b.delete(store.Queue, messageKey(m.ID))
	b.delete(store.Queue, bodyKey(m.ID))
}

// learn notes who was told of what.
func (w *work) learn(b *batch, changes map[uint64]*told) {
	for number, now := range changes {
		if now == nil {
			delete(w.told, number)
			b.delete(store.Queue, toldKey(number))
			continue
		}
		w.told[number] = now
		b.put(store.Queue, toldKey(number), encode(now))
	}
	if len(w.told) <= maxTold {
		return
	}
	numbers := make([]uint64, 0, len(w.told))
	for number := range w.told {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	for _, number := range numbers[:len(numbers)-maxTold] {
		delete(w.told, number)
		b.delete(store.Queue, toldKey(number))
		delete(b.puts, place{store.Queue, toldKey(number)})
	}
}

// logCancelled writes one line about what nobody needs to be told any more.
func (w *work) logCancelled(b *batch, cancelled []*alert.Event, now time.Time) {
	if len(cancelled) == 0 {
		return
	}
	d := &Delivery{At: now, Outcome: Cancelled, Alerts: len(cancelled), Error: "over or acknowledged before it was told"}
	for _, e := range cancelled[:min(len(cancelled), maxAlertIDs)] {
		d.AlertIDs = append(d.AlertIDs, e.Alert.ID)
	}
	d.DeliveryID = deliveryID("", cancelled)
	w.log.add(b, logKey(d), d, now)
}
