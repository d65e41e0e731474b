package sso

import (
	"context"
	"net/netip"

	"golang.org/x/oauth2"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/pulse-hub/pulse/hub/internal/auth/sso/pending"
)

// Start is a wish to sign in.
type Start struct {
	// Provider is the id of the provider; empty: the default one, or the first
	// that is enabled.
	Provider string
	// ReturnTo is the page to come back to, as the browser said it.
	ReturnTo string
	// Base is the address of the hub as it can be trusted: "https://pulse.example.com".
	Base string
	// From is the address of the caller.
	From netip.Addr
	// Browser is the value of the cookie from an earlier Start; empty: none.
	Browser string
}

// Departure is how a browser leaves for its provider.
type Departure struct {
	// URL is where it goes.
	URL string
	// Browser is the value of the cookie it has to bring back, for StateLife.
	Browser string
}

// state is what is remembered while a browser is at the provider.
type state struct {
	provider    string
	nonce       string
	verifier    string
	redirectURL string
	returnTo    string
}

// Begin sends a browser to a provider. Code of a failure is CodeDisabled or
// CodeInitFailed.
func (d *Desk) Begin(ctx context.Context, start Start) (Departure, *Failure) {
	p, ok := d.enabled(start.Provider)
	if !ok {
		return Departure{}, &Failure{Code: CodeDisabled, Provider: start.Provider}
	}
	e, err := p.endpoints(ctx)
	if err != nil {
		return Departure{}, &Failure{Code: CodeInitFailed, Provider: p.settings.ID, Err: err}
	}
	browser := start.Browser
	if !pending.IsSecret(browser) {
		browser = pending.Secret()
	}
	key := pending.Secret()
	s := state{
		provider: p.settings.ID, nonce: pending.Secret(), verifier: oauth2.GenerateVerifier(),
		redirectURL: p.redirectURL(start.Base), returnTo: ReturnTo(start.ReturnTo),
	}
	d.states.Put(key, pending.Entry[state]{From: start.From, Browser: pending.Hash(browser), Value: s})
	address := p.oauth(e, s.redirectURL).AuthCodeURL(key, oidc.Nonce(s.nonce), oauth2.S256ChallengeOption(s.verifier))
	return Departure{URL: address, Browser: browser}, nil
}

// enabled returns the provider to sign in at.
func (d *Desk) enabled(id string) (*provider, bool) {
	known := *d.providers.Load()
	if id == "" {
		for _, s := range d.Enabled() {
			return known[s.ID], true
		}
		return nil, false
	}
	p, ok := known[id]
	return p, ok && p.settings.Enabled
}
