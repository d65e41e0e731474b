package api

import (
	"cmp"
	"net/url"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
)

// SignInOptions are the ways to sign in.
type SignInOptions struct {
	Password  bool             `json:"password"`
	Passkeys  bool             `json:"passkeys" description:"Somebody has one."`
	Providers []SignInProvider `json:"providers"`
}

// SignInProvider is an identity provider.
type SignInProvider struct {
	ID    string `json:"id"`
	Kind  string `json:"kind" enum:"oidc,saml"`
	Label string `json:"label"`
	URL   string `json:"url" description:"Where to go."`
}

func (a *API) signInOptions(*route.Call) (any, error) {
	options := SignInOptions{Providers: []SignInProvider{}}
	for _, provider := range a.SSO.Enabled() {
		options.Providers = append(options.Providers, SignInProvider{
			ID: provider.ID, Kind: "oidc", Label: provider.Title(), URL: "/api/oidc/login?provider=" + url.QueryEscape(provider.ID),
		})
	}
	if settings := a.SAML.Settings(); settings.Enabled {
		options.Providers = append(options.Providers, SignInProvider{ID: "saml", Kind: "saml", Label: cmp.Or(settings.Label, "SAML"), URL: samlPath + "/login"})
	}
	for _, user := range a.Wall.Users.List() {
		options.Passkeys = options.Passkeys || len(user.Passkeys) > 0
		options.Password = options.Password || user.HasPassword && !a.Wall.HideLocalLogin
	}
	return options, nil
}
