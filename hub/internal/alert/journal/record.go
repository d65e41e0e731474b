package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// ErrRecord is wrapped by every error about a record that cannot be read.
var ErrRecord = errors.New("not a record of the journal")

// Keys sort by number.
func logKey(number uint64) string         { return fmt.Sprintf("%016x", number) }
func timelinePrefix(number uint64) string { return logKey(number) + "/" }
func timelineKey(number, event uint64) string {
	return timelinePrefix(number) + logKey(event)
}

// encode writes an event as JSON.
func (j *Journal) encode(e *alert.Event) ([]byte, error) {
	return marshal(e, func() any {
		if e.Alert == nil {
			return e
		}
		j.logger.Warn("alert has metadata that cannot be kept", "alert", e.Alert.ID)
		plain, a := *e, storable(e.Alert)
		plain.Alert = &a
		return &plain
	})
}

// marshal encodes a value or, if that fails, what plain returns.
func marshal(value any, plain func() any) ([]byte, error) {
	data, err := json.Marshal(value)
	if err == nil {
		return data, nil
	}
	if data, err = json.Marshal(plain()); err != nil {
		return nil, fmt.Errorf("encode record of alerts: %w", err)
	}
	return data, nil
}

// storable returns the alert with the metadata that JSON can say: it comes from outside, and must not keep the rest
// from being kept.
func storable(a *alert.Alert) alert.Alert {
	plain := *a
	plain.Metadata = make(map[string]any, len(a.Metadata))
	for name, value := range a.Metadata {
		if _, err := json.Marshal(value); err == nil {
			plain.Metadata[name] = value
		}
	}
	return plain
}

func decodeEvent(value []byte) (alert.Event, error) {
	var e alert.Event
	if err := json.Unmarshal(value, &e); err != nil {
		return alert.Event{}, fmt.Errorf("%w: read event: %w", ErrRecord, err)
	}
	if e.Number == 0 || e.Identity == "" || !complete(&e) {
		return alert.Event{}, fmt.Errorf("%w: event of kind %q lacks something", ErrRecord, e.Kind)
	}
	return e, nil
}

// complete says that an event has what its kind must have.
func complete(e *alert.Event) bool {
	switch e.Kind {
	case alert.Pending:
		return e.Wait != nil
	case alert.Dropped:
		return true
	case alert.Fired, alert.Changed, alert.Told, alert.Escalated, alert.Acknowledged, alert.Unacknowledged,
		alert.Resolved, alert.Flapping, alert.Settled, alert.Noted:
		return e.Alert != nil && e.Alert.Number > 0 && e.Alert.Number <= e.Number && e.Alert.Identity == e.Identity
	}
	return false
}

func decodeIncident(value []byte) (Incident, error) {
	var i Incident
	if err := json.Unmarshal(value, &i); err != nil {
		return Incident{}, fmt.Errorf("%w: read incident: %w", ErrRecord, err)
	}
	if i.Alert.Number == 0 || i.Alert.ID == "" || i.Newest < i.Alert.Number || i.NewestAt.IsZero() {
		return Incident{}, fmt.Errorf("%w: incident lacks something", ErrRecord)
	}
	return i, nil
}

func encodeIncident(i *Incident) ([]byte, error) {
	return marshal(i, func() any {
		plain := *i
		plain.Alert = storable(&i.Alert)
		return &plain
	})
}

func encodeState(state *engine.State) ([]byte, error) {
	return marshal(state, func() any {
		plain := *state
		plain.Active = make(map[alert.Identity]*alert.Alert, len(state.Active))
		for id, active := range state.Active {
			a := storable(active)
			plain.Active[id] = &a
		}
		return &plain
	})
}

func decodeState(value []byte) (*engine.State, error) {
	state := engine.NewState()
	if err := json.Unmarshal(value, state); err != nil {
		return nil, fmt.Errorf("%w: read state: %w", ErrRecord, err)
	}
	if state.Number == 0 || state.Active == nil || state.Waiting == nil || state.Past == nil {
		return nil, fmt.Errorf("%w: state lacks something", ErrRecord)
	}
	for id, a := range state.Active {
		if a == nil || a.Identity != id {
			return nil, fmt.Errorf("%w: state has an alert without its identity", ErrRecord)
		}
	}
	for _, past := range state.Past {
		if past == nil {
			return nil, fmt.Errorf("%w: state has an empty past", ErrRecord)
		}
	}
	return state, nil
}

// numberOfKey returns the number that a key begins with; 0: none.
func numberOfKey(key string) uint64 {
	number, err := strconv.ParseUint(key[:min(len(key), 16)], 16, 64)
	if err != nil {
		return 0
	}
	return number
}

// damaged counts records that cannot be read, to speak of them once.
type damaged struct {
	records int
	first   string
}

func (d *damaged) note(bucket store.Bucket, key string) {
	if d.records == 0 {
		d.first = string(bucket) + "/" + key
	}
	d.records++
}

func (d *damaged) warn(logger hclog.Logger) {
	if d.records > 0 {
		logger.Warn("records of alerts cannot be read and are left out", "records", d.records, "first", d.first)
	}
}
