package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

func (r *Registry) begin(ctx context.Context) error {
	select {
	case r.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (r *Registry) end() { <-r.busy }

// reconcile brings what runs of a plugin in step with what was decided about
// it. A new version that does not work is taken back, and the error is
// ErrNotSwitched. It does nothing before Start.
func (r *Registry) reconcile(ctx context.Context, id string) error {
	return r.decide(ctx, id, func() error { return nil })
}

// decide makes a decision and brings what runs in step with it, as reconcile
// does, before anybody else can: how that went is the answer to whoever decided.
func (r *Registry) decide(ctx context.Context, id string, decision func() error) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	defer r.end()
	if err := decision(); err != nil {
		return err
	}
	return r.follow(ctx, id)
}

func (r *Registry) follow(ctx context.Context, id string) error {
	r.mu.Lock()
	instances := r.instances
	r.mu.Unlock()
	if instances == nil {
		return nil
	}
	record, err := r.desk.Get(ctx, id)
	if err != nil && !errors.Is(err, approval.ErrUnknown) {
		return err
	}
	if record.State != approval.Enabled || r.off(record.Current) != nil {
		return r.dismiss(ctx, id, instances)
	}
	plugin, mark, err := r.wanted(ctx, record)
	if err != nil {
		r.trouble(id, err)
		return errors.Join(err, r.dismiss(ctx, id, instances))
	}
	r.mu.Lock()
	same := r.running[id].mark == mark
	r.mu.Unlock()
	if same {
		return nil
	}
	return r.employ(ctx, record, plugin, mark, instances)
}

// employ gives the host a plugin, or another version of one.
func (r *Registry) employ(ctx context.Context, record approval.Record, plugin supervise.Plugin, mark string, instances Instances) error {
	if err := r.Host.Put(ctx, plugin); err != nil {
		r.trouble(record.ID, err)
		return r.takeBack(ctx, record, err)
	}
	r.mu.Lock()
	r.running[record.ID] = version{mark: mark, manifest: plugin.Manifest, granted: plugin.Granted}
	delete(r.problems, record.ID)
	r.mu.Unlock()
	return instances.Attach(ctx, record.ID)
}

// takeBack returns to the version that still runs, because the new one does not.
func (r *Registry) takeBack(ctx context.Context, record approval.Record, cause error) error {
	r.mu.Lock()
	before, runs := r.running[record.ID]
	r.mu.Unlock()
	if !runs || record.Previous == nil || before.manifest.Version != record.Previous.Version {
		return cause
	}
	if _, err := r.desk.Rollback(ctx, record.ID, approval.ActorHub); err != nil {
		return errors.Join(cause, err)
	}
	return fmt.Errorf("%w: %w", ErrNotSwitched, cause)
}

// dismiss ends a plugin that is not to run.
func (r *Registry) dismiss(ctx context.Context, id string, instances Instances) error {
	r.mu.Lock()
	_, runs := r.running[id]
	delete(r.running, id)
	r.mu.Unlock()
	if !runs {
		return nil
	}
	return errors.Join(instances.Detach(ctx, id), r.Host.Drop(ctx, id))
}

func (r *Registry) trouble(id string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems[id] = err.Error()
}

// off returns ErrOff for what the mode or the configuration does not let run.
func (r *Registry) off(current *approval.Version) error {
	switch {
	case current == nil, r.Mode == Off, r.Mode == BundledOnly && current.Level != approval.Bundled:
		return ErrOff
	}
	return nil
}

// wanted returns what the host is to run of an enabled plugin, and a mark that
// differs when that does.
func (r *Registry) wanted(ctx context.Context, record approval.Record) (supervise.Plugin, string, error) {
	described, program, mark, err := r.program(ctx, record)
	if err != nil {
		return supervise.Plugin{}, "", err
	}
	number, err := r.identity(ctx, record.ID)
	if err != nil {
		return supervise.Plugin{}, "", err
	}
	policy, err := r.Policy(ctx, record.ID)
	if err != nil {
		return supervise.Plugin{}, "", err
	}
	current := record.Current
	plugin := supervise.Plugin{
		Manifest: described, Program: program, Digest: string(current.Digest),
		Verified: current.Level != approval.Dev && current.Digest != "",
		Granted:  current.Granted, Level: r.level(current.Level), Identity: number,
		Required: r.Strict && current.Level != approval.Bundled,
		DataDir:  filepath.Join(r.Data, record.ID), Isolation: cmp.Or(policy.Isolation, described.Isolation),
	}
	mark = fmt.Sprintf("%s %s %s %v %s", current.Level, current.Digest, mark, current.Granted, plugin.Isolation)
	return plugin, mark, nil
}

// level is how far a plugin is to be confined: as far as its level of trust
// asks for, and further where the machine can do more. Plugins of the hub and
// those being developed have no user of their own.
func (r *Registry) level(trusted approval.Level) launcher.Level {
	if stored(trusted) && (r.Strict || r.Highest >= launcher.Separate) {
		return launcher.Separate
	}
	return launcher.Confined
}
