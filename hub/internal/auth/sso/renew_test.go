package sso

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/auth/sso/ssotest"
)

// sessions is one session that tells what becomes of it.
type sessions struct {
	mu       sync.Mutex
	upstream Upstream
	gone     bool
	told     chan string
}

func (s *sessions) Upstream(string) (Upstream, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.upstream, !s.gone
}

func (s *sessions) SetUpstream(_ context.Context, id string, upstream Upstream) error {
	s.mu.Lock()
	s.upstream = upstream
	s.mu.Unlock()
	s.told <- "renewed " + id
	return nil
}

func (s *sessions) End(_ context.Context, id string) error {
	s.mu.Lock()
	s.gone = true
	s.mu.Unlock()
	s.told <- "ended " + id
	return nil
}

// renewing has somebody sign in and a renewer look after them.
func renewing(t *testing.T, behave ssotest.Behaviour) (*bench, *sessions, *Renewer) {
	t.Helper()
	b := newBench(t)
	behave.Refresh = true
	b.provider.Behave(behave)
	who, _, failure := b.signIn(t, "")
	if failure != nil {
		t.Fatalf("%s: %v", failure.Code, failure.Err)
	}
	who.Upstream.Expires = b.now.Add(renewBefore - time.Second)
	s := &sessions{upstream: who.Upstream, told: make(chan string, 10)}
	r := NewRenewer(RenewerOptions{
		Desk: b.Desk, Sessions: s, Logger: hclog.NewNullLogger(), Now: func() time.Time { return b.now },
	})
	return b, s, r
}

func (r *Renewer) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func TestASessionIsRenewedOnce(t *testing.T) {
	b, s, r := renewing(t, ssotest.Behaviour{})
	before := s.upstream
	for range 100 {
		r.Touch("one", DefaultProvider)
	}
	r.start(t)
	if got := <-s.told; got != "renewed one" {
		t.Fatalf("the session was %s", got)
	}
	after, _ := s.Upstream("one")
	if after.AccessToken == before.AccessToken || after.RefreshToken == before.RefreshToken || !after.Expires.After(before.Expires) {
		t.Errorf("got %+v after %+v", after, before)
	}
	r.Touch("one", DefaultProvider)
	if got := b.provider.Calls("/token"); got != 2 {
		t.Errorf("%d calls of the token endpoint, want one to sign in and one to renew", got)
	}
}

func TestSessionsThatAreNotDueAreLeftAlone(t *testing.T) {
	b, s, r := renewing(t, ssotest.Behaviour{})
	good := s.upstream
	for name, upstream := range map[string]Upstream{
		"later":    {RefreshToken: "r", Expires: b.now.Add(renewBefore)},
		"no token": {Expires: b.now},
		"no end":   {RefreshToken: "r"},
	} {
		s.upstream = upstream
		r.Touch("one", DefaultProvider)
		if len(r.queue) != 0 {
			t.Errorf("%s: it is due", name)
		}
	}
	s.upstream, s.gone = good, true
	r.Touch("one", DefaultProvider)
	if len(r.queue) != 0 {
		t.Error("a session that is gone is due")
	}
}

func TestWhatIsNotRenewedEnds(t *testing.T) {
	for name, change := range map[string]func(b *bench, s *sessions){
		"refused":      func(_ *bench, s *sessions) { s.upstream.RefreshToken = "revoked" },
		"other issuer": func(_ *bench, s *sessions) { s.upstream.Issuer = "https://old.example.com" },
		"turned off":   func(b *bench, _ *sessions) { b.set(t, DefaultProvider, func(s *Settings) { s.Enabled = false }) },
		"other person": func(b *bench, _ *sessions) {
			b.provider.Behave(ssotest.Behaviour{Claims: map[string]any{"sub": "subject-2"}})
		},
		"not signed": func(b *bench, _ *sessions) { b.provider.Behave(ssotest.Behaviour{Algorithm: "foreign"}) },
		"unreachable and over": func(b *bench, s *sessions) {
			b.provider.Behave(ssotest.Behaviour{TokenStatus: 503})
			s.upstream.Expires = b.now
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, s, r := renewing(t, ssotest.Behaviour{})
			change(b, s)
			r.start(t)
			r.Touch("one", DefaultProvider)
			if got := <-s.told; got != "ended one" {
				t.Errorf("the session was %s", got)
			}
		})
	}
}

func TestAProviderThatIsDownEndsNoSession(t *testing.T) {
	b, s, r := renewing(t, ssotest.Behaviour{})
	b.provider.Behave(ssotest.Behaviour{TokenStatus: 503})
	r.Touch("one", DefaultProvider)
	r.renew(t.Context(), <-r.queue)
	r.Touch("one", DefaultProvider)
	if len(r.queue) != 0 || len(s.told) != 0 {
		t.Fatalf("%d tries at once, %d things told", len(r.queue), len(s.told))
	}
	b.provider.Behave(ssotest.Behaviour{})
	b.now = b.now.Add(renewTimeout + renewPause)
	r.Touch("one", DefaultProvider)
	r.renew(t.Context(), <-r.queue)
	if got := <-s.told; got != "renewed one" {
		t.Errorf("after the outage the session was %s", got)
	}
}

func TestRenewalsThatWaitAreBounded(t *testing.T) {
	_, _, r := renewing(t, ssotest.Behaviour{})
	for i := range 10 * renewQueue {
		r.Touch(fmt.Sprint("session ", i), DefaultProvider)
	}
	if len(r.queue) != renewQueue || len(r.tried) != renewQueue {
		t.Errorf("%d wait, %d are remembered", len(r.queue), len(r.tried))
	}
}

func (b *bench) logoutToken(changes map[string]any, algorithm string) string {
	claims := map[string]any{
		"iss": b.provider.URL, "aud": []any{ssotest.ClientID}, "iat": b.now.Unix(), "exp": b.now.Add(time.Minute).Unix(),
		"jti": "one", "sid": "sid-1", "sub": "subject-1",
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	for name, value := range changes {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	return b.provider.Sign(claims, algorithm)
}

func TestAProviderEndsSessions(t *testing.T) {
	b := newBench(t)
	who, _, failure := b.signIn(t, "")
	if failure != nil {
		t.Fatalf("%s: %v", failure.Code, failure.Err)
	}
	raw := b.logoutToken(nil, "")
	logout, err := b.VerifyLogout(t.Context(), raw)
	if err != nil || !logout.Covers(who.Upstream) || logout.Provider != DefaultProvider {
		t.Fatalf("got %+v, %v", logout, err)
	}
	if _, err := b.VerifyLogout(t.Context(), raw); !errors.Is(err, ErrLogoutToken) {
		t.Errorf("the second time gave %v", err)
	}
	all, err := b.VerifyLogout(t.Context(), b.logoutToken(map[string]any{"jti": "two", "sid": nil}, ""))
	if err != nil || !all.Covers(who.Upstream) {
		t.Errorf("all sessions: %+v, %v", all, err)
	}
	for name, upstream := range map[string]Upstream{
		"other issuer":  {Issuer: "https://other.example.com", SessionID: "sid-1", IDToken: who.Upstream.IDToken},
		"other session": {Issuer: b.provider.URL, SessionID: "sid-2", IDToken: who.Upstream.IDToken},
		"none":          {},
	} {
		if logout.Covers(upstream) {
			t.Errorf("%s is covered", name)
		}
	}
	if all.Covers(Upstream{Issuer: b.provider.URL, SessionID: "sid-9"}) || (Logout{}).Covers(Upstream{}) {
		t.Error("a session of somebody else is covered")
	}
}

func TestLogoutTokensAreVerified(t *testing.T) {
	b := newBench(t)
	tests := map[string]string{
		"empty": "", "junk": "a.b.c", "long": strings.Repeat("x", maxLogoutToken) + ".e30.e30",
		"foreign key":    b.logoutToken(nil, "foreign"),
		"symmetric":      b.logoutToken(nil, "HS256"),
		"unsigned":       b.logoutToken(nil, "none"),
		"issuer":         b.logoutToken(map[string]any{"iss": "https://evil.example.com"}, ""),
		"audience":       b.logoutToken(map[string]any{"aud": "evil"}, ""),
		"no event":       b.logoutToken(map[string]any{"events": nil}, ""),
		"an id token":    b.logoutToken(map[string]any{"nonce": "n"}, ""),
		"nobody":         b.logoutToken(map[string]any{"sub": nil, "sid": nil}, ""),
		"old":            b.logoutToken(map[string]any{"iat": b.now.Add(-logoutLife - time.Second).Unix()}, ""),
		"expired":        b.logoutToken(map[string]any{"exp": b.now.Add(-time.Second).Unix()}, ""),
		"from tomorrow":  b.logoutToken(map[string]any{"iat": b.now.Add(24 * time.Hour).Unix()}, ""),
		"without an id":  b.logoutToken(map[string]any{"jti": nil}, ""),
		"without an end": b.logoutToken(map[string]any{"exp": nil}, ""),
	}
	for name, raw := range tests {
		if logout, err := b.VerifyLogout(t.Context(), raw); !errors.Is(err, ErrLogoutToken) {
			t.Errorf("%s: got %+v, %v", name, logout, err)
		}
	}
}

func FuzzVerifyLogout(f *testing.F) {
	b := newBench(f)
	f.Add(b.logoutToken(map[string]any{"nonce": "n"}, ""))
	f.Add("e30.eyJpc3MiOiJ4In0.e30")
	f.Add("a.b")
	f.Fuzz(func(t *testing.T, raw string) {
		if logout, err := b.VerifyLogout(t.Context(), raw); err == nil {
			t.Fatalf("%q ends %+v", raw, logout)
		}
	})
}

func FuzzAlgorithmOf(f *testing.F) {
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, raw string) {
		algorithm, err := algorithmOf(raw)
		if err != nil && algorithm != "" {
			t.Fatalf("%q has %q and %v", raw, algorithm, err)
		}
		if subject := subjectOf(raw); len(subject) > maxName {
			t.Fatalf("%q is about %q", raw, subject)
		}
	})
}

func TestWhereBrowsersGoAfterTheySignedOut(t *testing.T) {
	b := newBench(t)
	upstream := Upstream{Issuer: b.provider.URL, IDToken: "the-token"}
	if got := b.LogoutURL(DefaultProvider, upstream); got != "" {
		t.Errorf("before anything is known of the provider: %q", got)
	}
	b.begin(t, Start{})
	if got, want := b.LogoutURL(DefaultProvider, upstream), b.provider.URL+"/logout?client_id=pulse&id_token_hint=the-token"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	upstream.Issuer = "https://old.example.com"
	if got, want := b.LogoutURL(DefaultProvider, upstream), b.provider.URL+"/logout?client_id=pulse"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b.set(t, DefaultProvider, func(s *Settings) { s.LogoutURL = "https://idp.example.com/bye" })
	if got := b.LogoutURL(DefaultProvider, upstream); got != "https://idp.example.com/bye" {
		t.Errorf("got %q", got)
	}
	if got := b.LogoutURL("unknown", upstream); got != "" {
		t.Errorf("an unknown provider has %q", got)
	}
}
