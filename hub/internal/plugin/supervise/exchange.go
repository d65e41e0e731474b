package supervise

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
)

// exchange is the attempt to put supervisors into the places of others without
// a gap: first their processes must have proved good (warm up), then they get
// the places at one blow (commit), and the old ones finish what they are at.
type exchange struct {
	tenant *tenant
	plugin Plugin
	calls  *usage.Calls
	// whole says that all supervisors are replaced, and those made that are missing.
	whole     bool
	old, next map[string]*supervisor // by seat
}

// replace runs another Plugin instead of the present one.
func (t *tenant) replace(ctx context.Context, plugin Plugin) error {
	return t.exchange(ctx, "replaced by "+plugin.Manifest.Version, func() (*exchange, error) {
		if t.dropped {
			return nil, unknownPlugin(t.id)
		}
		if err := t.separableLocked(plugin); err != nil {
			return nil, err
		}
		x := &exchange{
			tenant: t, plugin: plugin, calls: &usage.Calls{}, whole: true, old: t.seats, next: map[string]*supervisor{},
		}
		if !plugin.apart() {
			x.seat("")
		}
		return x, nil
	})
}

// separableLocked returns an error if the plugin shall keep its instances apart and cannot.
func (t *tenant) separableLocked(plugin Plugin) error {
	for id := range t.desired {
		if plugin.apart() && !isName(id) {
			return noName(id)
		}
	}
	return nil
}

// widen runs the same plugin in a process that may serve all instances of the
// seat. It returns errRetired if the supervisor has lost its place already.
func (t *tenant) widen(ctx context.Context, s *supervisor) error {
	return t.exchange(ctx, "confined for more instances", func() (*exchange, error) {
		if t.seats[s.instance] != s {
			return nil, errRetired
		}
		x := &exchange{
			tenant: t, plugin: s.plugin, calls: s.calls,
			old: map[string]*supervisor{s.instance: s}, next: map[string]*supervisor{},
		}
		x.seat(s.instance)
		return x, nil
	})
}

// exchange does what begin, which is called with the mutex held, has in mind.
func (t *tenant) exchange(ctx context.Context, reason string, begin func() (*exchange, error)) error {
	if err := t.take(ctx); err != nil {
		return err
	}
	defer t.give()
	// A host that does not run has no processes to take care of.
	ctx, leave, _ := t.stage.within(ctx)
	defer leave()

	t.mu.Lock()
	x, err := begin()
	if err != nil {
		t.mu.Unlock()
		return err
	}
	x.assignLocked()
	warm := x.occupied()
	t.mu.Unlock()

	err = warmUp(ctx, warm)
	if err == nil {
		err = x.commit(warm, reason)
	}
	if err != nil {
		coolDown(warm)
		return fmt.Errorf("%w: %w", ErrNotSwitched, err)
	}
	x.run()
	t.logger.Info("plugin switched", "version", x.plugin.Manifest.Version, "reason", reason)
	return nil
}

// seat returns the new supervisor of a seat.
func (x *exchange) seat(key string) *supervisor {
	s, ok := x.next[key]
	if !ok {
		s = x.tenant.newSupervisor(assignment{plugin: x.plugin, instance: key, calls: x.calls})
		x.next[key] = s
	}
	return s
}

// assignLocked gives the new supervisors the instances that are wanted now. It
// may be called again, and then gives them what has changed.
func (x *exchange) assignLocked() {
	for id, desired := range x.tenant.desired {
		key := x.plugin.seatOf(id)
		if _, ok := x.next[key]; !ok && !x.whole {
			continue
		}
		if s := x.seat(key); s.desired(id) != desired {
			s.put(desired)
		}
	}
}

// desired returns what is desired of an instance, nil if the supervisor does not serve it.
func (s *supervisor) desired(id string) *instance.Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.instances[id]; ok {
		return m.desired
	}
	return nil
}

// occupied returns the new supervisors of what a process serves now.
func (x *exchange) occupied() []*supervisor {
	var warm []*supervisor
	for key, s := range x.next {
		busy := x.hasProcess(key)
		for _, id := range s.ids() {
			busy = busy || x.hasProcess(x.tenant.plugin.seatOf(id))
		}
		if busy {
			warm = append(warm, s)
		}
	}
	return warm
}

func (x *exchange) hasProcess(key string) bool {
	s, ok := x.old[key]
	return ok && s.current() != nil
}

// warmUp starts the processes of the supervisors and configures their
// instances. What an instance answers is for commit to judge.
func warmUp(ctx context.Context, supervisors []*supervisor) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	for _, s := range supervisors {
		parts.Go(func() {
			process, err := s.start(ctx)
			if err != nil {
				cancel(errors.New(s.journal.Text(err.Error())))
				return
			}
			s.configurePending(ctx, process)
		})
	}
	parts.Wait()
	return context.Cause(ctx)
}

// coolDown ends the processes of supervisors that get no place.
func coolDown(supervisors []*supervisor) {
	var parts sync.WaitGroup
	for _, s := range supervisors {
		process := s.current()
		if process == nil {
			continue
		}
		parts.Go(func() {
			if err := s.stop(process); err != nil {
				s.logger.Error("plugin process is still there", "pid", process.Pid(), "error", err)
			}
		})
	}
	parts.Wait()
}

// run lets the new supervisors run and the old ones finish.
func (x *exchange) run() {
	for _, s := range x.next {
		x.tenant.stage.spawn(s.run)
	}
	for _, s := range x.old {
		x.tenant.stage.spawn(func(context.Context) { s.drain(s.timing.Drain) })
	}
}
