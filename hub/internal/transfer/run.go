package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// runInstances has plugins know the instances that there are now, and has sources polled. Those that have not changed are
// left alone.
func (d *Desk) runInstances(ctx context.Context, before, after *document) error {
	for i := range before.Instances {
		if one := &before.Instances[i]; after.find(one.ID) == nil {
			if err := d.stop(ctx, one); err != nil {
				return fmt.Errorf("stop %s: %w", one.ID, err)
			}
		}
	}
	for i := range after.Instances {
		one := &after.Instances[i]
		if old := before.find(one.ID); old != nil && old.same(one) {
			continue
		}
		if err := d.run(ctx, one); err != nil {
			return fmt.Errorf("take up %.60q of %s: %w", one.Name, one.Plugin, err)
		}
	}
	return nil
}

func (d *Desk) run(ctx context.Context, one *item) error {
	if !one.Enabled {
		return d.stop(ctx, one)
	}
	component, err := d.Plugins.Component(ctx, one.Plugin, one.Component)
	if err != nil {
		return nil // the plugin is not here; when it comes, it is told of all its instances
	}
	err = d.Host.Configure(ctx, one.instance())
	if refused := setup.Refusal(err); refused != nil {
		return refused
	}
	if err != nil && !errors.Is(err, supervise.ErrUnknownPlugin) {
		d.Logger.Warn("imported instance is not told to its plugin yet", "instance", one.ID, "plugin", one.Plugin, "error", err)
	}
	if component.Kind != manifest.KindSource {
		return nil
	}
	return d.Scheduler.Add(ctx, collect.SourceOf(one.instance(), component, 0))
}

// stop ends what there is of an instance.
func (d *Desk) stop(ctx context.Context, one *item) error {
	err := d.Host.Remove(ctx, one.Plugin, one.ID)
	if errors.Is(err, supervise.ErrUnknownPlugin) {
		err = nil
	}
	if one.instance().Kind() != manifest.KindSource {
		return err
	}
	return errors.Join(d.Scheduler.Remove(ctx, one.ID), err)
}

// forget deletes what plugins keep for instances that are gone. Nothing else fails when that does.
func (d *Desk) forget(ctx context.Context, before, after *document) {
	if after.Instances == nil {
		return
	}
	for i := range before.Instances {
		one := &before.Instances[i]
		if after.find(one.ID) != nil {
			continue
		}
		if err := d.Kept.ForgetInstance(ctx, one.Plugin, one.ID); err != nil {
			d.Logger.Warn("what a plugin keeps for a removed instance stays", "instance", one.ID, "plugin", one.Plugin, "error", err)
		}
	}
}
