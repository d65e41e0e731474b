package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Keys of the bucket besides those of the events.
const (
	// anchorKey holds the mark of the last event that was trimmed.
	anchorKey = "anchor"
	// headKey holds the mark of the newest event.
	headKey = "head"
)

// mark is a place in the chain: a number and the hash of its event. It is stored as 16 hex digits, a space and the
// hash, so that there is one way only to write it.
type mark struct {
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"`
}

func (m mark) String() string { return seqKey(m.Seq) + " " + m.Hash }

func parseMark(text string) (mark, error) {
	number, hash, _ := strings.Cut(text, " ")
	seq, err := strconv.ParseUint(number, 16, 64)
	m := mark{seq, hash}
	if err != nil || len(hash) != hashDigits || m.String() != text {
		return mark{}, ErrDamaged
	}
	return m, nil
}

// seqKey is the key of an event.
func seqKey(seq uint64) string { return fmt.Sprintf("%016x", seq) }

// chain is where the log begins and ends: events anchor.Seq+1 to head.Seq are there.
type chain struct{ anchor, head mark }

func (c chain) len() uint64 { return c.head.Seq - c.anchor.Seq }

// readChain returns the chain of a log; that of an empty one begins with the genesis.
func readChain(ctx context.Context, r store.Reader) (c chain, err error) {
	if c.anchor, err = readMark(ctx, r, anchorKey); err != nil {
		return chain{}, err
	}
	if c.head, err = readMark(ctx, r, headKey); err != nil {
		return chain{}, err
	}
	if c.head.Seq < c.anchor.Seq {
		return chain{}, fmt.Errorf("%w: it ends before it begins", ErrDamaged)
	}
	return c, nil
}

func readMark(ctx context.Context, r store.Reader, key string) (mark, error) {
	text, err := r.Get(ctx, store.Audit, key)
	if errors.Is(err, store.ErrNotFound) {
		return mark{0, genesis}, nil
	}
	if err != nil {
		return mark{}, fmt.Errorf("read %s: %w", key, err)
	}
	m, err := parseMark(string(text))
	if err != nil {
		return mark{}, fmt.Errorf("%w: its %s is not readable", err, key)
	}
	return m, nil
}

// writer appends to the chain within one transaction.
type writer struct {
	tx store.Tx
	chain
}

// append writes one event, complete but for its place, and moves the head.
func (w *writer) append(ctx context.Context, event Event) error {
	event.Seq, event.Prev = w.head.Seq+1, w.head.Hash
	text, hash, err := seal(event)
	if err != nil {
		return err
	}
	if err := w.tx.Put(ctx, store.Audit, seqKey(event.Seq), text); err != nil {
		return err
	}
	if err := w.tx.Put(ctx, store.Audit, subjectKey(event.Kind, event.Subject, event.Seq), nil); err != nil {
		return err
	}
	w.head = mark{event.Seq, hash}
	return w.tx.Put(ctx, store.Audit, headKey, []byte(w.head.String()))
}
