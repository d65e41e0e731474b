// Package registry keeps the plugins that run in step with what was decided
// about them: what is approved and enabled runs, in exactly the version and
// with exactly the rights that were granted, and nothing else does.
package registry

import (
	"context"
	"errors"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/catalog"
	"github.com/pulse-hub/pulse/hub/internal/plugin/inbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/lockfile"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/hub/internal/plugin/vault"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Errors of the registry, beside those of package approval.
var (
	// ErrInUse says that instances need the plugin.
	ErrInUse = errors.New("the plugin has instances")
	// ErrNoComponent says that no plugin that may run has the component.
	ErrNoComponent = errors.New("no such component")
	// ErrOff says that the operator has turned plugins of this kind off.
	ErrOff = errors.New("the hub runs no plugins of this kind")
	// ErrStarting says that the hub has not yet taken over what was decided before.
	ErrStarting = errors.New("the hub is still starting")
	// ErrMismatch says that a folder holds another plugin than it was named for.
	ErrMismatch = errors.New("the folder holds another plugin")
	// ErrNotSwitched says that a new version did not start, and the old one goes on.
	ErrNotSwitched = errors.New("the new version does not work, the old one goes on")
)

// Mode says which plugins run at all.
type Mode string

// The modes.
const (
	All         Mode = "all"
	BundledOnly Mode = "bundled"
	Off         Mode = "off"
)

// Host runs plugins, as supervise.Host does.
type Host interface {
	Put(ctx context.Context, plugin supervise.Plugin) error
	Drop(ctx context.Context, id string) error
	Restart(id string) error
	Status() []supervise.Status
}

// Instances are what plugins were set up for, as package setup keeps them.
type Instances interface {
	Attach(ctx context.Context, plugin string) error
	Detach(ctx context.Context, plugin string) error
	Count(ctx context.Context, plugin string) (int, error)
}

// Forgetter deletes what a plugin keeps in the hub.
type Forgetter interface {
	Forget(ctx context.Context, plugin string) error
}

// Chronicle is where changes are written down, as package audit does.
type Chronicle interface {
	Add(ctx context.Context, event audit.Event) error
	About(ctx context.Context, kind, subject string, n int) ([]audit.Event, error)
}

// Options are the parts of a Registry and how it is to decide.
type Options struct {
	Settings store.Store
	// Inbox is the folder that people put plugins into, Vault the one that
	// approved ones are copied to, Data the one that holds a folder for each plugin.
	Inbox, Vault, Data string
	// Bundled are the plugins that come with the hub.
	Bundled   *catalog.Catalog
	Host      Host
	Kept      Forgetter
	Chronicle Chronicle
	Mode      Mode
	// Dev are the folders of plugins that their authors work on, by plugin id.
	Dev map[string]string
	// Lock, if not nil, names the only packages that may be approved.
	Lock *lockfile.File
	// HubVersion is empty for a development build.
	HubVersion string
	// Runtimes are the names of the interpreters that the operator allows.
	Runtimes []string
	// Highest is the highest level that plugins can be confined to here.
	Highest launcher.Level
	// Strict says that plugins that did not come with the hub rather do not
	// run than run less confined than they should be.
	Strict bool
	// ProjectKeys are those the project signs with.
	ProjectKeys []trust.Key
	// Timing holds the intervals; the zero value means the default.
	Timing Timing
	Logger hclog.Logger
}

// Registry keeps plugins. It is safe for concurrent use.
type Registry struct {
	Options
	desk       *approval.Desk
	inbox      *inbox.Inbox
	publishers *trust.Ring

	wake chan struct{} // holds one note that something is in stale
	busy chan struct{} // held while what runs is changed

	mu        sync.Mutex
	instances Instances           // nil before Start
	stale     map[string]struct{} // plugins that something was decided about
	running   map[string]version  // what the host was given
	problems  map[string]string   // why a plugin that should run was not given to the host
	failing   map[string]bool     // processes that were last said to keep failing
}

// version tells one thing to run from another.
type version struct {
	mark     string // differs when anything that matters does
	manifest *manifest.Manifest
	granted  manifest.Needs
}

// New returns a registry that runs nothing yet.
func New(options Options) (*Registry, error) {
	r := &Registry{
		Options: options, publishers: trust.NewRing(options.Settings, options.ProjectKeys...),
		wake: make(chan struct{}, 1), busy: make(chan struct{}, 1),
		stale: map[string]struct{}{}, running: map[string]version{}, problems: map[string]string{}, failing: map[string]bool{},
	}
	r.Timing = r.Timing.orDefault()
	stored, err := vault.Open(options.Vault, limits())
	if err != nil {
		return nil, err
	}
	r.inbox = inbox.New(inbox.Options{
		Folder: options.Inbox, Judge: r.publishers, Interval: r.Timing.Inbox, Changed: r.observe,
		Logger: options.Logger.Named("inbox"),
	})
	r.desk = approval.NewDesk(approval.Options{
		Records: options.Settings, Inbox: r.inbox, Vault: stored, Judge: r.publishers, Events: r,
		Host: approval.Host{
			Version: options.HubVersion, Protocol: protocolVersion, Platform: platform(), Runtimes: options.Runtimes,
		},
		DataRoot: options.Data, Lock: options.Lock,
	})
	return r, nil
}

// GrantedTo returns what says, at any time, what a plugin that runs may do.
func (r *Registry) GrantedTo(plugin string) func() manifest.Needs {
	return func() manifest.Needs {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.running[plugin].granted
	}
}

// Component returns a component of a plugin that may run.
func (r *Registry) Component(_ context.Context, plugin, component string) (*manifest.Component, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if runs, ok := r.running[plugin]; ok {
		if found, ok := runs.manifest.Component(component); ok {
			return found, nil
		}
	}
	return nil, &NoComponentError{Plugin: plugin, Component: component, Reason: r.problems[plugin]}
}

// NoComponentError is ErrNoComponent with the names in question.
type NoComponentError struct{ Plugin, Component, Reason string }

// Error names plugin and component.
func (e *NoComponentError) Error() string {
	text := "no enabled plugin " + e.Plugin + " with a component " + e.Component
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// Unwrap returns ErrNoComponent.
func (e *NoComponentError) Unwrap() error { return ErrNoComponent }
