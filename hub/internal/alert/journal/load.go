package journal

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// partBytes is how long one part of a checkpoint is at most, so that ever so many alerts fit into records.
const partBytes = 8 << 20

// Load returns the state that the events so far have led to, which belongs to the caller. What cannot be read is left
// out, with one warning; it fails only if the store does. What has been kept for long enough is removed.
func (j *Journal) Load(ctx context.Context) (*engine.State, error) {
	leave, err := j.enter(ctx)
	if err != nil {
		return nil, err
	}
	state, damage, err := j.read(ctx)
	leave()
	if err != nil {
		return nil, fmt.Errorf("read alerts: %w", err)
	}
	damage.warn(j.logger)
	now := time.Now()
	if _, err := j.removeSome(ctx, func() []uint64 { return j.book.expired(now) }); err != nil {
		j.logger.Warn("old alerts are still kept", "error", err)
	}
	return state, nil
}

// read reads everything, in one view.
func (j *Journal) read(ctx context.Context) (state *engine.State, damage damaged, err error) {
	err = j.records.View(ctx, func(reader store.Reader) error {
		if state, err = readCheckpoint(ctx, reader, &damage); err != nil {
			return err
		}
		j.checkpointed = state.Number
		if err := replay(ctx, reader, state, &damage); err != nil {
			return err
		}
		return j.readIncidents(ctx, reader, state, &damage)
	})
	return state, damage, err
}

// readCheckpoint returns the state at the checkpoint; a new one if there is none.
func readCheckpoint(ctx context.Context, reader store.Reader, damage *damaged) (*engine.State, error) {
	parts, err := reader.List(ctx, store.AlertState, "")
	if err != nil || len(parts) == 0 {
		return engine.NewState(), err
	}
	var value []byte
	for _, part := range parts {
		value = append(value, part.Value...)
	}
	state, err := decodeState(value)
	if err != nil {
		damage.note(store.AlertState, parts[0].Key)
		return engine.NewState(), nil
	}
	return state, nil
}

// putCheckpoint replaces the log with the state.
func (j *Journal) putCheckpoint(ctx context.Context, tx store.Tx, state *engine.State) error {
	value, err := encodeState(state)
	if err != nil {
		return err
	}
	for _, bucket := range []store.Bucket{store.AlertState, store.AlertLog} {
		old, err := tx.List(ctx, bucket, "")
		if err != nil {
			return err
		}
		if err := deleteAll(ctx, tx, bucket, old); err != nil {
			return err
		}
	}
	n := 0
	for part := range slices.Chunk(value, partBytes) {
		if err := tx.Put(ctx, store.AlertState, fmt.Sprintf("%04d", n), part); err != nil {
			return err
		}
		n++
	}
	return nil
}

// replay brings the state up to the events in the log.
func replay(ctx context.Context, reader store.Reader, state *engine.State, damage *damaged) error {
	records, err := reader.List(ctx, store.AlertLog, "")
	if err != nil {
		return err
	}
	for _, record := range records {
		event, err := decodeEvent(record.Value)
		if err != nil || logKey(event.Number) != record.Key {
			damage.note(store.AlertLog, record.Key)
			continue
		}
		if event.Number > state.Number {
			state.Apply(&event)
		}
	}
	if len(records) > 0 { // a number is not given twice, whatever became of its event
		state.Number = max(state.Number, numberOfKey(records[len(records)-1].Key))
	}
	return nil
}

// readIncidents fills the book, and makes it agree with the state.
func (j *Journal) readIncidents(ctx context.Context, reader store.Reader, state *engine.State, damage *damaged) error {
	records, err := reader.List(ctx, store.AlertIncidents, "")
	if err != nil {
		return err
	}
	found := make(map[uint64]Incident, len(records))
	for _, record := range records {
		incident, err := decodeIncident(record.Value)
		if err != nil || logKey(incident.Alert.Number) != record.Key {
			damage.note(store.AlertIncidents, record.Key)
			continue
		}
		found[incident.Alert.Number] = incident
	}
	agree(found, state)
	j.book.put(found)
	return nil
}

// agree ends incidents of alerts that do not go on, and begins those of alerts that do: records that could not be read
// may have said so.
func agree(found map[uint64]Incident, state *engine.State) {
	active := make(map[uint64]*alert.Alert, len(state.Active))
	for _, a := range state.Active {
		active[a.Number] = a
		if _, known := found[a.Number]; !known {
			found[a.Number] = begun(a)
		}
	}
	for number, incident := range found {
		state.Number = max(state.Number, incident.Newest)
		if active[number] == nil && incident.Open() {
			incident.EndedAt = incident.NewestAt
			found[number] = incident
		}
	}
}
