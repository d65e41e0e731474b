package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// What can be wrong with an event.
const (
	problemMissing   = "the event is missing"
	problemText      = "the event is not readable"
	problemHash      = "the event was changed after it was written"
	problemPlace     = "the event stands in another place than it was written to"
	problemLink      = "the event does not follow the one before"
	problemEnd       = "the log does not end where its head says"
	problemAnchor    = "events were removed without saying so"
	problemUncounted = "the event stands outside of the log"
)

// Report is what a check of the chain has found.
type Report struct {
	// Checked is how many events were looked at.
	Checked uint64 `json:"checked"`
	// First and Last are the numbers of the first and the last of them; 0: there are none.
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
	// Problem says what is wrong, for people; empty: nothing.
	Problem string `json:"problem,omitempty"`
	// At is the number of the first event that is wrong.
	At uint64 `json:"at,omitempty"`
	// Head is the hash of the last event. Kept in another place, it shows later that nothing before it was rewritten.
	Head string `json:"head,omitempty"`
	// Partial says that the events of a file are a selection, so that missing ones cannot be told.
	Partial bool `json:"partial,omitempty"`
}

// checker follows the chain event by event and keeps the first problem.
type checker struct {
	// at is the event before the next one.
	at mark
	// gaps says that numbers may be missing, because the events are a selection.
	gaps    bool
	checked uint64
	first   uint64
	bad     uint64
	problem string
	// trimmed is what the newest event about a trimming says.
	trimmed mark
}

func (c *checker) fail(seq uint64, problem string) {
	if c.problem == "" {
		c.bad, c.problem = seq, problem
	}
}

// add looks at the next event, which is kept under the number.
func (c *checker) add(seq uint64, text []byte) {
	c.checked++
	if c.first == 0 {
		c.first = seq
	}
	hash := c.check(seq, text)
	c.at = mark{seq, hash}
}

// check returns the hash that the next event has to name.
func (c *checker) check(seq uint64, text []byte) (hash string) {
	body, hash, ok := split(text)
	var event Event
	if !ok || json.Unmarshal(text, &event) != nil {
		c.fail(seq, problemText)
		return ""
	}
	adjacent := seq == c.at.Seq+1
	switch {
	case !adjacent && (!c.gaps || seq <= c.at.Seq):
		c.fail(c.at.Seq+1, problemMissing)
	case hashOf(body) != hash:
		c.fail(seq, problemHash)
	case event.Seq != seq:
		c.fail(seq, problemPlace)
	case adjacent && event.Prev != c.at.Hash:
		c.fail(seq, problemLink)
	}
	if event.Kind == kindAudit && event.What == whatTrimmed {
		_ = json.Unmarshal(event.After, &c.trimmed) // what is not readable differs from the anchor
	}
	return hash
}

func (c *checker) report() Report {
	r := Report{Checked: c.checked, First: c.first, Problem: c.problem, At: c.bad, Partial: c.gaps}
	if c.checked > 0 {
		r.Last, r.Head = c.at.Seq, c.at.Hash
	}
	return r
}

// Verify checks every event of the log against the chain. What it finds is in the report; the error is one of
// reading.
func (l *Log) Verify(ctx context.Context) (Report, error) {
	var report Report
	err := l.options.Records.View(ctx, func(r store.Reader) (err error) {
		report, err = verify(ctx, r)
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("verify audit log: %w", err)
	}
	return report, nil
}

func verify(ctx context.Context, r store.Reader) (Report, error) {
	c, err := readChain(ctx, r)
	if errors.Is(err, ErrDamaged) {
		return Report{Problem: err.Error()}, nil
	}
	if err != nil {
		return Report{}, err
	}
	check := checker{at: c.anchor}
	err = ascend(ctx, r, c.anchor.Seq+1, c.head.Seq, func(seq uint64, text []byte) (bool, error) {
		check.add(seq, text)
		return check.problem == "", ctx.Err()
	})
	if err != nil {
		return Report{}, err
	}
	if check.problem == "" {
		err = check.ends(ctx, r, c)
	}
	return check.report(), err
}

// ends checks what lies around the events.
func (c *checker) ends(ctx context.Context, r store.Reader, log chain) error {
	switch {
	case c.at.Seq < log.head.Seq:
		c.fail(c.at.Seq+1, problemMissing)
	case c.at.Hash != log.head.Hash:
		c.fail(c.at.Seq, problemEnd)
	case log.anchor.Seq > 0 && c.trimmed != log.anchor:
		c.fail(log.anchor.Seq, problemAnchor)
	}
	for _, seq := range []uint64{log.anchor.Seq, log.head.Seq + 1} {
		_, err := r.Get(ctx, store.Audit, seqKey(seq))
		if err == nil {
			c.fail(seq, problemUncounted)
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}
