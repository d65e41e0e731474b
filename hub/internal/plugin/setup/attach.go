package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// List returns all instances, the made-up ones too, ordered by ID. Secrets
// that cannot be opened are missing from theirs, and logged.
func (o *Office) List(ctx context.Context) ([]instance.Instance, error) {
	all, err := o.stored(ctx)
	if err != nil {
		return nil, err
	}
	all = append(all, o.Presets...)
	slices.SortFunc(all, func(a, b instance.Instance) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// Get returns one instance or instance.ErrNotFound.
func (o *Office) Get(ctx context.Context, id string) (instance.Instance, error) {
	for i := range o.Presets {
		if o.Presets[i].ID == id {
			return o.Presets[i], nil
		}
	}
	return o.Repository.Get(ctx, id)
}

// Preset tells whether an instance is a made-up one.
func (o *Office) Preset(id string) bool {
	return slices.ContainsFunc(o.Presets, func(one instance.Instance) bool { return one.ID == id })
}

func (o *Office) stored(ctx context.Context) ([]instance.Instance, error) {
	stored, err := o.Repository.List(ctx)
	if err != nil && stored == nil {
		return nil, err
	}
	if err != nil {
		o.Logger.Error("secrets of an instance cannot be opened", "error", err)
	}
	return stored, nil
}

// Count returns how many stored instances a plugin has.
func (o *Office) Count(ctx context.Context, plugin string) (int, error) {
	stored, err := o.stored(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range stored {
		if stored[i].Plugin == plugin {
			n++
		}
	}
	return n, nil
}

// Attach configures all enabled instances of a plugin that has come, and has
// them polled. One that cannot be set up is logged and does not hinder the others.
func (o *Office) Attach(ctx context.Context, plugin string) error {
	return o.each(ctx, plugin, func(one instance.Instance) error {
		component, err := o.Plugins.Component(ctx, one.Plugin, one.Component)
		if err != nil {
			return err
		}
		if err := o.Host.Configure(ctx, one); err != nil {
			o.Logger.Warn("instance not configured", "instance", one.ID, "plugin", one.Plugin, "error", err)
		}
		if component.Kind != manifest.KindSource {
			return nil
		}
		return o.Scheduler.Add(ctx, collect.SourceOf(one, component, 0))
	})
}

// Detach ends the polls of all instances of a plugin that has gone. They stay stored.
func (o *Office) Detach(ctx context.Context, plugin string) error {
	return o.each(ctx, plugin, func(one instance.Instance) error { return o.Scheduler.Remove(ctx, one.ID) })
}

// each calls fn with every enabled instance of a plugin.
func (o *Office) each(ctx context.Context, plugin string, fn func(instance.Instance) error) error {
	if err := o.begin(ctx); err != nil {
		return err
	}
	defer o.end()
	all, err := o.List(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, one := range all {
		if one.Plugin != plugin || !one.Enabled {
			continue
		}
		if err := fn(one); err != nil {
			problems = append(problems, fmt.Errorf("instance %s: %w", one.ID, err))
		}
	}
	return errors.Join(problems...)
}
