// Package chronicle keeps what people, and the hub by its own rules, have
// changed: who, when, what and to which thing.
package chronicle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Event is one change. Its texts hold no secret.
type Event struct {
	At time.Time `json:"at"`
	// Actor is who changed it: the name of a person or token, or "hub".
	Actor string `json:"actor"`
	// Kind and Subject name what was changed: "plugin", "acme.nas".
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	// What is one word or two: "approved".
	What string `json:"what"`
	// Detail is for people; may be empty.
	Detail string `json:"detail,omitempty"`
}

// maxEvents bounds what is kept; the oldest go first.
const maxEvents = 2000

// maxDetail bounds one detail, in bytes.
const maxDetail = 2000

// Records is what a Chronicle needs of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Chronicle is the list of changes. It is safe for concurrent use.
type Chronicle struct{ records Records }

// New returns the chronicle of a store.
func New(records Records) *Chronicle { return &Chronicle{records: records} }

// Add writes an event down. An event without a time happened now.
func (c *Chronicle) Add(ctx context.Context, event Event) error {
	if event.At.IsZero() {
		event.At = time.Now().UTC()
	}
	if len(event.Detail) > maxDetail {
		event.Detail = strings.ToValidUTF8(event.Detail[:maxDetail], "") + "…"
	}
	err := c.records.Update(ctx, func(tx store.Tx) error {
		// Keys of one process grow even within a millisecond, and sort by time.
		if err := store.PutJSON(ctx, tx, store.Events, ulid.Make().String(), event); err != nil {
			return err
		}
		return trim(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}

func trim(ctx context.Context, tx store.Tx) error {
	kept, err := tx.List(ctx, store.Events, "")
	if err != nil {
		return err
	}
	for _, old := range kept[:max(len(kept)-maxEvents, 0)] {
		if err := tx.Delete(ctx, store.Events, old.Key); err != nil {
			return err
		}
	}
	return nil
}

// About returns the last n events about one thing, the newest first.
func (c *Chronicle) About(ctx context.Context, kind, subject string, n int) ([]Event, error) {
	var byKey map[string]Event
	err := c.records.View(ctx, func(reader store.Reader) (err error) {
		byKey, err = store.ListJSON[Event](ctx, reader, store.Events, "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	keys := make([]string, 0, len(byKey))
	for key, event := range byKey {
		if event.Kind == kind && event.Subject == subject {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	slices.Reverse(keys)
	events := make([]Event, 0, min(len(keys), n))
	for _, key := range keys[:min(len(keys), n)] {
		events = append(events, byKey[key])
	}
	return events, nil
}
