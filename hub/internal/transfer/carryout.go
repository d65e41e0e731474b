package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// takeUpLimit bounds how long the parts of the hub take to take up what was imported.
	takeUpLimit = 2 * time.Minute
	// putBackLimit bounds how long it takes to put everything back.
	putBackLimit = 2 * time.Minute
)

var (
	errTakeUp  = errors.New("the parts of the hub did not take the configuration up in time")
	errPutBack = errors.New("the configuration was not put back in time")
)

// carryOut writes a plan, has the parts of the hub take it up, and puts everything back if one of them does not. Whoever
// asked for it may go: what was begun is finished.
func (d *Desk) carryOut(ctx context.Context, p *plan, actor string) error {
	if err := d.replace(ctx, p.before, p.after); err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), takeUpLimit, errTakeUp)
	defer cancel()
	err := d.takeUp(limited, p.before, p.after, actor)
	if err == nil {
		d.forget(limited, p.before, p.after)
		return nil
	}
	if limited.Err() != nil {
		err = context.Cause(limited)
	}
	if failure := d.putBack(ctx, p, actor); failure != nil {
		d.Logger.Error("an import failed and could not be undone", "error", failure)
		return errors.Join(err, failure)
	}
	return err
}

// replace writes what is to be, if what is there is still what the plan was made for.
func (d *Desk) replace(ctx context.Context, before, after *document) error {
	err := d.Records.Update(ctx, func(tx store.Tx) error {
		now, err := read(ctx, tx)
		if err != nil {
			return err
		}
		if !equal(now, before) {
			return ErrChanged
		}
		return write(ctx, tx, now, after)
	})
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}

// equal says that two documents with all parts hold the same.
func equal(a, b *document) bool {
	if len(a.Instances) != len(b.Instances) {
		return false
	}
	for i := range a.Instances {
		other := b.find(a.Instances[i].ID)
		if other == nil || !a.Instances[i].same(other) || a.Instances[i].Revision != other.Revision {
			return false
		}
	}
	for _, s := range sections() {
		mine, theirs := a.Sections[s.name], b.Sections[s.name]
		if len(mine) != len(theirs) {
			return false
		}
		for key, value := range mine {
			if other, known := theirs[key]; !known || !sameJSON(value, other) {
				return false
			}
		}
	}
	return true
}

// putBack undoes an import: what was there is written again, whatever is there now, and taken up.
func (d *Desk) putBack(ctx context.Context, p *plan, actor string) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), putBackLimit, errPutBack)
	defer cancel()
	back := p.before.clone()
	var now *document
	err := d.Records.Update(ctx, func(tx store.Tx) error {
		var err error
		if now, err = read(ctx, tx); err != nil {
			return err
		}
		rebase(back, now)
		return write(ctx, tx, now, back)
	})
	if err != nil {
		return fmt.Errorf("put configuration back: %w", err)
	}
	if err := d.takeUp(ctx, now, back, actor); err != nil {
		return fmt.Errorf("put configuration back: %w", err)
	}
	return nil
}

// takeUp has the parts of the hub use what was written.
func (d *Desk) takeUp(ctx context.Context, before, after *document, actor string) error {
	if wanted := after.Sections[sectionAlerts]; wanted != nil {
		if err := d.setAlerts(ctx, wanted[alertsKey], actor); err != nil {
			return fmt.Errorf("take up alerts: %w", err)
		}
	}
	for _, part := range d.Parts {
		if err := part.Reload(ctx); err != nil {
			return fmt.Errorf("take up %s: %w", part.Name, err)
		}
	}
	if after.Instances == nil {
		return nil
	}
	return d.runInstances(ctx, before, after)
}

// setAlerts makes a configuration of alerts that of the hub; no text means that of a new hub.
func (d *Desk) setAlerts(ctx context.Context, text json.RawMessage, actor string) error {
	if text == nil {
		text = json.RawMessage("{}")
	}
	wanted, err := alertConfig(text)
	if err != nil {
		return err
	}
	is, err := json.Marshal(d.Alerts.Config())
	if err != nil {
		return fmt.Errorf("encode configuration: %w", err)
	}
	shall, err := json.Marshal(wanted)
	if err != nil {
		return fmt.Errorf("encode configuration: %w", err)
	}
	if sameJSON(is, shall) {
		return nil
	}
	body, err := replacing(is, shall)
	if err != nil {
		return err
	}
	became, err := d.Alerts.SetConfig(ctx, body, actor)
	if err != nil {
		return err
	}
	if now, err := json.Marshal(became); err != nil || !sameJSON(now, shall) {
		return errors.Join(errors.New("the configuration did not become what it shall be"), err)
	}
	return nil
}
