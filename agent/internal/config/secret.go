package config

import (
	"errors"
	"fmt"
	"strings"
)

// errBadToken deliberately does not say which character is wrong.
var errBadToken = errors.New("the token holds characters that cannot be sent in a header")

// Secret is a text that must not be printed. All of package fmt's verbs, and therefore loggers, show a placeholder;
// convert to string to use it.
type Secret string

const redacted = "[redacted]"

// Format implements fmt.Formatter so that no verb can show the text.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, s.String()) }

// String returns a placeholder, or nothing for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// MarshalText implements encoding.TextMarshaler so that JSON does not show the text either.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// readToken returns the trimmed contents of a file.
func readToken(path string, readFile func(string) ([]byte, error)) (Secret, error) {
	raw, err := readFile(path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	return Secret(strings.TrimSpace(string(raw))), nil
}

// check reports whether the token can be sent in an HTTP header.
func (s Secret) check() error {
	for _, char := range []byte(s) {
		if char <= ' ' || char > '~' {
			return errBadToken
		}
	}
	return nil
}
