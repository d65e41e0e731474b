// Package recall keeps the last known present in the store, so that a hub that
// has been restarted shows what it knew, marked as stale, until it is seen again.
package recall

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// lookInterval is how often new and vanished datasets are looked for.
	lookInterval = 10 * time.Second
	// refreshInterval is how often a known dataset is written again. It bounds
	// both how old the remembered present can be and what is written per day.
	refreshInterval = 10 * time.Minute
	// recordsPerUpdate bounds one transaction, and with it how long it blocks others.
	recordsPerUpdate = 200
)

// Present is the part of the inventory that recall uses.
type Present interface {
	Snapshot() *inventory.Snapshot
	Restore(ctx context.Context, observation inventory.Observation) error
}

// Memory writes the present down and brings it back. Restore, then Run; not
// both at once.
type Memory struct {
	store   store.Store
	present Present
	logger  hclog.Logger

	// written holds what the store has: record key to the time of the dataset and of the writing.
	written map[string]writing
}

type writing struct{ dataset, at time.Time }

// New returns a memory of that inventory in that store.
func New(s store.Store, present Present, logger hclog.Logger) *Memory {
	return &Memory{store: s, present: present, logger: logger, written: map[string]writing{}}
}

// Restore puts everything that is remembered into the inventory. A record
// that cannot be read is left out and logged: the next observation replaces it.
func (m *Memory) Restore(ctx context.Context) error {
	records, err := m.store.List(ctx, store.Inventory, "")
	if err != nil {
		return fmt.Errorf("list remembered datasets: %w", err)
	}
	for _, record := range records {
		observation, err := decode(record.Value)
		if err != nil {
			m.logger.Warn("remembered dataset is not readable", "key", record.Key, "error", err)
			continue
		}
		if err := m.present.Restore(ctx, observation); err != nil {
			return fmt.Errorf("restore %s: %w", record.Key, err)
		}
		m.written[record.Key] = writing{dataset: observation.At}
	}
	return nil
}

// Run writes the present down until ctx ends, and then once more.
func (m *Memory) Run(ctx context.Context) error {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return m.last(ctx)
		case <-ticker.C:
		}
		err := m.save(ctx, refreshInterval)
		if (err != nil) != failing && ctx.Err() == nil {
			failing = err != nil
			m.logger.Warn("writing the present down", "failing", failing, "error", err)
		}
	}
}

// last writes everything that has changed before the hub ends.
func (m *Memory) last(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 5*time.Second, fmt.Errorf("writing the present down took too long"))
	defer cancel()
	return m.save(ctx, 0)
}

// save writes the datasets that the store does not have, and those it has
// from before age ago; it deletes those that are gone.
func (m *Memory) save(ctx context.Context, age time.Duration) error {
	snapshot, now := m.present.Snapshot(), time.Now()
	known := map[string]bool{}
	var due []dataset
	for source := range snapshot.Sources() {
		for _, d := range source.Datasets {
			key := source.ID + "/" + d.Name
			known[key] = true
			before, have := m.written[key]
			if have && (before.dataset.Equal(d.At) || now.Sub(before.at) < age) {
				continue
			}
			due = append(due, dataset{key: key, source: source, name: d.Name, at: d.At})
		}
	}
	for len(due) > 0 {
		part := due[:min(len(due), recordsPerUpdate)]
		if err := m.write(ctx, snapshot, part); err != nil {
			return err
		}
		for _, d := range part {
			m.written[d.key] = writing{dataset: d.at, at: now}
		}
		due = due[len(part):]
	}
	return m.forget(ctx, known)
}

// dataset is one that is to be written.
type dataset struct {
	key    string
	source *inventory.Source
	name   string
	at     time.Time
}

func (m *Memory) write(ctx context.Context, snapshot *inventory.Snapshot, due []dataset) error {
	return m.store.Update(ctx, func(tx store.Tx) error {
		for _, d := range due {
			value, err := encode(snapshot, d)
			if err != nil {
				return err
			}
			if len(value) > store.MaxValueBytes {
				m.logger.Warn("dataset is too large to be remembered", "source", d.source.Name, "dataset", d.name, "bytes", len(value))
				continue
			}
			if err := tx.Put(ctx, store.Inventory, d.key, value); err != nil {
				return fmt.Errorf("write %s: %w", d.key, err)
			}
		}
		return nil
	})
}

// forget deletes the records of datasets that are gone.
func (m *Memory) forget(ctx context.Context, known map[string]bool) error {
	var gone []string
	for key := range m.written {
		if !known[key] {
			gone = append(gone, key)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	err := m.store.Update(ctx, func(tx store.Tx) error {
		for _, key := range gone {
			if err := tx.Delete(ctx, store.Inventory, key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget %s: %w", strings.Join(gone, ", "), err)
	}
	for _, key := range gone {
		delete(m.written, key)
	}
	return nil
}
