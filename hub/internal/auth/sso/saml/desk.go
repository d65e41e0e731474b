// Package saml signs people in at a SAML 2.0 identity provider.
//
// A browser leaves by [Desk.Begin]. The provider has it post an answer, which
// [Desk.Receive] verifies; the browser then follows a redirect to
// [Desk.Finish]. The two steps are needed because a browser brings no cookie
// along when another site has it post, and only the cookie tells whether it is
// the browser that began.
package saml

import (
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	saml2 "github.com/crewjam/saml"

	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso/pending"
)

// The paths of the hub that a provider is told of.
const (
	MetadataPath = "/api/saml/metadata"
	ACSPath      = "/api/saml/acs"
)

// The codes of failures besides those of package sso.
const (
	CodeDisabled        = "saml_disabled"
	CodeInitFailed      = "saml_init_failed"
	CodeInvalidResponse = "invalid_response"
	CodeReplayed        = "replayed_response"
)

const (
	// maxStates bounds the sign-ins on their way, maxAnswers the answers that
	// were verified and wait for their browser, maxReplays those remembered.
	maxStates  = 1000
	maxAnswers = 1000
	maxReplays = 20_000
	// answerLife is how long a browser may take to follow a redirect.
	answerLife = time.Minute
	// replayLife is longer than any answer is accepted.
	replayLife = time.Hour
)

// Options are what a Desk is built from. Records is needed.
type Options struct {
	Records sso.Records
	// RoleExists says which roles settings may name; nil: every one.
	RoleExists func(role string) bool
	// Now is the clock of what is on its way; nil is time.Now. The times of
	// answers are checked by the clock of the machine.
	Now func() time.Time
}

// Desk keeps the settings of a SAML provider and signs people in at it. It is
// safe for concurrent use.
type Desk struct {
	options Options
	states  *pending.Table[state]
	answers *pending.Table[answer]
	used    *pending.Once
	current atomic.Pointer[effective]
}

// effective are settings with what they describe.
type effective struct {
	settings Settings
	provider *saml2.EntityDescriptor // nil: there is none
}

// state is what is remembered while a browser is at the provider.
type state struct{ request, base, returnTo string }

// answer is one that was verified.
type answer struct {
	who      sso.Identity
	returnTo string
}

// New builds a desk; Load adds what is recorded.
func New(options Options) *Desk {
	d := &Desk{
		options: options,
		states:  pending.New[state](pending.Options{Limit: maxStates, Life: sso.StateLife, Now: options.Now}),
		answers: pending.New[answer](pending.Options{Limit: maxAnswers, Life: answerLife, Now: options.Now}),
		used:    pending.NewOnce(pending.Options{Limit: maxReplays, Life: replayLife, Now: options.Now}),
	}
	d.publish(Settings{})
	return d
}

func (d *Desk) publish(settings Settings) {
	settings.normalize()
	e := &effective{settings: settings}
	if described, err := settings.provider(); err == nil {
		e.provider = described
	}
	d.current.Store(e)
}

// Enabled reports whether people can sign in.
func (d *Desk) Enabled() bool {
	e := d.current.Load()
	return e.settings.Enabled && e.provider != nil
}

// serviceProvider describes the hub at an address to the library.
func (e *effective) serviceProvider(base string) (*saml2.ServiceProvider, error) {
	base = strings.TrimSuffix(base, "/")
	metadataURL, err := url.Parse(base + MetadataPath)
	if err != nil {
		return nil, err
	}
	acsURL, err := url.Parse(base + ACSPath)
	if err != nil {
		return nil, err
	}
	sp := &saml2.ServiceProvider{
		EntityID: e.settings.EntityID, MetadataURL: *metadataURL, AcsURL: *acsURL,
		IDPMetadata: e.provider, AuthnNameIDFormat: saml2.UnspecifiedNameIDFormat,
	}
	audience := sp.EntityID
	if audience == "" {
		audience = metadataURL.String()
	}
	sp.ValidateAudienceRestriction = func(assertion *saml2.Assertion) error { return checkAudience(assertion, audience) }
	return sp, nil
}

// Start is a wish to sign in.
type Start struct {
	// ReturnTo is the page to come back to, as the browser said it.
	ReturnTo string
	// Base is the address of the hub as it can be trusted.
	Base string
	// From is the address of the caller.
	From netip.Addr
	// Browser is the value of the cookie from an earlier Start; empty: none.
	Browser string
}

// Begin sends a browser to the provider.
func (d *Desk) Begin(start Start) (sso.Departure, *sso.Failure) {
	if !d.Enabled() {
		return sso.Departure{}, &sso.Failure{Code: CodeDisabled}
	}
	sp, err := d.current.Load().serviceProvider(start.Base)
	if err != nil {
		return sso.Departure{}, &sso.Failure{Code: CodeInitFailed, Err: err}
	}
	request, err := sp.MakeAuthenticationRequest(
		sp.GetSSOBindingLocation(saml2.HTTPRedirectBinding), saml2.HTTPRedirectBinding, saml2.HTTPPostBinding)
	if err != nil {
		return sso.Departure{}, &sso.Failure{Code: CodeInitFailed, Err: err}
	}
	browser, key := start.Browser, pending.Secret()
	if !pending.IsSecret(browser) {
		browser = pending.Secret()
	}
	address, err := request.Redirect(key, sp)
	if err != nil {
		return sso.Departure{}, &sso.Failure{Code: CodeInitFailed, Err: err}
	}
	d.states.Put(key, pending.Entry[state]{
		From: start.From, Browser: pending.Hash(browser),
		Value: state{request: request.ID, base: start.Base, returnTo: sso.ReturnTo(start.ReturnTo)},
	})
	return sso.Departure{URL: address.String(), Browser: browser}, nil
}
