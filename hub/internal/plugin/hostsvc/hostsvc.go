// Package hostsvc is what the hub offers its plugins: a store of keys, the
// renewal of secrets, and reports between two collects. Each plugin sees what
// is its own and nothing else, as far as the operator has granted it.
package hostsvc

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The needs that a manifest names under "host" and an operator grants.
const (
	NeedKV      = "kv"      // KvGet, KvPut, KvDelete, KvList
	NeedSecrets = "secrets" // UpdateSecret
	NeedReport  = "report"  // Report
)

// Bounds of what one plugin may keep and send, whatever the number of its
// processes. Sizes are in bytes.
const (
	MaxKeys       = 1000      // entries of all its instances together
	MaxTotalBytes = 1 << 20   // of their keys and values
	MaxKeyBytes   = 512       // one key
	MaxValueBytes = 256 << 10 // one value
	// MaxSecretBytes bounds a renewed secret.
	MaxSecretBytes = 64 << 10
	// ReportRate is the number of reports per second that are taken,
	// ReportBurst how many more at once. The rest is dropped and counted.
	ReportRate  = 10
	ReportBurst = 100

	// maxCalls bounds the calls that go on at the same time; more are refused.
	maxCalls = 256
	// maxLists bounds the lists that are held in memory while the plugin reads them; more wait.
	maxLists = 4
	// callTimeout bounds one call, waiting included.
	callTimeout = 10 * time.Second
	// sweepInterval is the time between two sweeps. What has expired is not seen in the meantime.
	sweepInterval = 10 * time.Minute
)

// Store is what the service needs of the hub's store, which also keeps the instances.
type Store interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Secrets is what the hub knows about secrets besides their values. Its
// methods are called by several goroutines and must return soon.
type Secrets interface {
	// Paths returns the JSON pointers of the writeOnly fields in the schema of
	// a plugin's component ("source/pve"), none if there is no such component.
	Paths(plugin, component string) []string
	// Renewed is told of an instance after one of its secrets was replaced in
	// the store. From then on the new values are masked in whatever the plugin
	// says, and its next process is configured with them; the present one is
	// not configured again, since it brought them. For the instances of one
	// plugin the calls come one after another in the order of the writes. If
	// the receiver has a higher revision of the instance, that one is newer.
	Renewed(one instance.Instance)
	// Mask replaces the secrets of a plugin's instances in a text it sent.
	Mask(plugin, text string) string
}

// State is how an instance says it does.
type State string

// The states that can be reported.
const (
	StateOK         State = "ok"
	StateDegraded   State = "degraded"
	StateFailed     State = "failed"
	StateAuthFailed State = "auth-failed" // the other side refuses the credentials
)

// Health is how an instance does and why.
type Health struct {
	State State
	// Message is for people, masked, at most 4096 bytes.
	Message string
	// LastOK is when it last worked; zero: never, or not said.
	LastOK time.Time
}

// Sink takes what plugins report. The instance is as the store has it,
// without secrets, and texts are masked. Its methods are called by several
// goroutines; an error tells the plugin to try again later.
type Sink interface {
	// Health is told that the health of an instance has changed.
	Health(ctx context.Context, of instance.Instance, health Health) error
	// Event is told of an event. It may come twice; its ID is unique within
	// the instance. Its time is never zero, its severity is one of the three known.
	Event(ctx context.Context, of instance.Instance, event resource.Event) error
}

// Options are the parts of a Service. All are required.
type Options struct {
	Store   Store
	Secrets Secrets
	Sink    Sink
	Logger  hclog.Logger
}

// Service serves all plugins. Its methods may be called by several goroutines; Run is called once.
type Service struct {
	Options

	mu      sync.Mutex
	tenants map[string]*tenant // by plugin; as many as there are plugins
}

// New returns the service of its parts.
func New(options Options) *Service {
	return &Service{Options: options, tenants: map[string]*tenant{}}
}

// For returns what a process of the plugin is served. The bounds hold for all
// of its processes together. It may do what granted returns at the time of each
// call; nil grants nothing.
func (s *Service) For(pluginID string, granted func() manifest.Needs) pluginv1.HostServiceServer {
	if granted == nil {
		granted = func() manifest.Needs { return manifest.Needs{} }
	}
	return &server{service: s, plugin: pluginID, granted: granted, tenant: s.tenant(pluginID)}
}

// Dropped returns how many reports of a plugin were dropped because there were
// too many, since the hub's start or since it was forgotten.
func (s *Service) Dropped(pluginID string) uint64 {
	s.mu.Lock()
	t, ok := s.tenants[pluginID]
	s.mu.Unlock()
	if !ok {
		return 0
	}
	return t.reports.total()
}

// Run removes what has expired, and what instances left that no longer exist,
// at once and then now and again until the context is done.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	var failing bool
	for {
		err := s.sweep(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.Logger.Warn("expired keys of plugins are not removed", "error", err)
		}
		failing = err != nil
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Forget deletes all entries of a plugin. To be called once its processes are
// gone: for another one of the same id, revisions begin anew.
func (s *Service) Forget(ctx context.Context, pluginID string) error {
	if err := s.update(ctx, func(tx store.Tx) error { return clearPlugin(ctx, tx, pluginID) }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tenants, pluginID)
	return nil
}

// ForgetInstance deletes all entries of one instance. To be called once the
// instance is gone from the store: until then its plugin can write more.
func (s *Service) ForgetInstance(ctx context.Context, pluginID, instanceID string) error {
	return s.update(ctx, func(tx store.Tx) error {
		return purge(ctx, tx, pluginID, func(at place, _ entry) (bool, error) { return at.instance == instanceID, nil })
	})
}

func (s *Service) tenant(pluginID string) *tenant {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tenants[pluginID]
	if !ok {
		t = newTenant(s.Logger.With("plugin", pluginID))
		s.tenants[pluginID] = t
	}
	return t
}
