// Package transfertest is a hub of which everything that is configured is real, and the plugins are played.
package transfertest

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/nodes/nodestest"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup/setuptest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/transfer"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// World is such a hub. Its exported functions may be changed before it is used.
type World struct {
	*transfer.Desk
	Store    *store.DB
	Records  *Records
	Office   *plugins.Office
	Nodes    *nodes.Directory
	Channels *setup.Directory
	Alerts   *desk.Desk
	Routing  *notify.Pipeline
	// Refuse says what a plugin finds wrong with an instance that it is asked about; nil: nothing. Balk is the same for
	// one that it is told to use.
	Refuse, Balk func(one instance.Instance) []supervise.FieldError
	// Missing are plugins that do not run, Silent those that cannot be asked.
	Missing, Silent map[string]bool
	// Reload fails what the desk has reloaded; nil: nothing.
	Reload func(part string) error

	sources  *nodestest.World
	notifier *setuptest.World

	mu        sync.Mutex
	known     map[string]instance.Instance
	polled    map[string]collect.Source
	forgotten []string
	reloaded  []string
	asked     []string
}

// New returns a world in which nothing is configured.
func New(t testing.TB) *World {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &World{
		Store: db, Records: &Records{DB: db}, sources: nodestest.New(t, false), notifier: setuptest.New(t),
		known: map[string]instance.Instance{}, polled: map[string]collect.Source{},
	}
	live, logger := inventory.New(inventory.Options{}), hclog.NewNullLogger()
	w.Office = plugins.New(plugins.Options{
		Repository: instance.NewRepository(db), Plugins: w, Host: host{w}, Scheduler: scheduler{w}, Kept: w, Chronicle: w, Logger: logger,
	})
	w.Nodes = nodes.New(nodes.Options{
		Office: w.Office, Components: w, Scheduler: scheduler{w}, Inventory: live, Records: db, Logger: logger,
	})
	w.Channels = setup.New(setup.Options{
		Office: w.Office, Checker: w, Components: w, Records: db,
		Lookup: func(context.Context, string) ([]netip.Addr, error) { return nil, nil },
	})
	w.Alerts = desk.New(desk.Options{Inventory: live, Journal: journal.New(db, logger), Records: db, Logger: logger})
	if err := w.Alerts.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Routing = notify.New(notify.Options{Records: db})
	w.Desk = transfer.New(transfer.Options{
		Records: w.Records, Plugins: w, Checker: w, Host: host{w}, Scheduler: scheduler{w}, Kept: w, Alerts: w.Alerts,
		Parts: []transfer.Part{w.part("tokens"), w.part("sign-in")}, Version: "6.0.0", Logger: logger,
	})
	return w
}

func (w *World) part(name string) transfer.Part {
	return transfer.Part{Name: name, Reload: func(context.Context) error {
		w.mu.Lock()
		w.reloaded = append(w.reloaded, name)
		w.mu.Unlock()
		if w.Reload == nil {
			return nil
		}
		return w.Reload(name)
	}}
}

// Component is part of transfer.Options.Plugins.
func (w *World) Component(ctx context.Context, plugin, component string) (*manifest.Component, error) {
	if w.Missing[plugin] {
		return nil, &registry.NoComponentError{Plugin: plugin, Component: component}
	}
	if strings.HasPrefix(component, "source/") {
		return w.sources.Component(ctx, plugin, component)
	}
	return w.notifier.Component(ctx, plugin, component)
}

// Check is part of transfer.Checker.
func (w *World) Check(_ context.Context, one instance.Instance) error {
	w.mu.Lock()
	w.asked = append(w.asked, one.Plugin)
	w.mu.Unlock()
	if w.Silent[one.Plugin] {
		return supervise.ErrUnknownPlugin
	}
	return judged(w.Refuse, one)
}

// Asked returns the plugins of the instances that plugins were asked about, in order.
func (w *World) Asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.asked)
}

func judged(judge func(instance.Instance) []supervise.FieldError, one instance.Instance) error {
	if judge == nil {
		return nil
	}
	if faults := judge(one); len(faults) > 0 {
		return fmt.Errorf("asked: %w", &supervise.ConfigError{Fields: faults})
	}
	return nil
}

// Add is part of plugins.Chronicle.
func (w *World) Add(context.Context, audit.Event) error { return nil }

// ForgetInstance is part of plugins.Forgetter.
func (w *World) ForgetInstance(_ context.Context, _, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forgotten = append(w.forgotten, id)
	return nil
}

// Running returns the ids of the instances that plugins know, and those that are polled, in order.
func (w *World) Running() (known, polled []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.known)), slices.Sorted(maps.Keys(w.polled))
}

// Known returns an instance as its plugin knows it.
func (w *World) Known(id string) instance.Instance {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known[id]
}

// Reloaded returns the parts that were reloaded, and Forgotten the instances that were forgotten, in their order.
func (w *World) Reloaded() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.reloaded)
}

// Forgotten returns the instances of which was deleted what plugins keep.
func (w *World) Forgotten() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.forgotten)
}

// host plays the plugins.
type host struct{ *World }

// Configure is part of transfer.Host.
func (h host) Configure(_ context.Context, one instance.Instance) error {
	if err := judged(h.Balk, one); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if before, ok := h.known[one.ID]; ok && before.Revision >= one.Revision {
		return fmt.Errorf("instance %s comes with revision %d after %d", one.ID, one.Revision, before.Revision)
	}
	h.known[one.ID] = one
	return nil
}

// Remove is part of transfer.Host.
func (h host) Remove(_ context.Context, _, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.known, id)
	return nil
}

// Test is part of plugins.Host.
func (host) Test(context.Context, instance.Instance) (supervise.TestResult, error) {
	return nodestest.Down(), nil
}

// scheduler plays the scheduler.
type scheduler struct{ *World }

// Add is part of transfer.Scheduler.
func (s scheduler) Add(_ context.Context, source collect.Source) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polled[source.Ref.ID] = source
	return nil
}

// Remove is part of transfer.Scheduler.
func (s scheduler) Remove(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.polled, id)
	return nil
}

// Health is part of nodes.Scheduler.
func (s scheduler) Health() collect.Health { return collect.Health{} }

// Records is the store, of which single writes can be made to fail.
type Records struct {
	*store.DB
	// Fail is asked before each write of a transaction; nil: nothing fails.
	Fail func(b store.Bucket, key string) error
	// Before is called before each transaction that writes; nil: nothing is.
	Before func()
}

// Update is part of transfer.Records.
func (r *Records) Update(ctx context.Context, fn func(store.Tx) error) error {
	if r.Before != nil {
		r.Before()
	}
	return r.DB.Update(ctx, func(tx store.Tx) error { return fn(failing{tx, r.Fail}) })
}

// failing is a transaction of which single writes fail.
type failing struct {
	store.Tx
	fail func(b store.Bucket, key string) error
}

// Put is part of store.Tx.
func (f failing) Put(ctx context.Context, b store.Bucket, key string, value []byte) error {
	if f.fail != nil {
		if err := f.fail(b, key); err != nil {
			return err
		}
	}
	return f.Tx.Put(ctx, b, key, value)
}

// Delete is part of store.Tx.
func (f failing) Delete(ctx context.Context, b store.Bucket, key string) error {
	if f.fail != nil {
		if err := f.fail(b, key); err != nil {
			return err
		}
	}
	return f.Tx.Delete(ctx, b, key)
}
