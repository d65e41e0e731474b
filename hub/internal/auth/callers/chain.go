// Package callers recognises who sends a request, by every way that is configured.
package callers

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/lockout"
	"github.com/pulse-hub/pulse/hub/internal/auth/session"
)

// Users are the people who may sign in, as account.Desk has them.
type Users interface {
	Get(name string) (account.User, bool)
	Role(name string) (auth.Role, bool)
	// Verify fails with account.ErrCredentials for a wrong name or password.
	Verify(ctx context.Context, name, password string) (account.User, error)
}

// Sessions are the browsers that are signed in, as session.Desk has them.
type Sessions interface {
	Find(secret string, from session.Visitor) (session.Session, bool)
	CheckCSRF(id, token string) bool
	NewCSRF(ctx context.Context, id string) (string, error)
}

// Attempts are those to sign in, as lockout.Guard has them.
type Attempts interface {
	Check(user string, from netip.Addr) lockout.Verdict
	Failed(user string, from netip.Addr) lockout.Attempt
	Succeeded(user string, from netip.Addr)
}

// Tokens recognises API tokens, as auth.Authenticator does.
type Tokens interface {
	Authenticate(r *http.Request) (*auth.Principal, error)
}

// Proxy recognises users that a reverse proxy vouches for, as trustedproxy.Proxy does.
type Proxy interface {
	Authenticate(r *http.Request, peer netip.Addr) (*auth.Principal, error)
	// Strip removes its headers from a request.
	Strip(r *http.Request)
}

// Options are what a Chain is built from. Tokens, Users, Sessions and Attempts are needed.
type Options struct {
	Tokens   Tokens
	Users    Users
	Sessions Sessions
	Attempts Attempts
	// Proxy may be nil.
	Proxy Proxy
	// Used is told of sessions that hang on one at an identity provider when they are used; nil: nobody is. It must not block.
	Used func(session, provider string)
	// Recovering says whether recovery mode is on; nil: it never is.
	Recovering func() bool
	// Open lets everybody in as an administrator, for development.
	Open   bool
	Logger hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Chain recognises callers. It is safe for concurrent use.
type Chain struct {
	Options
	basic      *basicCache
	proxyFault atomic.Pointer[string]
}

// New builds a Chain.
func New(options Options) *Chain {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Recovering == nil {
		options.Recovering = func() bool { return false }
	}
	return &Chain{Options: options, basic: newBasicCache()}
}

// Authenticate returns who sent a request: whom a proxy vouches for, whose API
// token it carries, whose browser it is, or whose name and password it has, in
// this order. The error is auth.ErrNoCredentials, auth.ErrBadCredentials or an
// *auth.LockedError. What is wrong in one place does not keep another from
// being looked at. The request loses the headers of the proxy: whoever handles
// it sees neither its secret nor names that a stranger has written.
func (c *Chain) Authenticate(r *http.Request, from auth.Origin) (*auth.Principal, error) {
	if c.Proxy != nil {
		defer c.Proxy.Strip(r)
	}
	if c.Open {
		return auth.NewPerson(auth.MethodDevelopment, "developer", "", auth.Administrator()), nil
	}
	if principal := c.vouchedFor(r, from); principal != nil {
		return principal, nil
	}
	principal, failure := c.Tokens.Authenticate(r)
	if failure == nil {
		return principal, nil
	}
	if principal := c.browser(r, from); principal != nil {
		return principal, nil
	}
	if name, password, ok := r.BasicAuth(); ok {
		if principal, failure = c.password(r.Context(), name, password, from); failure == nil {
			return principal, nil
		}
	}
	if c.Recovering() && from.OnThisMachine() {
		return auth.NewPerson(auth.MethodRecovery, "recovery", "", auth.Administrator()), nil
	}
	return nil, failure
}

// vouchedFor returns the user that a reverse proxy names; nil: none. That it is
// set up wrongly is said once.
func (c *Chain) vouchedFor(r *http.Request, from auth.Origin) *auth.Principal {
	if c.Proxy == nil {
		return nil
	}
	principal, err := c.Proxy.Authenticate(r, from.Peer)
	if err == nil {
		return principal
	}
	text := err.Error()
	if before := c.proxyFault.Swap(&text); before == nil || *before != text {
		c.Logger.Warn("user of the proxy not recognised", "error", err)
	}
	return nil
}

// browser returns whose session the request's cookie belongs to; nil: nobody's.
func (c *Chain) browser(r *http.Request, from auth.Origin) *auth.Principal {
	cookie, err := r.Cookie(SessionCookie)
	if err != nil {
		return nil
	}
	found, ok := c.Sessions.Find(cookie.Value, session.Visitor{Address: from.Client, UserAgent: r.UserAgent()})
	if !ok {
		return nil
	}
	role, ok := c.roleOf(found.User)
	if !ok {
		return nil
	}
	if found.Method == auth.MethodOIDC && c.Used != nil {
		c.Used(found.ID, found.Provider)
	}
	return auth.NewPerson(found.Method, found.User, found.ID, role)
}

// roleOf returns what a user may do now; false: they may not sign in any more.
func (c *Chain) roleOf(name string) (auth.Role, bool) {
	user, ok := c.Users.Get(name)
	if !ok || user.Disabled {
		return auth.Role{}, false
	}
	return c.Users.Role(user.Role)
}

// password returns whose name and password the request has. Those who use a
// second factor cannot leave it out here: they use a token.
func (c *Chain) password(ctx context.Context, name, password string, from auth.Origin) (*auth.Principal, error) {
	if verdict := c.Attempts.Check(name, from.Client); verdict.Locked || verdict.Wait > 0 {
		return nil, &auth.LockedError{Until: c.until(verdict)}
	}
	user, known := c.Users.Get(name)
	if known && !user.Disabled && !user.TOTP && c.basic.holds(user, password, c.Now()) {
		return c.basicPrincipal(user)
	}
	user, err := c.Users.Verify(ctx, name, password)
	if errors.Is(err, account.ErrCredentials) {
		c.Attempts.Failed(name, from.Client)
		return nil, auth.ErrBadCredentials
	}
	if err != nil {
		return nil, auth.ErrBadCredentials // too many at once, or the caller has gone
	}
	if user.TOTP {
		// Half of what it takes is no success: it must not wipe out that codes were guessed wrongly.
		return nil, auth.ErrBadCredentials
	}
	c.Attempts.Succeeded(name, from.Client)
	c.basic.keep(user, password, c.Now())
	return c.basicPrincipal(user)
}

func (c *Chain) basicPrincipal(user account.User) (*auth.Principal, error) {
	role, ok := c.Users.Role(user.Role)
	if !ok {
		return nil, auth.ErrBadCredentials
	}
	return auth.NewPerson(auth.MethodBasic, user.Name, "", role), nil
}

func (c *Chain) until(verdict lockout.Verdict) time.Time {
	if verdict.Locked {
		return verdict.Until
	}
	return c.Now().Add(verdict.Wait)
}
