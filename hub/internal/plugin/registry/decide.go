package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/lockfile"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Approve lets exactly the offered content run, with the rights that are
// granted, and enables the plugin if enable says so and nobody disabled it.
func (r *Registry) Approve(ctx context.Context, wanted approval.Approval, enable bool) error {
	if r.Mode != All {
		return fmt.Errorf("%w: PULSE_PLUGINS is %s", ErrOff, r.Mode)
	}
	return r.decide(ctx, wanted.ID, func() error {
		record, err := r.desk.Approve(ctx, wanted)
		if err == nil && enable && record.State == approval.Approved {
			_, err = r.desk.Enable(ctx, wanted.ID, wanted.Actor)
		}
		return err
	})
}

// Enable lets an approved plugin run.
func (r *Registry) Enable(ctx context.Context, id, actor string) error {
	return r.decide(ctx, id, func() error {
		record, err := r.desk.Get(ctx, id)
		if err != nil || record.State == approval.Enabled {
			return err
		}
		if err := r.off(record.Current); err != nil && record.Current != nil {
			return fmt.Errorf("%w: PULSE_PLUGINS is %s", err, r.Mode)
		}
		_, err = r.desk.Enable(ctx, id, actor)
		return err
	})
}

// Disable ends a plugin and keeps it from running. Its instances stay.
func (r *Registry) Disable(ctx context.Context, id, actor string) error {
	return r.decide(ctx, id, func() error {
		record, err := r.desk.Get(ctx, id)
		if err != nil || record.State == approval.Disabled {
			return err
		}
		_, err = r.desk.Disable(ctx, id, actor)
		return err
	})
}

// Rollback goes back to the version before. If that one does not work, the one
// that runs goes on.
func (r *Registry) Rollback(ctx context.Context, id, actor string) error {
	return r.decide(ctx, id, func() error {
		_, err := r.desk.Rollback(ctx, id, actor)
		return err
	})
}

// Restart ends the processes of a plugin and starts them anew.
func (r *Registry) Restart(ctx context.Context, id, actor string) error {
	if _, err := r.desk.Get(ctx, id); err != nil {
		return err
	}
	r.mu.Lock()
	_, runs := r.running[id]
	r.mu.Unlock()
	if !runs {
		return fmt.Errorf("%w: it does not run", approval.ErrState)
	}
	if err := r.Host.Restart(id); err != nil {
		return err
	}
	r.Happened(ctx, approval.Event{Actor: actor, Plugin: id, What: "restarted"})
	return nil
}

// Remove ends a plugin and forgets it, its data too if fate says so. It fails
// with ErrInUse as long as it has instances. A plugin that comes with the hub
// cannot be removed.
func (r *Registry) Remove(ctx context.Context, id string, fate approval.DataFate, actor string) error {
	record, err := r.desk.Get(ctx, id)
	if err != nil {
		return err
	}
	if record.Current != nil && record.Current.Level == approval.Bundled {
		return fmt.Errorf("%w: it comes with the hub and can only be disabled", approval.ErrState)
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	defer r.end()
	r.mu.Lock()
	instances := r.instances
	delete(r.problems, id)
	r.mu.Unlock()
	if instances == nil {
		return ErrStarting
	}
	n, err := instances.Count(ctx, id)
	if err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%w, which have to be removed first: %d", ErrInUse, n)
	}
	if err := r.dismiss(ctx, id, instances); err != nil {
		return err
	}
	if err := r.desk.Remove(ctx, id, fate, actor); err != nil {
		return err
	}
	if fate != approval.DeleteData {
		return nil
	}
	return errors.Join(r.Kept.Forget(ctx, id), r.forgetIdentity(ctx, id), r.forgetPolicy(ctx, id))
}

// ExportLock returns the lock file of what is approved.
func (r *Registry) ExportLock(ctx context.Context) (*lockfile.File, error) {
	return r.desk.ExportLock(ctx, r.Lock)
}

// Policy is what the operator decided about how a plugin is run.
type Policy struct {
	// Isolation is manifest.IsolationPlugin, manifest.IsolationInstance, or
	// empty: as the plugin wishes.
	Isolation string `json:"isolation,omitempty"`
}

// ErrPolicy says that a policy is none.
var ErrPolicy = errors.New("not a policy")

const policyPrefix = "plugin-policy/"

// Policy returns the policy about a plugin; the zero value if there is none.
func (r *Registry) Policy(ctx context.Context, id string) (Policy, error) {
	policy, err := store.GetJSON[Policy](ctx, r.Settings, store.Settings, policyPrefix+id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Policy{}, fmt.Errorf("read plugin policy: %w", err)
	}
	return policy, nil
}

// SetPolicy changes the policy about a plugin, which takes effect at once.
func (r *Registry) SetPolicy(ctx context.Context, id string, policy Policy, actor string) error {
	switch policy.Isolation {
	case "", manifest.IsolationPlugin, manifest.IsolationInstance:
	default:
		return fmt.Errorf("%w: isolation is neither %q nor %q", ErrPolicy, manifest.IsolationPlugin, manifest.IsolationInstance)
	}
	return r.decide(ctx, id, func() error {
		if _, err := r.desk.Get(ctx, id); err != nil {
			return err
		}
		err := r.Settings.Update(ctx, func(tx store.Tx) error {
			return store.PutJSON(ctx, tx, store.Settings, policyPrefix+id, policy)
		})
		if err != nil {
			return fmt.Errorf("write plugin policy: %w", err)
		}
		r.Happened(ctx, approval.Event{Actor: actor, Plugin: id, What: "policy changed", Detail: "isolation: " + policy.Isolation})
		return nil
	})
}

func (r *Registry) forgetPolicy(ctx context.Context, id string) error {
	return r.Settings.Update(ctx, func(tx store.Tx) error { return tx.Delete(ctx, store.Settings, policyPrefix+id) })
}
