package notify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// errDead is what a process finds that is not there any more.
var errDead = errors.New("the process has died")

// A fate lets a process die at one of the moments before and after each write and each delivery.
type fate struct {
	moments, last atomic.Int64
	dead          atomic.Bool
}

// dies says that the process is dead from this moment on.
func (f *fate) dies() bool {
	if f.moments.Add(1) == f.last.Load() {
		f.dead.Store(true)
	}
	return f.dead.Load()
}

// mortal is a disk and a way to deliver of a process that may die.
type mortal struct {
	*disk
	air  *air
	fate *fate
}

func (m mortal) Update(ctx context.Context, fn func(store.Tx) error) error {
	if m.fate.dies() {
		return errDead
	}
	err := m.disk.Update(ctx, fn)
	if m.fate.dies() { // it is written, but nobody knows
		return errDead
	}
	return err
}

func (m mortal) Send(ctx context.Context, channel string, message *notification.Message) (notification.Result, error) {
	if m.fate.dies() {
		<-ctx.Done()
		return notification.Result{}, errDead
	}
	result, err := m.air.Send(ctx, channel, message)
	if m.fate.dies() { // it has arrived, but nobody knows
		<-ctx.Done()
		return notification.Result{}, errDead
	}
	return result, err
}

// TestDeathAtAnyMoment lets the process die at each moment of a life: each alert is told at least once and at most twice,
// in its order.
func TestDeathAtAnyMoment(t *testing.T) {
	deaths := 0
	for moment := int64(1); ; moment++ {
		died := true
		in(t, func(h *hub) { died = h.die(moment) })
		if !died {
			break
		}
		deaths++
		if t.Failed() {
			t.Fatalf("died at moment %d", moment)
		}
	}
	if deaths < 30 {
		t.Errorf("%d deaths, want more", deaths)
	}
	t.Logf("%d deaths", deaths)
}

// die lives through some alerts, and dies at a moment; it says whether that came.
func (h *hub) die(moment int64) (died bool) {
	h.stop()
	f := &fate{}
	f.last.Store(moment)
	h.startMortal(f)
	a, b := h.bad("web", alert.Warning), h.bad("db", alert.Critical)
	for _, make := range []func() []alert.Event{
		func() []alert.Event { return []alert.Event{a.fire(), b.fire()} },
		func() []alert.Event { return []alert.Event{a.again()} },
		func() []alert.Event { return []alert.Event{b.escalate(1, alert.AllChannels)} },
		func() []alert.Event { return []alert.Event{a.resolve(), b.resolve()} },
	} {
		events := make()
		err := mortal{h.disk, h.air, f}.Update(h.Context(), func(tx store.Tx) error { return notify.Outbox(h.Context(), tx, events) })
		_, missing := h.disk.Get(h.Context(), store.Queue, outboxKey(events[0].Number))
		if f.dead.Load() {
			h.stop()
			died = true
			f = &fate{}
			h.startMortal(f)
			if missing != nil { // whoever decides does so again
				err = mortal{h.disk, h.air, f}.Update(h.Context(), func(tx store.Tx) error { return notify.Outbox(h.Context(), tx, events) })
			} else {
				err = nil
			}
		}
		if err != nil {
			h.Error(err)
		}
		h.pipeline.Offer(events)
		h.pass(time.Minute)
		if f.dead.Load() {
			h.stop()
			died = true
			f = &fate{}
			h.startMortal(f)
			h.pass(time.Minute)
		}
	}
	h.pass(10 * time.Minute)
	h.empty()
	for _, channel := range []string{"mail", "hook"} {
		for _, id := range []string{"web-cpu", "db-cpu"} {
			h.wantOnceOrTwice(channel, id)
		}
	}
	return died
}

// wantOnceOrTwice checks what a channel was told of an alert.
func (h *hub) wantOnceOrTwice(channel, id string) {
	h.Helper()
	var got []string
	counts := map[string]int{}
	for _, m := range h.told(channel) {
		if slices.ContainsFunc(m.Alerts, func(a notification.Alert) bool { return a.ID == id }) {
			what := m.Phase
			if m.Escalation > 0 {
				what = "firing+"
			}
			got = append(got, what)
			counts[what]++
		}
	}
	want := map[string]int{"firing": 1, "firing+": 1, "resolved": 1}
	if id == "web-cpu" {
		want = map[string]int{"firing": 2, "resolved": 1} // it is told again
	}
	total := 0
	for what, n := range want {
		total += n
		if counts[what] < n {
			h.Errorf("%s was told %v of %s", channel, got, id)
		}
	}
	if !slices.IsSorted(got) || len(got) > total+1 {
		h.Errorf("%s was told %v of %s", channel, got, id)
	}
}

func outboxKey(number uint64) string { return fmt.Sprintf("event/%016x", number) }

// startMortal runs a pipeline that dies with its fate.
func (h *hub) startMortal(f *fate) {
	h.Helper()
	body := mortal{h.disk, h.air, f}
	h.pipeline = notify.New(notify.Options{
		Records: body, Channels: h.air, Sender: body, Grouping: func() notify.Grouping { return h.grouping },
		PublicURL: func() string { return "" }, Values: notifications.Values, Logger: hclog.NewNullLogger(),
	})
	h.run()
	synctest.Wait()
}
