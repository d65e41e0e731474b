package stream

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

func TestOrigins(t *testing.T) {
	token, cookie := &auth.Principal{Method: auth.MethodToken}, &auth.Principal{Method: auth.MethodSession}
	proxy := auth.Origin{Trusted: true}
	tls := auth.Origin{Secure: true}
	const own = "hub.example.com:7655"
	tests := []struct {
		origin, allowed string
		from            auth.Origin
		header          http.Header
		token, cookie   bool
	}{
		{origin: "", token: true, cookie: true},
		{origin: "http://" + own, token: true, cookie: true},
		{origin: "https://" + own, token: true, cookie: true}, // a proxy may have taken the encryption off
		{origin: "https://" + own, from: tls, token: true, cookie: true},
		{origin: "http://" + own, from: tls},
		{origin: "http://" + own, from: proxy, header: http.Header{"X-Forwarded-Proto": {"https"}}},
		{origin: "http://hub.example.com"},
		{origin: "https://evil.example.com"},
		{origin: "https://evil.example.com", header: http.Header{"X-Forwarded-Host": {"evil.example.com"}, "X-Forwarded-Proto": {"https"}}},
		{origin: "https://pulse.example.com", from: proxy, header: http.Header{"X-Forwarded-Host": {"pulse.example.com, x"}}, token: true, cookie: true},
		{origin: "http://192.168.1.4", token: true},
		{origin: "http://nas.lan", token: true},
		{origin: "http://localhost:3000", token: true},
		{origin: "http://a.b.c.local"},
		{origin: "http://192.168.1.4", allowed: "https://ui.example.com"},
		{origin: "https://ui.example.com", allowed: "https://x.example, https://ui.example.com/", token: true, cookie: true},
		{origin: "https://evil.example.com", allowed: "*", token: true},
		{origin: "null"},
		{origin: "null", allowed: "*"},
	}
	for _, tt := range tests {
		for principal, want := range map[*auth.Principal]bool{token: tt.token, cookie: tt.cookie, nil: tt.cookie} {
			r := httptest.NewRequest(http.MethodGet, "http://"+own+"/ws", nil)
			for name, values := range tt.header {
				r.Header[name] = values
			}
			r.Header.Set("Origin", tt.origin)
			if got := originAllowed(WithCaller(r, tt.from, principal), tt.allowed); got != want {
				t.Errorf("origin %q with %q allowed, %v, from %+v as %+v: %v, want %v", tt.origin, tt.allowed, tt.header, tt.from, principal, got, want)
			}
		}
	}
}

// TestWhoSendsItByThemselvesIsNotDeliberate names every method: a new one is to be thought about.
func TestWhoSendsItByThemselvesIsNotDeliberate(t *testing.T) {
	for method, want := range map[auth.Method]bool{
		auth.MethodToken: true, auth.MethodLocal: true, auth.MethodSession: false, auth.MethodOIDC: false, auth.MethodSAML: false,
		auth.MethodBasic: false, auth.MethodProxy: false, auth.MethodRecovery: false, auth.MethodDevelopment: false,
	} {
		if got := (caller{principal: &auth.Principal{Method: method}}).deliberate(); got != want {
			t.Errorf("%s: got %v", method, got)
		}
	}
}

// TestARequestNobodyLookedAtIsBelievedLittle has one that did not come through the routes.
func TestARequestNobodyLookedAtIsBelievedLittle(t *testing.T) {
	for origin, want := range map[string]bool{"http://hub.example.com": true, "http://192.168.1.4": false, "https://x.example.com": false} {
		r := httptest.NewRequest(http.MethodGet, "http://hub.example.com/ws?token=x", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("X-Forwarded-Host", "x.example.com")
		if got := originAllowed(r, ""); got != want {
			t.Errorf("%s: got %v", origin, got)
		}
	}
}
