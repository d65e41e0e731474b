package setup

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// record is what was said of email or Apprise at last. There may be no instance for it: not yet enough was said.
type record[T any] struct {
	Said T `json:"said"`
	// Revision is that of the instance that was made of it, 0 if there was none. An instance of another revision has
	// been changed in another way since.
	Revision uint64 `json:"revision"`
}

// recordKey is where the record of an instance is kept: sealed, because it may hold secrets.
func recordKey(id string) string { return "channel/" + id }

// load returns the record of an instance; known is false when nothing was ever said.
func load[T any](ctx context.Context, d *Directory, id string) (kept record[T], known bool, err error) {
	err = d.Records.View(ctx, func(reader store.Reader) error {
		var err error
		kept, err = store.GetJSON[record[T]](ctx, reader, store.Secrets, recordKey(id))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return record[T]{}, false, nil
	}
	if err != nil {
		return record[T]{}, false, fmt.Errorf("read channel settings: %w", err)
	}
	return kept, true, nil
}

func save[T any](ctx context.Context, d *Directory, id string, kept record[T]) error {
	err := d.Records.Update(ctx, func(tx store.Tx) error {
		return store.PutJSON(ctx, tx, store.Secrets, recordKey(id), kept)
	})
	if err != nil {
		return fmt.Errorf("write channel settings: %w", err)
	}
	return nil
}

// order is what an instance is to become.
type order struct {
	id     string
	before instance.Instance // without an ID: there is none
	form   *form
	name   string
	// enabled says that it is to be used; complete, that there can be an instance at all.
	enabled, complete bool
	actor             string
}

// carryOut does what an order says and returns the instance there is then; one without an ID says that there is none.
// What cannot work may be said as long as it is not enabled: there is no instance then.
func (d *Directory) carryOut(ctx context.Context, o order) (instance.Instance, error) {
	if !o.complete {
		return instance.Instance{}, d.takeAway(ctx, o)
	}
	one, err := d.putChecked(ctx, o)
	var invalid *plugins.InvalidError
	if errors.As(err, &invalid) && !o.enabled {
		return instance.Instance{}, d.takeAway(ctx, o)
	}
	return one, err
}

// putChecked makes or changes the instance, if its plugin takes it. A plugin that cannot be asked is told when it runs.
func (d *Directory) putChecked(ctx context.Context, o order) (instance.Instance, error) {
	if err := d.check(ctx, o.form, o.name); err != nil {
		return instance.Instance{}, err
	}
	return d.put(ctx, o)
}

// put makes or changes the instance.
func (d *Directory) put(ctx context.Context, o order) (instance.Instance, error) {
	draft, err := o.form.draft(o.name, o.enabled)
	if err != nil {
		return instance.Instance{}, err
	}
	if o.before.ID == "" {
		return d.Office.CreateAs(ctx, o.id, draft, o.actor)
	}
	return d.Office.Update(ctx, o.id, draft, o.actor)
}

// check asks the plugin whether it takes a configuration, which is not kept. Nothing is sent.
func (d *Directory) check(ctx context.Context, f *form, name string) error {
	trial, err := f.trial("", name)
	if err != nil {
		return err
	}
	return Refusal(d.Checker.Check(ctx, trial))
}

// Refusal returns what a plugin finds wrong with a configuration as *InvalidError, and nil for every other error.
func Refusal(err error) error {
	var refused *supervise.ConfigError
	if !errors.As(err, &refused) {
		return nil
	}
	invalid := &plugins.InvalidError{}
	for _, field := range refused.Fields {
		invalid.Fields = append(invalid.Fields, schema.FieldError{Path: field.Path, Message: field.Message})
	}
	return invalid
}

func (d *Directory) takeAway(ctx context.Context, o order) error {
	if o.before.ID == "" {
		return nil
	}
	err := d.Office.Delete(ctx, o.id, o.actor)
	if errors.Is(err, instance.ErrNotFound) {
		return nil
	}
	return err
}
