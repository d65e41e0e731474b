package account

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account/password"
)

func TestCreate(t *testing.T) {
	b := newBench(t)
	b.add(t, "taken", auth.RoleViewer)
	tests := []struct {
		name  string
		draft Draft
		want  error
	}{
		{"whole", Draft{Name: "Ann.Lee-1_x@example", Password: good, Role: "viewer", DisplayName: "Ann Lee", Email: "ann@example.com"}, nil},
		{"letters of others", Draft{Name: "žofie", Password: good, Role: "viewer"}, nil},
		{"longest name", Draft{Name: strings.Repeat("é", 64), Password: good, Role: "viewer"}, nil},
		{"of a provider", Draft{Name: "oscar", Role: "viewer", Origin: "oidc:id"}, nil},
		{"no name", Draft{Password: good, Role: "viewer"}, ErrName},
		{"long name", Draft{Name: strings.Repeat("e", 65), Password: good, Role: "viewer"}, ErrName},
		{"blank in the name", Draft{Name: "ann lee", Password: good, Role: "viewer"}, ErrName},
		{"path as a name", Draft{Name: "../ann", Password: good, Role: "viewer"}, ErrName},
		{"name that is no text", Draft{Name: "ann\xff", Password: good, Role: "viewer"}, ErrName},
		{"taken", Draft{Name: "TAKEN", Password: good, Role: "viewer"}, ErrExists},
		{"role", Draft{Name: "ann", Password: good, Role: "wizard"}, ErrUnknownRole},
		{"no role", Draft{Name: "ann", Password: good}, ErrUnknownRole},
		{"short password", Draft{Name: "ann", Password: "short", Role: "viewer"}, password.ErrTooShort},
		{"no password", Draft{Name: "ann", Role: "viewer"}, password.ErrTooShort},
		{"origin", Draft{Name: "ann", Password: good, Role: "viewer", Origin: "moon"}, ErrOrigin},
		{"password of a provider's", Draft{Name: "ann", Password: good, Role: "viewer", Origin: "proxy"}, ErrOrigin},
		{"email", Draft{Name: "ann", Password: good, Role: "viewer", Email: "ann at home"}, ErrText},
		{"display name", Draft{Name: "ann", Password: good, Role: "viewer", DisplayName: "Ann\nLee"}, ErrText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			user, err := b.Create(t.Context(), tt.draft)
			wantErr(t, "Create", err, tt.want)
			if err != nil {
				return
			}
			want := User{
				Name: tt.draft.Name, DisplayName: tt.draft.DisplayName, Email: tt.draft.Email, Role: tt.draft.Role,
				Origin: tt.draft.Origin, Created: b.clock, PasswordChanged: b.clock, HasPassword: true,
			}
			if tt.draft.Origin == "" {
				want.Origin = OriginLocal
			}
			if want.External() {
				want.HasPassword, want.PasswordChanged = false, time.Time{}
			}
			if diff := cmp.Diff(want, user); diff != "" {
				t.Error(diff)
			}
			if got, ok := b.Get(strings.ToUpper(tt.draft.Name)); !ok || !cmp.Equal(got, user) {
				t.Errorf("Get gave %+v, %v", got, ok)
			}
		})
	}
}

func TestThereIsABoundOfUsers(t *testing.T) {
	full := newTable()
	for i := range MaxUsers {
		if err := full.add(&record{Name: fmt.Sprint("user", i), Role: auth.RoleViewer}); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "one more", full.add(&record{Name: "more", Role: auth.RoleViewer}), ErrTooManyUsers)
}

func TestUpdateChangesWhatIsNamed(t *testing.T) {
	b := newBench(t)
	b.add(t, "root", auth.RoleAdmin)
	before := b.add(t, "Alice", auth.RoleViewer)
	email, role, disabled := "alice@example.com", auth.RoleOperator, true
	got, err := b.Update(t.Context(), "alice", Change{Email: &email, Role: &role, Disabled: &disabled})
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.Email, want.Role, want.Disabled = email, role, true
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	unknown, text := "wizard", "no address"
	_, err = b.Update(t.Context(), "alice", Change{Role: &unknown})
	wantErr(t, "unknown role", err, ErrUnknownRole)
	_, err = b.Update(t.Context(), "alice", Change{Email: &text})
	wantErr(t, "bad address", err, ErrText)
	_, err = b.Update(t.Context(), "nobody", Change{})
	wantErr(t, "unknown user", err, ErrUnknownUser)
	if got, _ := b.Get("alice"); !cmp.Equal(want, got) {
		t.Errorf("a refused change was made: %+v", got)
	}
}

func TestLastAdministratorStays(t *testing.T) {
	viewer, operator, disabled := auth.RoleViewer, auth.RoleOperator, true
	everything := auth.Role{Name: "owner", Permissions: auth.Administrator().Permissions}
	acts := []struct {
		name string
		do   func(b *bench, name string) error
	}{
		{"delete", func(b *bench, name string) error { return b.Delete(t.Context(), name) }},
		{"demote", func(b *bench, name string) error {
			_, err := b.Update(t.Context(), name, Change{Role: &operator})
			return err
		}},
		{"disable", func(b *bench, name string) error {
			_, err := b.Update(t.Context(), name, Change{Disabled: &disabled})
			return err
		}},
	}
	scenes := []struct {
		name string
		set  func(b *bench)
		want error
	}{
		{"alone", func(*bench) {}, ErrLastAdmin},
		{"with another", func(b *bench) { b.add(t, "bob", auth.RoleAdmin) }, nil},
		{"with a viewer", func(b *bench) { b.add(t, "bob", auth.RoleViewer) }, ErrLastAdmin},
		{"with a role for everything", func(b *bench) {
			if err := b.PutRole(t.Context(), everything); err != nil {
				t.Fatal(err)
			}
			b.add(t, "bob", "owner")
		}, nil},
		{"with a disabled one", func(b *bench) {
			b.add(t, "bob", auth.RoleAdmin)
			if _, err := b.Update(t.Context(), "bob", Change{Disabled: &disabled}); err != nil {
				t.Fatal(err)
			}
		}, ErrLastAdmin},
		{"with one of a provider", func(b *bench) {
			if _, err := b.Ensure(t.Context(), External{Name: "bob", Role: auth.RoleAdmin, Origin: "oidc:id"}); err != nil {
				t.Fatal(err)
			}
		}, ErrLastAdmin},
	}
	for _, scene := range scenes {
		for _, act := range acts {
			t.Run(act.name+" "+scene.name, func(t *testing.T) {
				b := newBench(t)
				b.add(t, "alice", auth.RoleAdmin)
				scene.set(b)
				wantErr(t, act.name, act.do(b, "alice"), scene.want)
				wantErr(t, "Load", b.Load(t.Context()), nil)
				if before := b.current.Load().admins(); before.own == 0 {
					t.Error("nobody is left")
				}
			})
		}
	}
	t.Run("where only a provider has any", func(t *testing.T) {
		b := newBench(t)
		if _, err := b.Ensure(t.Context(), External{Name: "bob", Role: auth.RoleAdmin, Origin: "saml:id"}); err != nil {
			t.Fatal(err)
		}
		_, err := b.Update(t.Context(), "bob", Change{Role: &viewer})
		wantErr(t, "demote", err, ErrLastAdmin)
	})
}

func TestOneOfTwoAdministratorsStaysWhenBothGoAtOnce(t *testing.T) {
	b := newBench(t)
	const count = 8
	for i := range count {
		b.add(t, fmt.Sprint("admin", i), auth.RoleAdmin)
	}
	viewer, disabled := auth.RoleViewer, true
	errs := make([]error, count)
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() {
			name := fmt.Sprint("admin", i)
			switch i % 3 {
			case 0:
				_, errs[i] = b.Update(t.Context(), name, Change{Role: &viewer})
			case 1:
				_, errs[i] = b.Update(t.Context(), name, Change{Disabled: &disabled})
			default:
				errs[i] = b.Delete(t.Context(), name)
			}
			_, _ = b.Verify(t.Context(), name, good)
			_ = b.List()
		})
	}
	all.Wait()
	var refused int
	for _, err := range errs {
		if err != nil {
			wantErr(t, "going", err, ErrLastAdmin)
			refused++
		}
	}
	if got := b.current.Load().admins(); refused != 1 || got.own != 1 {
		t.Errorf("%d were refused and %d are left, want 1 and 1", refused, got.own)
	}
}
