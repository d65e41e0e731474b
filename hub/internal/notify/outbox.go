package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// ErrRecord is wrapped by every error about a record that cannot be read.
var ErrRecord = errors.New("not a record of notifications")

// The prefixes of keys in the bucket of the queue.
const (
	eventPrefix   = "event/"   // decided events, by event number in 16 hex digits
	messagePrefix = "message/" // messages without their content, by id
	bodyPrefix    = "body/"    // their content, by the same id
	toldPrefix    = "told/"    // which channels were told of an alert, by alert number in 16 hex digits
	digestPrefix  = "digest/"  // events collected for a digest, by channel and event number
	loggedPrefix  = "log/"     // the log of deliveries, by time
)

func eventKey(number uint64) string { return fmt.Sprintf("%s%016x", eventPrefix, number) }

// eventNumber returns the number of a key; 0: it has none.
func eventNumber(key string) uint64 {
	number, err := strconv.ParseUint(strings.TrimPrefix(key, eventPrefix), 16, 64)
	if err != nil || eventKey(number) != key {
		return 0
	}
	return number
}

func toldKey(number uint64) string { return fmt.Sprintf("%s%016x", toldPrefix, number) }

// Outbox writes down what people are to be told of, in the transaction that keeps the events. It fails as the store does;
// what of the metadata cannot be encoded is left out.
func Outbox(ctx context.Context, tx store.Tx, events []alert.Event) error {
	for i := range events {
		e := &events[i]
		if !concerns(e) {
			continue
		}
		value, err := encodeEvent(e)
		if err != nil {
			return err
		}
		if err := tx.Put(ctx, store.Queue, eventKey(e.Number), value); err != nil {
			return fmt.Errorf("keep event for notification: %w", err)
		}
	}
	return nil
}

// concerns says that people are to be told of an event, or may not be told any more of one before it.
func concerns(e *alert.Event) bool {
	if e.Alert == nil {
		return false
	}
	switch e.Kind {
	case alert.Resolved, alert.Acknowledged, alert.Unacknowledged:
		return e.Notice != nil || !e.Alert.ToldAt.IsZero()
	}
	return e.Notice != nil
}

// encodeEvent writes an event as JSON, without the metadata that JSON has no words for.
func encodeEvent(e *alert.Event) ([]byte, error) {
	if data, err := json.Marshal(e); err == nil {
		return data, nil
	}
	plain, a := *e, *e.Alert
	a.Metadata = make(map[string]any, len(e.Alert.Metadata))
	for name, value := range e.Alert.Metadata {
		if _, err := json.Marshal(value); err == nil {
			a.Metadata[name] = value
		}
	}
	plain.Alert = &a
	data, err := json.Marshal(&plain)
	if err != nil {
		return nil, fmt.Errorf("encode event for notification: %w", err)
	}
	return data, nil
}

// encode writes a record of texts, finite numbers and times of four-digit years, which JSON can always say.
func encode(record any) []byte {
	data, err := json.Marshal(record)
	if err != nil {
		panic(err)
	}
	return data
}

func decodeEvent(value []byte) (alert.Event, error) {
	var e alert.Event
	if err := json.Unmarshal(value, &e); err != nil {
		return alert.Event{}, fmt.Errorf("%w: read event: %w", ErrRecord, err)
	}
	if e.Number == 0 || e.Alert == nil || e.Alert.Number == 0 || !concerns(&e) {
		return alert.Event{}, fmt.Errorf("%w: event lacks something", ErrRecord)
	}
	return e, nil
}
