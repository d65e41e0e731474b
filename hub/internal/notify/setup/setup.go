// Package setup shows what is set up to tell people as the email, Apprise and webhook settings that the public API has
// always had, and changes it through them: each is an instance of a notifier plugin.
package setup

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Errors of webhooks.
var (
	// ErrUnknown says that there is no webhook with that id.
	ErrUnknown = errors.New("no such webhook")
	// ErrID says that an id cannot be one.
	ErrID = errors.New("webhook id is not valid")
	// ErrExists says that the id is taken.
	ErrExists = errors.New("webhook id is taken")
)

// Office makes and changes instances, as the office of package plugin/setup does.
type Office interface {
	List(ctx context.Context) ([]instance.Instance, error)
	// CreateAs makes an instance with an id of the caller's choice, which no other has.
	CreateAs(ctx context.Context, id string, draft plugins.Draft, actor string) (instance.Instance, error)
	Update(ctx context.Context, id string, draft plugins.Draft, actor string) (instance.Instance, error)
	Delete(ctx context.Context, id, actor string) error
}

// Components says how instances are configured, as registry.Registry does.
type Components interface {
	Component(ctx context.Context, plugin, component string) (*manifest.Component, error)
}

// Records is what is needed of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Checker asks a plugin whether it takes a configuration that is not kept, as channel.Channels does. An error that wraps
// *supervise.ConfigError says that it does not; any other that it cannot be asked.
type Checker interface {
	Check(ctx context.Context, one instance.Instance) error
}

// Options are the parts of a Directory. All are needed but Lookup.
type Options struct {
	Office     Office
	Checker    Checker
	Components Components
	Records    Records
	// Lookup resolves a host name to addresses; nil: the system's resolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// Directory is what is set up. It is safe for concurrent use; one change is made at a time, and waiting for it ends
// with the context. What it returns holds secrets in plain text: Shown of each says what may be shown.
type Directory struct {
	Options
	busy chan struct{}
}

// New returns the directory of its parts.
func New(options Options) *Directory {
	if options.Lookup == nil {
		options.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	return &Directory{Options: options, busy: make(chan struct{}, 1)}
}

func (d *Directory) begin(ctx context.Context) error {
	select {
	case d.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *Directory) end() { <-d.busy }

// kind is what instances of one plugin have in common.
type kind struct{ plugin, component, name string }

// The plugins behind the settings, and what their instances are called.
func email() kind   { return kind{"pulse.email", "notifier/email", "Email"} }
func apprise() kind { return kind{"pulse.apprise", "notifier/apprise", "Apprise"} }
func webhook() kind { return kind{"pulse.webhook", "notifier/webhook", "Webhook"} }

// The ids of those instances of which there is one.
const (
	EmailID   = "notify-email"
	AppriseID = "notify-apprise"
)

// find returns an instance of the kind; one without an ID says that there is none.
func (d *Directory) find(ctx context.Context, k kind, id string) (instance.Instance, error) {
	all, err := d.Office.List(ctx)
	if err != nil {
		return instance.Instance{}, err
	}
	for _, one := range all {
		if one.ID == id && k.has(one) {
			return one, nil
		}
	}
	return instance.Instance{}, nil
}

func (k kind) has(one instance.Instance) bool {
	return one.Plugin == k.plugin && one.Component == k.component
}
