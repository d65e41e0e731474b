package journal

import (
	"context"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// shownEvents is how many events of an alert are shown; beyond them, what is between the oldest and the newest is not.
	shownEvents = 120
	// oldestShown is how many of those shown are the oldest.
	oldestShown = 40
	// trimEvery is after how many more events those that are not shown are deleted.
	trimEvery = 60
)

// Timeline returns the events of the alert with a number, in order: all of them or, of very many, the first 40 and the
// last 80. It is empty for an alert that is not known. The slice is the caller's.
func (j *Journal) Timeline(ctx context.Context, number uint64) ([]alert.Event, error) {
	var records []store.Record
	err := j.records.View(ctx, func(reader store.Reader) (err error) {
		records, err = reader.List(ctx, store.AlertTimeline, timelinePrefix(number))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read events of alert %d: %w", number, err)
	}
	if len(records) > shownEvents {
		records = append(records[:oldestShown], records[len(records)-(shownEvents-oldestShown):]...)
	}
	events, damage := make([]alert.Event, 0, len(records)), damaged{}
	for _, record := range records {
		event, err := decodeEvent(record.Value)
		if err != nil || timelineKey(number, event.Number) != record.Key {
			damage.note(store.AlertTimeline, record.Key)
			continue
		}
		events = append(events, event)
	}
	damage.warn(j.logger)
	return events, nil
}

// trimTimeline deletes what is not shown of an alert that has had so many events, now and then.
func trimTimeline(ctx context.Context, tx store.Tx, number uint64, events int) error {
	if events <= shownEvents || events%trimEvery != 0 {
		return nil
	}
	records, err := tx.List(ctx, store.AlertTimeline, timelinePrefix(number))
	if err != nil || len(records) <= shownEvents {
		return err
	}
	return deleteAll(ctx, tx, store.AlertTimeline, records[oldestShown:len(records)-(shownEvents-oldestShown)])
}
