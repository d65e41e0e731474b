package password

import (
	_ "embed" // the list of weak passwords
	"slices"
	"strings"
)

// MinBytes and MaxBytes bound the length of a new password.
const (
	MinBytes = 12
	MaxBytes = 1024
)

// PolicyError says which rule a password breaks. Its text is for people.
type PolicyError struct{ reason string }

func (e *PolicyError) Error() string { return e.reason }

// The rules. The text of the first is part of the public API.
var (
	ErrTooShort = &PolicyError{"password must be at least 12 characters long"}
	ErrTooLong  = &PolicyError{"password must be at most 1024 bytes long"}
	ErrIsName   = &PolicyError{"password must not be the user name"}
	ErrCommon   = &PolicyError{"password is one of the most common ones"}
)

//go:embed weak.txt
var weak string

// Check returns the *PolicyError of the rule that the password of a user
// breaks, or nil. Case does not make a weak password a strong one.
func Check(password, user string) error {
	switch {
	case len(password) < MinBytes:
		return ErrTooShort
	case len(password) > MaxBytes:
		return ErrTooLong
	case strings.EqualFold(password, user):
		return ErrIsName
	case isWeak(strings.ToLower(password)):
		return ErrCommon
	}
	return nil
}

// isWeak reports whether the password stands in the list or is nothing but a
// few characters again and again.
func isWeak(lower string) bool {
	return slices.Contains(strings.Split(weak, "\n"), lower) || isRepeated(lower)
}

// maxPattern is the longest text that must not make up a password by being repeated.
const maxPattern = 4

func isRepeated(lower string) bool {
	for size := 1; size <= maxPattern; size++ {
		times := len(lower)/size + 1
		if strings.HasPrefix(strings.Repeat(lower[:size], times), lower) {
			return true
		}
	}
	return false
}
