package api_test

import (
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

// echo is a route that only callers may read, and tells how they were recognised.
func echo(routes []route.Route) []route.Route {
	tell := func(c *route.Call) (any, error) {
		return map[string]any{"method": c.Principal.Method, "user": c.Principal.User, "role": c.Principal.Role.Name, "client": c.Client.String(), "headers": c.Request.Header}, nil
	}
	return append(routes, route.Route{Path: "/api/echo", Access: route.Authenticated(), Handle: tell},
		route.Route{Path: "/api/echo/{name}", Access: route.Authenticated(), Handle: tell},
		route.Route{Methods: []string{"POST"}, Path: "/api/echo", Access: route.Authenticated(), MaxBody: 1000, Unaudited: "nothing is changed", Handle: tell})
}

func TestNothingIsOpenWhereNobodyCanSignIn(t *testing.T) {
	f := build(t, plan{routes: echo}) // contract 0.2, point 3
	for _, where := range []string{here, home, away} {
		f.want(401, "GET", "/api/echo", "", from(where))
		f.want(401, "GET", "/api/security/tokens", "", from(where))
		f.want(401, "POST", "/api/security/tokens", "", from(where))
		f.want(200, "GET", "/api/security/status", "", from(where))
		f.want(200, "GET", "/api/health", "", from(where))
	}
}

func TestTokensWorkEverywhereAndEveryWay(t *testing.T) {
	for name, f := range map[string]*fortress{ // contract 0.2, "API-only mode"
		"where nobody has a password": build(t, plan{routes: echo}), "where somebody has": owned(t, plan{routes: echo}),
		"of the configuration": build(t, plan{routes: echo, tokens: []string{"plain-token-123456"}}),
	} {
		raw := "plain-token-123456"
		if f.plan.tokens == nil {
			raw = f.mint("all")
		}
		for _, how := range []with{token(raw), header("Authorization", "Bearer "+raw), header("Authorization", "bearer "+raw), func(r *http.Request) { r.URL.RawQuery = "token=" + raw }} {
			if w := f.call("GET", "/api/echo", "", how); w.Code != 200 {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
		f.want(401, "GET", "/api/echo", "", token(raw+"x"))
	}
}

func TestBasicOpensNoSession(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 0.2, point 7
	for range 3 {
		w := f.want(200, "GET", "/api/echo", "", basic("owner", ownerPassword))
		if got := w.Header()["Set-Cookie"]; got != nil || len(f.Sessions.List("")) != 0 {
			t.Errorf("cookies %v and sessions %v", got, f.Sessions.List(""))
		}
	}
	f.want(401, "GET", "/api/echo", "", basic("owner", "wrong"))
	f.want(401, "GET", "/api/echo", "", basic("nobody", ownerPassword))
}

func TestBasicIsRefusedInOneDocumentWhileLocked(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 0.1
	for range 5 {
		f.want(401, "GET", "/api/echo", "", basic("owner", "wrong"))
	}
	got := members(t, f.want(403, "GET", "/api/echo", "", basic("owner", ownerPassword)).Body.Bytes())
	if got["error"] != "Account temporarily locked" || got["lockedUntil"] == "" || !strings.HasPrefix(got["message"].(string), "Too many failed attempts.") {
		t.Errorf("got %v", got)
	}
	f.want(200, "GET", "/api/echo", "", basic("owner", ownerPassword), from(home))
}

func TestBasicTakesNoOneWithASecondFactor(t *testing.T) {
	f := owned(t, plan{routes: echo})
	f.want(200, "GET", "/api/echo", "", basic("owner", ownerPassword))
	f.secondFactor("owner")
	f.want(401, "GET", "/api/echo", "", basic("owner", ownerPassword)) // although it was right a moment ago
	// The right password is no success: codes cannot be guessed on and on with it in between.
	for range 4 {
		f.want(401, "POST", "/api/login", strings.Replace(login("owner", ownerPassword), "}", `,"code":"000000"}`, 1))
	}
	f.want(401, "GET", "/api/echo", "", basic("owner", ownerPassword))
	got := members(t, f.want(401, "POST", "/api/login", strings.Replace(login("owner", ownerPassword), "}", `,"code":"000000"}`, 1)).Body.Bytes())
	if got["locked"] != true {
		t.Errorf("the fifth wrong code gave %v", got)
	}
}

func TestNoSuffixOpensTheAPI(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 0.5
	for _, suffix := range []string{".js", ".css", ".map", ".ts", ".tsx", ".mjs", ".jsx"} {
		f.want(401, "GET", "/api/echo/x"+suffix, "")
		f.want(401, "GET", "/api/security/tokens/x"+suffix, "")
		f.want(401, "DELETE", "/api/security/tokens/x"+suffix, "")
		f.want(401, "GET", "/api/nothing"+suffix, "")
	}
}

// proxied sends the headers of the reverse proxy. A nil role sends no header for roles.
func proxied(user string, role *string) with {
	return func(r *http.Request) {
		r.Header.Set("X-Proxy-Secret", "proxy secret")
		r.Header.Set("X-User", user)
		if role != nil {
			r.Header.Set("X-Roles", *role)
		}
	}
}

func behindProxy() plan {
	return plan{routes: echo, signIn: config.SignIn{Proxy: config.Proxy{Secret: "proxy secret", UserHeader: "X-User", RoleHeader: "X-Roles"}}}
}

func TestProxyUsersWithoutTheRoleAreNoAdministrators(t *testing.T) {
	f := owned(t, behindProxy()) // contract 8
	for name, role := range map[string]*string{"absent": nil, "empty": new(""), "another": new("staff|users"), "in part": new("administrators")} {
		if got := members(t, f.want(200, "GET", "/api/echo", "", proxied("bob", role)).Body.Bytes()); got["role"] == "admin" {
			t.Errorf("a role that is %s makes %v", name, got)
		}
	}
	if got := members(t, f.want(200, "GET", "/api/echo", "", proxied("bob", new("staff | admin"))).Body.Bytes()); got["role"] != "admin" || got["method"] != "proxy" {
		t.Errorf("an administrator is %v", got)
	}
	for _, wrong := range []string{"", "proxy secre", "proxy secret2"} {
		f.want(401, "GET", "/api/echo", "", proxied("bob", new("admin")), header("X-Proxy-Secret", wrong))
	}
	// A wrong secret keeps no other way in from working.
	f.want(200, "GET", "/api/echo", "", proxied("bob", nil), header("X-Proxy-Secret", "wrong"), basic("owner", ownerPassword))
}

func TestProxyUsersWithoutTheRoleAreRefused(t *testing.T) {
	f := owned(t, behindProxy()) // contract 0.6
	bob := proxied("bob", new("staff"))
	for _, one := range [][3]string{
		{"POST", "/api/security/reset-lockout", `{"identifier":"owner"}`},
		{"POST", "/api/security/regenerate-token", ""},
		{"POST", "/api/security/validate-token", `{"token":"x"}`},
		{"POST", "/api/security/apply-restart", ""},
		{"POST", "/api/security/change-password", `{"currentPassword":"` + ownerPassword + `","newPassword":"` + otherPassword + `"}`},
		{"POST", "/api/security/quick-setup", strings.Replace(setupNow, "}", `,"force":true}`, 1)},
		{"POST", "/api/test-notification", ""},
		{"PUT", "/api/alerts/config", "{}"},
		{"POST", "/api/alerts/activate", ""},
		{"GET", "/api/security/tokens", ""},
		{"POST", "/api/security/tokens", ""},
		{"DELETE", "/api/security/tokens/x", ""},
		{"PUT", "/api/security/oidc", "{}"},
		{"GET", "/api/security/oidc", ""},
		{"POST", "/api/agent-install-command", `{"type":"pve"}`},
		{"POST", "/api/diagnostics/docker/prepare-token", "{}"},
		{"GET", "/api/users", ""},
		{"POST", "/api/users", "{}"},
		{"GET", "/api/notifications/email", ""},
	} {
		f.clock.pass(61e9)
		w := f.want(403, one[0], one[1], one[2], bob)
		if got := members(t, w.Body.Bytes()); one[1] != "/api/security/change-password" && got["error"] != "Admin privileges required" {
			t.Errorf("%s %s: %v", one[0], one[1], got)
		}
	}
	if len(f.Issuer.List()) != 0 || f.Users.Count() != 1 {
		t.Error("something was changed nevertheless")
	}
}

func TestNameOfAProxyUserIsNoAccountHere(t *testing.T) {
	f := owned(t, behindProxy())
	page := f.enter("owner", ownerPassword)
	id := f.Sessions.List("owner")[0].ID
	same := proxied("owner", new("staff"))
	for _, path := range []string{"totp/begin", "totp/confirm", "totp/disable", "totp/recovery-codes", "passkeys/begin", "passkeys/finish"} {
		f.want(403, "POST", "/api/security/"+path, "{}", same)
	}
	f.want(403, "DELETE", "/api/security/sessions/"+id, "", same)
	if got := f.want(200, "GET", "/api/security/sessions", "", same).Body.String(); strings.Contains(got, id) {
		t.Errorf("sessions of somebody else are told: %s", got)
	}
	f.want(403, "POST", "/api/security/change-password", `{"currentPassword":"`+ownerPassword+`","newPassword":"`+otherPassword+`"}`, same)
	f.want(200, "GET", "/api/echo", "", page.send)
}

func TestHandlersNeverSeeTheProxysHeaders(t *testing.T) {
	f := owned(t, behindProxy())
	raw := f.mint("all")
	for name, how := range map[string]with{
		"of the proxy": proxied("bob", new("admin")),
		"of a stranger with a token": func(r *http.Request) {
			proxied("bob", new("admin"))(r)
			header("X-Proxy-Secret", "guessed")(r)
			token(raw)(r)
		},
	} {
		got := f.want(200, "GET", "/api/echo", "", how).Body.String()
		if strings.Contains(got, "Proxy-Secret") || strings.Contains(got, "X-User") || strings.Contains(got, "X-Roles") {
			t.Errorf("headers %s reach a handler: %s", name, got)
		}
	}
}

func TestAddressIsTheRightmostUnknownHop(t *testing.T) {
	f := owned(t, plan{routes: echo, proxies: "10.0.0.0/8"}) // contract 6.3
	raw := f.mint("all")
	for _, tt := range []struct{ peer, forwarded, want string }{
		{away, "1.2.3.4", away},
		{"10.0.0.1", "1.2.3.4, 198.51.100.9", "198.51.100.9"},
		{"10.0.0.1", "1.2.3.4, 198.51.100.9, 10.0.0.2", "198.51.100.9"},
		{"10.0.0.1", "garbage, 198.51.100.9", "198.51.100.9"},
	} {
		got := members(t, f.want(200, "GET", "/api/echo", "", token(raw), from(tt.peer), header("X-Forwarded-For", tt.forwarded)).Body.Bytes())
		if got["client"] != tt.want {
			t.Errorf("%v: the caller is at %v", tt, got["client"])
		}
	}
	// contract 6.2: another port, or another left end of the list, is no other caller.
	for i := range 12 {
		w := f.call("POST", "/api/login", login("x", "y"), from("10.0.0.1"), header("X-Forwarded-For", "1.1.1."+string(rune('0'+i%10))+", 198.51.100.9"),
			func(r *http.Request) {
				r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(1000+i)).String()
			})
		if limited := w.Code == http.StatusTooManyRequests; limited != (i >= 10) {
			t.Errorf("request %d: %d", i, w.Code)
		}
	}
}

func TestOnlyOneOfSeveralOriginsIsTold(t *testing.T) {
	f := owned(t, plan{origins: "https://a.example, https://b.example"}) // contract 5
	for origin, want := range map[string]string{"https://b.example": "https://b.example", "https://c.example": "", "": ""} {
		w := f.want(200, "GET", "/api/security/status", "", header("Origin", origin))
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want || !slices.Contains(w.Header().Values("Vary"), "Origin") {
			t.Errorf("from %q: %v", origin, w.Header())
		}
	}
}

func TestAddressOfTheHubIsLearntFromNobody(t *testing.T) {
	f := owned(t, plan{}) // contract 11.4
	for _, where := range []string{here, away} {
		f.want(200, "GET", "/api/security/status", "", from(where), func(r *http.Request) { r.Host = "evil.example" }, header("X-Forwarded-Host", "evil.example"))
	}
	got := members(t, f.want(200, "GET", "/api/security/status", "", func(r *http.Request) { r.Host = "pulse.example" }).Body.Bytes())
	if got["agentUrl"] != "http://pulse.example" {
		t.Errorf("agents are sent to %v", got["agentUrl"])
	}
}

func TestSecretsAreSealedOnDisk(t *testing.T) {
	f := owned(t, plan{}) // contract 4.2, 12
	page := f.enter("owner", ownerPassword)
	raw := f.mint("all")
	recovery := members(t, f.want(200, "POST", "/api/security/recovery", `{"action":"generate_token"}`, from(here)).Body.Bytes())["token"].(string)
	if err := f.settings.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(filepath.Join(f.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range kept {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for name, secret := range map[string]string{"session": page.session, "CSRF token": page.csrf, "API token": raw, "recovery token": recovery, "password": ownerPassword, "hash of a password": "$argon2id$"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds a %s in clear", filepath.Base(path), name)
			}
		}
	}
	f.start()
}

func TestScopesBindTokensAlone(t *testing.T) {
	f := owned(t, plan{}) // contract 0.3, 0.4
	reads, writes := token(f.mint("r", auth.ScopeSettingsRead)), token(f.mint("w", auth.ScopeSettingsWrite))
	f.want(200, "GET", "/api/security/tokens", "", reads)
	f.want(403, "GET", "/api/security/tokens", "", writes) // one does not imply the other
	f.want(403, "POST", "/api/security/tokens", "", reads)
	f.want(200, "GET", "/api/security/tokens", "", basic("owner", ownerPassword))
	page := f.enter("owner", ownerPassword)
	f.want(200, "GET", "/api/security/tokens", "", page.send)
}
