// Package journal keeps the events of alerts, and what can be asked of them.
//
// What the engine decides by is kept as a checkpoint and the events since; reading both gives the same state. Beside
// them there is one summary of each alert, which is also held in memory, and its events, so that the past can be shown
// however long ago the checkpoint was. All that comes of one call of Append is one transaction.
package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// checkpointEvery is after how many events the log gives way to a checkpoint.
	checkpointEvery = 512
	// keptIncidents is how many incidents are kept; beyond them, those that ended go with the next checkpoint, the oldest
	// first.
	keptIncidents = 5000
	// keptFor is how long incidents are kept after their end.
	keptFor = 90 * 24 * time.Hour
	// removedAtOnce bounds how many incidents one transaction removes.
	removedAtOnce = 500
)

// Records is what a Journal needs of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Outbox writes down what else must be kept together with events, in the transaction that keeps them. It is called once
// for each transaction, with the events in order, and must not change them. An error keeps the events from being kept.
type Outbox func(ctx context.Context, tx store.Tx, events []alert.Event) error

// An Option changes how a Journal works.
type Option func(*Journal)

// WithOutbox lets an Outbox take part in each Append.
func WithOutbox(outbox Outbox) Option {
	return func(j *Journal) { j.outbox = outbox }
}

// Journal keeps events. Make it with New and call Load before anything else; from then on it is safe for concurrent use.
type Journal struct {
	records Records
	logger  hclog.Logger
	outbox  Outbox // may be nil
	book    book
	// turn is held by whoever writes, so that the store and the book change in the same order.
	turn chan struct{}
	// checkpointed is the number of the newest event that the checkpoint has; it belongs to who holds the turn.
	checkpointed uint64
}

// New returns the journal of a store.
func New(records Records, logger hclog.Logger, options ...Option) *Journal {
	j := &Journal{records: records, logger: logger, book: newBook(), turn: make(chan struct{}, 1)}
	for _, option := range options {
		option(j)
	}
	return j
}

// errWaiting is the cause when somebody else writes for longer than the caller can wait.
var errWaiting = errors.New("wait for others to write")

// enter waits for the turn to write; leave gives it back.
func (j *Journal) enter(ctx context.Context) (leave func(), err error) {
	select {
	case j.turn <- struct{}{}:
		return func() { <-j.turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", errWaiting, context.Cause(ctx))
	}
}

// Append keeps the events that led to a state, in one transaction. Without events it writes nothing. The state must not
// change until it returns. It fails as the store does, such as with store.ErrNoSpace; then nothing is kept, and the next
// call has to bring the same events again, before those that have come since. An event that is kept already is not
// counted twice.
func (j *Journal) Append(ctx context.Context, state *engine.State, events []alert.Event) error {
	if len(events) == 0 {
		return nil
	}
	leave, err := j.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	changed := j.book.after(events)
	due := state.Number-j.checkpointed >= checkpointEvery
	var gone []uint64
	if due {
		gone = j.book.expired(events[len(events)-1].At)
	}
	err = j.records.Update(ctx, func(tx store.Tx) error {
		if err := j.putAll(ctx, tx, events, changed); err != nil {
			return err
		}
		if j.outbox != nil {
			if err := j.outbox(ctx, tx, events); err != nil {
				return err
			}
		}
		if !due {
			return nil
		}
		if err := j.putCheckpoint(ctx, tx, state); err != nil {
			return err
		}
		return remove(ctx, tx, gone)
	})
	if err != nil {
		return fmt.Errorf("keep events of alerts: %w", err)
	}
	j.book.put(changed)
	j.book.remove(gone)
	if due {
		j.checkpointed = state.Number
	}
	return nil
}

// putAll writes events, and the incidents that changed with them.
func (j *Journal) putAll(ctx context.Context, tx store.Tx, events []alert.Event, changed map[uint64]Incident) error {
	for i := range events {
		e := &events[i]
		value, err := j.encode(e)
		if err != nil {
			return err
		}
		if err := tx.Put(ctx, store.AlertLog, logKey(e.Number), value); err != nil {
			return err
		}
		if _, known := changed[incidentOf(e)]; !known {
			continue
		}
		if err := tx.Put(ctx, store.AlertTimeline, timelineKey(e.Alert.Number, e.Number), value); err != nil {
			return err
		}
	}
	for number, incident := range changed {
		value, err := encodeIncident(&incident)
		if err != nil {
			return err
		}
		if err := tx.Put(ctx, store.AlertIncidents, logKey(number), value); err != nil {
			return err
		}
		if err := trimTimeline(ctx, tx, number, incident.Events); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes incidents and their events.
func remove(ctx context.Context, tx store.Tx, numbers []uint64) error {
	for _, number := range numbers {
		if err := tx.Delete(ctx, store.AlertIncidents, logKey(number)); err != nil {
			return err
		}
		events, err := tx.List(ctx, store.AlertTimeline, timelinePrefix(number))
		if err != nil {
			return err
		}
		if err := deleteAll(ctx, tx, store.AlertTimeline, events); err != nil {
			return err
		}
	}
	return nil
}

func deleteAll(ctx context.Context, tx store.Tx, bucket store.Bucket, records []store.Record) error {
	for _, record := range records {
		if err := tx.Delete(ctx, bucket, record.Key); err != nil {
			return err
		}
	}
	return nil
}

// Forget removes every incident that has ended, with its events. Those that have not go on. What was removed before an
// error stays removed.
func (j *Journal) Forget(ctx context.Context) error {
	for {
		n, err := j.removeSome(ctx, j.book.ended)
		if err != nil {
			return fmt.Errorf("forget alerts: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
}

// removeSome removes the incidents that choose returns, which are not too many, and says how many they were.
func (j *Journal) removeSome(ctx context.Context, choose func() []uint64) (int, error) {
	leave, err := j.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	gone := choose()
	if len(gone) == 0 {
		return 0, nil
	}
	if err := j.records.Update(ctx, func(tx store.Tx) error { return remove(ctx, tx, gone) }); err != nil {
		return 0, err
	}
	j.book.remove(gone)
	return len(gone), nil
}
