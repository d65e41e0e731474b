// Package wall puts together what says who gets in to the hub and what they may do.
package wall

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/account/passkey"
	"github.com/pulse-hub/pulse/hub/internal/auth/callers"
	"github.com/pulse-hub/pulse/hub/internal/auth/device"
	"github.com/pulse-hub/pulse/hub/internal/auth/lockout"
	"github.com/pulse-hub/pulse/hub/internal/auth/recovery"
	"github.com/pulse-hub/pulse/hub/internal/auth/session"
	"github.com/pulse-hub/pulse/hub/internal/auth/signin"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso/saml"
	"github.com/pulse-hub/pulse/hub/internal/auth/trustedproxy"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Options are what a Wall is built from. Settings and Logger are needed.
type Options struct {
	Settings *store.DB
	// DataDir is where the token for the first set-up and the mark of recovery mode lie.
	DataDir string
	// Tokens are API tokens of the configuration. Secret.
	Tokens []string
	// SignIn is how people sign in, as far as it is configured.
	SignIn    config.SignIn
	PublicURL string
	// Development says that this is no release, and that it was asked to run as for developers.
	Development bool
	Logger      hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Wall are the parts that say who gets in and what they may do. Each is safe for concurrent use.
type Wall struct {
	options Options

	// Log is where it is written down who changed what.
	Log *audit.Log
	// Tokens recognises API tokens, Issuer makes them.
	Tokens *auth.Authenticator
	Issuer *auth.Issuer
	// Users are the people who may sign in, Sessions the browsers that are signed in, Attempts those to.
	Users    *account.Desk
	Sessions *session.Desk
	Attempts *lockout.Guard
	SignIn   *signin.Desk
	// Proxy vouches for users.
	Proxy *trustedproxy.Proxy
	// Bootstrap is the first set-up, Recovery lets administrators of the machine back in.
	Bootstrap *recovery.Bootstrap
	Recovery  *recovery.Desk
	// SSO are identity providers, and Renewer keeps sessions in step with theirs.
	SSO     *sso.Desk
	SAML    *saml.Desk
	Renewer *sso.Renewer
	// Callers recognises whoever sends a request, Browsers sets and checks their cookies.
	Callers  *callers.Chain
	Browsers *callers.Browsers
}

// New builds a wall over open settings, and takes in what is configured. Where
// nobody can sign in it makes the token for the first set-up.
func New(ctx context.Context, options Options) (*Wall, error) {
	logger, settings, now := options.Logger, options.Settings, options.Now
	w := &Wall{
		options:   options,
		Log:       audit.New(audit.Options{Records: settings, Logger: logger.Named("audit"), Now: now}),
		Attempts:  lockout.New(lockout.Options{Now: now}),
		Bootstrap: recovery.NewBootstrap(options.DataDir),
	}
	w.Users = account.New(account.Options{
		Records: settings, Logger: logger, Now: now,
		Ceremonies: passkey.New(passkey.Options{Now: now, PublicURL: func() string { return options.PublicURL }}),
	})
	w.Sessions = session.New(session.Options{Records: settings, Audit: w.Log, Logger: logger, Now: now})
	w.Recovery = recovery.New(recovery.Options{Records: settings, Dir: options.DataDir, Audit: w.Log, Logger: logger, Now: now})
	stored := auth.StoredTokens{Store: settings}
	w.Tokens = auth.New(auth.Options{
		Configured: auth.ConfiguredTokens(options.Tokens...), Records: stored, RoleOf: w.roleOf, Now: now,
	})
	w.Issuer = auth.NewIssuer(auth.IssuerOptions{Store: stored, Authenticator: w.Tokens, Logger: logger, Now: now})
	w.SSO = sso.New(sso.Options{
		Records: settings, Environment: options.SignIn.OIDC, PublicURL: options.PublicURL, Logger: logger, Now: now,
		RoleExists: func(name string) bool { _, ok := w.Users.Role(name); return ok },
	})
	w.SAML = saml.New(saml.Options{
		Records: settings, Now: now, RoleExists: func(name string) bool { _, ok := w.Users.Role(name); return ok },
	})
	w.Renewer = sso.NewRenewer(sso.RenewerOptions{Desk: w.SSO, Sessions: upstreams{w.Sessions}, Logger: logger, Now: now})
	if err := w.load(ctx); err != nil {
		return nil, err
	}
	w.Proxy = w.newProxy()
	w.Callers = callers.New(callers.Options{
		Tokens: w.Tokens, Users: w.Users, Sessions: w.Sessions, Attempts: w.Attempts, Proxy: w.Proxy, Recovering: w.Recovery.On,
		Used: w.Renewer.Touch, Open: options.SignIn.Open && options.Development, Logger: logger, Now: now,
	})
	marks, err := device.Open(ctx, settings)
	if err != nil {
		return nil, err
	}
	w.Browsers = &callers.Browsers{Sessions: w.Sessions, Marks: marks.Mark, Logger: logger}
	w.SignIn = signin.New(signin.Options{Users: w.Users, Sessions: w.Sessions, Attempts: w.Attempts, Devices: marks, Audit: w.Log, Logger: logger, Now: now})
	return w, w.prepareFirstRun()
}

// load reads what is kept and takes in the user of the configuration.
func (w *Wall) load(ctx context.Context) error {
	if err := errors.Join(w.Users.Load(ctx), w.Tokens.Reload(ctx), w.Sessions.Load(ctx), w.Recovery.Load(ctx), w.SSO.Load(ctx), w.SAML.Load(ctx)); err != nil {
		return err
	}
	w.recallAddresses()
	if w.options.SignIn.Ignored {
		w.options.Logger.Warn("DISABLE_AUTH is set and has no effect: recovery mode lets an administrator of this machine in")
	}
	if w.options.SignIn.User == "" {
		return nil
	}
	changed, err := w.Users.Seed(ctx, w.options.SignIn.User, w.options.SignIn.Password)
	if err == nil && changed {
		w.options.Logger.Info("administrator of the configuration taken in", "user", w.options.SignIn.User)
	}
	return err
}

// recallAddresses has people who are signed in be known where they are, so that
// a flood of strangers does not slow them down after a restart.
func (w *Wall) recallAddresses() {
	for _, one := range slices.Backward(w.Sessions.List("")) { // the address used last comes last, which counts most
		if address, err := netip.ParseAddr(one.Address); err == nil {
			w.Attempts.Succeeded(one.User, address)
		}
	}
}

// prepareFirstRun makes the token for the first set-up where nobody can sign in, and removes one that is left over.
func (w *Wall) prepareFirstRun() error {
	if w.Users.Count() > 0 || w.Tokens.Configured() || w.Proxy.Configured() || len(w.SSO.Enabled()) > 0 || w.SAML.Settings().Enabled {
		return w.Bootstrap.Finish()
	}
	token, created, err := w.Bootstrap.Prepare()
	if err != nil {
		return err
	}
	if created {
		// It is told once, so that whoever reads the log of a container needs no shell in it.
		w.options.Logger.Info("nobody can sign in yet: open the page and set the hub up with this token", "setup_token", token, "path", w.Bootstrap.Path())
		return nil
	}
	w.options.Logger.Info("nobody can sign in yet: open the page and set the hub up", "path", w.Bootstrap.Path())
	return nil
}

// roleOf returns what a user may do; false for those who may not sign in any more.
func (w *Wall) roleOf(name string) (auth.Role, bool) {
	if user, ok := w.Users.Get(name); ok && !user.Disabled {
		return w.Users.Role(user.Role)
	}
	return auth.Role{}, false
}

func (w *Wall) newProxy() *trustedproxy.Proxy {
	configured := w.options.SignIn.Proxy
	role, ok := w.Users.Role(cmp.Or(configured.DefaultRole, auth.RoleOperator))
	if !ok {
		w.options.Logger.Warn("default role of the proxy's users is unknown: they may look only", "role", configured.DefaultRole)
		role = auth.Viewer()
	}
	return trustedproxy.New(trustedproxy.Options{
		Secret: configured.Secret, UserHeader: configured.UserHeader, RoleHeader: configured.RoleHeader, Separator: configured.Separator,
		AdminRole: configured.AdminRole, LogoutURL: configured.LogoutURL, DefaultRole: role, Networks: configured.Networks, Roles: w.Users.Role,
	})
}

// Part is something that looks after the wall while the hub runs.
type Part struct {
	Name string
	Run  func(ctx context.Context) error
}

// Parts returns what has to run, each until its context ends.
func (w *Wall) Parts() []Part {
	return []Part{
		{"audit log", w.Log.Run},
		{"sessions", w.Sessions.Run},
		{"recovery", w.Recovery.Run},
		{"renewal of sessions", w.Renewer.Run},
		{"use of tokens", w.Issuer.Run},
		{"token watch", w.watchTokens},
	}
}

// watchTokens takes in tokens that are made or revoked by others while the hub runs.
func (w *Wall) watchTokens(ctx context.Context) error {
	events, cancel := w.options.Settings.Watch(store.Tokens)
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-events:
			if !open {
				return nil
			}
			if err := w.Tokens.Reload(ctx); err != nil {
				w.options.Logger.Error("tokens not read again", "error", err)
			}
		}
	}
}

// AddTo adds what the API needs of the wall.
func (w *Wall) AddTo(parts *api.Parts) {
	parts.Callers, parts.Issuer, parts.SignIn, parts.Sessions = w.Tokens, w.Issuer, w.SignIn, w.Sessions
	parts.Cookies, parts.Browsers, parts.Recovery, parts.Attempts, parts.Factors = w.Browsers, w.Browsers, w.Recovery, w.Attempts, w.Users
	parts.Audit, parts.AuditLog, parts.SSO, parts.SAML, parts.ProviderSessions = w.Log, w.Log, w.SSO, w.SAML, w.Sessions
	parts.Keys = w.options.Settings
	configured := w.options.SignIn
	parts.Wall = api.Wall{
		Tokens: w.Tokens, Users: w.Users, Proxy: w.Proxy, Bootstrap: w.Bootstrap, HideLocalLogin: configured.HideLocalLogin,
		Required: configured.Required, Audited: configured.Audited, Ignored: configured.Ignored, TrustedNetworks: configured.TrustedNetworks,
	}
}

// upstreams are the sessions at identity providers that sessions here hang on.
type upstreams struct{ *session.Desk }

// Upstream is part of sso.Sessions.
func (u upstreams) Upstream(id string) (sso.Upstream, bool) {
	upstream, ok := u.Desk.Upstream(id)
	return sso.Upstream(upstream), ok
}

// SetUpstream is part of sso.Sessions.
func (u upstreams) SetUpstream(ctx context.Context, id string, upstream sso.Upstream) error {
	return u.Desk.SetUpstream(ctx, id, session.Upstream(upstream))
}
