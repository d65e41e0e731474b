package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/session"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
)

// ProviderSessions are sessions that hang on one at an identity provider, as session.Desk has them.
type ProviderSessions interface {
	EndProvider(ctx context.Context, provider string, covers func(session.Upstream) bool) (int, error)
	Upstream(id string) (session.Upstream, bool)
}

// Arriving are the parts that let people in whom an identity provider vouches for. All are needed.
type Arriving struct {
	SignInDesk SignIn
	Sessions   ProviderSessions
	Cookies    Cookies
	Audit      route.Audit
}

// SignIn is part of Arrivals.
func (a *Arriving) SignIn(c *route.Call, who sso.Identity) error {
	draft := session.Draft{Method: who.Method, Provider: who.Provider}
	if who.Method == auth.MethodOIDC {
		upstream := session.Upstream(who.Upstream)
		draft.Upstream = &upstream
	}
	external := account.External{
		Name: who.Name, Subject: who.Subject, Email: who.Email, Role: who.Role, Origin: string(who.Method) + ":" + who.Provider,
	}
	opened, err := a.SignInDesk.External(c.Context(), external, draft, visitorOf(c, false))
	if err != nil {
		return err
	}
	a.Cookies.SignIn(c.Writer, opened, c.From)
	return nil
}

// Refused is part of Arrivals. Of many there is one event.
func (a *Arriving) Refused(c *route.Call, method auth.Method, failure *sso.Failure) {
	event := audit.Event{
		Actor: "stranger", Via: string(method), From: c.Client.String(), Kind: "session", Subject: failure.Provider,
		What: "sign-in refused", Detail: failure.Code, Outcome: audit.Failure,
	}
	// Nothing more can be done about it, and the log tells of its own failures.
	_ = a.Audit.AddRepeated(c.Context(), "sign-in "+c.Client.String(), event)
}

// SignOut is part of Arrivals.
func (a *Arriving) SignOut(c *route.Call, logout sso.Logout) error {
	count, err := a.Sessions.EndProvider(c.Context(), logout.Provider, func(upstream session.Upstream) bool {
		return logout.Covers(sso.Upstream(upstream))
	})
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return a.Audit.Add(c.Context(), audit.Event{
		Actor: logout.Provider, Via: string(auth.MethodOIDC), From: c.Client.String(), Kind: "session", Subject: logout.Provider,
		What: "signed out", Detail: fmt.Sprintf("%d sessions ended at the provider", count),
	})
}

// trustedBase is the address of the hub that providers send browsers back to.
func (a *API) trustedBase(c *route.Call) string {
	if a.Security.PublicURL != "" {
		return a.Security.PublicURL
	}
	return siteOf(c)
}

// identityRoutes are those of signing in elsewhere.
func (a *API) identityRoutes() []route.Route {
	arriving := &Arriving{SignInDesk: a.SignIn, Sessions: a.ProviderSessions, Cookies: a.Cookies, Audit: a.Audit}
	oidc := &OIDC{Desk: a.SSO, Arrivals: arriving, Base: a.trustedBase, Logger: a.Logger}
	other := &SAML{Desk: a.SAML, Arrivals: arriving, Base: a.trustedBase, Logger: a.Logger}
	routes := append(oidc.Routes(), other.Routes()...)
	for i := range routes {
		if routes[i].Resource == "" {
			routes[i].Resource = auth.ResourceUsers
		}
		if len(routes[i].Methods) > 0 && routes[i].Methods[0] == http.MethodPost && routes[i].Access.IsPublic() {
			routes[i].Limit = passkeyTries()
		}
	}
	return routes
}
