package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// configKey is where the configuration is.
const configKey = "config"

// loadPolicy reads the configuration; without one it is that of the factory.
func (d *Desk) loadPolicy(ctx context.Context) (*policy.Policy, error) {
	raw, err := d.Records.Get(ctx, store.AlertRules, configKey)
	if errors.Is(err, store.ErrNotFound) {
		return policy.New(policy.Default())
	}
	if err != nil {
		return nil, fmt.Errorf("read alert configuration: %w", err)
	}
	// Members of newer versions that are not there yet are those of the factory.
	config, err := policy.Merge(policy.Default(), raw)
	if err != nil {
		return nil, fmt.Errorf("read alert configuration: %w", err)
	}
	return policy.New(config)
}

// Config returns the configuration. It is the caller's.
func (d *Desk) Config() policy.Config { return d.currentPolicy().Config() }

// SetConfig changes the members of the configuration that are in a JSON object. It fails with a *policy.FieldError when
// one of them makes no sense, and when the configuration cannot be saved; then nothing has changed.
func (d *Desk) SetConfig(ctx context.Context, body []byte, by string) (policy.Config, error) {
	return d.change(ctx, by, func(config policy.Config) (policy.Config, error) { return policy.Merge(config, body) })
}

// Activate begins to tell people, or goes on to. It returns since when they are told.
func (d *Desk) Activate(ctx context.Context, by string) (time.Time, error) {
	config, err := d.change(ctx, by, func(config policy.Config) (policy.Config, error) {
		if config.ActivationState != policy.Active {
			config.ActivationState, config.ActivationTime = policy.Active, d.Now().UTC().Format(time.RFC3339)
		}
		return config, nil
	})
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, config.ActivationTime)
	if err != nil { // it was active before times were noted
		return d.Now(), nil
	}
	return at, nil
}

func (d *Desk) change(ctx context.Context, by string, edit func(policy.Config) (policy.Config, error)) (policy.Config, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	config, err := edit(d.policy.Config())
	if err != nil {
		return policy.Config{}, err
	}
	if d.Validate != nil {
		if err := d.Validate(&config); err != nil {
			return policy.Config{}, err
		}
	}
	p, err := policy.New(config)
	if err != nil {
		return policy.Config{}, err
	}
	raw, err := json.Marshal(p.Config())
	if err != nil {
		return policy.Config{}, fmt.Errorf("encode alert configuration: %w", err)
	}
	err = d.Records.Update(ctx, func(tx store.Tx) error { return tx.Put(ctx, store.AlertRules, configKey, raw) })
	if err != nil {
		return policy.Config{}, fmt.Errorf("save alert configuration: %w", err)
	}
	d.policy = p
	d.Logger.Info("alert configuration is changed", "by", by)
	return p.Config(), nil
}

// Acknowledge says that somebody takes care of an active alert. It fails with engine.ErrNotFound.
func (d *Desk) Acknowledge(ctx context.Context, id, by string) error {
	return d.order(ctx, func(now time.Time) ([]alert.Event, error) { return d.engine.Acknowledge(id, by, now) })
}

// Unacknowledge says that nobody does any more. It fails with engine.ErrNotFound.
func (d *Desk) Unacknowledge(ctx context.Context, id, by string) error {
	return d.order(ctx, func(now time.Time) ([]alert.Event, error) { return d.engine.Unacknowledge(id, by, now) })
}

// Clear ends an active alert by hand. It fails with engine.ErrNotFound.
func (d *Desk) Clear(ctx context.Context, id, by string) error {
	return d.order(ctx, func(now time.Time) ([]alert.Event, error) { return d.engine.Clear(id, by, now, d.policy) })
}

// Note writes something down about an alert, active or not. It fails with ErrNoIncident.
func (d *Desk) Note(ctx context.Context, n Note) error {
	incident, known := d.incident(n)
	if !known {
		return ErrNoIncident
	}
	return d.order(ctx, func(now time.Time) ([]alert.Event, error) {
		return d.engine.Note(&incident.Alert, n.By, n.Text, now), nil
	})
}

func (d *Desk) incident(n Note) (journal.Incident, bool) {
	if n.IncidentID != "" {
		return d.Journal.ByIncidentID(n.IncidentID)
	}
	return d.Journal.Incident(n.AlertID, time.Time{})
}

// order does what somebody has ordered, and keeps it before it returns. On a full disk it is done nevertheless, and kept as
// soon as there is room.
func (d *Desk) order(ctx context.Context, do func(now time.Time) ([]alert.Event, error)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	events, err := do(d.Now())
	if err != nil {
		return err
	}
	d.keepLocked(ctx, events)
	d.publishLocked()
	return nil
}

// Incident returns the incident of an alert that began nearest to a time; the newest if that is zero.
func (d *Desk) Incident(alertID string, near time.Time) (journal.Incident, bool) {
	return d.Journal.Incident(alertID, near)
}

// ByResource returns the newest incidents of a resource.
func (d *Desk) ByResource(resourceID string, limit int) []journal.Incident {
	return d.Journal.ByResource(resourceID, limit)
}

// Timeline returns the events of one alert, the oldest first.
func (d *Desk) Timeline(ctx context.Context, number uint64) ([]alert.Event, error) {
	return d.Journal.Timeline(ctx, number)
}

// ForgetHistory drops all incidents that are over.
func (d *Desk) ForgetHistory(ctx context.Context) error { return d.Journal.Forget(ctx) }
