package sso

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/auth/sso/pending"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Records is where settings are kept. store.Store has it.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// recordPrefix is what keys of providers begin with in the bucket store.SignIn.
const recordPrefix = "oidc/"

// CallbackPath is where providers send browsers back to.
const CallbackPath = "/api/oidc/callback"

// StateLife is how long a browser may take to sign in at the provider, and how
// long its cookie has to live.
const StateLife = 10 * time.Minute

// maxStates bounds the sign-ins on their way.
const maxStates = 1000

// Options are what a Desk is built from. Records and Logger are needed.
type Options struct {
	Records Records
	// Environment are variables by name, those of Variables; nil: none. When
	// one is set, DefaultProvider cannot be changed.
	Environment map[string]string
	// PublicURL is the address of the hub; empty: as people asked for it.
	PublicURL string
	// RoleExists says which roles settings may name; nil: every one.
	RoleExists func(role string) bool
	Logger     hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Desk keeps the settings of OpenID Connect providers and signs people in at
// them. It is safe for concurrent use.
type Desk struct {
	options   Options
	overrides overrides
	states    *pending.Table[state]
	logouts   *pending.Once
	// saving is held while settings are read from the store and published.
	saving    chan struct{}
	providers atomic.Pointer[map[string]*provider]
}

// New builds a desk that knows what the environment says; Load adds what is recorded.
func New(options Options) *Desk {
	if options.Now == nil {
		options.Now = time.Now
	}
	options.PublicURL = strings.TrimSuffix(options.PublicURL, "/")
	d := &Desk{
		options: options, overrides: readOverrides(options.Environment), saving: make(chan struct{}, 1),
		states:  pending.New[state](pending.Options{Limit: maxStates, Life: StateLife, Now: options.Now}),
		logouts: pending.NewOnce(pending.Options{Limit: maxLogouts, Life: logoutLife + clockSkew, Now: options.Now}),
	}
	d.publish(nil)
	return d
}

// Load reads the recorded settings, again when it is called again. On an error
// what was known stays.
func (d *Desk) Load(ctx context.Context) error {
	if err := d.alone(ctx, func() error { return d.reload(ctx) }); err != nil {
		return err
	}
	if s, _ := d.Provider(DefaultProvider); len(d.overrides.fields) > 0 {
		if err := s.check(d.options.RoleExists); err != nil {
			d.options.Logger.Warn("identity provider of the environment cannot be used", "error", err)
		}
	}
	return nil
}

// alone runs fn when nobody else changes settings.
func (d *Desk) alone(ctx context.Context, fn func() error) error {
	select {
	case d.saving <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.saving }()
	return fn()
}

func (d *Desk) reload(ctx context.Context) error {
	var recorded map[string]Settings
	err := d.options.Records.View(ctx, func(r store.Reader) error {
		var err error
		recorded, err = store.ListJSON[Settings](ctx, r, store.SignIn, recordPrefix)
		return err
	})
	if err != nil {
		return fmt.Errorf("read identity providers: %w", err)
	}
	d.publish(recorded)
	return nil
}

// publish makes settings effective. Providers whose settings have not changed
// keep what was discovered of them.
func (d *Desk) publish(recorded map[string]Settings) {
	known := map[string]*provider{}
	before := d.providers.Load()
	for id, s := range d.effective(recorded) {
		known[id] = newProvider(s, d.options.Now)
		if before == nil {
			continue
		}
		if old, ok := (*before)[id]; ok && same(old.settings, s) {
			known[id] = old
		}
	}
	d.providers.Store(&known)
}

func (d *Desk) effective(recorded map[string]Settings) map[string]Settings {
	all := map[string]Settings{DefaultProvider: Defaults(DefaultProvider)}
	for key, s := range recorded {
		s.ID = strings.TrimPrefix(key, recordPrefix)
		s.normalize("")
		all[s.ID] = s
	}
	if len(d.overrides.fields) > 0 {
		s := all[DefaultProvider]
		d.overrides.apply(&s)
		s.normalize(d.options.PublicURL)
		all[DefaultProvider] = s
	}
	return all
}

func same(a, b Settings) bool {
	left, errLeft := json.Marshal(a)
	right, errRight := json.Marshal(b)
	return errLeft == nil && errRight == nil && string(left) == string(right)
}

// Provider returns the settings of a provider, with its secret. DefaultProvider
// is always there.
func (d *Desk) Provider(id string) (Settings, bool) {
	p, ok := (*d.providers.Load())[id]
	if !ok {
		return Settings{}, false
	}
	return p.settings, true
}

// Providers returns the settings of all providers with their secrets,
// DefaultProvider first, then by id. The slice is the caller's.
func (d *Desk) Providers() []Settings {
	known := *d.providers.Load()
	all := []Settings{known[DefaultProvider].settings}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if id != DefaultProvider {
			all = append(all, known[id].settings)
		}
	}
	return all
}

// Enabled returns the providers people can sign in at, as Providers does.
func (d *Desk) Enabled() []Settings {
	return slices.DeleteFunc(d.Providers(), func(s Settings) bool { return !s.Enabled })
}

// Locked returns the fields of DefaultProvider that come from the environment,
// by their JSON names; nil when there is none. The map is the caller's.
func (d *Desk) Locked() map[string]bool {
	if len(d.overrides.fields) == 0 {
		return nil
	}
	return maps.Clone(d.overrides.fields)
}

// Set changes a provider, or adds one, and returns its settings as they are
// then. The error is ErrLocked, ErrProviderID, ErrTooManyProviders, a
// *SettingsError, or one of the store.
func (d *Desk) Set(ctx context.Context, id string, change Change) (Settings, error) {
	if id == DefaultProvider && len(d.overrides.fields) > 0 {
		return Settings{}, ErrLocked
	}
	if !providerID.MatchString(id) {
		return Settings{}, ErrProviderID
	}
	var after Settings
	err := d.alone(ctx, func() error {
		if err := d.options.Records.Update(ctx, func(tx store.Tx) error {
			var err error
			after, err = d.put(ctx, tx, id, change)
			return err
		}); err != nil {
			return err
		}
		return d.reload(ctx)
	})
	return after, err
}

func (d *Desk) put(ctx context.Context, tx store.Tx, id string, change Change) (Settings, error) {
	recorded, err := store.ListJSON[Settings](ctx, tx, store.SignIn, recordPrefix)
	if err != nil {
		return Settings{}, fmt.Errorf("read identity providers: %w", err)
	}
	before, ok := recorded[recordPrefix+id]
	if !ok {
		before = Defaults(id)
		if id != DefaultProvider && len(recorded) >= MaxProviders {
			return Settings{}, ErrTooManyProviders
		}
	}
	before.ID = id
	after := change.apply(before, d.options.PublicURL)
	if err := after.check(d.options.RoleExists); err != nil {
		return Settings{}, err
	}
	if moved(before.IssuerURL, after.IssuerURL) && change.ClientSecret == nil {
		after.ClientSecret = "" // a secret is not sent to somebody else than it was given for
	}
	return after, store.PutJSON(ctx, tx, store.SignIn, recordPrefix+id, after)
}

// moved reports whether another host is asked from now on.
func moved(before, after string) bool {
	from, errFrom := url.Parse(before)
	to, errTo := url.Parse(after)
	return before != "" && (errFrom != nil || errTo != nil || from.Host != to.Host)
}

// Delete removes a provider; the default one goes back to its defaults. The
// error is ErrLocked, ErrUnknownProvider, or one of the store.
func (d *Desk) Delete(ctx context.Context, id string) error {
	if id == DefaultProvider && len(d.overrides.fields) > 0 {
		return ErrLocked
	}
	if _, ok := d.Provider(id); !ok {
		return ErrUnknownProvider
	}
	return d.alone(ctx, func() error {
		if err := d.options.Records.Update(ctx, func(tx store.Tx) error {
			return tx.Delete(ctx, store.SignIn, recordPrefix+id)
		}); err != nil {
			return fmt.Errorf("delete identity provider: %w", err)
		}
		return d.reload(ctx)
	})
}
