// Package nodes shows the Proxmox servers that the hub watches as the list of
// nodes that the public API has always had, and changes them through it: each
// node is an instance of one of three plugins.
package nodes

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// What is wrong with a draft, in the order in which it is looked at.
var (
	// ErrNoName says that the name is missing.
	ErrNoName = errors.New("name is missing")
	// ErrNoType says that the type is missing.
	ErrNoType = errors.New("type is missing")
	// ErrNoHost says that the host is missing.
	ErrNoHost = errors.New("host is missing")
	// ErrHost says that the host is neither a URL nor an address.
	ErrHost = errors.New("host is not an address")
	// ErrIPv4 says that the host begins like an IP address and is none.
	ErrIPv4 = errors.New("host is not an IPv4 address")
	// ErrIPv6 says the same of one with colons.
	ErrIPv6 = errors.New("host is not an IPv6 address")
	// ErrHostname says that the host is not a name that DNS can have.
	ErrHostname = errors.New("host is not a host name")
	// ErrPort says that the port is not between 1 and 65535.
	ErrPort = errors.New("port is not valid")
	// ErrType says that there is no such product.
	ErrType = errors.New("type is not known")
	// ErrCredentials says that there is neither a whole token nor a user with a password.
	ErrCredentials = errors.New("credentials are missing")
)

// Other reasons why something is not done.
var (
	// ErrExists says that another node of the type has the same address.
	ErrExists = errors.New("another node has the address")
	// ErrID says that an id is none of a node.
	ErrID = errors.New("node id is not valid")
	// ErrUnknown says that there is no node with that id.
	ErrUnknown = errors.New("no such node")
	// ErrMock says that the nodes are made up.
	ErrMock = errors.New("nodes are made up")
	// ErrNotPVE says that a product has no clusters of interest.
	ErrNotPVE = errors.New("node is not of Proxmox VE")
	// ErrNoCluster says that a node stands alone.
	ErrNoCluster = errors.New("node is not in a cluster")
)

// Office makes and changes instances, as setup.Office does.
type Office interface {
	List(ctx context.Context) ([]instance.Instance, error)
	Preset(id string) bool
	Create(ctx context.Context, draft setup.Draft, actor string) (instance.Instance, error)
	Update(ctx context.Context, id string, draft setup.Draft, actor string) (instance.Instance, error)
	Delete(ctx context.Context, id, actor string) error
	Test(ctx context.Context, draft setup.Draft, id string) (supervise.TestResult, error)
}

// Components says how instances are configured, as registry.Registry does.
type Components interface {
	Component(ctx context.Context, plugin, component string) (*manifest.Component, error)
}

// Scheduler says how polling goes.
type Scheduler interface{ Health() collect.Health }

// Snapshots gives the present.
type Snapshots interface{ Snapshot() *inventory.Snapshot }

// Options are the parts of a Directory. All are needed but Mock and Lookup.
type Options struct {
	Office     Office
	Components Components
	Scheduler  Scheduler
	Inventory  Snapshots
	Records    Records
	// Mock says that the nodes are made up and cannot be changed.
	Mock bool
	// Lookup resolves a host name to addresses; nil: the system's resolver.
	Lookup func(ctx context.Context, host string) ([]string, error)
	Logger hclog.Logger
}

// Directory is the list of nodes. It is safe for concurrent use; one change is
// made at a time, and waiting for it ends with the context.
type Directory struct {
	Options
	records repository
	busy    chan struct{}
}

// New returns the directory of its parts.
func New(options Options) *Directory {
	if options.Lookup == nil {
		options.Lookup = lookupHost
	}
	return &Directory{Options: options, records: repository{options.Records}, busy: make(chan struct{}, 1)}
}

func (d *Directory) begin(ctx context.Context) error {
	if d.Mock {
		return ErrMock
	}
	select {
	case d.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *Directory) end() { <-d.busy }

// The longest that looking at a node may take.
const (
	testTimeout    = 10 * time.Second
	testTimeoutPMG = 15 * time.Second // its server starts workers slowly
	lookupTimeout  = 3 * time.Second
)
