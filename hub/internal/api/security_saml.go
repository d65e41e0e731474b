package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso/saml"
)

const (
	// samlCookie ties a sign-in that is on its way to the browser that began it.
	samlCookie = "pulse_saml"
	samlPath   = "/api/saml"
	// maxSAMLSettings bounds the settings with the provider's description of itself, maxSAMLAnswer an answer as a form.
	maxSAMLSettings = 1 << 20
	maxSAMLAnswer   = 512 << 10
)

// SAML answers the routes of signing in at a SAML provider. All parts are needed.
type SAML struct {
	Desk     *saml.Desk
	Arrivals Arrivals
	// Base returns the address of the hub as it can be trusted, without a slash at its end.
	Base   func(*route.Call) string
	Logger hclog.Logger
}

// SAMLSettings are the settings of the SAML provider.
type SAMLSettings struct {
	Enabled           bool   `json:"enabled"`
	Label             string `json:"label,omitempty" description:"How the sign-in page calls the provider."`
	Metadata          string `json:"idpMetadata" description:"The provider's description of itself, in XML."`
	EntityID          string `json:"entityId" description:"How the hub calls itself; empty: the address of its metadata."`
	UsernameAttribute string `json:"usernameAttribute" description:"Empty: the subject is the name."`
	EmailAttribute    string `json:"emailAttribute"`
	GroupsAttribute   string `json:"groupsAttribute"`
	sso.Restrictions
	sso.RoleMapping
}

// SAMLShown are the settings of the SAML provider with what the provider needs to know.
type SAMLShown struct {
	SAMLSettings
	MetadataURL string `json:"metadataUrl" description:"Where the provider reads about the hub."`
	ACSURL      string `json:"acsUrl" description:"Where the provider has browsers post its answers."`
}

// Routes returns the routes.
func (s *SAML) Routes() []route.Route {
	access := route.Admin(auth.ScopeSettingsWrite)
	return []route.Route{
		{
			Path: saml.MetadataPath, Access: route.Public(), Media: "application/samlmetadata+xml",
			Summary: "The hub's description of itself for a SAML provider", Handle: s.metadata,
		},
		{
			Path: samlPath + "/login", Access: route.Public(), Media: "text/html",
			Query:   []route.Param{{Name: "returnTo", Description: "The page to come back to: a path that begins with one slash."}},
			Summary: "Sign in at the SAML provider", Description: "Sends the browser there (302).", Handle: s.login,
		},
		{
			Methods: []string{http.MethodPost}, Path: saml.ACSPath, Access: route.Public(), MaxBody: maxSAMLAnswer, Media: "text/html",
			Unaudited: "sign-ins are written down where they are let in", Unforged: true,
			Summary:     "A SAML provider's answer",
			Description: "Takes SAMLResponse and RelayState as a form and sends the browser on (303).", Handle: s.receive,
		},
		{
			Path: saml.ACSPath, Access: route.Public(), Media: "text/html",
			Query:   []route.Param{{Name: "ticket", Description: "Names the answer."}},
			Summary: "Come back from the SAML provider", Handle: s.finish,
			Description: "Sends the browser to the page it came from (302), with saml=success or saml=error and saml_error in the query.",
		},
		{
			Path: "/api/security/saml", Access: access, Resource: auth.ResourceSettings,
			Summary: "Settings of the SAML provider", Answer: SAMLShown{},
			Handle: func(c *route.Call) (any, error) { return s.show(c, s.Desk.Settings()), nil },
		},
		{
			Methods: []string{http.MethodPut}, Path: "/api/security/saml", Access: access, Resource: auth.ResourceSettings,
			MaxBody: maxSAMLSettings, Summary: "Change the SAML provider", Description: "Effective at once.",
			Body: SAMLSettings{}, Answer: SAMLShown{}, Handle: s.change,
		},
	}
}

func (s *SAML) metadata(c *route.Call) (any, error) {
	described, err := s.Desk.Metadata(s.Base(c))
	if err != nil {
		return nil, err
	}
	return route.Raw{ContentType: "application/samlmetadata+xml", Body: described}, nil
}

func (s *SAML) login(c *route.Call) (any, error) {
	start := saml.Start{ReturnTo: c.Query("returnTo"), Base: s.Base(c), From: c.Client}
	if cookie, err := c.Request.Cookie(samlCookie); err == nil {
		start.Browser = cookie.Value
	}
	departure, failure := s.Desk.Begin(start)
	if failure != nil {
		s.tell(failure)
		return sendTo(c, sso.Refused("saml", "/", failure.Code))
	}
	http.SetCookie(c.Writer, tieCookie(c, samlCookie, samlPath, departure.Browser))
	return sendTo(c, departure.URL)
}

func (s *SAML) tell(failure *sso.Failure) {
	if failure.Err == nil {
		s.Logger.Debug("sign-in at the saml provider failed", "code", failure.Code)
		return
	}
	s.Logger.Warn("sign-in at the saml provider failed", "code", failure.Code, "error", failure.Err)
}

// receive takes an answer that another site has the browser post, without a
// cookie. The browser is sent on to show its cookie.
func (s *SAML) receive(c *route.Call) (any, error) {
	if err := c.Request.ParseForm(); err != nil {
		return nil, invalidPayload()
	}
	form := c.Request.PostForm
	ticket, returnTo, failure := s.Desk.Receive(form.Get("RelayState"), form.Get("SAMLResponse"))
	address := saml.ACSPath + "?ticket=" + url.QueryEscape(ticket)
	if failure != nil {
		address = s.refuse(c, returnTo, failure)
	}
	header := c.Writer.Header()
	header.Set("Location", address)
	header.Set("Cache-Control", "no-store")
	c.Writer.WriteHeader(http.StatusSeeOther) // to be asked for with GET, whatever this was
	return route.Taken{}, nil
}

func (s *SAML) refuse(c *route.Call, returnTo string, failure *sso.Failure) string {
	s.tell(failure)
	s.Arrivals.Refused(c, auth.MethodSAML, failure)
	return sso.Refused("saml", returnTo, failure.Code)
}

func (s *SAML) finish(c *route.Call) (any, error) {
	var browser string
	if cookie, err := c.Request.Cookie(samlCookie); err == nil {
		browser = cookie.Value
	}
	who, returnTo, failure := s.Desk.Finish(c.Query("ticket"), browser)
	if failure == nil {
		if err := s.Arrivals.SignIn(c, who); err != nil {
			failure = &sso.Failure{Code: sso.CodeSessionFailed, Provider: who.Provider, Err: err}
		}
	}
	if failure != nil {
		return sendTo(c, s.refuse(c, returnTo, failure))
	}
	return sendTo(c, sso.Succeeded("saml", returnTo))
}

func (s *SAML) show(c *route.Call, settings saml.Settings) SAMLShown {
	return SAMLShown{
		SAMLSettings: SAMLSettings(settings), MetadataURL: s.Base(c) + saml.MetadataPath, ACSURL: s.Base(c) + saml.ACSPath,
	}
}

func (s *SAML) change(c *route.Call) (any, error) {
	var said SAMLSettings
	if err := json.NewDecoder(c.Request.Body).Decode(&said); err != nil {
		return nil, invalidPayload()
	}
	before := s.Desk.Settings()
	after, err := s.Desk.Set(c.Context(), saml.Settings(said))
	var wrong *sso.SettingsError
	if errors.As(err, &wrong) {
		return nil, &route.Error{Status: http.StatusBadRequest, Code: "validation_error", Message: wrong.Text}
	}
	if err != nil {
		s.Logger.Error("settings of the saml provider not saved", "error", err)
		return nil, &route.Error{Status: http.StatusInternalServerError, Code: "save_failed", Message: "The settings could not be saved"}
	}
	c.Changed(route.Change{Subject: "saml/default", What: "changed", Before: s.show(c, before), After: s.show(c, after)})
	return s.show(c, after), nil
}
