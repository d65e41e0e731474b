package notify

import (
	"context"
	"time"
)

// commit writes a batch, and deletes what was to be deleted before. On an error, what the batch was to delete is deleted
// later; it must not be what would be lost by that.
func (w *work) commit(ctx context.Context, b *batch) error {
	err := w.write(ctx, b)
	if err != nil {
		for at := range b.deletes {
			w.debts[at] = struct{}{}
		}
	}
	return err
}

// write writes a batch together with the debts.
func (w *work) write(ctx context.Context, b *batch) error {
	for at := range w.debts {
		if _, again := b.puts[at]; !again {
			b.delete(at.bucket, at.key)
		}
	}
	err := b.write(ctx, w.Records)
	switch {
	case err == nil:
		clear(w.debts)
		if w.unwritten {
			w.Logger.Info("notifications are kept again")
		}
	case !w.unwritten:
		w.Logger.Error("notifications cannot be kept, and are sent from memory", "error", err)
	}
	w.unwritten = err != nil
	return err
}

// payDebts deletes what could not be deleted before, and returns when to look again.
func (w *work) payDebts(ctx context.Context, now time.Time) time.Time {
	switch {
	case len(w.debts) == 0:
		w.debtsAt = time.Time{}
		return time.Time{}
	case w.debtsAt.IsZero() && !w.unwritten, !w.debtsAt.IsZero() && !now.Before(w.debtsAt):
		if w.write(ctx, &batch{}) == nil {
			w.debtsAt = time.Time{}
			return time.Time{}
		}
	case !w.debtsAt.IsZero():
		return w.debtsAt
	}
	w.debtsAt = now.Add(debtRetry)
	return w.debtsAt
}
