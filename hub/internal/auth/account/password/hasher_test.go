package password

import (
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

func TestHashIsOfItsPasswordOnly(t *testing.T) {
	h := NewHasher(1)
	hash, err := h.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash is written %q", hash)
	}
	again, err := h.Hash(t.Context(), "correct horse")
	if err != nil || again == hash {
		t.Errorf("two hashes of one password are the same, or %v", err)
	}
	for given, want := range map[string]Match{"correct horse": Right, "correct horsf": Wrong, "": Wrong} {
		if got, err := h.Verify(t.Context(), given, hash); err != nil || got != want {
			t.Errorf("Verify(%q) gave %v and %v, want %v", given, got, err, want)
		}
	}
}

func TestHashesOfOthersAreUnderstoodAndOutdated(t *testing.T) {
	made, err := bcrypt.GenerateFromPassword([]byte("password"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, hash string }{
		// The one of the reference implementation's own tests.
		{"argon2id", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		{"bcrypt", string(made)},
		{"bcrypt of PHP", "$2y$" + string(made[4:])},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := NewHasher(1)
			if got, err := h.Verify(t.Context(), "password", tt.hash); err != nil || got != Outdated {
				t.Errorf("Verify of the password gave %v and %v, want Outdated", got, err)
			}
			if got, err := h.Verify(t.Context(), "passwort", tt.hash); err != nil || got != Wrong {
				t.Errorf("Verify of another gave %v and %v, want Wrong", got, err)
			}
			if is, err := IsHash(tt.hash); !is || err != nil {
				t.Errorf("IsHash gave %v and %v", is, err)
			}
		})
	}
}

func TestStrongerHashesAreNotOutdated(t *testing.T) {
	e := encoded{cost: cost{memory: 65536, passes: 1, threads: 4}, salt: random(16), sum: random(32)}
	if e.outdated() {
		t.Error("a hash that takes more work is outdated")
	}
	e.cost.memory = 19456
	if !e.outdated() {
		t.Error("a hash that takes half the work is not outdated")
	}
}

func TestDecoyMatchesNothingAndCostsTheSame(t *testing.T) {
	decoy := Decoy()
	if got, err := NewHasher(1).Verify(t.Context(), "", decoy); err != nil || got != Wrong {
		t.Errorf("Verify gave %v and %v, want Wrong", got, err)
	}
	if e, err := decode(decoy); err != nil || e.cost != present() || len(e.sum) != sumBytes {
		t.Errorf("decoy costs %+v, want %+v", e.cost, present())
	}
}

func TestIsHash(t *testing.T) {
	tests := []struct {
		name, text string
		is         bool
		err        error
	}{
		{"password", "correct horse battery", false, nil},
		{"password with a dollar", "$2 for a coffee, $3 for a tea", false, nil},
		{"nothing", "", false, nil},
		{"bcrypt cut short", "$2b$12$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxy", false, ErrHash},
		{"bcrypt that takes hours", "$2b$31$" + strings.Repeat("a", 53), false, ErrHash},
		{"argon2i", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", false, ErrHash},
		{"argon2id without sum", "$argon2id$v=19$m=65536,t=2,p=1$c29tc2FsdA", false, ErrHash},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			is, err := IsHash(tt.text)
			if is != tt.is || !errors.Is(err, tt.err) {
				t.Errorf("IsHash gave %v and %v, want %v and %v", is, err, tt.is, tt.err)
			}
		})
	}
}

func TestVerifyOfNoHashDoesNotWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewHasher(1).Verify(ctx, "password", "plain"); !errors.Is(err, ErrHash) {
		t.Errorf("Verify gave %v, want ErrHash", err)
	}
}

func BenchmarkVerify(b *testing.B) {
	h, decoy := NewHasher(1), Decoy()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Verify(b.Context(), "correct horse battery", decoy); err != nil {
			b.Fatal(err)
		}
	}
}
