package password

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	tests := []struct {
		name, password string
		want           *PolicyError
	}{
		{"good", "violet tractor 9", nil},
		{"exactly long enough", "kfuw82nfkal1", nil},
		{"characters of several bytes count as bytes", "žluťoučký", nil},
		{"longest", strings.Repeat("kfuw82nfkal1wq", 74)[:1024], nil},
		{"short", "kfuw82nfkal", ErrTooShort},
		{"nothing", "", ErrTooShort},
		{"too long", strings.Repeat("kfuw82nfkal1wq", 74)[:1025], ErrTooLong},
		{"user name", "Alice.Liddell", ErrIsName},
		{"common", "Password1234", ErrCommon},
		{"along the keys", "1q2w3e4r5t6y", ErrCommon},
		{"one character", strings.Repeat("x", 40), ErrCommon},
		{"three characters", "abcabcabcabca", ErrCommon},
		{"five characters", "abcdeabcdeabcde", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Check(tt.password, "alice.liddell")
			if tt.want == nil {
				if err != nil {
					t.Errorf("Check gave %v", err)
				}
				return
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("Check gave %v, want %v", err, tt.want)
			}
			if broken := new(PolicyError); !errors.As(err, &broken) {
				t.Error("the error is no *PolicyError")
			}
		})
	}
}

func TestTextOfTheFirstRule(t *testing.T) {
	if got := Check("short", "").Error(); got != "password must be at least 12 characters long" {
		t.Errorf("text is %q", got)
	}
}

func TestWeakListHoldsWhatCanMatch(t *testing.T) {
	seen := map[string]bool{}
	for line := range strings.Lines(weak) {
		word := strings.TrimSuffix(line, "\n")
		if len(word) < MinBytes || word != strings.ToLower(word) || seen[word] {
			t.Errorf("%q is short, in upper case, or there twice", word)
		}
		seen[word] = true
	}
	if len(seen) < 100 {
		t.Errorf("only %d words", len(seen))
	}
}
