package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
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
		return o.Scheduler.Add(ctx, polled(one, component))
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

// polled is what the scheduler is told of an instance of a source.
func polled(one instance.Instance, component *manifest.Component) collect.Source {
	source := collect.Source{Ref: inventory.SourceRef{
		ID: one.ID, Type: one.Type(), Name: one.Name, Plugin: one.Plugin, Address: address(one.Config),
	}}
	for _, d := range component.Datasets {
		source.Datasets = append(source.Datasets, collect.Dataset{
			Name: d.Name, Interval: time.Duration(d.Interval), Timeout: time.Duration(d.Timeout),
		})
	}
	return source
}

// address is what an instance looks at, where its configuration says so under
// one of the customary names.
func address(config json.RawMessage) string {
	var known struct {
		URL     string `json:"url"`
		Host    string `json:"host"`
		Address string `json:"address"`
	}
	if json.Unmarshal(config, &known) != nil {
		return ""
	}
	for _, value := range []string{known.URL, known.Host, known.Address} {
		if value != "" {
			return value
		}
	}
	return ""
}
