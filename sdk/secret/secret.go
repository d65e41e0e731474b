// Package secret is a string that does not print itself.
package secret

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// Text is a password, token or key. However it is printed, logged or
// marshalled, what appears is Mask; only a conversion to string reveals it.
// Reading one from JSON takes the plain value.
//
// Two things Go does not let a string type prevent: encoding/json writes a
// map key as it is, and fmt, given a pointer inside a struct and a verb that
// does not go with pointers (%s), prints what it points to without asking.
type Text string

// Mask is what appears instead of a secret that is not empty.
const Mask = "***"

// String returns Mask, or nothing for an empty secret.
func (t Text) String() string {
	if t == "" {
		return ""
	}
	return Mask
}

// GoString returns Mask in quotes.
func (t Text) GoString() string { return fmt.Sprintf("%q", t.String()) }

// Format prints Mask whatever the verb is; %x of the plain type would reveal the value.
func (t Text) Format(state fmt.State, verb rune) {
	text := t.String()
	if verb == 'q' || (verb == 'v' && state.Flag('#')) {
		text = t.GoString()
	}
	_, _ = io.WriteString(state, text) // a Formatter has no way to tell of an error
}

// MarshalText returns Mask, for encoders that know nothing of JSON.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON returns Mask as a JSON string.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// UnmarshalJSON reads the plain value.
func (t *Text) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, (*string)(t)) }

// LogValue returns Mask for log/slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Redactor replaces known secrets in texts. The zero value replaces nothing.
// It is immutable and safe for concurrent use.
type Redactor struct{ replacer *strings.Replacer }

// shortest is the length below which a secret is left alone: replacing "a"
// everywhere would tell more about the secret than it hides.
const shortest = 4

// NewRedactor returns a Redactor for these plain values, longest first.
func NewRedactor(values []string) Redactor {
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return len(v) < shortest })
	if len(values) == 0 {
		return Redactor{}
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(values))
	for _, v := range values {
		pairs = append(pairs, v, Mask)
	}
	return Redactor{strings.NewReplacer(pairs...)}
}

// Redact returns the text with Mask in the place of every secret.
func (r Redactor) Redact(text string) string {
	if r.replacer == nil {
		return text
	}
	return r.replacer.Replace(text)
}
