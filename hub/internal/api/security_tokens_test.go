package api_test

import (
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

func TestTokensGrantNoMoreThanTheyHave(t *testing.T) {
	f := owned(t, plan{}) // contract 2
	narrow := token(f.mint("narrow", auth.ScopeSettingsWrite))
	before := len(f.Issuer.List())
	for _, body := range []string{"", "{}", `{"scopes":["*"]}`, `{"scopes":null}`, `{"scopes":["settings:read"]}`, `{"scopes":["settings:write","monitoring:read"]}`} {
		got := members(t, f.want(403, "POST", "/api/security/tokens", body, narrow).Body.Bytes())
		if got["error"] != "missing_scope" || got["requiredScope"] == "" {
			t.Errorf("%s: %v", body, got)
		}
	}
	f.want(403, "POST", "/api/security/regenerate-token", "", narrow)
	f.want(403, "POST", "/api/security/quick-setup", strings.Replace(setupNow, "}", `,"force":true}`, 1), narrow)
	if after := len(f.Issuer.List()); after != before {
		t.Errorf("there are %d tokens, and were %d", after, before)
	}
	f.want(200, "POST", "/api/security/tokens", `{"scopes":["settings:write"]}`, narrow)
}

func TestTokensMakeNobodyMightierThanTheyAre(t *testing.T) {
	f := owned(t, plan{}) // contract 2, by way of people
	f.add("viewer", auth.RoleViewer)
	narrow := token(f.mint("narrow", auth.ScopeSettingsWrite))
	for _, one := range [][3]string{
		{"POST", "/api/users", `{"name":"eve","password":"` + otherPassword + `","role":"admin"}`},
		{"POST", "/api/users/owner/password", `{"password":"` + otherPassword + `"}`},
		{"POST", "/api/users/viewer/password", `{"password":"` + otherPassword + `"}`},
		{"PATCH", "/api/users/viewer", `{"role":"admin"}`},
		{"PUT", "/api/roles/wide", `{"permissions":["*:*"]}`},
		{"DELETE", "/api/users/viewer", ""},
	} {
		if got := members(t, f.want(403, one[0], one[1], one[2], narrow).Body.Bytes()); got["error"] != "missing_scope" || got["requiredScope"] != "*" {
			t.Errorf("%v: %v", one, got)
		}
	}
	f.enter("owner", ownerPassword)
}

func TestPeopleMakeNobodyMightierThanTheyAre(t *testing.T) {
	f := owned(t, plan{})
	keeper := auth.Role{Name: "keeper", Permissions: []auth.Permission{{Resource: auth.ResourceUsers, Action: auth.ActionAny}, {Resource: auth.ResourceTokens, Action: auth.ActionWrite}}}
	for _, role := range []auth.Role{keeper, {Name: "wide", Permissions: []auth.Permission{{Resource: auth.ResourceAny, Action: auth.ActionRead}}}} {
		if err := f.Users.PutRole(t.Context(), role); err != nil {
			t.Fatal(err)
		}
	}
	f.add("keeper", "keeper")
	f.add("other", auth.RoleViewer)
	page := f.enter("keeper", ownerPassword)
	for _, one := range [][3]string{
		{"POST", "/api/users", `{"name":"eve","password":"` + otherPassword + `","role":"admin"}`},
		{"POST", "/api/users/owner/password", `{"password":"` + otherPassword + `"}`},
		{"PATCH", "/api/users/keeper", `{"role":"admin"}`},
		{"PATCH", "/api/users/owner", `{"disabled":true}`},
		{"PUT", "/api/roles/keeper", `{"permissions":["*:*"]}`},
		{"PUT", "/api/roles/wide", `{"permissions":["users:read"]}`},
		{"DELETE", "/api/users/owner", ""},
		{"POST", "/api/security/tokens", `{"scopes":["*"]}`},
	} {
		f.want(403, one[0], one[1], one[2], page.send)
	}
	f.want(201, "POST", "/api/users", `{"name":"second","password":"`+otherPassword+`","role":"keeper"}`, page.send)
}

func TestRevokedTokensStayRevoked(t *testing.T) {
	const first, second = "configured-token-1", "configured-token-2"
	f := owned(t, plan{routes: echo, tokens: []string{first, second}}) // contract 2, verified in the reference
	page := f.enter("owner", ownerPassword)
	f.want(200, "GET", "/api/echo", "", token(first))
	f.want(200, "GET", "/api/echo", "", token(second))
	like(t, "tokens-list-env-migrated", f.want(200, "GET", "/api/security/tokens", "", page.send).Body.Bytes())
	id := ""
	for _, one := range f.Issuer.List() {
		if one.Hash == auth.HashToken(first) {
			id = one.ID
		}
	}
	f.want(204, "DELETE", "/api/security/tokens/"+id, "", page.send)
	f.want(401, "GET", "/api/echo", "", token(first))
	f.restart()
	f.want(401, "GET", "/api/echo", "", token(first))
	f.want(200, "GET", "/api/echo", "", token(second))

	made := members(t, f.want(200, "POST", "/api/security/regenerate-token", "", token(second)).Body.Bytes())["token"].(string)
	f.restart()
	f.want(401, "GET", "/api/echo", "", token(second))
	f.want(200, "GET", "/api/echo", "", token(made))
}

func TestRegeneratingDependsOnNoFile(t *testing.T) {
	f := build(t, plan{routes: echo}) // contract 2.1: no .env, and the answer is not 404 after everything was replaced
	raw := f.mint("all")
	made := members(t, f.want(200, "POST", "/api/security/regenerate-token", "", token(raw)).Body.Bytes())["token"].(string)
	f.want(401, "GET", "/api/echo", "", token(raw))
	f.want(200, "GET", "/api/echo", "", token(made))
}

func TestTokensOfWhoIsGoneAreVoid(t *testing.T) {
	f := owned(t, plan{routes: echo})
	f.add("second", auth.RoleAdmin)
	page := f.enter("second", ownerPassword)
	made := members(t, f.want(200, "POST", "/api/security/tokens", "", page.send).Body.Bytes())["token"].(string)
	f.want(200, "GET", "/api/echo", "", token(made))
	owner := f.enter("owner", ownerPassword)
	f.want(200, "PATCH", "/api/users/second", `{"disabled":true}`, owner.send)
	f.want(401, "GET", "/api/echo", "", token(made))
	f.want(401, "GET", "/api/echo", "", page.send)
}

func TestAgentsAreInvitedByThoseWhoMayOnly(t *testing.T) {
	f := owned(t, plan{}) // contract 2, the third; and 0.6, diagnostics
	for _, scope := range []auth.Scope{auth.ScopeHostReport, auth.ScopeMonitoringRead, auth.ScopeSettingsRead} {
		for _, path := range []string{"/api/agent-install-command", "/api/diagnostics/docker/prepare-token"} {
			got := members(t, f.want(403, "POST", path, "{}", token(f.mint("t", scope))).Body.Bytes())
			if got["error"] != "missing_scope" || got["requiredScope"] != "settings:write" {
				t.Errorf("%s: %v", path, got)
			}
		}
	}
	for i := range f.routes {
		if r := &f.routes[i]; r.Path == "/api/diagnostics" && (!r.Access.IsAdmin() || r.Access.Scope() != auth.ScopeSettingsRead) {
			t.Error("diagnostics are not an administrator's")
		}
	}
}

func TestConfiguredAdministratorSurvivesARestart(t *testing.T) {
	f := build(t, plan{signIn: config.SignIn{User: "admin", Password: ownerPassword}})
	page := f.enter("admin", ownerPassword)
	f.want(200, "POST", "/api/security/change-password", `{"currentPassword":"`+ownerPassword+`","newPassword":"`+otherPassword+`"}`, page.send)
	f.restart()
	f.clock.pass(61e9)
	f.want(401, "POST", "/api/login", login("admin", ownerPassword), from(home)) // what was changed here counts
	f.enter("admin", otherPassword)
}
