package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/oklog/ulid/v2"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// Create makes an instance. What is wrong with the draft comes back as
// *InvalidError, by the schema or by the word of the plugin; nothing is kept
// then. A plugin that cannot be asked now does not keep an instance from being made.
func (o *Office) Create(ctx context.Context, draft Draft, actor string) (instance.Instance, error) {
	return o.CreateAs(ctx, ulid.Make().String(), draft, actor)
}

// CreateAs is Create with an id of the caller's choice. ErrTaken says that an
// instance has it.
func (o *Office) CreateAs(ctx context.Context, id string, draft Draft, actor string) (instance.Instance, error) {
	if err := o.begin(ctx); err != nil {
		return instance.Instance{}, err
	}
	defer o.end()
	stored, err := o.stored(ctx)
	if err != nil {
		return instance.Instance{}, err
	}
	if len(stored) >= maxInstances {
		return instance.Instance{}, fmt.Errorf("%w: %d", ErrTooMany, maxInstances)
	}
	taken := slices.ContainsFunc(stored, func(one instance.Instance) bool { return one.ID == id })
	if taken || o.Preset(id) {
		return instance.Instance{}, fmt.Errorf("%w: %s", ErrTaken, id)
	}
	one, component, err := o.prepare(ctx, draft, instance.Instance{ID: id})
	if err != nil {
		return instance.Instance{}, err
	}
	if err := o.try(ctx, one); err != nil {
		return instance.Instance{}, errors.Join(err, o.Host.Remove(ctx, one.Plugin, one.ID))
	}
	return o.keep(ctx, nil, one, component, actor)
}

// Update changes an instance to what the draft says, like Create; a draft that
// is refused leaves it as it was.
func (o *Office) Update(ctx context.Context, id string, draft Draft, actor string) (instance.Instance, error) {
	if err := o.begin(ctx); err != nil {
		return instance.Instance{}, err
	}
	defer o.end()
	before, err := o.changeable(ctx, id)
	if err != nil {
		return instance.Instance{}, err
	}
	if draft.Plugin == "" && draft.Component == "" {
		draft.Plugin, draft.Component = before.Plugin, before.Component
	}
	if draft.Plugin != before.Plugin || draft.Component != before.Component {
		return instance.Instance{}, fmt.Errorf("%w: %s of %s", ErrMoved, before.Component, before.Plugin)
	}
	one, component, err := o.prepare(ctx, draft, before)
	if err != nil {
		return instance.Instance{}, err
	}
	if err := o.try(ctx, one); err != nil {
		if before.Enabled { // it ran with what it had
			err = errors.Join(err, o.Host.Configure(ctx, before))
		}
		return instance.Instance{}, err
	}
	return o.keep(ctx, &before, one, component, actor)
}

// try has the plugin judge a configuration. Only its refusal counts: a plugin
// that is down, or busy, is told again by the host when it can be.
func (o *Office) try(ctx context.Context, one instance.Instance) error {
	if !one.Enabled {
		return nil
	}
	err := o.Host.Configure(ctx, one)
	var refused *supervise.ConfigError
	if !errors.As(err, &refused) {
		if err != nil {
			o.Logger.Warn("plugin cannot be asked about an instance", "instance", one.ID, "plugin", one.Plugin, "error", err)
		}
		return nil
	}
	invalid := &InvalidError{}
	for _, field := range refused.Fields {
		invalid.Fields = append(invalid.Fields, schema.FieldError{Path: field.Path, Message: field.Message})
	}
	return invalid
}

// keep stores an instance that was accepted and has it polled.
func (o *Office) keep(ctx context.Context, before *instance.Instance, one instance.Instance, component *manifest.Component, actor string) (instance.Instance, error) {
	kept, err := o.Repository.Put(ctx, one)
	if err != nil {
		return instance.Instance{}, err // the host has what is not kept until the next change; better than the other way round
	}
	what := "changed"
	if before == nil {
		what = "created"
	}
	o.record(ctx, actor, what, before, &kept)
	return kept, o.poll(ctx, kept, component)
}

// poll has a source polled, or not any more.
func (o *Office) poll(ctx context.Context, one instance.Instance, component *manifest.Component) error {
	if component.Kind != manifest.KindSource {
		if !one.Enabled {
			return o.Host.Remove(ctx, one.Plugin, one.ID)
		}
		return nil
	}
	if one.Enabled {
		return o.Scheduler.Add(ctx, collect.SourceOf(one, component, 0))
	}
	return errors.Join(o.Scheduler.Remove(ctx, one.ID), o.Host.Remove(ctx, one.Plugin, one.ID))
}

// Delete removes an instance, its secrets, and what the plugin keeps for it.
func (o *Office) Delete(ctx context.Context, id, actor string) error {
	if err := o.begin(ctx); err != nil {
		return err
	}
	defer o.end()
	one, err := o.changeable(ctx, id)
	if err != nil {
		return err
	}
	if err := o.Repository.Delete(ctx, id); err != nil {
		return err
	}
	o.record(ctx, actor, "deleted", &one, nil)
	err = errors.Join(o.Scheduler.Remove(ctx, id), o.Host.Remove(ctx, one.Plugin, id), o.Kept.ForgetInstance(ctx, one.Plugin, id))
	if errors.Is(err, supervise.ErrUnknownPlugin) {
		return nil // the plugin does not run, so there is nothing to end
	}
	return err
}

// Test tries a draft without keeping anything. With the ID of an instance,
// secrets that stay what they are come from it.
func (o *Office) Test(ctx context.Context, draft Draft, id string) (supervise.TestResult, error) {
	var before instance.Instance
	if id != "" {
		var err error
		if before, err = o.changeable(ctx, id); err != nil {
			return supervise.TestResult{}, err
		}
	}
	if draft.Name == "" {
		draft.Name = "test"
	}
	one, _, err := o.prepare(ctx, draft, before)
	var invalid *InvalidError
	if errors.As(err, &invalid) {
		result := supervise.TestResult{Summary: "The configuration is not valid."}
		for _, field := range invalid.Fields {
			result.Fields = append(result.Fields, supervise.FieldError{Path: field.Path, Message: field.Message})
		}
		return result, nil
	}
	if err != nil {
		return supervise.TestResult{}, err
	}
	return o.Host.Test(ctx, one)
}

// changeable returns a stored instance.
func (o *Office) changeable(ctx context.Context, id string) (instance.Instance, error) {
	for i := range o.Presets {
		if o.Presets[i].ID == id {
			return instance.Instance{}, fmt.Errorf("%w: %s", ErrPreset, id)
		}
	}
	return o.Repository.Get(ctx, id)
}
