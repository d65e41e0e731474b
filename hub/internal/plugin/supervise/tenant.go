package supervise

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// tenant is one plugin of a host: what is run of it now, and the instances that
// are wanted. It is safe for concurrent use.
type tenant struct {
	*means
	id       string
	stage    *stage
	logger   hclog.Logger
	journal  *journal.Journal
	level    atomic.Int32 // hclog.NoLevel: the hub's
	renewals renewals
	turn     chan struct{} // holds one: whoever replaces, removes or drops goes after the other

	// mu comes before the mutex of a supervisor.
	mu      sync.Mutex
	plugin  Plugin
	calls   *usage.Calls
	seats   map[string]*supervisor // by the instance they serve, "" for all
	desired map[string]*instance.Instance
	dropped bool
}

func newTenant(plugin Plugin, shared *means, stage *stage, logger hclog.Logger) *tenant {
	logger = logger.Named(plugin.ID())
	t := &tenant{
		means: shared, id: plugin.ID(), stage: stage, logger: logger,
		journal: journal.New(journal.Options{Logger: logger}), turn: make(chan struct{}, 1),
		plugin: plugin, calls: &usage.Calls{}, seats: map[string]*supervisor{}, desired: map[string]*instance.Instance{},
	}
	if !plugin.apart() {
		t.seatLocked("")
	}
	return t
}

// apart reports whether each instance has a process of its own.
func (p Plugin) apart() bool { return p.Isolation == manifest.IsolationInstance }

// seatOf returns the key of the seat that serves an instance.
func (p Plugin) seatOf(instance string) string {
	if p.apart() {
		return instance
	}
	return ""
}

// seatLocked returns the supervisor of a seat, which begins to run if it is new.
func (t *tenant) seatLocked(key string) *supervisor {
	s, ok := t.seats[key]
	if !ok {
		s = t.newSupervisor(assignment{plugin: t.plugin, instance: key, calls: t.calls})
		t.seats[key] = s
		s.appear(nil, "")
		t.stage.spawn(s.run)
	}
	return s
}

// find returns the supervisor that serves an instance, and the instance there.
func (t *tenant) find(id string) (*supervisor, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dropped {
		return nil, unknownPlugin(t.id)
	}
	s, ok := t.seats[t.plugin.seatOf(id)]
	if _, wanted := t.desired[id]; !ok || !wanted {
		return nil, unknownInstance(id)
	}
	return s, nil
}

// configure adds or replaces an instance. A running plugin is told at once and
// its answer returned; otherwise it is told when it starts.
func (t *tenant) configure(ctx context.Context, one instance.Instance) error {
	t.journal.Mask(one.ID, secretsOf(one))
	s, m, err := t.want(&one)
	for err == nil {
		err = s.tell(ctx, m)
		if !errors.Is(err, errRetired) {
			return err
		}
		if s, err = t.find(one.ID); err == nil {
			m, err = s.managed(one.ID)
		}
	}
	return err
}

// want notes that an instance is wanted and gives it to its supervisor.
func (t *tenant) want(one *instance.Instance) (*supervisor, *managed, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dropped {
		return nil, nil, unknownPlugin(t.id)
	}
	if t.plugin.apart() && !isName(one.ID) {
		return nil, nil, noName(one.ID)
	}
	t.desired[one.ID] = one
	s := t.seatLocked(t.plugin.seatOf(one.ID))
	return s, s.put(one), nil
}

// isName reports whether the id can be the name of a folder of its own.
func isName(id string) bool { return id != "." && filepath.IsLocal(id) && filepath.Base(id) == id }

func noName(id string) error {
	return fmt.Errorf("instance %q cannot name a folder: %w", id, ErrInvalid)
}

// remove ends an instance, and the process that only it had.
func (t *tenant) remove(ctx context.Context, id string) error {
	if err := t.take(ctx); err != nil {
		return err
	}
	s, m := t.unwant(id)
	t.give()
	defer t.journal.Mask(id, nil)
	t.renewals.forget(id)
	if m == nil {
		return nil
	}
	err := s.tellRemoved(ctx, m)
	if s.instance != "" {
		s.disappear("the instance was removed")
		t.stage.spawn(func(context.Context) { s.drain(t.timing.DrainDropped) })
	}
	return err
}

// unwant notes that an instance is wanted no longer. It returns nil if it was not.
func (t *tenant) unwant(id string) (*supervisor, *managed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.desired, id)
	key := t.plugin.seatOf(id)
	s, ok := t.seats[key]
	if !ok {
		return nil, nil
	}
	if key != "" {
		delete(t.seats, key)
	}
	return s, s.forget(id)
}

// use calls fn with a process that has accepted the instance.
func (t *tenant) use(ctx context.Context, id string, fn func(context.Context, *transport.Client) error) error {
	for {
		s, err := t.find(id)
		if err != nil {
			return err
		}
		// A supervisor that was replaced in the meantime has not called fn.
		if err = s.useInstance(ctx, id, fn); !errors.Is(err, errRetired) {
			return err
		}
	}
}

// drop ends all processes and forgets the instances. It calls gone when they
// are, and before anybody else has a turn: who waited for it finds a tenant that is dropped.
func (t *tenant) drop(ctx context.Context, gone func()) error {
	if err := t.take(ctx); err != nil {
		return err
	}
	defer t.give()
	t.mu.Lock()
	if t.dropped {
		t.mu.Unlock()
		return unknownPlugin(t.id)
	}
	seats := t.seats
	t.seats, t.desired, t.dropped = nil, nil, true
	for _, s := range seats {
		s.disappear("the plugin was removed")
	}
	t.mu.Unlock()

	var draining sync.WaitGroup
	for _, s := range seats {
		draining.Go(func() { s.drain(t.timing.DrainDropped) })
	}
	draining.Wait()
	t.journal.Close()
	gone()
	return nil
}

// newSupervisor returns a supervisor without a place.
func (t *tenant) newSupervisor(assigned assignment) *supervisor {
	logger := t.logger
	if assigned.instance != "" {
		logger = logger.With("instance", assigned.instance)
	}
	return &supervisor{
		assignment: assigned, means: t.means, tenant: t, logger: logger, journal: t.journal,
		restart: make(chan struct{}, 1), wake: make(chan struct{}, 1), ended: make(chan struct{}),
		changed: make(chan struct{}), state: StateIdle, since: time.Now(), instances: map[string]*managed{},
	}
}

func (t *tenant) take(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *tenant) give() { <-t.turn }

// supervisors returns the supervisors that have a seat, in no order.
func (t *tenant) supervisors() []*supervisor {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]*supervisor, 0, len(t.seats))
	for _, s := range t.seats {
		list = append(list, s)
	}
	return list
}

func unknownPlugin(id string) error { return fmt.Errorf("%w: %s", ErrUnknownPlugin, id) }
