package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/notification"
)

const (
	// maxFlying bounds the messages that are being sent; each channel has at most one.
	maxFlying = 64
	// sendTimeout is how long one try may take.
	sendTimeout = 35 * time.Second
	// endGrace is how long what is being sent may take when the hub ends.
	endGrace = 5 * time.Second
	// listEvery is how old the list of channels may be when something is sent.
	listEvery = 10 * time.Second
	// absentFor is how long messages wait for a channel that is not there or not enabled.
	absentFor = 10 * time.Minute
	// buriedAtOnce bounds the messages that are given up in one transaction.
	buriedAtOnce = 50
)

// errSendTimeout is the cause when a channel does not answer in time.
var errSendTimeout = errors.New("the channel did not answer within 35 s")

// result is what became of a try.
type result struct {
	message *message
	notification.Result
	err error
}

// dispatch begins to send what can be sent, and returns when there will be more.
func (w *work) dispatch(ctx context.Context, now time.Time) (next time.Time) {
	if !w.waiting() || !w.list(ctx, now, listEvery) {
		if w.waiting() {
			return now.Add(closeRetry)
		}
		return time.Time{}
	}
	soon := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	var ready []*message
	for _, l := range w.fairly() {
		if !l.absent.IsZero() {
			soon(w.wait(ctx, l, now))
			continue
		}
		l.bucket.refill(perMinute(l.channel.Kind), now)
		m, at := l.next(now)
		switch {
		case m == nil:
			soon(at)
		case m.doom != "" || now.Sub(m.Created) > maxAge:
			w.bury(ctx, l, []*message{m}, cmp.Or(m.doom, "not delivered within a day"), now)
			soon(now.Add(time.Second))
		case w.flying+len(ready) < maxFlying:
			ready = append(ready, m)
		}
	}
	w.launch(ctx, ready, now)
	return next
}

// waiting says that there are messages that are not being sent.
func (w *work) waiting() bool {
	for _, l := range w.lanes {
		if len(l.messages) > 0 && !l.busy {
			return true
		}
	}
	return false
}

// fairly returns the lanes, those that were tried longest ago first.
func (w *work) fairly() []*lane {
	lanes := make([]*lane, 0, len(w.lanes))
	for _, l := range w.lanes {
		lanes = append(lanes, l)
	}
	slices.SortFunc(lanes, func(x, y *lane) int {
		return cmp.Or(x.lastTry.Compare(y.lastTry), cmp.Compare(x.channel.ID, y.channel.ID))
	})
	return lanes
}

// wait gives up what waits for a channel that has been away for too long, and returns when to look again.
func (w *work) wait(ctx context.Context, l *lane, now time.Time) time.Time {
	if len(l.messages) == 0 || l.busy {
		return time.Time{}
	}
	if now.Sub(l.absent) < absentFor {
		return now.Add(debtRetry)
	}
	w.bury(ctx, l, slices.Clone(l.messages[:min(len(l.messages), buriedAtOnce)]), "the channel is switched off or gone", now)
	if len(l.messages) == 0 {
		return time.Time{}
	}
	return now.Add(time.Second)
}

// launch marks messages as being sent, in one transaction, and sends them.
func (w *work) launch(ctx context.Context, ready []*message, now time.Time) {
	if len(ready) == 0 {
		return
	}
	b := &batch{}
	bodies := make([]*notification.Message, len(ready))
	for i, m := range ready {
		m.Sending, m.LastTry = true, now
		m.Tries++
		bodies[i] = m.body
		m.put(b)
		b.kept = append(b.kept, func() { m.body = nil })
		w.lanes[m.Channel].began(now)
	}
	// On a full disk it is sent nevertheless; commit has said so.
	_ = w.commit(ctx, b)
	for i, m := range ready {
		w.flying++
		w.sends.Go(func() { w.results <- w.try(ctx, m, bodies[i]) })
	}
}

// try sends one message and says what became of it. It runs beside the loop, which owns what changes of the message.
// When the hub ends it has a moment left: what is cut off may be sent twice.
func (w *work) try(hub context.Context, m *message, body *notification.Message) result {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(hub), sendTimeout, errSendTimeout)
	defer cancel()
	defer context.AfterFunc(hub, func() { time.AfterFunc(endGrace, cancel) })()
	if body == nil {
		var err error
		if body, err = w.read(ctx, m.ID); err != nil {
			return result{message: m, err: err}
		}
	}
	answer, err := w.Sender.Send(ctx, m.Channel, body)
	if err != nil && errors.Is(context.Cause(ctx), errSendTimeout) {
		err = errSendTimeout
	}
	return result{message: m, Result: answer, err: err}
}

// errContent is wrapped by the error about a message whose content cannot be read; sending it again cannot help.
var errContent = errors.New("content of the message cannot be read")

// read reads the content of a message.
func (w *work) read(ctx context.Context, id string) (*notification.Message, error) {
	raw, err := w.Records.Get(ctx, store.Queue, bodyKey(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, errContent
	}
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	body, err := decodeBody(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errContent, err)
	}
	return body, nil
}
