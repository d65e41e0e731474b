package sso

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// ErrLogoutToken is returned for a token that is no valid word of a provider on
// the end of a session.
var ErrLogoutToken = errors.New("logout token is not valid")

const (
	// maxLogoutToken bounds a logout token, in bytes.
	maxLogoutToken = 16 << 10
	// logoutLife is how old a logout token may be.
	logoutLife = 5 * time.Minute
	// maxLogouts bounds how many logout tokens are remembered within logoutLife.
	maxLogouts = 10_000
)

// Logout is what a provider says of sessions that have ended there.
type Logout struct {
	// Provider is the id of the provider in the settings.
	Provider string
	Issuer   string
	// Subject is the person, SessionID their session. One of them may be empty.
	Subject, SessionID string
}

// Covers reports whether a session at the provider has ended: the one that is
// named, or every one of the person when none is named.
func (l Logout) Covers(upstream Upstream) bool {
	if upstream.Issuer != l.Issuer || l.Issuer == "" {
		return false
	}
	if l.SessionID != "" {
		return upstream.SessionID == l.SessionID
	}
	return l.Subject != "" && subjectOf(upstream.IDToken) == l.Subject
}

// LogoutURL returns where a browser goes after it signed out here: what the
// settings say, else the provider's own page, with the session named if there is
// one; empty when there is neither. It does not block.
func (d *Desk) LogoutURL(providerID string, upstream Upstream) string {
	p, ok := d.enabled(providerID)
	if !ok {
		return ""
	}
	if p.settings.LogoutURL != "" {
		return p.settings.LogoutURL
	}
	e := p.known()
	if e == nil || e.metadata.EndSession == "" {
		return ""
	}
	u, err := url.Parse(e.metadata.EndSession)
	if err != nil {
		return ""
	}
	query := u.Query()
	query.Set("client_id", p.settings.ClientID)
	if upstream.IDToken != "" && upstream.Issuer == p.settings.IssuerURL {
		query.Set("id_token_hint", upstream.IDToken)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// VerifyLogout reads a logout token of a back-channel logout, each once. The
// error is ErrLogoutToken, or says that the provider cannot be reached.
// https://openid.net/specs/openid-connect-backchannel-1_0.html
func (d *Desk) VerifyLogout(ctx context.Context, raw string) (Logout, error) {
	p, err := d.issuerOf(raw)
	if err != nil {
		return Logout{}, err
	}
	e, err := p.endpoints(ctx)
	if err != nil {
		return Logout{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errors.New("identity provider took too long"))
	defer cancel()
	token, err := e.verifier.VerifyLogout(oidc.ClientContext(ctx, e.client), raw)
	if err != nil {
		return Logout{}, fmt.Errorf("%w: %s", ErrLogoutToken, brief(err))
	}
	now := d.options.Now()
	if token.IssuedAt.After(now.Add(clockSkew)) || now.Sub(token.IssuedAt) > logoutLife {
		return Logout{}, fmt.Errorf("%w: it is too old or from the future", ErrLogoutToken)
	}
	if !d.logouts.First(token.Issuer + " " + token.TokenID) {
		return Logout{}, fmt.Errorf("%w: it was used before", ErrLogoutToken)
	}
	return Logout{Provider: p.settings.ID, Issuer: token.Issuer, Subject: token.Subject, SessionID: token.SessionID}, nil
}

// issuerOf returns the provider that a token says it is from; the signature is
// checked with its keys after that.
func (d *Desk) issuerOf(raw string) (*provider, error) {
	parts := strings.Split(raw, ".")
	if len(raw) > maxLogoutToken || len(parts) != 3 {
		return nil, ErrLogoutToken
	}
	payload, err := decodeSegment(parts[1])
	if err != nil {
		return nil, ErrLogoutToken
	}
	var said struct {
		Issuer   string `json:"iss"`
		Audience any    `json:"aud"`
	}
	if err := json.Unmarshal(payload, &said); err != nil {
		return nil, ErrLogoutToken
	}
	known := *d.providers.Load()
	for _, s := range d.Enabled() {
		if s.IssuerURL == said.Issuer && names(said.Audience, s.ClientID) {
			return known[s.ID], nil
		}
	}
	return nil, fmt.Errorf("%w: it is of no provider that is set up", ErrLogoutToken)
}

// names reports whether an audience, a text or a list of them, is about the client.
func names(audience any, client string) bool {
	switch audience := audience.(type) {
	case string:
		return audience == client
	case []any:
		for _, one := range audience {
			if one == client {
				return true
			}
		}
	}
	return false
}
