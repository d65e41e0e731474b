package callers

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/lockout"
	"github.com/pulse-hub/pulse/hub/internal/auth/session"
	"github.com/pulse-hub/pulse/hub/internal/auth/trustedproxy"
)

// people are users whose password is their name; it counts how often that is looked at.
type people struct {
	users  map[string]account.User
	looked int
}

func (p *people) Get(name string) (account.User, bool) {
	user, ok := p.users[name]
	return user, ok
}

func (p *people) Role(name string) (auth.Role, bool) {
	for _, role := range auth.BuiltInRoles() {
		if role.Name == name {
			return role, true
		}
	}
	return auth.Role{}, false
}

func (p *people) Verify(_ context.Context, name, password string) (account.User, error) {
	p.looked++
	user, ok := p.users[name]
	if !ok || password != name || user.Disabled {
		return account.User{}, account.ErrCredentials
	}
	return user, nil
}

// browsers has one session, whose secret is "s", of a user.
type browsers struct{ user string }

func (b browsers) Find(secret string, _ session.Visitor) (session.Session, bool) {
	return session.Session{ID: "id", User: b.user, Method: auth.MethodSession}, secret == "s"
}
func (b browsers) CheckCSRF(id, token string) bool { return id == "id" && token == "t" }
func (b browsers) NewCSRF(context.Context, string) (string, error) {
	return "", errors.New("disk is full")
}

type bench struct {
	*Chain
	people *people
	now    time.Time
}

func newBench() *bench {
	b := &bench{now: time.Unix(1_800_000_000, 0), people: &people{users: map[string]account.User{
		"anna": {Name: "anna", Role: auth.RoleAdmin}, "bob": {Name: "bob", Role: auth.RoleViewer},
	}}}
	now := func() time.Time { return b.now }
	b.Chain = New(Options{
		Tokens: auth.New(auth.Options{Configured: auth.ConfiguredTokens("a token of sixteen")}), Users: b.people, Sessions: browsers{"bob"},
		Attempts: lockout.New(lockout.Options{Now: now}), Logger: hclog.NewNullLogger(), Now: now,
		Proxy: trustedproxy.New(trustedproxy.Options{Secret: "proxy", UserHeader: "X-User"}),
	})
	return b
}

var (
	nearby = auth.Origin{Client: netip.MustParseAddr("127.0.0.1"), Peer: netip.MustParseAddr("127.0.0.1"), Direct: true}
	afar   = auth.Origin{Client: netip.MustParseAddr("203.0.113.7"), Peer: netip.MustParseAddr("203.0.113.7"), Direct: true}
)

func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/api/state", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func withBasic(name, password string) *http.Request {
	r := request()
	r.SetBasicAuth(name, password)
	return r
}

func TestWaysAreTriedInOrder(t *testing.T) {
	everything := func(but ...string) *http.Request {
		r := request("X-Proxy-Secret", "proxy", "X-User", "carl", "X-API-Token", "a token of sixteen", "Cookie", "pulse_session=s")
		r.SetBasicAuth("anna", "anna")
		for _, name := range but {
			r.Header.Del(name)
		}
		return r
	}
	tests := []struct {
		name    string
		request *http.Request
		want    auth.Method
		err     error
	}{
		{"everything", everything(), auth.MethodProxy, nil},
		{"no proxy", everything("X-Proxy-Secret"), auth.MethodToken, nil},
		{"no token", everything("X-Proxy-Secret", "X-API-Token"), auth.MethodSession, nil},
		{"no cookie", everything("X-Proxy-Secret", "X-API-Token", "Cookie"), auth.MethodBasic, nil},
		{"nothing", everything("X-Proxy-Secret", "X-API-Token", "Cookie", "Authorization"), "", auth.ErrNoCredentials},
		{"wrong token, right cookie", request("X-API-Token", "x", "Cookie", "pulse_session=s"), auth.MethodSession, nil},
		{"proxy that names nobody, right cookie", request("X-Proxy-Secret", "proxy", "Cookie", "pulse_session=s"), auth.MethodSession, nil},
		{"wrong token", request("X-API-Token", "x"), "", auth.ErrBadCredentials},
		{"wrong cookie", request("Cookie", "pulse_session=x"), "", auth.ErrNoCredentials},
		{"wrong password", withBasic("anna", "x"), "", auth.ErrBadCredentials},
	}
	for _, tt := range tests {
		got, err := newBench().Authenticate(tt.request, afar)
		if !errors.Is(err, tt.err) || (got == nil) != (tt.want == "") || got != nil && got.Method != tt.want {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
}

func TestRequestsLoseTheHeadersOfTheProxy(t *testing.T) {
	for _, r := range []*http.Request{
		request("X-Proxy-Secret", "proxy", "X-User", "carl"), request("X-Proxy-Secret", "wrong", "X-User", "carl"), request("X-User", "carl", "X-API-Token", "a token of sixteen"),
	} {
		_, _ = newBench().Authenticate(r, afar)
		if r.Header.Get("X-Proxy-Secret") != "" || r.Header.Get("X-User") != "" {
			t.Errorf("left: %v", r.Header)
		}
	}
}

func TestRightPasswordsAreNotHashedAgainForAWhile(t *testing.T) {
	b := newBench()
	ask := func(want bool, looked int) {
		t.Helper()
		got, err := b.Authenticate(withBasic("anna", "anna"), afar)
		if (err == nil) != want || b.people.looked != looked || want && got.User != "anna" {
			t.Errorf("%+v, %v; looked at %d times, want %d", got, err, b.people.looked, looked)
		}
	}
	ask(true, 1)
	ask(true, 1)
	b.now = b.now.Add(basicKept)
	ask(true, 2)
	changed := b.people.users["anna"]
	changed.PasswordChanged = b.now
	b.people.users["anna"] = changed
	ask(true, 3)
	changed.TOTP = true
	b.people.users["anna"] = changed
	ask(false, 4)
	changed.TOTP, changed.Disabled = false, true
	b.people.users["anna"] = changed
	ask(false, 5)
	delete(b.people.users, "anna")
	ask(false, 6)
}

func TestRememberedPasswordsAreBounded(t *testing.T) {
	c := newBasicCache()
	now := time.Unix(1_800_000_000, 0)
	for i := range 10 * maxBasic {
		c.keep(account.User{Name: strings.Repeat("x", i%60+1)}, strings.Repeat("p", i), now)
	}
	if len(c.good) > maxBasic {
		t.Errorf("%d are remembered", len(c.good))
	}
	// Names and passwords are told apart where one ends and the other begins.
	c.keep(account.User{Name: "ab"}, "c", now)
	if c.holds(account.User{Name: "a"}, "bc", now) {
		t.Error("another name and password are the same")
	}
}

func TestGuessingLocks(t *testing.T) {
	b := newBench()
	for range lockout.MaxAttempts {
		if _, err := b.Authenticate(withBasic("anna", "x"), afar); !errors.Is(err, auth.ErrBadCredentials) {
			t.Fatal(err)
		}
	}
	_, err := b.Authenticate(withBasic("anna", "anna"), afar)
	if locked, ok := errors.AsType[*auth.LockedError](err); !ok || !locked.Until.Equal(b.now.Add(lockout.Length)) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Authenticate(withBasic("anna", "anna"), nearby); err != nil {
		t.Errorf("elsewhere: %v", err)
	}
}

func TestRecoveryIsForThisMachineAndComesLast(t *testing.T) {
	b := newBench()
	b.Recovering = func() bool { return true }
	if got, err := b.Authenticate(request(), nearby); err != nil || got.Method != auth.MethodRecovery || !got.IsAdmin() {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := b.Authenticate(request("Cookie", "pulse_session=s"), nearby); err != nil || got.User != "bob" {
		t.Errorf("somebody who is signed in is %+v, %v", got, err)
	}
	proxied := nearby
	proxied.Direct = false
	for name, from := range map[string]auth.Origin{"elsewhere": afar, "through a proxy": proxied} {
		if got, err := b.Authenticate(request(), from); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestWhoIsGoneIsNotSignedIn(t *testing.T) {
	b := newBench()
	b.people.users["bob"] = account.User{Name: "bob", Role: auth.RoleViewer, Disabled: true}
	if got, err := b.Authenticate(request("Cookie", "pulse_session=s"), afar); err == nil {
		t.Errorf("got %+v", got)
	}
	delete(b.people.users, "bob")
	if got, err := b.Authenticate(request("Cookie", "pulse_session=s"), afar); err == nil {
		t.Errorf("got %+v", got)
	}
	b.people.users["bob"] = account.User{Name: "bob", Role: "role that is gone"}
	if got, err := b.Authenticate(request("Cookie", "pulse_session=s"), afar); err == nil {
		t.Errorf("got %+v", got)
	}
}

func TestGenuineRequestsCarryTheToken(t *testing.T) {
	b := &Browsers{Sessions: browsers{"bob"}, Logger: hclog.NewNullLogger()}
	bob := auth.NewPerson(auth.MethodSession, "bob", "id", auth.Viewer())
	form := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("csrf_token=t"))
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	other := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("csrf_token=t"))
	for name, tt := range map[string]struct {
		request *http.Request
		want    bool
	}{
		"header": {request(CSRFHeader, "t"), true}, "form": {form, true}, "none": {request(), false}, "wrong": {request(CSRFHeader, "x"), false},
		"long": {request(CSRFHeader, strings.Repeat("t", maxCSRF+1)), false}, "cookie alone": {request("Cookie", "pulse_csrf=t"), false}, "no form": {other, false},
	} {
		if got := b.Genuine(tt.request, bob); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	w := httptest.NewRecorder()
	b.Renew(w, request(), bob, afar)
	if len(w.Header()) != 0 {
		t.Errorf("where no token can be made, %v is set", w.Header())
	}
}

func TestFramedPagesNeedOtherCookies(t *testing.T) {
	framed := false
	b := &Browsers{Sessions: browsers{"bob"}, Logger: hclog.NewNullLogger(), Framed: func() bool { return framed }}
	secure := afar
	secure.Secure = true
	for _, tt := range []struct {
		framed bool
		from   auth.Origin
		want   string
	}{{false, secure, "; Secure; SameSite=Lax"}, {true, secure, "; Secure; SameSite=None"}, {true, afar, "; SameSite=Lax"}} {
		framed = tt.framed
		w := httptest.NewRecorder()
		b.SignIn(w, session.Opened{Secret: "s", CSRF: "t"}, tt.from)
		for _, line := range w.Header().Values("Set-Cookie") {
			if !strings.HasSuffix(line, tt.want) {
				t.Errorf("%+v: %s", tt, line)
			}
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	bench := newBench()
	for name, r := range map[string]*http.Request{
		"token": request("X-API-Token", "a token of sixteen"), "cookie": request("Cookie", "pulse_session=s"), "basic": withBasic("anna", "anna"), "stranger": request(),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = bench.Authenticate(r, afar)
			}
		})
	}
}
