package auth

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/chronicle"
)

// AddToken is part of TokenStore.
func (r *records) AddToken(_ context.Context, token Token, limit int) error {
	if len(r.tokens) >= limit {
		return ErrTooManyTokens
	}
	r.tokens = append(r.tokens, token)
	return r.err
}

// DeleteToken is part of TokenStore.
func (r *records) DeleteToken(_ context.Context, id string) (Token, error) {
	i := slices.IndexFunc(r.tokens, func(t Token) bool { return t.ID == id })
	if i < 0 {
		return Token{}, ErrUnknownToken
	}
	token := r.tokens[i]
	r.tokens = slices.Delete(r.tokens, i, i+1)
	return token, nil
}

// changes remembers what was written down; with an error it cannot.
type changes struct {
	events []chronicle.Event
	err    error
}

func (c *changes) Add(_ context.Context, event chronicle.Event) error {
	c.events = append(c.events, event)
	return c.err
}

type bench struct {
	*Issuer
	store         *records
	authenticator *Authenticator
	changes       *changes
	now           time.Time
}

func newBench() *bench {
	b := &bench{store: &records{}, changes: &changes{}, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	now := func() time.Time { return b.now }
	b.authenticator = New(Options{Configured: ConfiguredTokens("configured"), Records: b.store, Now: now})
	b.Issuer = NewIssuer(IssuerOptions{
		Store: b.store, Authenticator: b.authenticator, Changes: b.changes, Logger: hclog.NewNullLogger(), Now: now,
	})
	return b
}

func TestTokensAreMadeAndRevoked(t *testing.T) {
	b := newBench()
	raw, made, err := b.Create(t.Context(), TokenDraft{Name: " agent ", Scopes: []Scope{ScopeHostReport, ScopeHostManage, ScopeHostReport}}, "anna")
	if err != nil {
		t.Fatal(err)
	}
	want := Token{
		ID: made.ID, Name: "agent", Hash: HashToken(raw), Prefix: raw[:6], Suffix: raw[60:], Created: b.now,
		Scopes: []Scope{ScopeHostManage, ScopeHostReport},
	}
	if diff := cmp.Diff([]Token{want}, b.store.tokens); diff != "" || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(raw) {
		t.Errorf("token %q: %s", raw, diff)
	}
	b.now = b.now.Add(time.Minute)
	principal, err := b.authenticator.Authenticate(request(t, "/", "X-API-Token", raw))
	if err != nil || !principal.Has(ScopeHostReport) || principal.Has(ScopeMonitoringRead) {
		t.Fatalf("the new token is %+v, %v", principal, err)
	}
	if _, _, err := b.Create(t.Context(), TokenDraft{Name: "later"}, "anna"); err != nil {
		t.Fatal(err)
	}
	list, err := b.List(t.Context())
	if err != nil || len(list) != 2 || list[0].Name != "later" || !list[0].LastUsed.IsZero() || !list[1].LastUsed.Equal(b.now) {
		t.Errorf("the list is %+v, %v", list, err)
	}
	b.changes.err = errors.New("disk is full") // is no reason to keep a token
	if err := b.Revoke(t.Context(), made.ID, "ben"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.authenticator.Authenticate(request(t, "/", "X-API-Token", raw)); !errors.Is(err, ErrBadCredentials) {
		t.Errorf("a revoked token gave %v", err)
	}
	var told []string
	for _, event := range b.changes.events {
		told = append(told, event.Actor+" "+event.What+" "+event.Detail)
	}
	if diff := cmp.Diff([]string{"anna created agent", "anna created later", "ben revoked agent"}, told); diff != "" {
		t.Error(diff)
	}
}

func TestTokensThatMakeNoSenseAreRefused(t *testing.T) {
	tests := map[string]struct {
		draft TokenDraft
		want  error
	}{
		"no name":       {TokenDraft{Name: " "}, ErrName},
		"long name":     {TokenDraft{Name: strings.Repeat("n", 201)}, ErrName},
		"no scopes":     {TokenDraft{Name: "n", Scopes: []Scope{}}, ErrNoScopes},
		"unknown scope": {TokenDraft{Name: "n", Scopes: []Scope{"root"}}, &UnknownScopeError{"root"}},
		"all and one":   {TokenDraft{Name: "n", Scopes: []Scope{ScopeMonitoringRead, ScopeAll}}, ErrScopes},
	}
	b := newBench()
	for name, tt := range tests {
		_, _, err := b.Create(t.Context(), tt.draft, "anna")
		if err == nil || err.Error() != tt.want.Error() {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if err := b.Revoke(t.Context(), ConfiguredTokens("configured")[0].ID, "anna"); !errors.Is(err, ErrUnknownToken) {
		t.Errorf("revoking a token of the configuration gave %v", err)
	}
	b.store.tokens = make([]Token, MaxTokens)
	if _, _, err := b.Create(t.Context(), TokenDraft{Name: "n"}, "anna"); !errors.Is(err, ErrTooManyTokens) {
		t.Errorf("one too many gave %v", err)
	}
	if len(b.store.tokens) != MaxTokens || len(b.changes.events) != 0 {
		t.Error("a token that was refused was kept")
	}
}
