package audit

import (
	"context"
	"encoding/json"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// viaBefore marks events that were written by versions before this log, without a chain.
const viaBefore = "before"

// takeOver moves the events of the bucket that was used before into the log, the oldest first.
func (l *Log) takeOver(ctx context.Context, w *writer) error {
	old, err := w.tx.List(ctx, store.Events, "")
	if err != nil {
		return err
	}
	for _, record := range old {
		var event Event
		if err := json.Unmarshal(record.Value, &event); err != nil {
			l.options.Logger.Warn("event of an earlier version is not readable", "key", record.Key)
			continue
		}
		event.Via, event.Outcome, event.At = viaBefore, Success, event.At.UTC()
		if err := w.append(ctx, event); err != nil {
			return err
		}
	}
	for _, record := range old {
		if err := w.tx.Delete(ctx, store.Events, record.Key); err != nil {
			return err
		}
	}
	return nil
}
