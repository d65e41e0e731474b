package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type records struct {
	tokens  []Token
	revoked map[string]bool
	err     error
}

func (r *records) Tokens(context.Context) ([]Token, error) { return r.tokens, r.err }

// RevokedHashes is part of Records.
func (r *records) RevokedHashes(context.Context) (map[string]bool, error) { return r.revoked, r.err }

func request(t *testing.T, target string, header ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestTokenIsTakenFromEachPlace(t *testing.T) {
	hashed := HashToken("hashed-secret")
	a := New(Options{Configured: ConfiguredTokens(" alpha-token , " + strings.ToUpper(hashed))})
	tests := []struct {
		name    string
		request *http.Request
		want    error
	}{
		{"header", request(t, "/", "X-API-Token", "alpha-token"), nil},
		{"bearer", request(t, "/", "Authorization", "bEaReR alpha-token"), nil},
		{"query", request(t, "/?a=b&token=alpha-token"), nil},
		{"hash in the configuration", request(t, "/", "X-API-Token", "hashed-secret"), nil},
		{"the hash itself is no token", request(t, "/", "X-API-Token", hashed), ErrBadCredentials},
		{"nothing", request(t, "/"), ErrNoCredentials},
		{"basic is not a token", request(t, "/", "Authorization", "Basic YTpi"), ErrNoCredentials},
		{"wrong", request(t, "/", "X-API-Token", "alpha-tokeN"), ErrBadCredentials},
		{"header wins over query", request(t, "/?token=alpha-token", "X-API-Token", "wrong"), ErrBadCredentials},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			principal, err := a.Authenticate(tt.request)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Authenticate gave %v, want %v", err, tt.want)
			}
			if err == nil && !principal.Has(ScopeSettingsWrite) {
				t.Error("a configured token should be allowed everything")
			}
		})
	}
}

func TestNothingConfiguredRecognisesNobody(t *testing.T) {
	a := New(Options{})
	if a.Configured() {
		t.Error("Configured is true without tokens")
	}
	if _, err := a.Authenticate(request(t, "/", "X-API-Token", "any")); !errors.Is(err, ErrBadCredentials) {
		t.Errorf("Authenticate gave %v, want ErrBadCredentials", err)
	}
}

func TestRecordedTokensComeAndGo(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	kept := &records{tokens: []Token{
		{ID: "t1", Name: "dashboard", Hash: HashToken("one"), Scopes: []Scope{ScopeMonitoringRead}, Created: now},
		{ID: "t2", Name: "all", Hash: HashToken("two")},
		{ID: "t3", Name: "broken", Hash: "zz"},
	}}
	a := New(Options{Records: kept, Now: func() time.Time { return now }})
	if err := a.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := a.Authenticate(request(t, "/", "X-API-Token", "one"))
	if err != nil {
		t.Fatal(err)
	}
	if !p.Has(ScopeMonitoringRead) || p.Has(ScopeSettingsRead) {
		t.Error("scopes of the record are not kept to")
	}
	if all, err := a.Authenticate(request(t, "/", "X-API-Token", "two")); err != nil || !all.Has(ScopeHostReport) {
		t.Errorf("a record without scopes allows everything: %v", err)
	}
	if newest, _ := a.Newest(); newest.ID != "t1" {
		t.Errorf("newest is %q, want t1", newest.ID)
	}
	kept.err = errors.New("disk")
	if err := a.Reload(t.Context()); err == nil {
		t.Error("Reload hid the error of the store")
	}
	kept.err, kept.tokens = nil, kept.tokens[1:]
	if err := a.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(request(t, "/", "X-API-Token", "one")); !errors.Is(err, ErrBadCredentials) {
		t.Errorf("revoked token gave %v, want ErrBadCredentials", err)
	}
}

func TestHintShowsOnlyTheEnds(t *testing.T) {
	long := "0123456789abcdef0123456789"
	got := []string{ConfiguredTokens(long)[0].Hint("..."), ConfiguredTokens("short")[0].Hint("...")}
	if diff := cmp.Diff([]string{"012345...6789", ""}, got); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	a := New(Options{Configured: ConfiguredTokens("alpha-token")})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-API-Token", "alpha-token")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Authenticate(r); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTokensEnd(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	kept := &records{tokens: []Token{{ID: "t1", Hash: HashToken("one"), Expires: now.Add(time.Minute)}}}
	a := New(Options{Records: kept, Now: func() time.Time { return now }})
	if err := a.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Recognize("one"); err != nil {
		t.Errorf("before its end a token gave %v", err)
	}
	now = now.Add(time.Minute)
	if _, err := a.Recognize("one"); !errors.Is(err, ErrBadCredentials) {
		t.Errorf("at its end a token gave %v", err)
	}
}

func TestTokensAreNeverWiderThanTheirMaker(t *testing.T) {
	roles := map[string]Role{"anna": Administrator(), "ben": Viewer()}
	kept := &records{tokens: []Token{
		{ID: "t1", Hash: HashToken("anna's"), Owner: "anna"}, {ID: "t2", Hash: HashToken("ben's"), Owner: "ben"}, {ID: "t3", Hash: HashToken("gone's"), Owner: "gone"},
	}}
	a := New(Options{Records: kept, RoleOf: func(name string) (Role, bool) { role, ok := roles[name]; return role, ok }})
	if err := a.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	change := Permission{ResourceSettings, ActionWrite}
	for raw, want := range map[string]bool{"anna's": true, "ben's": false} {
		p, err := a.Recognize(raw)
		if err != nil || p.May(change) != want || !p.Has(ScopeSettingsWrite) {
			t.Errorf("%s may change settings: %+v, %v", raw, p, err)
		}
	}
	if _, err := a.Recognize("gone's"); !errors.Is(err, ErrBadCredentials) {
		t.Errorf("a token of somebody who is no user any more gave %v", err)
	}
	roles["anna"] = Operator()
	if p, err := a.Recognize("anna's"); err != nil || p.May(change) {
		t.Errorf("a token did not follow its maker: %+v, %v", p, err)
	}
}
