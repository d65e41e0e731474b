package transfer

import (
	"context"
	"net/netip"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/transfer/stage"
)

// scratch is a hub that exists on paper only: nodes and channels are added to it by the roads that the API takes, and what
// comes out is what a real hub would keep. Nothing is polled, and no server is asked.
type scratch struct {
	stage    *stage.Stage
	nodes    *nodes.Directory
	channels *setup.Directory
	host     *paperHost
}

func newScratch(components plugins.Plugins, checker setup.Checker) *scratch {
	s := &scratch{stage: stage.New(), host: &paperHost{}}
	office := plugins.New(plugins.Options{
		Repository: instance.NewRepository(s.stage), Plugins: components, Host: s.host, Scheduler: paperScheduler{},
		Kept: s.host, Chronicle: paperChronicle{}, Logger: hclog.NewNullLogger(),
	})
	s.nodes = nodes.New(nodes.Options{
		Office: office, Components: components, Scheduler: paperScheduler{}, Inventory: inventory.New(inventory.Options{}),
		Records: s.stage, Logger: hclog.NewNullLogger(),
		Lookup: func(context.Context, string) ([]string, error) { return nil, nil },
	})
	s.channels = setup.New(setup.Options{
		Office: office, Checker: checker, Components: components, Records: s.stage,
		// Where a name leads is asked when something is sent, as always.
		Lookup: func(context.Context, string) ([]netip.Addr, error) { return nil, nil },
	})
	return s
}

// read returns what came of it.
func (s *scratch) read(ctx context.Context) (*document, error) { return current(ctx, s.stage) }

// paperHost takes every configuration, and knows of a server what the bundle says.
type paperHost struct{ cluster string }

// Configure is part of plugins.Host.
func (*paperHost) Configure(context.Context, instance.Instance) error { return nil }

// Remove is part of plugins.Host.
func (*paperHost) Remove(context.Context, string, string) error { return nil }

// ForgetInstance is part of plugins.Forgetter.
func (*paperHost) ForgetInstance(context.Context, string, string) error { return nil }

// Test is part of plugins.Host.
func (h *paperHost) Test(context.Context, instance.Instance) (supervise.TestResult, error) {
	return supervise.TestResult{OK: true, Facts: map[string]string{"cluster": h.cluster}}, nil
}

// paperScheduler polls nothing.
type paperScheduler struct{}

// Add is part of plugins.Scheduler.
func (paperScheduler) Add(context.Context, collect.Source) error { return nil }

// Remove is part of plugins.Scheduler.
func (paperScheduler) Remove(context.Context, string) error { return nil }

// Health is part of nodes.Scheduler.
func (paperScheduler) Health() collect.Health { return collect.Health{} }

// paperChronicle writes nothing down: nothing has happened yet.
type paperChronicle struct{}

// Add is part of plugins.Chronicle.
func (paperChronicle) Add(context.Context, audit.Event) error { return nil }
