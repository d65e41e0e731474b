package account

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

func TestEnsureFollowsTheProvider(t *testing.T) {
	b := newBench(t)
	who := External{Name: "Carol", Email: "carol@example.com", Role: auth.RoleAdmin, Origin: "oidc:id"}
	got, err := b.Ensure(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	want := User{Name: "Carol", Email: who.Email, Role: auth.RoleAdmin, Origin: "oidc:id", Created: b.clock}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	writes := b.records.updates.Load()
	if again, err := b.Ensure(t.Context(), who); err != nil || !cmp.Equal(again, want) || b.records.updates.Load() != writes {
		t.Errorf("unchanged: %+v, %v, %d writes more", again, err, b.records.updates.Load()-writes)
	}
	// Who is an administrator is decided there, also of the last one.
	who.Role, who.Email = auth.RoleViewer, "not an address"
	want.Role, want.Email = auth.RoleViewer, ""
	if got, err := b.Ensure(t.Context(), who); err != nil || !cmp.Equal(got, want) {
		t.Errorf("demoted: %+v, %v", got, err)
	}
	if stored, _ := b.crash(t).Get("carol"); !cmp.Equal(stored, want) {
		t.Errorf("stored is %+v", stored)
	}
}

func TestNamesAtTheProviderDoNotMakeThePerson(t *testing.T) {
	b := newBench(t)
	who := External{Name: "carol", Role: auth.RoleViewer, Origin: "oidc:id"}
	draft := Draft{Name: who.Name, Role: who.Role, Origin: who.Origin}
	if _, err := b.Create(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name, subject string
		want          error
	}{
		{"the first to come", "248289761001", nil},
		{"the same again", "248289761001", nil},
		{"another with the name", "90342.ASDFJWFA", ErrOtherOrigin},
		{"nobody in particular", "", ErrOtherOrigin},
	}
	for _, step := range steps {
		b = b.crash(t)
		who.Subject = step.subject
		_, err := b.Ensure(t.Context(), who)
		wantErr(t, step.name, err, step.want)
	}
}

func TestEnsureRefuses(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	disabled := true
	if _, err := b.Ensure(t.Context(), External{Name: "gone", Role: auth.RoleViewer, Origin: "oidc:id"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Update(t.Context(), "gone", Change{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		who  External
		want error
	}{
		{"name of a local user", External{Name: "Alice", Role: auth.RoleViewer, Origin: "oidc:id"}, ErrOtherOrigin},
		{"name at another provider", External{Name: "gone", Role: auth.RoleViewer, Origin: "oidc:other"}, ErrOtherOrigin},
		{"disabled", External{Name: "gone", Role: auth.RoleViewer, Origin: "oidc:id"}, ErrDisabled},
		{"role", External{Name: "new", Role: "wizard", Origin: OriginProxy}, ErrUnknownRole},
		{"local origin", External{Name: "new", Role: auth.RoleViewer, Origin: OriginLocal}, ErrOrigin},
		{"no origin", External{Name: "new", Role: auth.RoleViewer}, ErrOrigin},
		{"name", External{Name: "new user", Role: auth.RoleViewer, Origin: OriginProxy}, ErrName},
		{"long name", External{Name: strings.Repeat("n", 65), Role: auth.RoleViewer, Origin: OriginProxy}, ErrName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := b.List()
			_, err := b.Ensure(t.Context(), tt.who)
			wantErr(t, "Ensure", err, tt.want)
			if diff := cmp.Diff(before, b.List()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
