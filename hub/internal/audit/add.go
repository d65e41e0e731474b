package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Add writes an event down in a transaction of its own. What the event lacks comes from the caller of the context.
func (l *Log) Add(ctx context.Context, event Event) error {
	return l.options.Records.Update(ctx, func(tx store.Tx) error { return l.AddTx(ctx, tx, event) })
}

// AddTx writes an event down as part of a transaction, so that the change it tells of and the event are there
// together or not at all.
func (l *Log) AddTx(ctx context.Context, tx store.Tx, event Event) error {
	complete(ctx, &event)
	if event.At.IsZero() {
		event.At = l.options.Now()
	}
	event.At = event.At.UTC().Round(0)
	if err := l.write(ctx, tx, event); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	note(ctx)
	return nil
}

func (l *Log) write(ctx context.Context, tx store.Tx, event Event) error {
	w, err := l.writer(ctx, tx)
	if err != nil {
		return err
	}
	if err := w.append(ctx, event); err != nil {
		return err
	}
	return l.trimCount(ctx, w)
}

// writer returns the writer of a transaction. An empty log takes over what earlier versions wrote down.
func (l *Log) writer(ctx context.Context, tx store.Tx) (*writer, error) {
	c, err := readChain(ctx, tx)
	if err != nil {
		return nil, err
	}
	w := &writer{tx: tx, chain: c}
	if w.head.Seq > 0 {
		return w, nil
	}
	return w, l.takeOver(ctx, w)
}

// subjectKey is the key by which an event is found from what it is about.
func subjectKey(kind, subject string, seq uint64) string {
	return subjectPrefix(kind, subject) + seqKey(seq)
}

// subjectPrefix is short and one length, however long the subject is.
func subjectPrefix(kind, subject string) string {
	sum := sha256.Sum256([]byte(cutText(kind, maxName) + "\x00" + cutText(subject, maxName)))
	return "subject/" + hex.EncodeToString(sum[:8]) + "/"
}
