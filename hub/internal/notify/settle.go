package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/notification"
)

// maxError is how much of an error is kept, in bytes.
const maxError = 1000

// finished returns a result and all others that have come.
func (w *work) finished(first result) []result {
	all := []result{first}
	for {
		select {
		case r := <-w.results:
			all = append(all, r)
		default:
			return all
		}
	}
}

// settle records what became of tries, in one transaction.
func (w *work) settle(ctx context.Context, results []result) {
	now := time.Now()
	b := &batch{}
	for _, r := range results {
		w.flying--
		m, l := r.message, w.lanes[r.message.Channel]
		l.busy, m.Sending = false, false
		m.Status, m.Payload, m.LastError = r.Status, r.PayloadBytes, cut(r.reason())
		switch w.judge(r) {
		case Sent:
			w.sent(b, l, m, now)
		case GivenUp:
			w.complain(l, now, m.LastError)
			reason := "the channel refuses it"
			if m.Tries >= maxTries {
				reason = fmt.Sprintf("not delivered in %d tries", m.Tries)
			}
			w.bury(ctx, l, []*message{m}, reason, now)
		default:
			w.again(b, l, &r, now)
		}
	}
	// If it cannot be written, what was delivered is deleted later, and what was not is known from memory.
	_ = w.commit(ctx, b)
}

// judge says how a try has ended.
func (w *work) judge(r result) Outcome {
	switch {
	case r.err == nil && r.Outcome == notification.OutcomeDelivered:
		return Sent
	case r.err == nil && r.Outcome == notification.OutcomeRejected, errors.Is(r.err, errContent), r.message.Tries >= maxTries:
		return GivenUp
	}
	return Retrying
}

// reason says why a message was not delivered.
func (r *result) reason() string {
	switch {
	case r.err != nil:
		return r.err.Error()
	case r.Outcome == notification.OutcomeDelivered:
		return ""
	case r.Error == "":
		return "the channel does not say why"
	}
	return r.Error
}

func (w *work) sent(b *batch, l *lane, m *message, now time.Time) {
	if l.succeeded(now) {
		w.Logger.Info("channel delivers again", "channel", l.channel.ID)
	}
	d := m.delivery(l.channel, Sent, now)
	w.log.add(b, logKey(d), d, now)
	m.forget(b)
	l.remove(m)
	w.noteSent(m.DeliveryID)
}

// again lets a message wait for its next try. A provider that says when to come back is not failing: the channel waits.
func (w *work) again(b *batch, l *lane, r *result, now time.Time) {
	m, wish := r.message, min(r.RetryAfter, longestWish)
	m.Next = now.Add(max(pause(m.Tries), wish))
	if r.err == nil && wish > 0 {
		if l.asked(now.Add(wish), m.LastError) {
			w.Logger.Warn("channel asks for a pause", "channel", l.channel.ID, "pause", wish, "error", m.LastError)
		}
	} else {
		w.complain(l, now, m.LastError)
	}
	m.put(b)
	d := m.delivery(l.channel, Retrying, now)
	w.log.add(b, logKey(d), d, now)
	b.kept = append(b.kept, func() { m.body = nil })
}

// complain notes that a channel has failed, and says so when that is news.
func (w *work) complain(l *lane, now time.Time, reason string) {
	if !l.failed(now, reason) {
		return
	}
	if l.broken() {
		w.Logger.Warn("channel fails again and again, and is only probed", "channel", l.channel.ID, "failures", l.failures, "error", reason)
		return
	}
	w.Logger.Warn("channel does not deliver", "channel", l.channel.ID, "error", reason)
}

// bury moves messages of a lane to the dead letters. Those that cannot be written down wait, and are buried later.
func (w *work) bury(ctx context.Context, l *lane, messages []*message, reason string, now time.Time) {
	b := &batch{}
	for _, m := range messages {
		letter := m.letter(l.channel, reason, now)
		letter.Message = m.body
		if letter.Message == nil {
			// Without its content it is still known what it was about.
			letter.Message, _ = w.read(ctx, m.ID)
		}
		w.dead.add(b, m.ID, letter, now)
		d := m.delivery(l.channel, GivenUp, now)
		d.Error = reason
		if m.LastError != "" {
			d.Error = cut(reason + ": " + m.LastError)
		}
		w.log.add(b, logKey(d), d, now)
		m.forget(b)
	}
	if err := w.write(ctx, b); err != nil {
		for _, m := range messages {
			m.doom, m.Next = reason, now.Add(debtRetry)
		}
		return
	}
	for _, m := range messages {
		l.remove(m)
		delete(w.known, m.DeliveryID)
	}
	w.Logger.Warn("notifications are given up", "channel", l.channel.ID, "messages", len(messages), "reason", reason)
}

// bound gives up the oldest messages when too many wait: warnings first.
func (w *work) bound(ctx context.Context, now time.Time) {
	excess := -maxQueued
	for _, l := range w.lanes {
		excess += len(l.messages)
	}
	for _, spare := range []string{"critical", ""} {
		for excess > 0 {
			l, victims := w.oldest(min(excess, buriedAtOnce), spare)
			if len(victims) == 0 {
				break
			}
			w.bury(ctx, l, victims, "too many notifications wait", now)
			excess -= len(victims)
			w.dropUnburied(l, victims)
		}
	}
}

// dropUnburied lets go of messages that were too many and could not even be buried: memory is bounded as well. Those that
// are in the store come back with the next start.
func (w *work) dropUnburied(l *lane, messages []*message) {
	if !w.unwritten {
		return
	}
	for _, m := range messages {
		l.remove(m)
		delete(w.known, m.DeliveryID)
	}
	w.Logger.Error("notifications are dropped: too many wait, and none can be written down", "channel", l.channel.ID, "messages", len(messages))
}

// oldest returns some of the oldest messages of the longest lane that are not of a severity and not being sent, nor
// about to be given up.
func (w *work) oldest(most int, spare string) (longest *lane, victims []*message) {
	count := func(l *lane) (found []*message) {
		for _, m := range l.messages {
			if m.Severity != spare && !m.Sending && m.doom == "" {
				found = append(found, m)
			}
		}
		return found
	}
	for _, l := range w.lanes {
		if found := count(l); len(found) > len(victims) {
			longest, victims = l, found
		}
	}
	return longest, victims[:min(most, len(victims))]
}

// cut shortens an error for the records.
func cut(text string) string {
	if len(text) > maxError {
		text = text[:maxError]
	}
	return strings.ToValidUTF8(text, "")
}
