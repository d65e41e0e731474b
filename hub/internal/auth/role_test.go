package auth

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRolesCoverScopes(t *testing.T) {
	onCall := Role{Name: "on-call", Permissions: []Permission{{ResourceMonitoring, ActionRead}, {ResourceAlerts, ActionAny}, {ResourceAny, ActionReport}}}
	for _, tt := range []struct {
		role Role
		want []Scope
	}{
		{Administrator(), Scopes()},
		{Operator(), []Scope{ScopeMonitoringRead, ScopeMonitoringWrite}},
		{Viewer(), []Scope{ScopeMonitoringRead}},
		{onCall, []Scope{ScopeMonitoringRead, ScopeDockerReport, ScopeKubernetesReport, ScopeHostReport}},
		{Role{Permissions: []Permission{{ResourceAlerts, ActionRead}}}, nil}, // half of a scope is none
	} {
		if diff := cmp.Diff(tt.want, tt.role.Scopes()); diff != "" {
			t.Errorf("%s: %s", tt.role.Name, diff)
		}
	}
}

func TestRolesWithinOthers(t *testing.T) {
	if !Viewer().Within(Operator()) || !Operator().Within(Administrator()) || Operator().Within(Viewer()) || Administrator().Within(Operator()) {
		t.Error("built-in roles are not ordered")
	}
	wide := Role{Permissions: []Permission{{ResourceAny, ActionRead}}}
	if wide.Within(Viewer()) || !wide.Within(Administrator()) || wide.IsAdmin() {
		t.Error("a role for reading everything is taken for another one")
	}
}

func TestPermissionsAreReadStrictly(t *testing.T) {
	for text, ok := range map[string]bool{
		`"alerts:write"`: true, `"*:*"`: true, `"*:read"`: true, `"docker:*"`: true, `"commands:run"`: true,
		`"alerts"`: false, `"alerts:manage"`: false, `"nothing:read"`: false, `"Alerts:write"`: false, `""`: false, `"audit:write"`: false,
	} {
		var p Permission
		err := json.Unmarshal([]byte(text), &p)
		if ok != (err == nil) || !ok && !errors.Is(err, ErrUnknownPermission) {
			t.Errorf("%s gave %v, %v", text, p, err)
		}
		if again, _ := json.Marshal(p); ok && string(again) != text {
			t.Errorf("%s came back as %s", text, again)
		}
	}
}

func TestNamesOfRoles(t *testing.T) {
	for name, want := range map[string]error{
		"on-call": nil, "2nd": nil, "": ErrRoleName, "-x": ErrRoleName, "On": ErrRoleName, "a b": ErrRoleName, "admin": ErrBuiltInRole, "viewer": ErrBuiltInRole,
	} {
		if err := (Role{Name: name}).Check(); !errors.Is(err, want) {
			t.Errorf("%q gave %v, want %v", name, err, want)
		}
	}
}

// TestEveryPermissionHasAScope but for those that only people can have.
func TestEveryPermissionHasAScope(t *testing.T) {
	for _, permission := range Permissions() {
		if !slices.ContainsFunc(Scopes(), func(s Scope) bool {
			return s.Action() == permission.Action && slices.Contains(s.covers(), permission.Resource)
		}) {
			t.Errorf("no scope covers %s", permission)
		}
	}
}
