package sso

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// maxCode bounds the code a provider gives a browser, in bytes.
	maxCode = 4096
	// clockSkew is how far the provider's clock may be ahead of ours.
	clockSkew = 5 * time.Minute
)

// Callback is what a browser brings back from its provider.
type Callback struct {
	Query url.Values
	// Browser is the value of the cookie that Begin gave it; empty: it has none.
	Browser string
}

// Complete says who has signed in, and the page to send the browser back to,
// which is "/" when it is not known. Each state is good for one call.
func (d *Desk) Complete(ctx context.Context, callback Callback) (Identity, string, *Failure) {
	s, found := d.takeState(callback)
	returnTo := "/"
	if found {
		returnTo = s.returnTo
	}
	fail := func(code string, err error) (Identity, string, *Failure) {
		return Identity{}, returnTo, &Failure{Code: code, Provider: s.provider, Err: err}
	}
	query := callback.Query
	code := query.Get("code")
	switch {
	case query.Get("error") != "":
		return fail(providerCode(query.Get("error")), nil)
	case query.Get("state") == "":
		return fail(CodeMissingState, nil)
	case !found:
		return fail(CodeInvalidState, nil)
	case code == "":
		return fail(CodeMissingCode, nil)
	case len(code) > maxCode:
		return fail(CodeExchangeFailed, errors.New("code is too long"))
	}
	p, ok := d.enabled(s.provider)
	if !ok {
		return fail(CodeDisabled, nil)
	}
	e, err := p.endpoints(ctx)
	if err != nil {
		return fail(CodeInitFailed, err)
	}
	if issuer := query.Get("iss"); issuer != p.settings.IssuerURL && (issuer != "" || e.metadata.NamesIssuer) {
		return fail(CodeInvalidState, errors.New("another provider answers than was asked"))
	}
	a := arrival{provider: p, endpoints: e, state: s}
	identity, failure := a.identify(ctx, code)
	if failure != nil {
		return fail(failure.Code, failure.Err)
	}
	return identity, returnTo, nil
}

// takeState spends the state of a callback; it counts for the browser that began only.
func (d *Desk) takeState(callback Callback) (state, bool) {
	key := callback.Query.Get("state")
	if key == "" {
		return state{}, false
	}
	entry, ok := d.states.Take(key)
	if !ok || !entry.IsFrom(callback.Browser) {
		return state{}, false
	}
	return entry.Value, true
}

var errorCode = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// providerCode returns the error code of a provider if it has the shape of one.
func providerCode(said string) string {
	if !errorCode.MatchString(said) {
		return "server_error"
	}
	return said
}

// arrival is one browser that came back with a code.
type arrival struct {
	provider  *provider
	endpoints *endpoints
	state     state
}

func refuse(code string, err error) *Failure { return &Failure{Code: code, Err: err} }

func (a *arrival) identify(ctx context.Context, code string) (Identity, *Failure) {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*callTimeout, errors.New("identity provider took too long"))
	defer cancel()
	ctx = oidc.ClientContext(ctx, a.endpoints.client)
	oauth := a.provider.oauth(a.endpoints, a.state.redirectURL)
	tokens, err := oauth.Exchange(ctx, code, oauth2.VerifierOption(a.state.verifier))
	if err != nil {
		return Identity{}, refuse(CodeExchangeFailed, fmt.Errorf("exchange code: %s", brief(err)))
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok || raw == "" {
		return Identity{}, refuse(CodeMissingIDToken, nil)
	}
	token, failure := a.endpoints.verify(ctx, a.provider, raw)
	if failure != nil {
		return Identity{}, failure
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.state.nonce)) != 1 {
		return Identity{}, refuse(CodeInvalidNonce, nil)
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(tokens.AccessToken); err != nil {
			return Identity{}, refuse(CodeInvalidIDToken, errors.New("access token is not the one of the id token"))
		}
	}
	said, err := readClaims(token)
	if err != nil {
		return Identity{}, refuse(CodeInvalidClaims, err)
	}
	a.complete(ctx, said, oauth.TokenSource(ctx, tokens))
	identity, failure := a.provider.settings.identify(said)
	if failure != nil {
		return Identity{}, failure
	}
	identity.Upstream = upstreamOf(tokens, raw, token.Issuer, said.text("sid"))
	return identity, nil
}

func upstreamOf(tokens *oauth2.Token, idToken, issuer, session string) Upstream {
	return Upstream{
		IDToken: idToken, AccessToken: tokens.AccessToken, RefreshToken: tokens.RefreshToken,
		Expires: tokens.Expiry, Issuer: issuer, SessionID: session,
	}
}

// verify checks the signature of an ID token, who issued it, for whom, and when.
func (e *endpoints) verify(ctx context.Context, p *provider, raw string) (*oidc.IDToken, *Failure) {
	algorithm, err := algorithmOf(raw)
	if err != nil {
		return nil, refuse(CodeInvalidIDToken, err)
	}
	if !slices.Contains(e.algorithms, algorithm) {
		return nil, refuse(CodeInvalidAlgorithm, nil)
	}
	token, err := e.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, refuse(CodeInvalidIDToken, errors.New(brief(err)))
	}
	if token.Subject == "" {
		return nil, refuse(CodeInvalidIDToken, errors.New("id token has no subject"))
	}
	if token.IssuedAt.After(p.now().Add(clockSkew)) {
		return nil, refuse(CodeInvalidIDToken, errors.New("id token is from the future"))
	}
	var party struct {
		Authorized string `json:"azp"`
	}
	if err := token.Claims(&party); err != nil {
		return nil, refuse(CodeInvalidClaims, errors.New("id token cannot be read"))
	}
	if party.Authorized != p.settings.ClientID && (party.Authorized != "" || len(token.Audience) > 1) {
		return nil, refuse(CodeInvalidIDToken, errors.New("id token was made for another client"))
	}
	return token, nil
}

// algorithmOf returns how a token says it is signed (RFC 7515, section 3.1).
func algorithmOf(raw string) (string, error) {
	encoded, _, found := strings.Cut(raw, ".")
	if !found {
		return "", errors.New("id token has no parts")
	}
	decoded, err := decodeSegment(encoded)
	if err != nil {
		return "", errors.New("header of the id token is not base64url")
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	if err := json.Unmarshal(decoded, &header); err != nil {
		return "", errors.New("header of the id token is not JSON")
	}
	return header.Algorithm, nil
}

// decodeSegment decodes one part of a token.
func decodeSegment(segment string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(segment)
}
