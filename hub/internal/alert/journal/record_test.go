package journal

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
)

// FuzzDecode reads one text as each kind of record. What can be read can be used, and written down to read the same.
func FuzzDecode(f *testing.F) {
	at := time.Date(2026, 11, 23, 5, 31, 51, 866493867, time.UTC)
	a := &alert.Alert{Identity: "k\tcpu\t", ID: "a", Number: 3, Level: alert.Critical, Began: at, FiredAt: at, Metadata: map[string]any{"x": 1.5}}
	state := engine.NewState()
	event := alert.Event{Number: 3, At: at, Kind: alert.Fired, Identity: a.Identity, Alert: a}
	state.Apply(&event)
	incident := begun(a)
	incident.apply(&event)
	for _, value := range []any{event, alert.Event{Number: 1, Kind: alert.Pending, Identity: "k", Wait: &alert.Wait{Since: at, At: at, Seen: 1}}, incident, state} {
		seed, err := json.Marshal(value)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Add([]byte(`{"number":1,"kind":"fired","identity":"k"}`))
	f.Add([]byte(`{"active":null}`))
	f.Add([]byte(`{"active":{"k":null},"past":{"k":null}}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		same(t, value, decodeEvent)
		same(t, value, decodeIncident)
		same(t, value, decodeState)
		state, err := decodeState(value)
		if err != nil {
			state = engine.NewState()
		}
		if event, err := decodeEvent(value); err == nil {
			state.Apply(&event)
			if incidentOf(&event) > 0 {
				incident := begun(event.Alert)
				incident.apply(&event)
			}
		}
		engine.New(state)
	})
}

func same[T any](t *testing.T, value []byte, decode func([]byte) (T, error)) {
	t.Helper()
	first, err := decode(value)
	if err != nil {
		if !errors.Is(err, ErrRecord) {
			t.Errorf("error %v is not ErrRecord", err)
		}
		return
	}
	text, err := json.Marshal(first)
	if err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	again, err := decode(text)
	if err != nil {
		t.Fatalf("what was written cannot be read: %v: %s", err, text)
	}
	second, err := json.Marshal(again)
	if err != nil || string(second) != string(text) {
		t.Errorf("read again it is %s, and was %s: %v", second, text, err)
	}
}

func TestIncompleteEventsAreRefused(t *testing.T) {
	for _, value := range []string{
		``, `{}`, `null`, `[]`, `{"number":1,"kind":"pending","identity":"k"}`, `{"number":1,"kind":"fired","identity":"k"}`,
		`{"number":1,"kind":"resolved","identity":"k","alert":{"identity":"other","number":1}}`,
		`{"number":1,"kind":"fired","identity":"k","alert":{"identity":"k","number":2}}`,
		`{"number":1,"kind":"dropped"}`, `{"number":1,"kind":"unheard","identity":"k"}`, `{"number":0,"kind":"dropped","identity":"k"}`,
	} {
		if _, err := decodeEvent([]byte(value)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s gave %v", value, err)
		}
	}
}
