package supervise

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// Options are what a Host needs.
type Options struct {
	// Plugins are those that are there from the beginning.
	Plugins  []Plugin
	Launcher Launcher
	// Timing holds the numbers; the zero value means DefaultTiming().
	Timing Timing
	// HubVersion is told to the plugins.
	HubVersion string
	// Host returns the services that a plugin may call; nil, and a nil result, mean none.
	Host func(plugin string) pluginv1.HostServiceServer
	// Changed is told every change of a process's state, one after the other and
	// without a lock held. It must not block. Nil: nobody listens.
	Changed func(Change)
	Logger  hclog.Logger
	// Random returns a number from 0 to 1 and spreads the waits; nil means a good one.
	Random func() float64
}

// Host runs all plugins of a hub. Its methods may be called by several
// goroutines, before and during Run; Run is called once.
type Host struct {
	means  *means
	logger hclog.Logger
	stage  stage
	tests  atomic.Uint64

	mu      sync.Mutex
	tenants map[string]*tenant
}

// NewHost returns a host that runs nothing yet. Plugins without a manifest are left out.
func NewHost(options Options) *Host {
	if options.Timing == (Timing{}) {
		options.Timing = DefaultTiming()
	}
	if options.Random == nil {
		options.Random = rand.Float64
	}
	h := &Host{
		means: &means{
			launcher: options.Launcher, timing: options.Timing,
			slots:  make(chan struct{}, max(options.Timing.ParallelStarts, 1)),
			random: options.Random, hubVersion: options.HubVersion, services: options.Host,
			announcer: newAnnouncer(options.Changed, options.Logger),
		},
		logger: options.Logger, tenants: map[string]*tenant{},
	}
	for _, plugin := range options.Plugins {
		if plugin.Manifest != nil {
			h.tenants[plugin.ID()] = newTenant(plugin, h.means, &h.stage, h.logger)
		}
	}
	return h
}

// Run keeps the plugins running until the context is done, ends their
// processes, and returns when all are gone. An error of the launcher does not
// end it: it stands in the Status of the plugins and is returned at the end.
func (h *Host) Run(ctx context.Context) error {
	// The launcher ends last: on some systems its end is the end of all processes.
	launching, stopLauncher := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLauncher()
	ended := make(chan error, 1)
	go func() { ended <- h.means.launcher.Run(launching) }()
	told := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() { h.means.announcer.run(told) })

	h.stage.open(ctx.Done())
	<-ctx.Done()
	h.stage.close()
	close(told)
	telling.Wait()
	stopLauncher()
	if err := <-ended; err != nil {
		return fmt.Errorf("launch plugins: %w", err)
	}
	return nil
}

// Put adds a plugin, or runs it instead of what is run under its id. Where
// processes run, their successors are started beside them and configured with
// all instances; the calls that go on then finish with the old ones, which end.
// If a successor cannot be started, or fails with an instance that worked, the
// error wraps ErrNotSwitched and says why, and everything is as before.
func (h *Host) Put(ctx context.Context, plugin Plugin) error {
	if plugin.Manifest == nil || plugin.ID() == "" {
		return fmt.Errorf("plugin without id: %w", ErrInvalid)
	}
	for {
		t, added := h.add(plugin)
		if added {
			return nil
		}
		err := t.replace(ctx, plugin)
		if !errors.Is(err, ErrUnknownPlugin) {
			return err
		}
		// It was dropped in the meantime.
	}
}

// add returns the tenant of a plugin's id, and whether it was not there before.
func (h *Host) add(plugin Plugin) (t *tenant, added bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, ok := h.tenants[plugin.ID()]
	if !ok {
		t = newTenant(plugin, h.means, &h.stage, h.logger)
		h.tenants[plugin.ID()] = t
	}
	return t, !ok
}

// Drop ends the processes of a plugin and forgets it and its instances. The
// calls that go on may finish if they take a short time only.
func (h *Host) Drop(ctx context.Context, plugin string) error {
	t, err := h.find(plugin)
	if err != nil {
		return err
	}
	return t.drop(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.tenants, plugin)
	})
}

func (h *Host) find(plugin string) (*tenant, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, ok := h.tenants[plugin]
	if !ok {
		return nil, unknownPlugin(plugin)
	}
	return t, nil
}
