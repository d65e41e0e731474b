package sso

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/hashicorp/go-hclog"
	"golang.org/x/oauth2"
)

const (
	// renewBefore is how long before its end an access token is renewed.
	renewBefore = 5 * time.Minute
	// renewTimeout bounds one renewal.
	renewTimeout = 30 * time.Second
	// renewPause is how long after a try a session is not tried again.
	renewPause = 30 * time.Second
	// renewWorkers is how many sessions are renewed at a time, renewQueue how many wait.
	renewWorkers = 4
	renewQueue   = 256
)

// Sessions are the sessions that hang on one at a provider.
type Sessions interface {
	// Upstream returns what is needed to renew the session, and false when it is gone.
	Upstream(id string) (Upstream, bool)
	// SetUpstream replaces it.
	SetUpstream(ctx context.Context, id string, upstream Upstream) error
	// End ends the session.
	End(ctx context.Context, id string) error
}

// RenewerOptions are what a Renewer is built from. All are needed but Now.
type RenewerOptions struct {
	Desk     *Desk
	Sessions Sessions
	Logger   hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Renewer renews sessions at their providers while people use them, and ends
// those that a provider refuses to renew. It is safe for concurrent use.
type Renewer struct {
	options RenewerOptions
	queue   chan renewal

	mu sync.Mutex
	// tried holds when a session was last tried; it may be queued or under way.
	tried map[string]time.Time
}

type renewal struct{ session, provider string }

// NewRenewer returns a renewer that renews once Run is called.
func NewRenewer(options RenewerOptions) *Renewer {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Renewer{options: options, queue: make(chan renewal, renewQueue), tried: map[string]time.Time{}}
}

// Touch says that a session is in use. It does not block: a session that is due
// is renewed by Run, and when too many wait, at one of its next uses.
func (r *Renewer) Touch(session, provider string) {
	upstream, ok := r.options.Sessions.Upstream(session)
	if !ok || !due(upstream, r.options.Now()) || !r.claim(session) {
		return
	}
	select {
	case r.queue <- renewal{session, provider}:
	default:
		r.release(session)
	}
}

func due(upstream Upstream, now time.Time) bool {
	return upstream.RefreshToken != "" && !upstream.Expires.IsZero() && upstream.Expires.Sub(now) < renewBefore
}

// claim reports whether the caller is the one to renew a session now.
func (r *Renewer) claim(session string) bool {
	now := r.options.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.tried[session]; ok && now.Sub(at) < renewTimeout+renewPause {
		return false
	}
	if len(r.tried) >= 2*renewQueue {
		for id, at := range r.tried {
			if now.Sub(at) >= renewTimeout+renewPause {
				delete(r.tried, id)
			}
		}
	}
	if len(r.tried) >= 4*renewQueue {
		return false
	}
	r.tried[session] = now
	return true
}

func (r *Renewer) release(session string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tried, session)
}

// Run renews until the context ends; then it returns nil.
func (r *Renewer) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	for range renewWorkers {
		workers.Go(func() { r.work(ctx) })
	}
	workers.Wait()
	return nil
}

func (r *Renewer) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case one := <-r.queue:
			r.renew(ctx, one)
		}
	}
}

// renew renews one session. One that the provider refuses ends; where it cannot
// be reached, the session ends with its access token.
func (r *Renewer) renew(ctx context.Context, one renewal) {
	upstream, ok := r.options.Sessions.Upstream(one.session)
	if !ok || !due(upstream, r.options.Now()) {
		r.release(one.session)
		return
	}
	renewed, err := r.options.Desk.refresh(ctx, one.provider, upstream)
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		if err := r.options.Sessions.SetUpstream(ctx, one.session, renewed); err != nil {
			r.options.Logger.Warn("renewed session not kept", "provider", one.provider, "error", err)
		}
		r.release(one.session)
		return
	}
	if errors.Is(err, errUnreachable) && r.options.Now().Before(upstream.Expires) {
		r.options.Logger.Debug("session not renewed yet", "provider", one.provider, "error", err)
		return
	}
	r.options.Logger.Info("session ended, its provider does not renew it", "provider", one.provider, "error", err)
	if err := r.options.Sessions.End(ctx, one.session); err != nil {
		r.options.Logger.Warn("session not ended", "provider", one.provider, "error", err)
	}
	r.release(one.session)
}

// errUnreachable: the provider gave no answer that says yes or no.
var errUnreachable = errors.New("identity provider cannot be asked")

// refresh asks for new tokens. The error wraps errUnreachable when trying again can help.
func (d *Desk) refresh(ctx context.Context, providerID string, upstream Upstream) (Upstream, error) {
	p, ok := d.enabled(providerID)
	if !ok || providerID == "" {
		return Upstream{}, errors.New("identity provider is not enabled any more")
	}
	if p.settings.IssuerURL != upstream.Issuer {
		return Upstream{}, errors.New("issuer has changed")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, renewTimeout, errors.New("renewal took too long"))
	defer cancel()
	e, err := p.endpoints(ctx)
	if err != nil {
		return Upstream{}, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	ctx = oidc.ClientContext(ctx, e.client)
	spent := &oauth2.Token{RefreshToken: upstream.RefreshToken, Expiry: time.Unix(1, 0)}
	tokens, err := p.oauth(e, "").TokenSource(ctx, spent).Token()
	if err != nil {
		return Upstream{}, refreshError(err)
	}
	return e.renewed(ctx, p, upstream, tokens)
}

func refreshError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && isRefusal(refused.Response.StatusCode) {
		return fmt.Errorf("renew tokens: %s", brief(err))
	}
	return fmt.Errorf("%w: %s", errUnreachable, brief(err))
}

func isRefusal(status int) bool {
	return status/100 == 4 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
}

// renewed returns the session with its new tokens. A new ID token is about the
// same person, or the session is not theirs.
func (e *endpoints) renewed(ctx context.Context, p *provider, before Upstream, tokens *oauth2.Token) (Upstream, error) {
	after := before
	after.AccessToken, after.Expires = tokens.AccessToken, tokens.Expiry
	if tokens.RefreshToken != "" {
		after.RefreshToken = tokens.RefreshToken
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok || raw == "" {
		return after, nil
	}
	token, failure := e.verify(ctx, p, raw)
	if failure != nil {
		return Upstream{}, fmt.Errorf("renewed id token: %s", failure.Code)
	}
	if token.Issuer != before.Issuer || token.Subject != subjectOf(before.IDToken) {
		return Upstream{}, errors.New("renewed id token is about somebody else")
	}
	after.IDToken = raw
	return after, nil
}
