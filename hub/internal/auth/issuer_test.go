package auth

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// bench is an issuer over a real store, which can be opened anew.
type bench struct {
	*Issuer
	tokens StoredTokens
	now    time.Time
	close  func() error
}

// open begins over the store in a folder, as a hub that starts.
func open(t *testing.T, dir string) *bench {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := &bench{tokens: StoredTokens{db}, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), close: db.Close}
	now := func() time.Time { return b.now }
	a := New(Options{Configured: ConfiguredTokens("configured"), Records: b.tokens, Now: now})
	if err := a.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Issuer = NewIssuer(IssuerOptions{Store: b.tokens, Authenticator: a, Logger: hclog.NewNullLogger(), Now: now})
	return b
}

func (b *bench) valid(raw string) bool {
	_, err := b.options.Authenticator.Recognize(raw)
	return err == nil
}

func TestTokensAreMadeAndRevoked(t *testing.T) {
	b := open(t, t.TempDir())
	draft := TokenDraft{Name: " agent ", Scopes: []Scope{ScopeHostReport, ScopeHostManage, ScopeHostReport}}
	raw, made, err := b.Create(t.Context(), draft, NewPerson(MethodSession, "anna", "", Administrator()))
	if err != nil {
		t.Fatal(err)
	}
	want := Token{
		ID: made.ID, Name: "agent", Hash: HashToken(raw), Prefix: raw[:6], Suffix: raw[60:], Created: b.now,
		Scopes: []Scope{ScopeHostManage, ScopeHostReport}, Owner: "anna",
	}
	stored, err := b.tokens.Tokens(t.Context())
	if diff := cmp.Diff([]Token{want}, stored); err != nil || diff != "" || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(raw) {
		t.Errorf("token %q: %v %s", raw, err, diff)
	}
	b.now = b.now.Add(time.Minute)
	principal, err := b.options.Authenticator.Recognize(raw)
	if err != nil || !principal.Has(ScopeHostReport) || principal.Has(ScopeMonitoringRead) {
		t.Fatalf("the new token is %+v, %v", principal, err)
	}
	if _, _, err := b.Create(t.Context(), TokenDraft{Name: "later"}, Local()); err != nil {
		t.Fatal(err)
	}
	list := b.List()
	if len(list) != 3 || list[0].Name != "later" || list[0].Owner != "" || !list[0].LastUsed.IsZero() || !list[1].LastUsed.Equal(b.now) {
		t.Errorf("the list is %+v", list)
	}
	if _, err := b.Revoke(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	if b.valid(raw) {
		t.Error("a revoked token is valid")
	}
	if _, err := b.Revoke(t.Context(), made.ID); !errors.Is(err, ErrUnknownToken) {
		t.Errorf("revoking it again gave %v", err)
	}
}

// TestRevokedTokensStayRevoked, those of the configuration too, when the hub starts again with the same configuration.
func TestRevokedTokensStayRevoked(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	id := ConfiguredTokens("configured")[0].ID
	if _, err := b.RevokeMade(t.Context(), id); !errors.Is(err, ErrUnknownToken) || !b.valid("configured") {
		t.Errorf("removing a machine revoked the token of many: %v", err)
	}
	if _, err := b.Revoke(t.Context(), id); err != nil || b.valid("configured") {
		t.Errorf("revoking a token of the configuration gave %v", err)
	}
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
	if b = open(t, dir); b.valid("configured") {
		t.Error("a revoked token of the configuration is valid again")
	}
}

func TestReplacingLeavesOneToken(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	before, _, err := b.Create(t.Context(), TokenDraft{Name: "n"}, Local())
	if err != nil {
		t.Fatal(err)
	}
	chosen := strings.Repeat("c", 64)
	raw, token, err := b.Replace(t.Context(), "Primary token", chosen, Local())
	if err != nil || raw != chosen || token.Prefix != "cccccc" {
		t.Fatalf("replacing gave %q %+v %v", raw, token, err)
	}
	if !b.valid(chosen) || b.valid(before) || b.valid("configured") || len(b.List()) != 1 {
		t.Errorf("valid are %+v", b.List())
	}
	for _, bad := range []string{"short", strings.Repeat("l", 513)} {
		if _, _, err := b.Replace(t.Context(), "n", bad, Local()); !errors.Is(err, ErrTokenLength) || !b.valid(chosen) {
			t.Errorf("%.10q gave %v", bad, err)
		}
	}
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
	if b = open(t, dir); !b.valid(chosen) || b.valid("configured") {
		t.Errorf("after a start valid are %+v", b.List())
	}
}

func TestTokensThatMakeNoSenseAreRefused(t *testing.T) {
	admin := NewPerson(MethodSession, "anna", "", Administrator())
	b := open(t, t.TempDir())
	raw, _, err := b.Create(t.Context(), TokenDraft{Name: "n", Scopes: []Scope{ScopeSettingsWrite}}, admin)
	if err != nil {
		t.Fatal(err)
	}
	writer, err := b.options.Authenticator.Recognize(raw)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		draft TokenDraft
		by    *Principal
		want  error
	}{
		"no name":               {TokenDraft{Name: " "}, admin, ErrName},
		"long name":             {TokenDraft{Name: strings.Repeat("n", 201)}, admin, ErrName},
		"no scopes":             {TokenDraft{Name: "n", Scopes: []Scope{}}, admin, ErrNoScopes},
		"unknown scope":         {TokenDraft{Name: "n", Scopes: []Scope{"root"}}, admin, &UnknownScopeError{"root"}},
		"all and one":           {TokenDraft{Name: "n", Scopes: []Scope{ScopeMonitoringRead, ScopeAll}}, admin, ErrScopes},
		"over already":          {TokenDraft{Name: "n", Expires: b.now}, admin, ErrExpires},
		"wider than a token":    {TokenDraft{Name: "n"}, writer, &WiderError{ScopeAll}},
		"another scope":         {TokenDraft{Name: "n", Scopes: []Scope{ScopeMonitoringRead}}, writer, &WiderError{ScopeMonitoringRead}},
		"wider than a role":     {TokenDraft{Name: "n", Scopes: []Scope{ScopeSettingsRead}}, NewPerson(MethodSession, "v", "", Viewer()), &WiderError{ScopeSettingsRead}},
		"everything by a proxy": {TokenDraft{Name: "n"}, NewPerson(MethodProxy, "p", "", Operator()), &WiderError{ScopeAll}},
	}
	for name, tt := range tests {
		if _, _, err := b.Create(t.Context(), tt.draft, tt.by); err == nil || err.Error() != tt.want.Error() {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if len(b.List()) != 2 {
		t.Errorf("a token that was refused was kept: %+v", b.List())
	}
	if _, _, err := b.Create(t.Context(), TokenDraft{Name: "n", Scopes: []Scope{ScopeSettingsWrite}}, writer); err != nil {
		t.Errorf("its own scope gave %v", err)
	}
}

func TestTokensAreBounded(t *testing.T) {
	b := open(t, t.TempDir())
	change := func(id string, limit int) error {
		return b.tokens.Change(t.Context(), TokenChange{Put: []Token{{ID: id, Hash: HashToken(id)}}}, limit)
	}
	if err := errors.Join(change("a", 2), change("b", 2)); err != nil {
		t.Fatal(err)
	}
	if err := change("c", 2); !errors.Is(err, ErrTooManyTokens) {
		t.Errorf("one too many gave %v", err)
	}
	if kept, err := b.tokens.Tokens(t.Context()); err != nil || len(kept) != 2 {
		t.Errorf("kept are %+v, %v", kept, err)
	}
}

// TestUseOfTokensSurvivesARestart, and a token revoked meanwhile does not come back by it.
func TestUseOfTokensSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	raw, used, err := b.Create(t.Context(), TokenDraft{Name: "used"}, Local())
	if err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(time.Hour)
	if !b.valid(raw) {
		t.Fatal("the token is not valid")
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
	at := b.now
	b = open(t, dir)
	if list := b.List(); len(list) != 2 || list[0].ID != used.ID || !list[0].LastUsed.Equal(at) {
		t.Errorf("after a start there are %+v", list)
	}
	change := TokenChange{Put: []Token{used}, Remove: []string{used.ID}}
	if _, err := b.Revoke(t.Context(), used.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.tokens.Change(t.Context(), change, MaxTokens); !errors.Is(err, ErrUnknownToken) {
		t.Errorf("writing down the use of a revoked token gave %v", err)
	}
}
