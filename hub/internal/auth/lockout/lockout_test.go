package lockout_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth/lockout"
)

// bench is a guard with its clock.
type bench struct {
	*lockout.Guard
	now time.Time
}

func newBench(limit int) *bench {
	b := &bench{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	b.Guard = lockout.New(lockout.Options{Now: func() time.Time { return b.now }, MaxTracked: limit})
	return b
}

// fail fails some times, without looking.
func (b *bench) fail(times int, user string, from netip.Addr) (last lockout.Attempt) {
	for range times {
		last = b.Failed(user, from)
	}
	return last
}

func (b *bench) locked(user string, from netip.Addr) bool { return b.Check(user, from).Locked }

func at(text string) netip.Addr { return netip.MustParseAddr(text) }

// stranger returns one of 2³² addresses.
func stranger(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(i>>24) + 11, byte(i >> 16), byte(i >> 8), byte(i)})
}

func TestFiveFailuresLockTheUserAtTheAddress(t *testing.T) {
	b := newBench(0)
	here, there := at("192.0.2.7"), at("192.0.2.8")
	until := b.now.Add(lockout.Length)
	var got []lockout.Attempt
	for range 6 {
		got = append(got, b.Failed("anna", here))
		b.now = b.now.Add(time.Second)
	}
	until = until.Add(4 * time.Second) // from the fifth on
	want := []lockout.Attempt{
		{Count: 1, Remaining: 4},
		{Count: 2, Remaining: 3},
		{Count: 3, Remaining: 2},
		{Count: 4, Remaining: 1},
		{Count: 5, Locked: true, Until: until},
		{Count: 5, Locked: true, Until: until}, // not counted
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(lockout.Verdict{Locked: true, Until: until}, b.Check("ANNA", here)); diff != "" {
		t.Error(diff)
	}
	if b.locked("anna", there) || b.locked("ben", here) {
		t.Error("somebody else is locked, or anna elsewhere")
	}
	b.now = until.Add(-time.Nanosecond)
	if !b.locked("anna", here) {
		t.Error("the lock ends early")
	}
	b.now = until
	if b.locked("anna", here) {
		t.Error("the lock does not end")
	}
	if diff := cmp.Diff(want[0], b.Failed("anna", here)); diff != "" {
		t.Errorf("the count does not start anew: %s", diff)
	}
}

func TestFailuresAreForgotten(t *testing.T) {
	b := newBench(0)
	here := at("192.0.2.7")
	b.fail(4, "anna", here)
	b.now = b.now.Add(lockout.Length - time.Nanosecond)
	if got := b.Failed("anna", here); !got.Locked {
		t.Errorf("just within the time: %+v", got)
	}
	b.fail(4, "ben", here)
	b.now = b.now.Add(lockout.Length)
	if got := b.Failed("ben", here); got.Count != 1 {
		t.Errorf("after the time: %+v", got)
	}
	b.fail(3, "ben", here)
	b.Succeeded("Ben", here)
	if got := b.Failed("ben", here); got.Count != 1 {
		t.Errorf("after a success: %+v", got)
	}
}

func TestTwentyFailuresLockAnAddress(t *testing.T) {
	tests := map[string]struct {
		from []string // one after another
		want bool
	}{
		"an address":            {[]string{"192.0.2.7"}, true},
		"the same in IPv6 form": {[]string{"192.0.2.7", "::ffff:192.0.2.7"}, true},
		"a network of IPv6":     {[]string{"2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::"}, true},
		"two networks":          {[]string{"2001:db8::1", "2001:db8:0:1::1"}, false},
		"two addresses":         {[]string{"192.0.2.7", "192.0.2.8"}, false},
		"this machine":          {[]string{"127.0.0.1"}, false},
		"this machine in IPv6":  {[]string{"::1"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(0)
			first := at(tt.from[0])
			for i := range 19 {
				b.Failed(fmt.Sprint("user ", i), at(tt.from[i%len(tt.from)]))
			}
			if b.locked("anna", first) {
				t.Fatal("locked after 19")
			}
			last := b.Failed("user 19", at(tt.from[19%len(tt.from)]))
			if last.Locked != tt.want || b.locked("anna", first) != tt.want {
				t.Fatalf("after 20: %+v, locked %v", last, b.locked("anna", first))
			}
			b.now = b.now.Add(lockout.Length)
			if b.locked("anna", first) || b.Failed("anna", first).Locked {
				t.Error("locked when the time is over")
			}
		})
	}
}

func TestThisMachineIsLockedPerUser(t *testing.T) {
	for _, from := range []netip.Addr{at("127.0.0.1"), at("::1"), {}} {
		b := newBench(0)
		if got := b.fail(5, "anna", from); !got.Locked || !b.locked("anna", from) || b.locked("ben", from) {
			t.Errorf("%v: %+v", from, got)
		}
	}
}

// TestAnAccountIsNoLicenceToTry: signing in as oneself in between does not
// make failures with the names of others count less; mistyping one's own does.
func TestAnAccountIsNoLicenceToTry(t *testing.T) {
	b := newBench(0)
	here := at("192.0.2.7")
	for i := range 18 {
		b.fail(2, "mallory", here)
		b.Succeeded("mallory", here)
		if got := b.Failed(fmt.Sprint("user ", i), here); got.Locked {
			t.Fatalf("%d failures with the names of others lock", i+1)
		}
		b.Succeeded("mallory", here)
	}
	if b.Failed("user 18", here); b.locked("anna", here) {
		t.Error("19 failures with the names of others lock")
	}
	if b.Failed("user 19", here); !b.locked("anna", here) {
		t.Error("20 failures with the names of others do not lock")
	}
}

// TestStrangersCannotLockTheOwnerOut: neither by failing on the user from
// everywhere, nor for those who come from where they always come from.
func TestStrangersCannotLockTheOwnerOut(t *testing.T) {
	b := newBench(0)
	home, hotel := at("2001:db8::1"), at("198.51.100.7")
	b.Succeeded("anna", home)
	let := 0
	for i := range 6000 { // ten a second for ten minutes
		b.now = b.now.Add(100 * time.Millisecond)
		verdict := b.Check("anna", stranger(i))
		switch {
		case verdict.Locked:
			t.Fatalf("attempt %d: %+v", i, verdict)
		case verdict.Wait > time.Second:
			t.Fatalf("attempt %d has to wait %v", i, verdict.Wait)
		case verdict.Wait > 0:
			continue
		}
		let++
		b.Failed("anna", stranger(i))
		if verdict := b.Check("Anna", at("2001:db8::2")); verdict != (lockout.Verdict{}) {
			t.Fatalf("the owner has to wait: %+v", verdict)
		}
	}
	if most := 51 + 600; let > most {
		t.Errorf("%d attempts of strangers were let through, want at most %d", let, most)
	}
	if !b.Knows("ANNA", at("2001:db8::3")) || b.Knows("anna", hotel) || b.Knows("ben", home) || b.Knows("anna", netip.Addr{}) {
		t.Error("the wrong addresses are known")
	}
	if verdict := b.Check("ben", hotel); verdict != (lockout.Verdict{}) {
		t.Errorf("another user has to wait: %+v", verdict)
	}
	b.now = b.now.Add(time.Second)
	if verdict := b.Check("anna", hotel); verdict != (lockout.Verdict{}) {
		t.Errorf("in the hotel the owner is not let through when it is their turn: %+v", verdict)
	}
	if verdict := b.Check("anna", stranger(1)); verdict.Wait != time.Second {
		t.Errorf("the next one: %+v", verdict)
	}
	b.now = b.now.Add(lockout.Length)
	for range 10 {
		if verdict := b.Check("anna", hotel); verdict != (lockout.Verdict{}) {
			t.Fatalf("when the attack is over: %+v", verdict)
		}
	}
}

// TestAFewFailuresSlowNobodyDown: within 15 minutes, and not over a day.
func TestAFewFailuresSlowNobodyDown(t *testing.T) {
	b := newBench(0)
	for i := range 500 {
		b.now = b.now.Add(20 * time.Second)
		b.Failed("anna", stranger(i))
		for range 2 {
			if verdict := b.Check("anna", stranger(i+1)); verdict != (lockout.Verdict{}) {
				t.Fatalf("after %d failures, 45 within 15 minutes: %+v", i+1, verdict)
			}
		}
	}
}

func TestAKnownAddressIsStillLockedForItself(t *testing.T) {
	b := newBench(0)
	home := at("192.0.2.7")
	b.Succeeded("anna", home)
	if got := b.fail(5, "anna", home); !got.Locked || !b.locked("anna", home) {
		t.Errorf("got %+v", got)
	}
}

func TestReset(t *testing.T) {
	home := at("2001:db8::7")
	tests := map[string]struct {
		identifier string
		user       string
		from       netip.Addr
		want       bool // still locked
	}{
		"the user":             {"ANNA", "anna", home, false},
		"another user":         {"anna", "ben", home, true},
		"the address":          {"2001:db8::1", "ben", home, false},
		"another address":      {"192.0.2.7", "ben", home, true},
		"a user with numbers":  {"192.0.2.9", "192.0.2.9", home, false},
		"nobody":               {"", "anna", home, true},
		"the address, written": {"2001:0db8:0000::0001", "anna", home, false},
	}
	for name, tt := range tests {
		b := newBench(0)
		for _, user := range []string{"anna", "ben", "192.0.2.9"} {
			b.fail(5, user, home)
		}
		b.Reset(tt.identifier)
		if got := b.locked(tt.user, tt.from); got != tt.want {
			t.Errorf("%s: locked %v", name, got)
		}
	}
	b := newBench(0)
	for i := range 20 {
		b.Failed(fmt.Sprint("user ", i), home)
	}
	b.Reset("user 3")
	if !b.locked("user 3", home) {
		t.Error("resetting a user unlocked an address")
	}
	b.Reset(home.String())
	if b.locked("user 3", home) || b.Failed("anna", home).Locked {
		t.Error("resetting an address did not unlock it")
	}
	for i := range 100 {
		b.Failed("anna", stranger(i))
	}
	b.Check("anna", home)
	b.Reset("anna")
	if verdict := b.Check("anna", home); verdict != (lockout.Verdict{}) {
		t.Errorf("resetting a user who is attacked: %+v", verdict)
	}
}

func TestLongNamesAreOne(t *testing.T) {
	b := newBench(0)
	here := at("192.0.2.7")
	for i := range 5 {
		b.Failed(strings.Repeat("N", 1<<20)+fmt.Sprint(i), here)
	}
	if !b.locked(strings.Repeat("n", 128), here) {
		t.Error("names that differ only in what is cut are different")
	}
	b.Failed(strings.Repeat("\xff", 300), here) // not text at all
}

func TestKnownAddressesAreBounded(t *testing.T) {
	b := newBench(0)
	b.Succeeded("ben", stranger(0))
	for i := range 40 {
		b.Succeeded("anna", stranger(i))
		b.Succeeded("anna", stranger(0)) // where anna lives
	}
	if !b.Knows("anna", stranger(0)) || !b.Knows("anna", stranger(39)) || b.Knows("anna", stranger(1)) || !b.Knows("ben", stranger(0)) {
		t.Error("not the addresses used last are known")
	}
	b.now = b.now.Add(90 * 24 * time.Hour)
	if b.Knows("anna", stranger(0)) {
		t.Error("an address is known for ever")
	}
}
