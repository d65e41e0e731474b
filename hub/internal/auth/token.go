package auth

import (
	"crypto/sha3"
	"encoding/hex"
	"strings"
	"time"
)

// Token is an API token as it is stored: what it is called and allowed, and
// the hash by which it is recognised. The token itself is nowhere kept.
type Token struct {
	// ID is unique and stable.
	ID string `json:"id"`
	// Name is what its owner calls it.
	Name string `json:"name"`
	// Hash is the SHA3-256 of the token in lower-case hexadecimal digits.
	Hash string `json:"hash"`
	// Prefix and Suffix are the first six and the last four characters, for
	// people to tell tokens apart; empty for tokens too short to show any part of.
	Prefix string `json:"prefix,omitempty"`
	Suffix string `json:"suffix,omitempty"`
	// Scopes is what it allows; empty means everything.
	Scopes []Scope `json:"scopes,omitempty"`
	// Created is when it was made; zero for tokens given by the configuration.
	Created time.Time `json:"created,omitzero"`
	// Expires is when it is void; zero: never.
	Expires time.Time `json:"expires,omitzero"`
	// LastUsed is when it was last presented, to within ten minutes across restarts; zero: never.
	LastUsed time.Time `json:"lastUsed,omitzero"`
	// Owner is the user who made it and whose rights bound it; empty: nobody's.
	Owner string `json:"owner,omitempty"`
}

// configuredPrefix begins the ids of tokens of the configuration.
const configuredPrefix = "env-"

// IsConfigured reports whether the token comes from the configuration.
func (t Token) IsConfigured() bool { return strings.HasPrefix(t.ID, configuredPrefix) }

// hintable is the length from which on ten characters give nothing away.
const hintable = 24

// HashToken returns the SHA3-256 of a token in lower-case hexadecimal digits.
func HashToken(raw string) string {
	sum := sha3.Sum256([]byte(raw))
	return hex.EncodeToString(sum[:])
}

// Hint returns the visible ends of the token joined by gap, or nothing when it has none.
func (t Token) Hint(gap string) string {
	if t.Prefix == "" {
		return ""
	}
	return t.Prefix + gap + t.Suffix
}

// ConfiguredTokens makes tokens that are allowed everything out of the values
// of the configuration, each of which may hold several separated by commas. A
// value of exactly 64 hexadecimal digits is a hash already.
func ConfiguredTokens(values ...string) []Token {
	var tokens []Token
	for _, value := range values {
		for raw := range strings.SplitSeq(value, ",") {
			if raw = strings.TrimSpace(raw); raw != "" {
				tokens = append(tokens, configuredToken(raw))
			}
		}
	}
	return tokens
}

func configuredToken(raw string) Token {
	hash := strings.ToLower(raw)
	if !isHash(hash) {
		hash = HashToken(raw)
	}
	token := Token{ID: configuredPrefix + hash[:16], Name: "Environment token", Hash: hash, Scopes: []Scope{ScopeAll}}
	if len(raw) >= hintable {
		token.Prefix, token.Suffix = raw[:6], raw[len(raw)-4:]
	}
	return token
}

func isHash(s string) bool {
	decoded, err := hex.DecodeString(s)
	return err == nil && len(decoded) == 32
}
