package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

func changes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// TestEveryChangeIsWrittenDownOnce calls every route with a handler that does nothing (contract 7).
func TestEveryChangeIsWrittenDownOnce(t *testing.T) {
	fails := false
	f := build(t, plan{routes: func(all []route.Route) []route.Route {
		for i := range all {
			all[i].Limit = route.Unlimited()
			all[i].Handle = func(*route.Call) (any, error) {
				if fails {
					return nil, route.NotFoundText("nothing there")
				}
				return route.Nothing{}, nil
			}
		}
		return all
	}})
	raw := f.mint("all")
	for i := range f.routes {
		r := &f.routes[i]
		for _, method := range methods(r) {
			want := 0
			if changes(method) && r.Unaudited == "" {
				want = 1
			}
			since := f.newest()
			f.want(204, method, concrete(r.Path), "", token(raw), header("X-Request-ID", "request-9"))
			got := f.events(since)
			if len(got) != want {
				t.Errorf("%s %s: %d events, want %d", method, r.Path, len(got), want)
				continue
			}
			if want == 0 {
				continue
			}
			e := got[0]
			if e.Actor != "all" || e.Via != "token" || e.From != away || e.Request != "request-9" || e.Kind == "" || e.Subject == "" || e.What == "" || e.Outcome != audit.Success {
				t.Errorf("%s %s is told as %+v", method, r.Path, e)
			}
		}
	}
	fails = true
	since := f.newest()
	f.want(404, "POST", "/api/users", "", token(raw))
	if got := f.events(since); len(got) != 0 {
		t.Errorf("what failed is told as %+v", got)
	}
}

// TestReasonsForSilenceAreThese: a route that changes something and is not written down has to be meant.
func TestReasonsForSilenceAreThese(t *testing.T) {
	want := map[string]bool{
		"reports change nothing that people have set": true, "nothing is there": true, "a back-test changes nothing": true,
		"an agent says what became of an order": true, "trials change nothing": true, "queries change nothing": true,
		"nothing is set up yet": true, "nothing is added yet": true, "nothing is changed yet": true,
		"signing in is written down where it is decided": true, "sessions that end are written down where they are ended": true,
		"a check changes nothing": true, "sign-ins are written down where they are let in": true,
	}
	for _, r := range build(t, plan{}).routes {
		if r.Unaudited != "" && !want[r.Unaudited] {
			t.Errorf("%s is not written down, because %q", r.Path, r.Unaudited)
		}
	}
}

func TestChangesOfAccessAreToldInFull(t *testing.T) {
	f := build(t, plan{}) // contract 7
	type told struct {
		actor, kind, subject, what string
		before, after              bool
	}
	check := func(want told, status int, method, target, body string, how ...with) []byte {
		t.Helper()
		f.clock.pass(61e9)
		since := f.newest()
		w := f.want(status, method, target, body, append([]with{from(home)}, how...)...)
		events := f.events(since)
		if len(events) != 1 {
			t.Fatalf("%s %s is told %d times: %+v", method, target, len(events), events)
		}
		e := events[0]
		if want.subject == "" { // an id that is not known beforehand
			want.subject = e.Subject
		}
		if got := (told{e.Actor, e.Kind, e.Subject, e.What, e.Before != nil, e.After != nil}); got != want || e.Subject == "" || e.From != home || e.Hash == "" {
			t.Errorf("%s %s: %+v, want %+v", method, target, e, want)
		}
		return w.Body.Bytes()
	}
	check(told{"bootstrap token", "users", "admin", "set up", false, false}, 200, "POST", "/api/security/quick-setup", setupNow, header("X-Setup-Token", f.setupToken()))
	check(told{"admin", "session", "admin", "signed in", false, false}, 200, "POST", "/api/login", login("admin", ownerPassword))
	check(told{"stranger", "session", "admin", "sign-in refused", false, false}, 401, "POST", "/api/login", login("admin", "wrong"))
	page := f.enter("admin", ownerPassword)
	made := members(t, check(told{"admin", "tokens", "", "created", false, true}, 200, "POST", "/api/security/tokens", `{"name":"x"}`, page.send))
	id := made["record"].(map[string]any)["id"].(string)
	check(told{"admin", "tokens", id, "revoked", true, false}, 204, "DELETE", "/api/security/tokens/"+id, "", page.send)
	check(told{"admin", "tokens", "", "regenerated", false, true}, 200, "POST", "/api/security/regenerate-token", "", page.send)
	check(told{"admin", "users", "bob", "created", false, true}, 201, "POST", "/api/users", `{"name":"bob","password":"`+otherPassword+`","role":"viewer"}`, page.send)
	check(told{"admin", "users", "bob", "changed", true, true}, 200, "PATCH", "/api/users/bob", `{"role":"operator"}`, page.send)
	check(told{"admin", "users", "bob", "password set", false, false}, 200, "POST", "/api/users/bob/password", `{"password":"`+otherPassword+`"}`, page.send)
	check(told{"admin", "users", "desk", "role created", false, true}, 200, "PUT", "/api/roles/desk", `{"permissions":["alerts:read"]}`, page.send)
	check(told{"admin", "users", "desk", "role changed", true, true}, 200, "PUT", "/api/roles/desk", `{"permissions":["alerts:write"]}`, page.send)
	check(told{"admin", "users", "desk", "role removed", true, false}, 204, "DELETE", "/api/roles/desk", "", page.send)
	check(told{"admin", "users", "bob", "removed", true, false}, 204, "DELETE", "/api/users/bob", "", page.send)
	check(told{"admin", "users", "198.51.100.1", "lockout reset", false, false}, 200, "POST", "/api/security/reset-lockout", `{"identifier":"198.51.100.1"}`, page.send)
	check(told{"admin", "settings", "/api/security/apply-restart", "restart asked for", false, false}, 200, "POST", "/api/security/apply-restart", "", page.send)
	check(told{"admin", "users", "admin", "password changed", false, false}, 200, "POST", "/api/security/change-password", `{"currentPassword":"`+ownerPassword+`","newPassword":"`+otherPassword+`"}`, page.send)
	page = f.enter("admin", otherPassword)
	check(told{"admin", "users", "admin", "signed out", false, false}, 200, "POST", "/api/logout", "", page.send)
}

// TestNoSecretIsWrittenDown goes through everything that has a secret, and looks for it in logs and the audit log.
func TestNoSecretIsWrittenDown(t *testing.T) {
	f := build(t, plan{routes: echo})
	secrets := map[string]string{"password": ownerPassword, "other password": otherPassword, "API token": primary, "secret of the proxy": "proxy secret", "set-up token": f.setupToken()}
	// The token for the first set-up is logged once, for those who have no shell in a container (contract 3.1).
	if !strings.Contains(f.logs.String(), secrets["set-up token"]) {
		t.Error("the token for the first set-up is not told")
	}
	f.logs.Reset()
	setup := header("X-Setup-Token", f.setupToken())
	f.want(401, "POST", "/api/security/quick-setup", setupNow, header("X-Setup-Token", "wrong"), from(home))
	f.want(200, "POST", "/api/security/quick-setup", setupNow, setup, from(home))
	f.plan.signIn = behindProxy().signIn
	f.restart()
	page := f.enter("admin", ownerPassword)
	secrets["session"], secrets["CSRF token"] = page.session, page.csrf
	raw := members(t, f.want(200, "POST", "/api/security/recovery", `{"action":"generate_token"}`, from(here)).Body.Bytes())["token"].(string)
	secrets["recovery token"] = raw
	f.want(200, "GET", "/api/security/recovery", "", header("X-Recovery-Token", raw))
	f.want(200, "POST", "/api/security/recovery", `{"action":"`+raw+`"}`, header("X-Recovery-Token", raw))
	f.want(200, "POST", "/api/security/recovery", `{"action":"disable_auth"}`, header("X-Recovery-Token", raw))
	f.want(200, "GET", "/api/echo?token="+primary, "")
	page.csrf = f.want(403, "POST", "/api/echo?token=wrong", "", browser{session: page.session}.cookies).Header().Get("X-CSRF-Token")
	f.want(200, "GET", "/api/echo", "", proxied("bob", new("admin")))
	f.want(401, "GET", "/api/echo", "", proxied("", new("admin")))
	f.want(401, "POST", "/api/login", login("admin", otherPassword))
	f.clock.pass(61e9)
	second := members(t, f.want(200, "POST", "/api/security/totp/begin", "", page.send).Body.Bytes())["secret"].(string)
	code, err := totp.GenerateCode(second, f.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	codes := members(t, f.want(200, "POST", "/api/security/totp/confirm", `{"code":"`+code+`"}`, page.send).Body.Bytes())["recoveryCodes"].([]any)
	secrets["secret of the second factor"], secrets["recovery code"] = second, codes[0].(string)
	f.want(401, "POST", "/api/login", strings.Replace(login("admin", ownerPassword), "}", `,"code":"`+codes[0].(string)+`x"}`, 1))
	f.want(200, "POST", "/api/login", strings.Replace(login("admin", ownerPassword), "}", `,"code":"`+codes[0].(string)+`"}`, 1))
	made := members(t, f.want(200, "POST", "/api/security/tokens", "", page.send).Body.Bytes())["token"].(string)
	secrets["made token"] = made
	f.want(200, "POST", "/api/security/validate-token", `{"token":"`+made+`"}`, page.send)
	secrets["regenerated token"] = members(t, f.want(200, "POST", "/api/security/regenerate-token", "", page.send).Body.Bytes())["token"].(string)
	f.want(201, "POST", "/api/users", `{"name":"bob","password":"`+otherPassword+`","role":"viewer"}`, page.send)
	f.want(200, "POST", "/api/users/bob/password", `{"password":"`+ownerPassword+`"}`, page.send)
	f.clock.pass(2 * time.Hour)
	f.restart()
	text, err := json.Marshal(f.events(0))
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range secrets {
		if strings.Contains(f.logs.String(), secret) {
			t.Errorf("the log holds the %s", name)
		}
		if strings.Contains(string(text), secret) {
			t.Errorf("the audit log holds the %s", name)
		}
	}
	if !strings.Contains(string(text), "signed in") || strings.Contains(string(text), auth.HashToken(primary)) {
		t.Error("the audit log does not tell of sign-ins, or holds the hash of a token")
	}
}

func TestChangesOfAgentsAreToldWithWhatTheyWere(t *testing.T) {
	h := start(t) // contract 7
	if w := h.call("POST", "/api/agents/host/report", "agent", goodReport); w.Code != 200 {
		t.Fatalf("report gave %d %s", w.Code, w.Body)
	}
	for _, step := range []struct{ method, path, body, what, after string }{
		{"PATCH", "/api/agents/host/m-1/config", `{"commandsEnabled":true}`, "changed", `{"commandsEnabled":true}`},
		{"DELETE", "/api/agents/host/m-1", "", "removed", ""},
	} {
		w := h.call(step.method, step.path, "all", step.body)
		var page api.AuditList
		if err := json.Unmarshal(h.call("GET", "/api/audit?limit=1", "all", "").Body.Bytes(), &page); err != nil || len(page.Events) != 1 {
			t.Fatalf("%+v, %v", page, err)
		}
		e := page.Events[0]
		if w.Code != 200 || e.Kind != "hosts" || e.Subject != "m-1" || e.Actor != "all" || e.What != step.what || string(e.After) != step.after {
			t.Errorf("%s %s: %d %s is told as %+v", step.method, step.path, w.Code, w.Body, e)
		}
	}
}
