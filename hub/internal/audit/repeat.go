package audit

import (
	"context"
	"fmt"
	"time"
)

// summaryEvery is how often one key of AddRepeated is written at most.
const summaryEvery = time.Minute

// repeat is what has happened under one key since it was last written down.
type repeat struct {
	newest  Event
	count   int
	written time.Time
}

// AddRepeated writes down the first event of a key at once. Those that follow are counted, and Run writes one event
// with their number each minute: the newest of them, as an example. Once there are as many keys as Options.MaxKeys,
// events of further ones are counted together by their kind and what happened.
//
// What is counted and not yet written is lost when the process is killed. The key must hold no secret.
func (l *Log) AddRepeated(ctx context.Context, key string, event Event) error {
	complete(ctx, &event)
	if event.At.IsZero() {
		event.At = l.options.Now()
	}
	event.Request = ""
	note(ctx)
	key, first := l.count(key, event)
	if !first {
		return nil
	}
	err := l.Add(ctx, event)
	if err != nil {
		l.forget(key) // the next one tries again
	}
	return err
}

// count counts an event and returns the key it went to, and whether it is the first of it.
func (l *Log) count(key string, event Event) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.repeats[key] == nil && len(l.repeats) >= l.options.MaxKeys {
		// Kinds and what happens to them are words of the hub, so there are few.
		key = "\x00" + event.Kind + "\x00" + event.What
		event.Actor, event.Subject, event.From, event.Credential = "many", "many", "", ""
		event.Detail = "from many sources"
		event.Before, event.After = nil, nil
	}
	if r := l.repeats[key]; r != nil {
		r.newest, r.count = event, r.count+1
		return key, false
	}
	l.repeats[key] = &repeat{written: l.options.Now()}
	return key, true
}

func (l *Log) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.repeats, key)
}

// due takes out what has to be written: one event for each key that was last written so long ago.
func (l *Log) due(age time.Duration) []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	var events []Event
	now := l.options.Now()
	for key, r := range l.repeats {
		if now.Sub(r.written) < age {
			continue
		}
		if r.count == 0 {
			delete(l.repeats, key)
			continue
		}
		event := r.newest
		event.Detail = summary(event.Detail, r.count, now.Sub(r.written))
		events = append(events, event)
		*r = repeat{written: now}
	}
	return events
}

func summary(detail string, count int, within time.Duration) string {
	text := fmt.Sprintf("%d more within %s", count, within.Round(time.Second))
	if detail == "" {
		return text
	}
	return cutText(detail, maxLong/2) + "; " + text
}
