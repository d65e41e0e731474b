package license

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Reasons why a license key is refused. The texts are part of the public API.
var (
	// ErrMalformed: the text is no license key. What follows it says where.
	ErrMalformed = errors.New("malformed license key")
	// ErrSignature: the key was not signed with the private key that belongs to the public one, or by another algorithm.
	ErrSignature = errors.New("license signature invalid")
	// ErrNoPublicKey: there is nothing to check signatures with.
	ErrNoPublicKey = errors.New("no public key configured for validation: signature verification required")
	// ErrExpired: the key has expired, and the days of grace are over.
	ErrExpired = errors.New("license has expired")
)

// Bounds of a key.
const (
	// MaxKey is the longest key that is looked at, in bytes.
	MaxKey = 8 << 10
	// maxFeatures bounds the features of a key.
	maxFeatures = 64
	// maxText bounds each text in a key, in bytes.
	maxText = 320
	// maxTime is the last second of the year 9999, which is the last that JSON can tell.
	maxTime = 253402300799
)

// Claims are what a license key says. A key is a JSON Web Token (RFC 7519) in compact form, signed with Ed25519 (RFC
// 8037); docs/license.md describes it.
type Claims struct {
	// ID names the license, Email its owner, Tier what was bought. All are needed.
	ID    string `json:"lid"`
	Email string `json:"email"`
	Tier  Tier   `json:"tier"`
	// Issued and Expires are in Unix seconds. Expires 0 means never.
	Issued  int64 `json:"iat,omitempty"`
	Expires int64 `json:"exp,omitempty"`
	// Features are those besides the tier's.
	Features []Feature `json:"features,omitempty"`
	// MaxNodes and MaxGuests are told and not enforced; 0 means any number.
	MaxNodes  int `json:"max_nodes,omitempty"`
	MaxGuests int `json:"max_guests,omitempty"`
}

// header is the first part of a key.
type header struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	// Critical names extensions that a reader has to know; this one knows none (RFC 7515, 4.1.11).
	Critical json.RawMessage `json:"crit,omitempty"`
}

// algorithm is the only one that keys are signed with.
const algorithm = "EdDSA"

// encoding is that of the parts of a key. It is strict, so that there is one way only to write a key.
func encoding() *base64.Encoding { return base64.RawURLEncoding.Strict() }

// Parse reads a key and checks its signature. With a nil public key it fails with ErrNoPublicKey; whether the key
// has expired is not looked at.
func Parse(key string, public ed25519.PublicKey) (Claims, error) { return parse(key, public, false) }

func parse(key string, public ed25519.PublicKey, unverified bool) (Claims, error) {
	if len(key) > MaxKey {
		return Claims{}, ErrMalformed
	}
	parts := strings.Split(key, ".")
	if len(parts) != 3 {
		return Claims{}, ErrMalformed
	}
	var decoded [3][]byte
	for i, name := range []string{"header", "payload", "signature"} {
		var err error
		if decoded[i], err = encoding().DecodeString(parts[i]); err != nil || strings.ContainsAny(parts[i], "\r\n") {
			return Claims{}, fmt.Errorf("%w: invalid %s encoding", ErrMalformed, name)
		}
	}
	signed := key[:len(parts[0])+1+len(parts[1])]
	if err := verify(decoded[0], signed, decoded[2], public, unverified); err != nil {
		return Claims{}, err
	}
	return parseClaims(decoded[1])
}

// verify checks the signature, and first that nobody else's algorithm is asked for.
func verify(head []byte, signed string, signature []byte, public ed25519.PublicKey, unverified bool) error {
	var h header
	if json.Unmarshal(head, &h) != nil || h.Algorithm != algorithm || h.Critical != nil {
		return ErrSignature
	}
	if len(public) == 0 && unverified {
		return nil
	}
	if len(public) != ed25519.PublicKeySize {
		return ErrNoPublicKey
	}
	if !ed25519.Verify(public, []byte(signed), signature) {
		return ErrSignature
	}
	return nil
}

func parseClaims(payload []byte) (Claims, error) {
	var c Claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return Claims{}, fmt.Errorf("%w: invalid claims JSON", ErrMalformed)
	}
	if err := c.check(); err != nil {
		return Claims{}, err
	}
	return c, nil
}

// check says what is wrong with claims.
func (c Claims) check() error {
	for _, member := range []struct{ text, name string }{{c.ID, "license ID"}, {c.Email, "email"}, {string(c.Tier), "tier"}} {
		if member.text == "" {
			return fmt.Errorf("%w: missing %s", ErrMalformed, member.name)
		}
		if len(member.text) > maxText {
			return fmt.Errorf("%w: %s is too long", ErrMalformed, member.name)
		}
	}
	if c.Issued < 0 || c.Issued > maxTime || c.Expires < 0 || c.Expires > maxTime {
		return fmt.Errorf("%w: time out of range", ErrMalformed)
	}
	if c.MaxNodes < 0 || c.MaxGuests < 0 {
		return fmt.Errorf("%w: negative limit", ErrMalformed)
	}
	if len(c.Features) > maxFeatures {
		return fmt.Errorf("%w: too many features", ErrMalformed)
	}
	for _, feature := range c.Features {
		if feature == "" || len(feature) > maxText {
			return fmt.Errorf("%w: feature without a usable name", ErrMalformed)
		}
	}
	return nil
}

// expires returns when the license ends; zero: never.
func (c Claims) expires() time.Time {
	if c.Expires == 0 {
		return time.Time{}
	}
	return time.Unix(c.Expires, 0).UTC()
}

// Issue returns a key with the claims, signed. The error is ErrMalformed for claims that no key can have.
func Issue(private ed25519.PrivateKey, claims Claims) (string, error) {
	if len(private) != ed25519.PrivateKeySize {
		return "", errors.New("sign license key: not an Ed25519 private key")
	}
	if err := claims.check(); err != nil {
		return "", err
	}
	head, err := json.Marshal(header{Algorithm: algorithm, Type: "JWT"})
	if err != nil {
		return "", fmt.Errorf("encode header: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	signed := encoding().EncodeToString(head) + "." + encoding().EncodeToString(payload)
	key := signed + "." + encoding().EncodeToString(ed25519.Sign(private, []byte(signed)))
	if len(key) > MaxKey {
		return "", fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxKey)
	}
	return key, nil
}

// ErrPublicKey is returned for a text that is no public key.
var ErrPublicKey = errors.New("public key of licenses must be 32 bytes in base64")

// ParsePublicKey reads an Ed25519 public key in base64: standard, or URL-safe without padding. An empty text is no
// key, which is no error.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
		if key, err := encoding.DecodeString(text); err == nil && len(key) == ed25519.PublicKeySize {
			return key, nil
		}
	}
	return nil, ErrPublicKey
}
