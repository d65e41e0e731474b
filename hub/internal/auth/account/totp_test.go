package account

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// code is what an app shows at a time.
func code(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	text, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (b *bench) secondFactor(t *testing.T, name string) (TOTPSetup, []string) {
	t.Helper()
	setup, err := b.BeginTOTP(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := b.ConfirmTOTP(t.Context(), name, code(t, setup.Secret, b.clock))
	if err != nil {
		t.Fatal(err)
	}
	return setup, codes
}

func TestSetUpOfTheSecondFactor(t *testing.T) {
	b := newBench(t)
	b.add(t, "Alice", auth.RoleAdmin)
	setup, err := b.BeginTOTP(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(setup.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Pulse:Alice" || q.Get("issuer") != "Pulse" || q.Get("secret") != setup.Secret {
		t.Errorf("address is %s", strings.ReplaceAll(setup.URL, setup.Secret, "SECRET"))
	}
	if user, _ := b.Get("alice"); user.TOTP {
		t.Error("it is on before it is confirmed")
	}
	_, err = b.ConfirmTOTP(t.Context(), "alice", "000000")
	wantErr(t, "wrong code", err, ErrCode)
	codes, err := b.ConfirmTOTP(t.Context(), "ALICE", code(t, setup.Secret, b.clock))
	if err != nil {
		t.Fatal(err)
	}
	if slices.Sort(codes); len(codes) != 10 || len(slices.Compact(codes)) != 10 {
		t.Errorf("%d recovery codes, want 10 different ones", len(codes))
	}
	if user, _ := b.crash(t).Get("alice"); !user.TOTP || user.RecoveryCodes != 10 {
		t.Errorf("user is %+v", user)
	}
	_, err = b.BeginTOTP(t.Context(), "alice")
	wantErr(t, "another one", err, ErrSecondFactorOn)
	_, err = b.ConfirmTOTP(t.Context(), "alice", code(t, setup.Secret, b.clock))
	wantErr(t, "confirming twice", err, ErrNotBegun)
}

func TestSecretsWaitTenMinutes(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	b.add(t, "bob", auth.RoleViewer)
	setup, err := b.BeginTOTP(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	old, err := b.BeginTOTP(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	b.clock = b.clock.Add(10 * time.Minute)
	_, err = b.ConfirmTOTP(t.Context(), "alice", code(t, setup.Secret, b.clock))
	wantErr(t, "too late", err, ErrNotBegun)
	if _, err := b.BeginTOTP(t.Context(), "bob"); err != nil {
		t.Fatal(err)
	}
	_, err = b.ConfirmTOTP(t.Context(), "bob", code(t, old.Secret, b.clock))
	wantErr(t, "secret that was replaced", err, ErrCode)
	if waiting := len(b.enrols.byUser); waiting != 1 {
		t.Errorf("%d secrets are kept, want 1", waiting)
	}
	if err := b.Delete(t.Context(), "bob"); err != nil {
		t.Fatal(err)
	}
	if waiting := len(b.enrols.byUser); waiting != 0 {
		t.Error("the secret of a user who is gone is kept")
	}
}

func TestCodesAreAcceptedOnceAndNearTheirTime(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	setup, _ := b.secondFactor(t, "alice")
	start := b.clock
	at := func(step int) string { return code(t, setup.Secret, start.Add(time.Duration(step)*30*time.Second)) }
	tests := []struct {
		name string
		now  int // in steps after the start
		code string
		want error
	}{
		{"the one that confirmed", 0, at(0), ErrCode},
		{"next one early", 0, at(1), nil},
		{"the same again", 0, at(1), ErrCode},
		{"the same in its own time", 1, at(1), ErrCode},
		{"two early", 1, at(3), ErrCode},
		{"one late", 4, at(3), nil},
		{"older than the last", 4, at(2), ErrCode},
		{"with a blank", 5, at(5)[:3] + " " + at(5)[3:], nil},
		{"two late", 9, at(7), ErrCode},
		{"too short", 9, at(9)[:5], ErrCode},
		{"empty", 9, "", ErrCode},
		{"not digits", 9, "abcdef", ErrCode},
		{"in time", 9, at(9), nil},
	}
	for _, tt := range tests {
		b = b.crash(t) // what was used stays used across a restart
		b.clock = start.Add(time.Duration(tt.now) * 30 * time.Second)
		wantErr(t, tt.name, b.CheckSecondFactor(t.Context(), "alice", tt.code), tt.want)
	}
}

func TestRecoveryCodesAreAcceptedOnce(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	_, codes := b.secondFactor(t, "alice")
	spoken := strings.ToUpper(strings.ReplaceAll(codes[1], "-", " "))
	wantErr(t, "code", b.CheckSecondFactor(t.Context(), "alice", codes[0]), nil)
	wantErr(t, "code in another form", b.CheckSecondFactor(t.Context(), "alice", spoken), nil)
	b = b.crash(t)
	wantErr(t, "code again", b.CheckSecondFactor(t.Context(), "alice", codes[0]), ErrCode)
	wantErr(t, "code again in its first form", b.CheckSecondFactor(t.Context(), "alice", codes[1]), ErrCode)
	if user, _ := b.Get("alice"); user.RecoveryCodes != 8 {
		t.Errorf("%d codes are left, want 8", user.RecoveryCodes)
	}
	renewed, err := b.RenewRecoveryCodes(t.Context(), "alice")
	if err != nil || len(renewed) != 10 {
		t.Fatalf("%d new codes and %v", len(renewed), err)
	}
	wantErr(t, "code of before", b.CheckSecondFactor(t.Context(), "alice", codes[2]), ErrCode)
	wantErr(t, "new code", b.CheckSecondFactor(t.Context(), "alice", renewed[9]), nil)
}

func TestOneOfManyUsesACode(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	setup, recovery := b.secondFactor(t, "alice")
	b.clock = b.clock.Add(time.Minute)
	for _, text := range []string{code(t, setup.Secret, b.clock), recovery[0]} {
		var accepted atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				err := b.CheckSecondFactor(t.Context(), "alice", text)
				if err == nil {
					accepted.Add(1)
				} else if !errors.Is(err, ErrCode) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := accepted.Load(); got != 1 {
			t.Errorf("a code was accepted %d times, want once", got)
		}
	}
}

func TestSecondFactorIsTurnedOff(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	wantErr(t, "nothing to turn off", b.DisableTOTP(t.Context(), "alice"), ErrNoSecondFactor)
	wantErr(t, "nothing to check", b.CheckSecondFactor(t.Context(), "alice", "123456"), ErrNoSecondFactor)
	_, err := b.RenewRecoveryCodes(t.Context(), "alice")
	wantErr(t, "no codes to renew", err, ErrNoSecondFactor)
	setup, codes := b.secondFactor(t, "alice")
	wantErr(t, "off", b.DisableTOTP(t.Context(), "alice"), nil)
	b.clock = b.clock.Add(time.Hour)
	for _, text := range []string{codes[0], code(t, setup.Secret, b.clock)} {
		wantErr(t, "code of before", b.CheckSecondFactor(t.Context(), "alice", text), ErrNoSecondFactor)
	}
	if user, _ := b.Get("alice"); user.TOTP || user.RecoveryCodes != 0 {
		t.Errorf("user is %+v", user)
	}
	wantErr(t, "unknown user", b.CheckSecondFactor(t.Context(), "nobody", "123456"), ErrUnknownUser)
	if _, err := b.Ensure(t.Context(), External{Name: "carol", Role: auth.RoleViewer, Origin: OriginProxy}); err != nil {
		t.Fatal(err)
	}
	_, err = b.BeginTOTP(t.Context(), "carol")
	wantErr(t, "user of a proxy", err, ErrExternal)
}
