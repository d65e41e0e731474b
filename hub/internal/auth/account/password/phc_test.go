package password

import (
	"errors"
	"strings"
	"testing"
)

const (
	salt = "c29tZXNhbHRzb21lc2FsdA"
	sum  = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
)

func TestDecodeKeepsToItsBounds(t *testing.T) {
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"present", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + sum, true},
		{"most", "$argon2id$v=19$m=262144,t=10,p=16$" + salt + "$" + sum, true},
		{"least", "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + sum, true},
		{"too much memory", "$argon2id$v=19$m=262145,t=2,p=1$" + salt + "$" + sum, false},
		{"too many passes", "$argon2id$v=19$m=19456,t=11,p=1$" + salt + "$" + sum, false},
		{"no passes", "$argon2id$v=19$m=19456,t=0,p=1$" + salt + "$" + sum, false},
		{"too many threads", "$argon2id$v=19$m=19456,t=2,p=17$" + salt + "$" + sum, false},
		{"no threads", "$argon2id$v=19$m=19456,t=2,p=0$" + salt + "$" + sum, false},
		{"too little memory for its threads", "$argon2id$v=19$m=8,t=2,p=2$" + salt + "$" + sum, false},
		{"number that overflows", "$argon2id$v=19$m=4294967304,t=2,p=1$" + salt + "$" + sum, false},
		{"number with a zero in front", "$argon2id$v=19$m=019456,t=2,p=1$" + salt + "$" + sum, false},
		{"other order", "$argon2id$v=19$t=2,m=19456,p=1$" + salt + "$" + sum, false},
		{"key id", "$argon2id$v=19$m=19456,t=2,p=1,keyid=AA$" + salt + "$" + sum, false},
		{"older version", "$argon2id$v=16$m=19456,t=2,p=1$" + salt + "$" + sum, false},
		{"no version", "$argon2id$m=19456,t=2,p=1$" + salt + "$" + sum, false},
		{"short salt", "$argon2id$v=19$m=19456,t=2,p=1$c29tZXM$" + sum, false},
		{"short sum", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$CTFhFdXPJO1aFaMaO6M", false},
		{"long sum", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + strings.Repeat("A", 88), false},
		{"padding", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "==$" + sum, false},
		{"line break", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "\n$" + sum, false},
		{"bits left over", "$argon2id$v=19$m=19456,t=2,p=1$" + salt[:21] + "B$" + sum, false},
		{"one field more", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + sum + "$", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := decode(tt.text)
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrHash) {
				t.Fatalf("decode(%q) gave %v, want ok %v", tt.text, err, tt.ok)
			}
			if tt.ok && e.String() != tt.text {
				t.Errorf("decode(%q) is written %q", tt.text, e)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + sum)
	f.Add("$argon2id$v=19$m=262145,t=2,p=1$" + salt + "$" + sum)
	f.Add("$2b$12$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcdefg")
	f.Add("$argon2id$v=19$$$")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := decode(text)
		if is, _ := IsHash(text); err == nil && !is {
			t.Errorf("IsHash(%q) is false", text)
		}
		if err != nil {
			return
		}
		if e.String() != text {
			t.Errorf("%q is written %q", text, e)
		}
		if e.cost.memory > maxMemory || e.cost.passes > maxPasses || e.cost.threads > maxThreads ||
			len(e.salt) > maxSalt || len(e.sum) > maxSum || e.cost.passes == 0 || e.cost.threads == 0 {
			t.Errorf("%q is out of bounds", text)
		}
	})
}
