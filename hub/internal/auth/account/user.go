package account

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Where users come from. Those of an identity provider are written "oidc:" or
// "saml:" and the name of the provider.
const (
	// OriginLocal is of users that were made in the hub.
	OriginLocal = "local"
	// OriginEnvironment is of the user that the configuration names.
	OriginEnvironment = "environment"
	// OriginProxy is of users that a reverse proxy vouches for.
	OriginProxy = "proxy"
)

// User is somebody who may sign in, without what they sign in with. It is immutable.
type User struct {
	// Name is what they sign in as, in the case it was made with. Two names
	// that differ in case only are the same.
	Name string
	// DisplayName and Email are for people; may be empty.
	DisplayName string
	Email       string
	// Role is the name of their role.
	Role string
	// Origin is where the user comes from: one of the constants, or a provider.
	Origin string
	// Disabled users cannot sign in.
	Disabled bool
	// Created is when the user was made. PasswordChanged and LastSignIn are
	// zero when that never happened.
	Created, PasswordChanged, LastSignIn time.Time
	// HasPassword reports whether they can sign in with a password, TOTP
	// whether they have to add a code to it.
	HasPassword, TOTP bool
	// Passkeys are those they can sign in with, by the time they were made.
	Passkeys []Passkey
	// RecoveryCodes is how many of them are left.
	RecoveryCodes int
}

// External reports whether the user signs in elsewhere, and so neither with a
// password nor with a passkey of the hub.
func (u User) External() bool { return external(u.Origin) }

// Passkey is a passkey as it is shown to its owner.
type Passkey struct {
	// ID is unique, in base64url without padding.
	ID string
	// Name is what its owner calls it.
	Name string
	// Created is when it was registered; LastUsed is zero when it was not used yet.
	Created, LastUsed time.Time
	// Synced reports whether it is kept by a service that shares it between devices.
	Synced bool
}

// record is a user as the store keeps them.
type record struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName,omitempty"`
	Email       string `json:"email,omitempty"`
	Role        string `json:"role"`
	Origin      string `json:"origin"`
	// Subject is External.Subject of whom a provider sent first under the name.
	Subject         string    `json:"subject,omitempty"`
	Disabled        bool      `json:"disabled,omitempty"`
	Created         time.Time `json:"created"`
	PasswordChanged time.Time `json:"passwordChanged,omitzero"`
	LastSignIn      time.Time `json:"lastSignIn,omitzero"`
	// Password is a hash that package password understands; empty: none.
	Password string `json:"password,omitempty"`
	// Seed is the hash of the value that the configuration gave last.
	Seed string `json:"seed,omitempty"`
	// Handle is the random id that passkeys know the user by.
	Handle []byte `json:"handle,omitempty"`
	// TOTP is nil without a second factor.
	TOTP *totpRecord `json:"totp,omitempty"`
	// Recovery are the SHA-256 hashes of the recovery codes that are left.
	Recovery [][]byte     `json:"recovery,omitempty"`
	Passkeys []Credential `json:"passkeys,omitempty"`
}

func (r *record) user() User {
	u := User{
		Name: r.Name, DisplayName: r.DisplayName, Email: r.Email, Role: r.Role, Origin: r.Origin, Disabled: r.Disabled,
		Created: r.Created, PasswordChanged: r.PasswordChanged, LastSignIn: r.LastSignIn,
		HasPassword: r.Password != "", TOTP: r.TOTP != nil, RecoveryCodes: len(r.Recovery),
	}
	for _, one := range r.Passkeys {
		u.Passkeys = append(u.Passkeys, shown(one))
	}
	return u
}

func shown(c Credential) Passkey {
	return Passkey{
		ID: base64.RawURLEncoding.EncodeToString(c.ID), Name: c.Name,
		Created: c.Created, LastUsed: c.LastUsed, Synced: c.BackedUp,
	}
}

func external(origin string) bool {
	return origin == OriginProxy || strings.HasPrefix(origin, "oidc:") || strings.HasPrefix(origin, "saml:")
}

// key is what a user is kept under.
func key(name string) string { return strings.ToLower(name) }

// maxName, maxDisplayName and maxEmail bound texts, the first two in characters and the last in bytes.
const (
	maxName        = 64
	maxDisplayName = 100
	maxEmail       = 254
)

// checkName returns ErrName unless the name is 1 to 64 letters, digits and marks of "._@-".
func checkName(name string) error {
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName {
		return ErrName
	}
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("._@-", c) {
			return ErrName
		}
	}
	return nil
}

// checkTexts returns ErrText unless both texts are printable and short.
func checkTexts(displayName, email string) error {
	if utf8.RuneCountInString(displayName) > maxDisplayName || len(email) > maxEmail {
		return ErrText
	}
	if email != "" && (!strings.Contains(email, "@") || strings.ContainsFunc(email, unicode.IsSpace)) {
		return ErrText
	}
	unprintable := func(c rune) bool { return !unicode.IsPrint(c) }
	if !utf8.ValidString(displayName+email) || slices.ContainsFunc([]rune(displayName+email), unprintable) {
		return ErrText
	}
	return nil
}
