package account

import (
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account/password"
)

// hashed has the form of a bcrypt hash.
const hashed = "$2a$04$R7yH3Tb1sO8Z0v1m2K9t7uF1u7Q2x4w6y8A0c2E4g6I8k0M2o4Q6S"

func TestSeedSetsWhatTheConfigurationChanged(t *testing.T) {
	b := newBench(t)
	seed := func(value string, want bool) {
		t.Helper()
		changed, err := b.Seed(t.Context(), "Admin", value)
		if err != nil || changed != want {
			t.Fatalf("Seed gave %v and %v, want %v", changed, err, want)
		}
		b = b.crash(t)
	}
	signsIn := func(text string) {
		t.Helper()
		if _, err := b.Verify(t.Context(), "admin", text); err != nil {
			t.Fatalf("sign-in: %v", err)
		}
	}
	seed(good, true)
	signsIn(good)
	if user, _ := b.Get("admin"); user.Role != auth.RoleAdmin || user.Origin != OriginEnvironment || user.Name != "Admin" {
		t.Errorf("user is %+v", user)
	}
	seed(good, false)
	if err := b.SetPassword(t.Context(), "admin", other); err != nil {
		t.Fatal(err)
	}
	seed(good, false) // a password changed in the hub stays
	signsIn(other)
	seed("copper tractor 11", true)
	signsIn("copper tractor 11")
	seed("short", true) // an existing install may have a weak one
	signsIn("short")
	seed(hashed, true)
	if got := b.current.Load().users["admin"].Password; got != hashed {
		t.Errorf("a configured hash is kept as %q", got)
	}
	b.add(t, "bob", auth.RoleAdmin)
	if err := b.Delete(t.Context(), "admin"); err != nil {
		t.Fatal(err)
	}
	seed(good, true)
	signsIn(good)
}

func TestSeedTakesAnExistingUser(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	if changed, err := b.Seed(t.Context(), "ALICE", other); err != nil || !changed {
		t.Fatalf("Seed gave %v and %v", changed, err)
	}
	if _, err := b.Verify(t.Context(), "alice", other); err != nil {
		t.Error(err)
	}
	if b.Count() != 1 {
		t.Errorf("there are %d users, want 1", b.Count())
	}
}

func TestSeedRefuses(t *testing.T) {
	tests := []struct {
		name, user, value string
		want              error
	}{
		{"nothing", "", "", nil},
		{"only a name", "admin", "", nil},
		{"only a password", "", good, nil},
		{"bad name", "ad min", good, ErrName},
		{"mangled hash", "admin", hashed[:57], ErrPasswordHash},
		{"too long", "admin", strings.Repeat("x", 1025), password.ErrTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			changed, err := b.Seed(t.Context(), tt.user, tt.value)
			wantErr(t, "Seed", err, tt.want)
			if changed || b.Count() != 0 {
				t.Errorf("a user was made: %v", b.List())
			}
			if err != nil && tt.value != "" && strings.Contains(err.Error(), tt.value) {
				t.Error("the error quotes the value")
			}
		})
	}
}
