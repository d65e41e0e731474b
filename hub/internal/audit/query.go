package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Query returns the events that pass the filter, the newest first. A page reads no more than it takes to fill it.
// The slice is the caller's, and never nil.
func (l *Log) Query(ctx context.Context, filter Filter) ([]Event, error) {
	search := l.search
	if filter.Kind != "" && filter.Subject != "" {
		search = l.searchSubject
	}
	events, err := search(ctx, newMatcher(filter))
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

// About returns the last n events about one thing, the newest first. The slice is the caller's, and never nil.
func (l *Log) About(ctx context.Context, kind, subject string, n int) ([]Event, error) {
	return l.Query(ctx, Filter{Kind: kind, Subject: subject, Limit: n})
}

// search walks back from the newest event.
func (l *Log) search(ctx context.Context, m *matcher) ([]Event, error) {
	c, err := l.chain(ctx)
	if err != nil {
		return nil, err
	}
	last := c.head.Seq
	if m.filter.Before > 0 {
		last = min(last, m.filter.Before-1)
	}
	events := []Event{}
	err = l.descend(ctx, last, c.anchor.Seq+1, func(_ uint64, text []byte) (bool, error) {
		event, wanted := m.match(text)
		if wanted {
			events = append(events, event)
		}
		return len(events) < m.filter.limit() && !isPast(m.filter.Since, text), nil
	})
	return events, err
}

// isPast reports whether an event is so old that those before it need no looking at.
func isPast(since time.Time, text []byte) bool {
	if since.IsZero() {
		return false
	}
	var event struct {
		At time.Time `json:"at"`
	}
	return json.Unmarshal(text, &event) == nil && event.At.Before(since.Add(-setBack))
}

// searchSubject reads the events about one thing by their numbers.
func (l *Log) searchSubject(ctx context.Context, m *matcher) ([]Event, error) {
	prefix := subjectPrefix(m.filter.Kind, m.filter.Subject)
	events := []Event{}
	err := l.options.Records.View(ctx, func(r store.Reader) error {
		keys, err := r.List(ctx, store.Audit, prefix)
		if err != nil {
			return err
		}
		for _, key := range slices.Backward(keys) {
			if len(events) == m.filter.limit() {
				return nil
			}
			text, err := r.Get(ctx, store.Audit, strings.TrimPrefix(key.Key, prefix))
			if errors.Is(err, store.ErrNotFound) {
				continue // Verify names it
			}
			if err != nil {
				return err
			}
			if event, wanted := m.match(text); wanted {
				events = append(events, event)
			}
		}
		return nil
	})
	return events, err
}

func (l *Log) chain(ctx context.Context) (c chain, err error) {
	err = l.options.Records.View(ctx, func(r store.Reader) error {
		c, err = readChain(ctx, r)
		return err
	})
	return c, err
}
