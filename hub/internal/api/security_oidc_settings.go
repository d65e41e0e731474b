package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
)

const (
	oidcSettingsPath = "/api/security/oidc"
	// maxProviderBody bounds the settings of an identity provider.
	maxProviderBody = 256 << 10
)

// OIDCFields are the settings of an OpenID Connect provider that are read and written alike.
type OIDCFields struct {
	Enabled       bool     `json:"enabled"`
	IssuerURL     string   `json:"issuerUrl" description:"Exactly what the provider calls itself."`
	ClientID      string   `json:"clientId"`
	RedirectURL   string   `json:"redirectUrl" description:"Where the provider sends browsers back to; empty: it follows from the request."`
	LogoutURL     string   `json:"logoutUrl"`
	Scopes        []string `json:"scopes"`
	UsernameClaim string   `json:"usernameClaim"`
	EmailClaim    string   `json:"emailClaim"`
	GroupsClaim   string   `json:"groupsClaim"`
	sso.Restrictions
	Label string `json:"label,omitempty" description:"How the sign-in page calls the provider."`
	sso.RoleMapping
}

// OIDCSettings are the settings of an OpenID Connect provider as they are shown.
type OIDCSettings struct {
	ID string `json:"id,omitempty"`
	OIDCFields
	CABundle        string          `json:"caBundle" description:"A file with further certificates to trust."`
	ClientSecretSet bool            `json:"clientSecretSet"`
	DefaultRedirect string          `json:"defaultRedirect"`
	EnvOverrides    map[string]bool `json:"envOverrides,omitempty" description:"Fields that the environment has set."`
}

// OIDCUpdate replaces the settings of an OpenID Connect provider.
type OIDCUpdate struct {
	OIDCFields
	CABundle          *string `json:"caBundle,omitempty" description:"Absent: as it was."`
	ClientSecret      *string `json:"clientSecret,omitempty" description:"Absent: as it was, unless another host is asked from now on."`
	ClearClientSecret bool    `json:"clearClientSecret,omitempty"`
}

// OIDCProviders are all OpenID Connect providers.
type OIDCProviders struct {
	Providers []OIDCSettings `json:"providers"`
}

func (o *OIDC) settingsRoutes() []route.Route {
	access, one := route.Admin(auth.ScopeSettingsWrite), oidcSettingsPath+"/providers/{id}"
	write := []string{http.MethodPut, http.MethodPost}
	return []route.Route{
		{
			Path: oidcSettingsPath, Access: access, Resource: auth.ResourceSettings,
			Summary: "Settings of the identity provider", Answer: OIDCSettings{},
			Handle: func(c *route.Call) (any, error) { return o.settings(c, sso.DefaultProvider) },
		},
		{
			Methods: write, Path: oidcSettingsPath, Access: access, Resource: auth.ResourceSettings, MaxBody: maxProviderBody,
			Summary: "Change the identity provider", Description: "Effective at once. What is left out falls back to its default.",
			Body: OIDCUpdate{}, Answer: OIDCSettings{},
			Handle: func(c *route.Call) (any, error) { return o.change(c, sso.DefaultProvider) },
		},
		{
			Path: oidcSettingsPath + "/providers", Access: access, Resource: auth.ResourceSettings,
			Summary: "All identity providers", Answer: OIDCProviders{}, Handle: o.list,
		},
		{
			Path: one, Access: access, Resource: auth.ResourceSettings,
			Summary: "Settings of one identity provider", Answer: OIDCSettings{},
			Handle: func(c *route.Call) (any, error) { return o.settings(c, c.PathValue("id")) },
		},
		{
			Methods: write, Path: one, Access: access, Resource: auth.ResourceSettings, MaxBody: maxProviderBody,
			Summary: "Add or change an identity provider", Body: OIDCUpdate{}, Answer: OIDCSettings{},
			Handle: func(c *route.Call) (any, error) { return o.change(c, c.PathValue("id")) },
		},
		{
			Methods: []string{http.MethodDelete}, Path: one, Access: access, Resource: auth.ResourceSettings,
			Summary: "Remove an identity provider", Answer: Success{}, Handle: o.remove,
		},
	}
}

func (o *OIDC) show(c *route.Call, s sso.Settings) OIDCSettings {
	shown := OIDCSettings{
		OIDCFields: OIDCFields{
			Enabled: s.Enabled, IssuerURL: s.IssuerURL, ClientID: s.ClientID, RedirectURL: s.RedirectURL, LogoutURL: s.LogoutURL,
			Scopes: s.Scopes, UsernameClaim: s.UsernameClaim, EmailClaim: s.EmailClaim, GroupsClaim: s.GroupsClaim,
			Restrictions: s.Restrictions, Label: s.Label, RoleMapping: s.RoleMapping,
		},
		CABundle: s.CABundle, ClientSecretSet: s.ClientSecret != "", DefaultRedirect: o.Base(c) + sso.CallbackPath,
	}
	if s.ID != sso.DefaultProvider {
		shown.ID = s.ID
		return shown
	}
	shown.EnvOverrides = o.Desk.Locked()
	return shown
}

func (o *OIDC) settings(c *route.Call, id string) (any, error) {
	s, ok := o.Desk.Provider(id)
	if !ok {
		return nil, unknownProvider()
	}
	return o.show(c, s), nil
}

func (o *OIDC) list(c *route.Call) (any, error) {
	list := OIDCProviders{Providers: []OIDCSettings{}}
	for _, s := range o.Desk.Providers() {
		shown := o.show(c, s)
		shown.ID = s.ID
		list.Providers = append(list.Providers, shown)
	}
	return list, nil
}

func (o *OIDC) change(c *route.Call, id string) (any, error) {
	var said OIDCUpdate
	if err := json.NewDecoder(c.Request.Body).Decode(&said); err != nil {
		return nil, invalidPayload()
	}
	change := route.Change{Subject: "oidc/" + id, What: "changed"}
	if before, ok := o.Desk.Provider(id); ok {
		change.Before = o.show(c, before)
	}
	after, err := o.Desk.Set(c.Context(), id, said.change())
	if err != nil {
		return nil, o.failure(err)
	}
	shown := o.show(c, after)
	change.After = shown
	c.Changed(change)
	return shown, nil
}

func (u *OIDCUpdate) change() sso.Change {
	return sso.Change{
		ClientSecret: u.ClientSecret, ClearClientSecret: u.ClearClientSecret, CABundle: u.CABundle,
		Settings: sso.Settings{
			Label: u.Label, Enabled: u.Enabled, IssuerURL: u.IssuerURL, ClientID: u.ClientID,
			RedirectURL: u.RedirectURL, LogoutURL: u.LogoutURL, Scopes: u.Scopes,
			UsernameClaim: u.UsernameClaim, EmailClaim: u.EmailClaim, GroupsClaim: u.GroupsClaim,
			Restrictions: u.Restrictions, RoleMapping: u.RoleMapping,
		},
	}
}

func (o *OIDC) remove(c *route.Call) (any, error) {
	id := c.PathValue("id")
	change := route.Change{Subject: "oidc/" + id, What: "removed"}
	if before, ok := o.Desk.Provider(id); ok {
		change.Before = o.show(c, before)
	}
	if err := o.Desk.Delete(c.Context(), id); err != nil {
		return nil, o.failure(err)
	}
	c.Changed(change)
	return Success{Status: "success"}, nil
}

func unknownProvider() *route.Error {
	return route.NotFound("provider_not_found", "Identity provider not found")
}

// failure says why the settings of an identity provider were not changed.
func (o *OIDC) failure(err error) error {
	var wrong *sso.SettingsError
	switch {
	case errors.As(err, &wrong), errors.Is(err, sso.ErrProviderID):
		return &route.Error{Status: http.StatusBadRequest, Code: "validation_error", Message: err.Error()}
	case errors.Is(err, sso.ErrLocked):
		return &route.Error{
			Status: http.StatusConflict, Code: "oidc_locked",
			Message: "OIDC settings come from environment variables and cannot be changed here",
		}
	case errors.Is(err, sso.ErrTooManyProviders):
		return &route.Error{Status: http.StatusConflict, Code: "too_many_providers", Message: err.Error()}
	case errors.Is(err, sso.ErrUnknownProvider):
		return unknownProvider()
	}
	o.Logger.Error("settings of an identity provider not saved", "error", err)
	return &route.Error{Status: http.StatusInternalServerError, Code: "save_failed", Message: "The settings could not be saved"}
}
