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
	tokens []Token
	err    error
}

func (r *records) Tokens(context.Context) ([]Token, error) { return r.tokens, r.err }

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
