package api_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

// setupToken reads the token for the first set-up, as whoever stands at the machine does.
func (f *fortress) setupToken() string {
	f.t.Helper()
	text, err := os.ReadFile(filepath.Join(f.dir, ".bootstrap_token"))
	if err != nil {
		f.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

const (
	primary  = "1a2b3cffffffffffffffffffffffffffffffffffffffffffffffffffffffbeef"
	setupNow = `{"username":"admin","password":"` + ownerPassword + `","apiToken":"` + primary + `"}`
)

// TestWholeLifeIsAnsweredAsRecorded walks through the endpoints from the first run on (contract 1 to 4).
func TestWholeLifeIsAnsweredAsRecorded(t *testing.T) {
	f := build(t, plan{})
	json := func(status int, method, target, body string, how ...with) []byte {
		t.Helper()
		f.clock.pass(61e9) // so that limits of requests are out of the way
		return f.want(status, method, target, body, append([]with{from(home)}, how...)...).Body.Bytes()
	}
	first := securityCapture(t, "status-first-run")
	delete(first, "dockerContainerName") // is there where it is known
	if difference := unlike(first, any(members(t, json(200, "GET", "/api/security/status", "")))); difference != "" {
		t.Errorf("the status of the first run: %s", difference)
	}
	setup := header("X-Setup-Token", f.setupToken())
	json(204, "POST", "/api/security/validate-bootstrap-token", "", setup)
	json(204, "POST", "/api/security/validate-bootstrap-token", `{"token":"`+f.setupToken()+`"}`)
	like(t, "quick-setup-success", json(200, "POST", "/api/security/quick-setup", setupNow, setup), "success", "method", "requiresManualRestart")
	like(t, "status-configured-anonymous", json(200, "GET", "/api/security/status", ""),
		"apiTokenConfigured", "apiTokenHint", "authUsername", "authLastModified", "hasAuthentication", "requiresAuth", "isPrivateNetwork", "publicAccess",
		"credentialsEncrypted", "exportProtected", "unprotectedExportAllowed", "oidcEnabled", "hasProxyAuth")

	like(t, "login-invalid", json(401, "POST", "/api/login", login("admin", "wrong")), "attempts", "error", "maxAttempts", "message", "remaining")
	like(t, "login-success", json(200, "POST", "/api/login", login("admin", ownerPassword)), "message", "success")
	page := f.enter("admin", ownerPassword)
	for _, known := range []with{page.send, token(primary), header("Authorization", "Bearer "+primary), basic("admin", ownerPassword)} {
		like(t, "status-configured-session", json(200, "GET", "/api/security/status", "", known), "apiTokenHint", "authUsername")
	}
	like(t, "quick-setup-skipped", json(200, "POST", "/api/security/quick-setup", setupNow, token(primary)), "skipped", "success")

	like(t, "token-create-scoped", json(200, "POST", "/api/security/tokens", `{"name":"ansible-script","scopes":["monitoring:read"]}`, page.send))
	like(t, "token-create-default", json(200, "POST", "/api/security/tokens", "", page.send))
	like(t, "token-create-default", json(200, "POST", "/api/security/tokens", `{"scopes":null}`, page.send))
	like(t, "tokens-list", json(200, "GET", "/api/security/tokens", "", page.send))
	like(t, "validate-token-valid", json(200, "POST", "/api/security/validate-token", `{"token":"`+primary+`"}`, page.send), "valid", "message")
	like(t, "validate-token-invalid", json(200, "POST", "/api/security/validate-token", `{"token":"none"}`, page.send), "valid", "message")
	regenerated := json(200, "POST", "/api/security/regenerate-token", "", page.send)
	like(t, "regenerate-token", regenerated, "success", "requiresRestart")
	made := members(t, regenerated)["token"].(string)
	json(200, "GET", "/api/security/tokens", "", token(made))
	list := json(200, "GET", "/api/security/tokens", "", page.send)
	like(t, "tokens-list-after-regenerate", list)
	if tokens := members(t, list)["tokens"].([]any); len(tokens) != 1 || tokens[0].(map[string]any)["name"] != "Regenerated token" {
		t.Errorf("after it was regenerated there are %s", list)
	}
	json(401, "GET", "/api/security/tokens", "", token(primary))

	for range 4 {
		json(401, "POST", "/api/login", login("admin", "wrong"), from(away))
	}
	like(t, "login-invalid-now-locked", json(401, "POST", "/api/login", login("admin", "wrong"), from(away)), "error", "locked", "lockoutDuration", "message")
	like(t, "login-account-locked", json(403, "POST", "/api/login", login("admin", ownerPassword), from(away)), "error")
	like(t, "reset-lockout", json(200, "POST", "/api/security/reset-lockout", `{"identifier":"admin"}`, page.send), "success", "message")
	like(t, "login-success", json(200, "POST", "/api/login", login("admin", ownerPassword), from(away)))

	like(t, "apply-restart-unavailable", json(200, "POST", "/api/security/apply-restart", "", page.send), "success")
	like(t, "logout", json(200, "POST", "/api/logout", "{not looked at", page.send), "success", "message")
	json(401, "GET", "/api/security/tokens", "", page.send)

	page = f.enter("admin", ownerPassword)
	changed := members(t, json(200, "POST", "/api/security/change-password", `{"currentPassword":"`+ownerPassword+`","newPassword":"`+otherPassword+`"}`, page.send))
	// A restart is never asked for: the members of installs that need one are left out, as in containers.
	if _, asked := changed["requiresRestart"]; changed["success"] != true || changed["message"] == "" || asked {
		t.Errorf("a changed password gave %v", changed)
	}
	json(401, "GET", "/api/security/tokens", "", page.send)
}

func TestRecoveryIsAnsweredAsRecorded(t *testing.T) {
	f := owned(t, plan{}) // contract 3.4
	order := func(body string) []byte {
		t.Helper()
		return f.want(200, "POST", "/api/security/recovery", body, from(here)).Body.Bytes()
	}
	status := func(name string) {
		t.Helper()
		like(t, name, f.want(200, "GET", "/api/security/recovery", "", from(here)).Body.Bytes(), "recovery_mode")
	}
	status("recovery-status-off")
	like(t, "recovery-generate-token", order(`{"action":"generate_token","duration":30}`), "success", "expires_in_minutes", "message")
	for _, duration := range []string{"0", "-1", "61", "100000"} {
		if got := members(t, order(`{"action":"generate_token","duration":`+duration+`}`)); got["expires_in_minutes"] != 15.0 {
			t.Errorf("a duration of %s gave %v", duration, got)
		}
	}
	like(t, "recovery-disable-auth", order(`{"action":"disable_auth"}`), "success")
	status("recovery-status-on")
	like(t, "recovery-enable-auth", order(`{"action":"enable_auth"}`), "success")
	if got := members(t, order(`{"action":"enable_auth"}`)); got["success"] != false || got["message"] == "" {
		t.Errorf("a mode that is off was turned off: %v", got)
	}
	like(t, "recovery-unknown-action", order(`{"action":"bogus"}`), "success", "message")
}

func TestRefusalsAreAsRecorded(t *testing.T) {
	empty, f := build(t, plan{}), owned(t, plan{})
	all, reads := token(f.mint("all")), token(f.mint("reads", auth.ScopeMonitoringRead))
	page, another := f.enter("owner", ownerPassword), f.enter("owner", ownerPassword)
	setup := header("X-Setup-Token", empty.setupToken())
	const help = "\n\nDocker: docker exec <container> cat /data/.bootstrap_token\n" +
		"Docker: docker exec <container> pulse bootstrap-token\n" + "Bare metal: cat /etc/pulse/.bootstrap_token\nBare metal: pulse bootstrap-token"
	// A text that begins with { is one of JSON members that the answer has, and else the whole body but its line's end.
	tests := []struct {
		name         string
		hub          *fortress
		method, path string
		body         string
		how          with
		status       int
		text         string
	}{
		{"bootstrap: GET", f, "GET", "/api/security/validate-bootstrap-token", "", nil, 405, `{"code":"method_not_allowed"}`},
		{"bootstrap: nothing", empty, "POST", "/api/security/validate-bootstrap-token", "{}", nil, 400, "Bootstrap token is required"},
		{"bootstrap: no JSON", empty, "POST", "/api/security/validate-bootstrap-token", "{", nil, 400, "Invalid request payload"},
		{"bootstrap: wrong", empty, "POST", "/api/security/validate-bootstrap-token", `{"token":"no"}`, nil, 401, "Invalid bootstrap setup token"},
		{"bootstrap: over", f, "POST", "/api/security/validate-bootstrap-token", `{"token":"no"}`, nil, 409, "Bootstrap token unavailable. Reload the page or restart Pulse."},
		{"set-up: GET", f, "GET", "/api/security/quick-setup", "", nil, 405, `{"code":"method_not_allowed"}`},
		{"set-up: no token", empty, "POST", "/api/security/quick-setup", setupNow, nil, 401, "Bootstrap setup token required. Retrieve it from the host:" + help},
		{"set-up: wrong token", empty, "POST", "/api/security/quick-setup", setupNow, header("X-Setup-Token", "x"), 401, "Invalid bootstrap setup token. Retrieve it from the host:" + help},
		{"set-up: short password", empty, "POST", "/api/security/quick-setup", strings.Replace(setupNow, ownerPassword, "short", 1), setup, 400, "password must be at least 12 characters long"},
		{"set-up: no API token", empty, "POST", "/api/security/quick-setup", `{"username":"a","password":"` + ownerPassword + `"}`, setup, 400, "Username, password, and API token are required"},
		{"set-up: no JSON", empty, "POST", "/api/security/quick-setup", "{", setup, 400, "Invalid request body"},
		{"set-up: done before", f, "POST", "/api/security/quick-setup", setupNow, nil, 401, "Authentication required to modify existing security settings"},
		{"stranger", f, "GET", "/api/state", "", nil, 401, `{"error":"Authentication required"}`},
		{"unknown token", f, "GET", "/api/state", "", token("unknown"), 401, `{"error":"Authentication required"}`},
		{"scope lacks", f, "GET", "/api/security/tokens", "", reads, 403, `{"error":"missing_scope","requiredScope":"settings:read"}`},
		{"sign-in: GET", f, "GET", "/api/login", "", nil, 405, `{"code":"method_not_allowed","status_code":405}`},
		{"sign-in: no JSON", f, "POST", "/api/login", "{", nil, 400, `{"error":"Invalid request body","code":"invalid_request","status_code":400}`},
		{"sign-out: GET", f, "GET", "/api/logout", "", page.send, 405, `{"code":"method_not_allowed"}`},
		{"no CSRF token", f, "POST", "/api/security/tokens", "", browser{session: another.session}.cookies, 403, "CSRF token validation failed"},
		{"no scopes", f, "POST", "/api/security/tokens", `{"scopes":[]}`, all, 400, "select at least one scope or omit the field for full access"},
		{"unknown scope", f, "POST", "/api/security/tokens", `{"scopes":["nope"]}`, all, 400, `unknown scope "nope"`},
		{"wildcard and more", f, "POST", "/api/security/tokens", `{"scopes":["*","monitoring:read"]}`, all, 400, "wildcard '*' cannot be combined with other scopes"},
		{"blank scope", f, "POST", "/api/security/tokens", `{"scopes":[""]}`, all, 400, "scope identifiers cannot be blank"},
		{"token: no JSON", f, "POST", "/api/security/tokens", "{", all, 400, "Invalid request body"},
		{"revoke an unknown one", f, "DELETE", "/api/security/tokens/none", "", all, 404, "Token not found"},
		{"revoke none", f, "DELETE", "/api/security/tokens/", "", all, 400, "Token ID required"},
		{"validate nothing", f, "POST", "/api/security/validate-token", "{}", all, 400, `{"message":"Token is required","valid":false}`},
		{"reset nobody", f, "POST", "/api/security/reset-lockout", "{}", all, 400, `{"error":"Identifier (username or IP) is required","code":"missing_identifier","status_code":400}`},
		{"reset: no JSON", f, "POST", "/api/security/reset-lockout", "{", all, 400, `{"code":"invalid_request"}`},
		{"password: too short", f, "POST", "/api/security/change-password", `{"currentPassword":"x","newPassword":"short"}`, page.send, 400, `{"error":"password must be at least 12 characters long","code":"invalid_password","status_code":400}`},
		{"password: present one lacks", f, "POST", "/api/security/change-password", `{"newPassword":"` + otherPassword + `"}`, page.send, 401, `{"error":"Current password required","code":"unauthorized","status_code":401}`},
		{"password: present one wrong", f, "POST", "/api/security/change-password", `{"currentPassword":"x","newPassword":"` + otherPassword + `"}`, page.send, 401, `{"error":"Current password is incorrect","code":"unauthorized","status_code":401}`},
		{"recovery: no JSON", f, "POST", "/api/security/recovery", "{", from(here), 400, "Invalid request"},
		{"recovery: through a proxy", f, "GET", "/api/security/recovery", "", func(r *http.Request) { from(here)(r); header("X-Forwarded-For", away)(r); all(r) }, 403, "Recovery endpoint requires localhost access or valid recovery token"},
		{"unknown path", f, "GET", "/api/nothing", "", all, 404, "404 page not found"},
		{"unknown path, stranger", f, "GET", "/api/nothing", "", nil, 401, `{"error":"Authentication required"}`},
		{"path that climbs", f, "GET", "/api/../etc", "", all, 401, "Unauthorized"},
		{"page that climbs", f, "GET", "/a/../etc", "", nil, 400, "Invalid path"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.hub.clock.pass(61e9) // so that limits of requests are out of the way
			tt.hub.t = t
			how := []with{}
			if tt.how != nil {
				how = append(how, tt.how)
			}
			w := tt.hub.want(tt.status, tt.method, tt.path, tt.body, how...)
			if !strings.HasPrefix(tt.text, "{") {
				if got := w.Body.String(); got != tt.text+"\n" || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
					t.Errorf("got %q as %s", got, w.Header().Get("Content-Type"))
				}
				return
			}
			got := members(t, w.Body.Bytes())
			for member, value := range members(t, []byte(tt.text)) {
				if got[member] != value {
					t.Errorf("%s is %v, want %v", member, got[member], value)
				}
			}
		})
	}
}

func TestStatusTellsOfProxiesAndOldVariables(t *testing.T) {
	f := build(t, plan{signIn: config.SignIn{ // contract 1, 8
		Ignored: true, Audited: true, Proxy: config.Proxy{Secret: "shown", UserHeader: "X-User", RoleHeader: "X-Roles", LogoutURL: "https://auth.example.com/logout"},
	}})
	proxied := func(r *http.Request) {
		r.Header.Set("X-Proxy-Secret", "shown")
		r.Header.Set("X-User", "alice")
		r.Header.Set("X-Roles", "staff|admin")
	}
	w := f.want(200, "GET", "/api/security/status", "", from(home), proxied)
	like(t, "status-proxy-auth-admin", w.Body.Bytes(), "hasProxyAuth", "proxyAuthIsAdmin", "proxyAuthLogoutURL", "proxyAuthUsername", "requiresAuth", "hasAuthentication")
	if w.Header().Get("X-Authenticated-User") != "alice" || w.Header().Get("X-Auth-Method") != "proxy" {
		t.Errorf("the answer has the header %v", w.Header())
	}
	like(t, "status-demo-and-disable-auth", f.want(200, "GET", "/api/security/status", "").Body.Bytes(), "deprecatedDisableAuth", "hasAuditLogging", "authUsername")
}
