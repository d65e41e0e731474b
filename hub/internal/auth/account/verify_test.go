package account

import (
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account/password"
)

func TestVerifyHashesOnceForEverybody(t *testing.T) {
	b := newBench(t)
	b.add(t, "Alice", auth.RoleAdmin)
	b.add(t, "bob", auth.RoleViewer)
	disabled := true
	if _, err := b.Update(t.Context(), "bob", Change{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Ensure(t.Context(), External{Name: "carol", Role: auth.RoleViewer, Origin: OriginProxy}); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("violet tractor 9", 100)
	tests := []struct {
		name, user, password string
		want                 error
	}{
		{"right", "alice", good, nil},
		{"other case of the name", "ALICE", good, nil},
		{"wrong", "alice", other, ErrCredentials},
		{"empty", "alice", "", ErrCredentials},
		{"too long", "alice", long, ErrCredentials},
		{"disabled", "bob", good, ErrCredentials},
		{"without a password", "carol", good, ErrCredentials},
		{"without a password and with none", "carol", "", ErrCredentials},
		{"unknown", "nobody", good, ErrCredentials},
		{"no name", "", good, ErrCredentials},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checks, hashes := b.hasher.checks.Load(), b.hasher.hashes.Load()
			user, err := b.Verify(t.Context(), tt.user, tt.password)
			wantErr(t, "Verify", err, tt.want)
			if err == nil && user.Name != "Alice" {
				t.Errorf("Verify returned %q", user.Name)
			}
			if checked := b.hasher.checks.Load() - checks; checked != 1 || b.hasher.hashes.Load() != hashes {
				t.Errorf("%d hashes were checked, want 1 and none made", checked)
			}
		})
	}
}

func TestOldHashesAreRenewedAtSignIn(t *testing.T) {
	b := newBench(t)
	if _, err := b.Seed(t.Context(), "alice", good); err != nil {
		t.Fatal(err)
	}
	b.setHash(t, "alice", digest("old:", good))
	before, _ := b.Get("alice")
	if _, err := b.Verify(t.Context(), "alice", other); err == nil {
		t.Fatal("a wrong password was accepted")
	}
	if got := b.current.Load().users["alice"].Password; got != digest("old:", good) {
		t.Errorf("a wrong password renewed the hash: %s", got)
	}
	if _, err := b.Verify(t.Context(), "alice", good); err != nil {
		t.Fatal(err)
	}
	after := b.crash(t)
	if got := after.current.Load().users["alice"].Password; got != digest("new:", good) {
		t.Errorf("hash is %s, want a new one", got)
	}
	if user, _ := after.Get("alice"); !user.PasswordChanged.Equal(before.PasswordChanged) {
		t.Error("a renewed hash counts as another password")
	}
}

func TestRenewalDoesNotUndoAnotherPassword(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	b.setHash(t, "alice", digest("old:", good))
	b.hasher.making = func() { b.setHash(t, "alice", digest("new:", other)) }
	if _, err := b.Verify(t.Context(), "alice", good); err != nil {
		t.Fatal(err)
	}
	if got := b.current.Load().users["alice"].Password; got != digest("new:", other) {
		t.Error("a password that was set during the renewal is lost")
	}
}

// setHash plants a hash as another version may have left it.
func (b *bench) setHash(t *testing.T, name, hash string) {
	t.Helper()
	_, err := b.changeUser(t.Context(), name, func(_ *table, one *record) error {
		one.Password = hash
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatChangesDuringTheCheckCounts(t *testing.T) {
	disabled := true
	tests := []struct {
		name string
		do   func(b *bench) error
	}{
		{"disabled", func(b *bench) error {
			_, err := b.Update(t.Context(), "bob", Change{Disabled: &disabled})
			return err
		}},
		{"deleted", func(b *bench) error { return b.Delete(t.Context(), "bob") }},
		{"given another password", func(b *bench) error { return b.SetPassword(t.Context(), "bob", other) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.add(t, "alice", auth.RoleAdmin)
			b.add(t, "bob", auth.RoleViewer)
			b.hasher.during = func() { wantErr(t, tt.name, tt.do(b), nil) }
			_, err := b.Verify(t.Context(), "bob", good)
			wantErr(t, "Verify", err, ErrCredentials)
		})
	}
}

func TestSetPassword(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	if _, err := b.Ensure(t.Context(), External{Name: "carol", Role: auth.RoleViewer, Origin: "oidc:id"}); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "unknown user", b.SetPassword(t.Context(), "nobody", good), ErrUnknownUser)
	wantErr(t, "user of a provider", b.SetPassword(t.Context(), "carol", good), ErrExternal)
	wantErr(t, "common password", b.SetPassword(t.Context(), "alice", "password1234"), password.ErrCommon)
	b.clock = b.clock.Add(time.Hour)
	wantErr(t, "good password", b.SetPassword(t.Context(), "Alice", other), nil)
	_, err := b.Verify(t.Context(), "alice", good)
	wantErr(t, "old password", err, ErrCredentials)
	user, err := b.Verify(t.Context(), "alice", other)
	wantErr(t, "new password", err, nil)
	if !user.PasswordChanged.Equal(b.clock) {
		t.Errorf("password was changed %v, want %v", user.PasswordChanged, b.clock)
	}
}

func TestSignedInWritesOnceAMinute(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	first := b.clock
	steps := []struct {
		wait   time.Duration
		writes int64
		last   time.Time
	}{
		{0, 1, first},
		{59 * time.Second, 0, first},
		{time.Second, 1, first.Add(time.Minute)},
		{-time.Hour, 1, first.Add(time.Minute - time.Hour)}, // the clock was set back
	}
	for i, step := range steps {
		b.clock = b.clock.Add(step.wait)
		before := b.records.updates.Load()
		wantErr(t, "SignedIn", b.SignedIn(t.Context(), "ALICE"), nil)
		if got := b.records.updates.Load() - before; got != step.writes {
			t.Errorf("step %d wrote %d times, want %d", i, got, step.writes)
		}
		if user, _ := b.Get("alice"); !user.LastSignIn.Equal(step.last) {
			t.Errorf("step %d: last sign-in %v, want %v", i, user.LastSignIn, step.last)
		}
	}
	wantErr(t, "unknown user", b.SignedIn(t.Context(), "nobody"), nil)
}
