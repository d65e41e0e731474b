package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// maxTrim bounds how many events one transaction removes.
	maxTrim = 5000
	// What an event of the log about itself says.
	kindAudit, subjectLog, whatTrimmed = "audit", "log", "trimmed"
)

// trimCount removes the oldest events when there are too many: more than needed, for each trimming is an event itself.
func (l *Log) trimCount(ctx context.Context, w *writer) error {
	limit := uint64(l.options.MaxEvents)
	if w.len() <= limit {
		return nil
	}
	surplus := w.len() - limit
	return l.trim(ctx, w, w.anchor.Seq+min(surplus+1+limit/100, maxTrim))
}

// trimAge removes events that are too old, and reports whether there may be more of them.
func (l *Log) trimAge(ctx context.Context) (more bool, err error) {
	oldest := l.options.Now().Add(-l.options.MaxAge)
	err = l.options.Records.Update(ctx, func(tx store.Tx) error {
		w, err := l.writer(ctx, tx)
		if err != nil {
			return err
		}
		last, err := lastBefore(ctx, w, oldest)
		if err != nil || last == w.anchor.Seq {
			return err
		}
		more = last-w.anchor.Seq == maxTrim
		return l.trim(ctx, w, last)
	})
	if err != nil {
		return false, fmt.Errorf("trim audit log: %w", err)
	}
	return more, nil
}

// lastBefore returns the number of the last event, from the oldest on, that happened before the time.
func lastBefore(ctx context.Context, w *writer, oldest time.Time) (uint64, error) {
	last := w.anchor.Seq
	end := min(w.head.Seq, w.anchor.Seq+maxTrim)
	err := ascend(ctx, w.tx, w.anchor.Seq+1, end, func(seq uint64, text []byte) (bool, error) {
		var event Event
		if json.Unmarshal(text, &event) != nil {
			return true, nil // it goes with those around it
		}
		if !event.At.Before(oldest) {
			return false, nil
		}
		last = seq
		return true, nil
	})
	return last, err
}

// trim removes the events up to a number, keeps where the chain goes on as the anchor, and says so in an event.
func (l *Log) trim(ctx context.Context, w *writer, last uint64) error {
	first := w.anchor.Seq + 1
	check := checker{at: w.anchor}
	err := ascend(ctx, w.tx, first, last, func(seq uint64, text []byte) (bool, error) {
		check.add(seq, text)
		var event Event
		if json.Unmarshal(text, &event) == nil {
			if err := w.tx.Delete(ctx, store.Audit, subjectKey(event.Kind, event.Subject, seq)); err != nil {
				return false, err
			}
		}
		return true, w.tx.Delete(ctx, store.Audit, seqKey(seq))
	})
	if err != nil {
		return err
	}
	if check.problem == "" && check.at.Seq != last {
		check.fail(check.at.Seq+1, problemMissing)
	}
	if w.anchor, err = anchorAt(ctx, w, last); err != nil {
		return err
	}
	if err := w.tx.Put(ctx, store.Audit, anchorKey, []byte(w.anchor.String())); err != nil {
		return err
	}
	return w.append(ctx, l.trimmed(first, w.anchor, &check))
}

// anchorAt returns the mark of an event by what the one after it says, which also holds when it was damaged itself.
func anchorAt(ctx context.Context, w *writer, last uint64) (mark, error) {
	if last == w.head.Seq {
		return w.head, nil
	}
	text, err := w.tx.Get(ctx, store.Audit, seqKey(last+1))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return mark{}, err
	}
	var next Event
	if json.Unmarshal(text, &next) != nil || len(next.Prev) != hashDigits {
		next.Prev = genesis // Verify goes on to name the event after it
	}
	return mark{last, next.Prev}, nil
}

// trimmed is the event about a trimming. It tells of damage that goes with what is removed.
func (l *Log) trimmed(first uint64, anchor mark, check *checker) Event {
	event := Event{
		At: l.options.Now().UTC(), Actor: Hub, Via: Hub, Kind: kindAudit, Subject: subjectLog, What: whatTrimmed, Outcome: Success,
		Detail: fmt.Sprintf("the oldest events, %d to %d, were removed", first, anchor.Seq),
	}
	if check.problem != "" {
		event.Outcome = Failure
		event.Detail += fmt.Sprintf("; event %d was not as it was written: %s", check.bad, check.problem)
	}
	text, err := json.Marshal(anchor)
	if err != nil { // a number and a text always encode
		panic(err)
	}
	event.After = text
	return event
}
