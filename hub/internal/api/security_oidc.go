package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
)

const (
	// oidcCookie ties a sign-in that is on its way to the browser that began it.
	oidcCookie = "pulse_oidc"
	oidcPath   = "/api/oidc"
	// maxSignInBody bounds what is read of a request to sign in at a provider, and of a token of one.
	maxSignInBody = 32 << 10
)

// Arrivals lets people in whom an identity provider vouches for.
type Arrivals interface {
	// SignIn opens a session for somebody and gives its cookies to the browser.
	SignIn(c *route.Call, who sso.Identity) error
	// Refused is told of somebody who was not let in, to write it down.
	Refused(c *route.Call, method auth.Method, failure *sso.Failure)
	// SignOut ends the sessions that have ended at their provider.
	SignOut(c *route.Call, logout sso.Logout) error
}

// OIDC answers the routes of signing in at OpenID Connect providers. All parts are needed.
type OIDC struct {
	Desk     *sso.Desk
	Arrivals Arrivals
	// Base returns the address of the hub as it can be trusted, without a slash at its end.
	Base   func(*route.Call) string
	Logger hclog.Logger
}

// OIDCLogin is a wish to sign in.
type OIDCLogin struct {
	ReturnTo string `json:"returnTo,omitempty" description:"The page to come back to."`
	Provider string `json:"provider,omitempty" description:"The id of the provider; empty: the default one."`
}

// OIDCDeparture says where to sign in.
type OIDCDeparture struct {
	AuthorizationURL string `json:"authorizationUrl"`
}

// Routes returns the routes.
func (o *OIDC) Routes() []route.Route {
	const unaudited = "sign-ins are written down where they are let in"
	returnTo := []route.Param{
		{Name: "returnTo", Description: "The page to come back to: a path that begins with one slash."},
		{Name: "provider", Description: "The id of the provider; empty: the default one."},
	}
	return append([]route.Route{
		{
			Path: oidcPath + "/login", Access: route.Public(), Query: returnTo, Media: "text/html",
			Summary: "Sign in at an identity provider", Description: "Sends the browser there (302).", Handle: o.login,
		},
		{
			Methods: []string{http.MethodPost}, Path: oidcPath + "/login", Access: route.Public(), MaxBody: maxSignInBody,
			Unaudited: unaudited, Unforged: true,
			Summary: "Where to sign in at an identity provider", Body: OIDCLogin{}, Answer: OIDCDeparture{}, Handle: o.departure,
		},
		{
			Path: sso.CallbackPath, Access: route.Public(), Media: "text/html",
			Query: []route.Param{
				{Name: "state", Description: "What the hub gave the browser."},
				{Name: "code", Description: "What the provider gave the browser."},
				{Name: "error", Description: "Why the provider refuses."},
			},
			Summary:     "Come back from an identity provider",
			Description: "Sends the browser to the page it came from (302), with oidc=success or oidc=error and oidc_error in the query.",
			Handle:      o.callback,
		},
		{
			Methods: []string{http.MethodPost}, Path: oidcPath + "/backchannel-logout", Access: route.Public(), MaxBody: maxSignInBody,
			Unaudited: "sessions that end are written down where they are ended", Unforged: true, Media: "text/plain",
			Summary:     "A provider tells of the end of a session",
			Description: "Takes logout_token as a form, see OpenID Connect Back-Channel Logout 1.0.", Handle: o.backchannelLogout,
		},
	}, o.settingsRoutes()...)
}

func (o *OIDC) start(c *route.Call, wish OIDCLogin) (sso.Departure, *sso.Failure) {
	start := sso.Start{Provider: wish.Provider, ReturnTo: wish.ReturnTo, Base: o.Base(c), From: c.Client}
	if cookie, err := c.Request.Cookie(oidcCookie); err == nil {
		start.Browser = cookie.Value
	}
	departure, failure := o.Desk.Begin(c.Context(), start)
	if failure != nil {
		o.tell(failure)
		return sso.Departure{}, failure
	}
	http.SetCookie(c.Writer, tieCookie(c, oidcCookie, oidcPath, departure.Browser))
	return departure, nil
}

// tieCookie is the cookie that ties a sign-in to a browser. Browsers bring it
// along when they come back by following a link or redirect.
func tieCookie(c *route.Call, name, path, value string) *http.Cookie {
	//nolint:gosec // G124: Secure is set wherever the connection is
	return &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: int(sso.StateLife / time.Second),
		HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode,
	}
}

// tell writes the reason of a failure to the log. What is wrong with a browser's
// own request is for debugging only: anybody can send such.
func (o *OIDC) tell(failure *sso.Failure) {
	if failure.Err == nil {
		o.Logger.Debug("sign-in at an identity provider failed", "provider", failure.Provider, "code", failure.Code)
		return
	}
	o.Logger.Warn("sign-in at an identity provider failed", "provider", failure.Provider, "code", failure.Code, "error", failure.Err)
}

func (o *OIDC) login(c *route.Call) (any, error) {
	departure, failure := o.start(c, OIDCLogin{ReturnTo: c.Query("returnTo"), Provider: c.Query("provider")})
	if failure != nil {
		return sendTo(c, sso.Refused("oidc", "/", failure.Code))
	}
	return sendTo(c, departure.URL)
}

func (o *OIDC) departure(c *route.Call) (any, error) {
	var wish OIDCLogin
	if err := json.NewDecoder(c.Request.Body).Decode(&wish); err != nil && !errors.Is(err, io.EOF) {
		return nil, invalidPayload()
	}
	departure, failure := o.start(c, wish)
	switch {
	case failure == nil:
		return OIDCDeparture{AuthorizationURL: departure.URL}, nil
	case failure.Code == sso.CodeDisabled:
		return nil, &route.Error{Status: http.StatusBadRequest, Code: failure.Code, Message: "OIDC authentication is not enabled"}
	}
	return nil, &route.Error{
		Status: http.StatusInternalServerError, Code: failure.Code, Message: "The identity provider cannot be reached",
	}
}

func (o *OIDC) callback(c *route.Call) (any, error) {
	if len(o.Desk.Enabled()) == 0 {
		return nil, route.NotFoundText("OIDC is not enabled")
	}
	callback := sso.Callback{Query: c.Request.URL.Query()}
	if cookie, err := c.Request.Cookie(oidcCookie); err == nil {
		callback.Browser = cookie.Value
	}
	who, returnTo, failure := o.Desk.Complete(c.Context(), callback)
	if failure == nil {
		if err := o.Arrivals.SignIn(c, who); err != nil {
			failure = &sso.Failure{Code: sso.CodeSessionFailed, Provider: who.Provider, Err: err}
		}
	}
	if failure != nil {
		o.tell(failure)
		o.Arrivals.Refused(c, auth.MethodOIDC, failure)
		return sendTo(c, sso.Refused("oidc", returnTo, failure.Code))
	}
	return sendTo(c, sso.Succeeded("oidc", returnTo))
}

// sendTo sends the browser elsewhere. No one is to keep an answer that signs in.
func sendTo(c *route.Call, address string) (any, error) {
	header := c.Writer.Header()
	header.Set("Location", address)
	header.Set("Cache-Control", "no-store")
	c.Writer.WriteHeader(http.StatusFound)
	return route.Taken{}, nil
}

func (o *OIDC) backchannelLogout(c *route.Call) (any, error) {
	c.Writer.Header().Set("Cache-Control", "no-store")
	refused := &route.Error{Status: http.StatusBadRequest, Code: "invalid_request", Message: "The logout token is not valid"}
	if err := c.Request.ParseForm(); err != nil {
		return nil, refused
	}
	logout, err := o.Desk.VerifyLogout(c.Context(), c.Request.PostForm.Get("logout_token"))
	if errors.Is(err, sso.ErrLogoutToken) {
		o.Logger.Debug("logout token refused", "error", err)
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	if err := o.Arrivals.SignOut(c, logout); err != nil {
		return nil, err
	}
	return route.Raw{ContentType: "text/plain; charset=utf-8"}, nil
}

func invalidPayload() *route.Error {
	return &route.Error{Status: http.StatusBadRequest, Code: "invalid_request", Message: "Invalid request payload"}
}
