package route

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// Authenticator says who sent a request.
type Authenticator interface {
	// Authenticate returns the caller, auth.ErrNoCredentials, auth.ErrBadCredentials, or an *auth.LockedError.
	Authenticate(*http.Request, auth.Origin) (*auth.Principal, error)
}

// Browsers guards the calls of browsers that are signed in against requests
// that other pages have them send.
type Browsers interface {
	// Genuine reports whether the request carries the token that only the hub's own page knows.
	Genuine(*http.Request, *auth.Principal) bool
	// Renew gives the caller another token, in a header and a cookie.
	Renew(http.ResponseWriter, *http.Request, *auth.Principal, auth.Origin)
	// Welcome gives the caller a token if the request has none.
	Welcome(http.ResponseWriter, *http.Request, *auth.Principal, auth.Origin)
}

// admit says who calls, or how they are turned away.
func (s *server) admit(c *gin.Context, r *Route, from auth.Origin) (*auth.Principal, *Error) {
	principal, err := s.Auth.Authenticate(c.Request, from)
	tellMethod(c.Writer.Header(), principal)
	if failure := s.count(principal, from, r.limit()); failure != nil {
		setLimitHeaders(c.Writer.Header(), r.limit(), s.Now())
		return nil, failure
	}
	if r.Access.public {
		s.welcome(c, principal, from)
		return principal, nil
	}
	if locked, ok := errors.AsType[*auth.LockedError](err); ok {
		return nil, lockedOut(locked.Until, s.Now())
	}
	if err != nil || principal == nil {
		return nil, unauthenticated(wantsJSON(c.Request))
	}
	if failure := r.forbids(principal); failure != nil {
		return principal, failure
	}
	if s.forged(c, r, principal) {
		s.Browsers.Renew(c.Writer, c.Request, principal, from)
		return principal, &Error{Status: http.StatusForbidden, Message: "CSRF token validation failed", Text: true}
	}
	s.welcome(c, principal, from)
	return principal, nil
}

// forbids says what the caller lacks; nil: nothing.
func (r *Route) forbids(principal *auth.Principal) *Error {
	permission, needed := r.Permission()
	if !needed {
		return nil
	}
	access := r.Access
	if access.scope != "" && !principal.Has(access.scope) && (access.or == "" || !principal.Has(access.or)) {
		return missingScope(access.scope)
	}
	if principal.May(permission) || access.or != "" && principal.May(r.permissionOf(access.or)) {
		return nil
	}
	if access.admin {
		return notAdmin()
	}
	return missingPermission(permission)
}

// forged reports whether a change may come from another page than the hub's:
// the browser has sent its cookie by itself, and nothing else.
func (s *server) forged(c *gin.Context, r *Route, principal *auth.Principal) bool {
	reads := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	return s.Browsers != nil && principal.IsBrowser() && !reads && !r.Unforged && !s.Browsers.Genuine(c.Request, principal)
}

// welcome gives pages the token that they need for changes.
func (s *server) welcome(c *gin.Context, principal *auth.Principal, from auth.Origin) {
	if s.Browsers != nil && principal != nil && principal.IsBrowser() && c.Request.Method == http.MethodGet && isAPI(c.Request.URL.Path) {
		s.Browsers.Welcome(c.Writer, c.Request, principal, from)
	}
}

// tellMethod says how the caller was recognised, where another system vouches for them.
func tellMethod(header http.Header, principal *auth.Principal) {
	if principal == nil {
		return
	}
	switch principal.Method {
	case auth.MethodProxy, auth.MethodOIDC, auth.MethodSAML:
		if principal.User != "" {
			header.Set("X-Authenticated-User", principal.User)
		}
		header.Set("X-Auth-Method", string(principal.Method))
	case auth.MethodRecovery:
		header.Set("X-Auth-Recovery", "true")
	}
}

func wantsJSON(r *http.Request) bool {
	return isAPI(r.URL.Path) || strings.Contains(r.Header.Get("Accept"), "application/json")
}

// count books one request on the caller's share.
func (s *server) count(principal *auth.Principal, from auth.Origin, limit Limit) *Error {
	if limit.Requests <= 0 || from.OnThisMachine() && !limit.Everywhere {
		return nil
	}
	if principal != nil && principal.Method == auth.MethodLocal {
		return nil // the system has let them in, and there is no address to count by
	}
	who := from.Client.String()
	if principal != nil && !limit.ByAddress {
		who = principal.Credential()
	}
	if s.limits.allow(limit, who, s.Now()) {
		return nil
	}
	return &Error{
		Status: http.StatusTooManyRequests, Message: "Rate limit exceeded. Please try again later.",
		Text: true, RetryAfter: limit.Window,
	}
}

// check refuses a route that does not say who may call it: the table of routes
// is code, not input.
func (r *Route) check() {
	permission, needed := r.Permission()
	switch {
	case !r.Access.declared:
		panic(fmt.Sprintf("route %s declares no access", r.Path))
	case needed && permission.Resource == "":
		panic(fmt.Sprintf("route %s does not say what it is about", r.Path))
	}
}

func lockedOut(until, now time.Time) *Error {
	minutes := max(int((until.Sub(now)+time.Minute-1)/time.Minute), 1)
	return &Error{
		Status: http.StatusForbidden, Message: "Account temporarily locked",
		Explanation: fmt.Sprintf("Too many failed attempts. Please try again in %d minutes.", minutes),
		More:        map[string]any{"lockedUntil": until.UTC().Format(time.RFC3339)},
	}
}
