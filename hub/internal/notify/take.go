package notify

import (
	"context"
	"maps"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// take reads events from the outbox into the window, and those that could not be kept from memory.
func (w *work) take(ctx context.Context) {
	offered, returned := w.drain()
	for _, m := range returned {
		w.queue(m)
	}
	var records []store.Record
	err := w.Records.View(ctx, func(r store.Reader) (err error) {
		records, err = r.List(ctx, store.Queue, eventPrefix)
		return err
	})
	if err != nil && ctx.Err() == nil {
		w.Logger.Error("decided alerts cannot be read, those known are told", "error", err)
	}
	fresh := map[uint64]alert.Event{}
	for _, record := range records {
		number := eventNumber(record.Key)
		if number > 0 && number <= w.taken {
			if !w.window.has(number) { // it was told from memory before it could be kept
				w.owe(record.Key)
			}
			continue
		}
		e, err := decodeEvent(record.Value)
		if err != nil || e.Number != number {
			w.Logger.Error("a decided alert cannot be read and is not told", "record", record.Key)
			w.owe(record.Key)
			continue
		}
		fresh[number] = e
	}
	for _, e := range offered {
		if _, kept := fresh[e.Number]; !kept && e.Number > w.taken {
			fresh[e.Number] = e
		}
	}
	for _, number := range slices.Sorted(maps.Keys(fresh)) {
		w.window.add(fresh[number])
		w.taken = number
	}
	w.trimWindow()
}

// trimWindow bounds what waits while it is not known which channels there are.
func (w *work) trimWindow() {
	excess := len(w.window.events) - maxOffered
	if excess <= 0 {
		return
	}
	for i := range excess {
		w.owe(eventKey(w.window.events[i].Number))
	}
	w.window.events = slices.Delete(w.window.events, 0, excess)
	w.Logger.Error("decided alerts are dropped: too many wait to be told", "events", excess)
}

// owe notes that a record of the queue is to be deleted.
func (w *work) owe(key string) {
	w.debts[place{store.Queue, key}] = struct{}{}
}
