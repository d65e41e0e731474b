package account

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

func TestRolesAreMadeChangedAndRemoved(t *testing.T) {
	b := newBench(t)
	read := auth.Permission{Resource: auth.ResourceAlerts, Action: auth.ActionRead}
	write := auth.Permission{Resource: auth.ResourceAlerts, Action: auth.ActionWrite}
	if err := b.PutRole(t.Context(), auth.Role{Name: "night", Permissions: []auth.Permission{read, write, read}}); err != nil {
		t.Fatal(err)
	}
	want := append(auth.BuiltInRoles(), auth.Role{Name: "night", Permissions: []auth.Permission{read, write}})
	if diff := cmp.Diff(want, b.Roles()); diff != "" {
		t.Error(diff)
	}
	b.add(t, "bob", "night")
	wantErr(t, "remove in use", b.DeleteRole(t.Context(), "night"), ErrRoleInUse)
	if err := b.PutRole(t.Context(), auth.Role{Name: "night", Description: "Sees alerts.", Permissions: []auth.Permission{read}}); err != nil {
		t.Fatal(err)
	}
	if role, ok := b.crash(t).Role("night"); !ok || role.Grants(write) || !role.Grants(read) {
		t.Errorf("role is %+v", role)
	}
	viewer := auth.RoleViewer
	if _, err := b.Update(t.Context(), "bob", Change{Role: &viewer}); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "remove", b.DeleteRole(t.Context(), "night"), nil)
	if _, ok := b.crash(t).Role("night"); ok {
		t.Error("a removed role is there")
	}
}

func TestRolesAreRefused(t *testing.T) {
	b := newBench(t)
	everything := auth.Administrator().Permissions
	if err := b.PutRole(t.Context(), auth.Role{Name: "owner", Permissions: everything}); err != nil {
		t.Fatal(err)
	}
	b.add(t, "alice", "owner")
	tests := []struct {
		name string
		do   error
		want error
	}{
		{"name", b.PutRole(t.Context(), auth.Role{Name: "Night Shift"}), auth.ErrRoleName},
		{"built-in", b.PutRole(t.Context(), auth.Role{Name: "admin"}), auth.ErrBuiltInRole},
		{"permission", b.PutRole(t.Context(), auth.Role{Name: "x", Permissions: []auth.Permission{{Resource: "moon", Action: "read"}}}), auth.ErrUnknownPermission},
		{"description", b.PutRole(t.Context(), auth.Role{Name: "x", Description: strings.Repeat("x", 201)}), ErrRoleText},
		{"role of the last administrator", b.PutRole(t.Context(), auth.Role{Name: "owner"}), ErrLastAdmin},
		{"remove unknown", b.DeleteRole(t.Context(), "x"), ErrUnknownRole},
		{"remove built-in", b.DeleteRole(t.Context(), "viewer"), auth.ErrBuiltInRole},
	}
	for _, tt := range tests {
		wantErr(t, tt.name, tt.do, tt.want)
	}
	if role, _ := b.Role("owner"); !role.IsAdmin() {
		t.Error("a refused change was made")
	}
	for i := range MaxRoles - 1 {
		if err := b.PutRole(t.Context(), auth.Role{Name: fmt.Sprint("role-", i)}); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "one too many", b.PutRole(t.Context(), auth.Role{Name: "more"}), ErrTooManyRoles)
	wantErr(t, "change of one", b.PutRole(t.Context(), auth.Role{Name: "role-1", Description: "One."}), nil)
}
