// Package passkey runs the two ceremonies of WebAuthn that the hub needs:
// registering a passkey, and signing in with one.
//
// The format of what browsers are told and answer is that of
// https://www.w3.org/TR/webauthn-3/.
package passkey

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/pulse-hub/pulse/hub/internal/auth/account"
)

const (
	// lifetime is how long a browser may take to answer.
	lifetime = 5 * time.Minute
	// maxResponse bounds what a browser answers, in bytes.
	maxResponse = 64 << 10
)

// Options are what Ceremonies are built from.
type Options struct {
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// PublicURL returns the only address that passkeys may work at, or
	// nothing. May be nil.
	PublicURL func() string
}

// Ceremonies are those that are going on. They are kept in memory for five
// minutes, and each is answered once. It is safe for concurrent use.
type Ceremonies struct {
	now           func() time.Time
	publicURL     func() string
	registrations pending
	signIns       pending
}

var _ account.Ceremonies = (*Ceremonies)(nil)

// New returns no ceremonies.
func New(options Options) *Ceremonies {
	c := &Ceremonies{now: options.Now, publicURL: options.PublicURL}
	if c.now == nil {
		c.now = time.Now
	}
	if c.publicURL == nil {
		c.publicURL = func() string { return "" }
	}
	return c
}

// errNobody: no user has the handle that a passkey was made for.
var errNobody = errors.New("no user has the passkey")

// refused returns ErrResponse with what the library found wrong, in its own
// words. What it quotes of the answer is left out.
func refused(err error) error {
	if detailed, ok := errors.AsType[*protocol.Error](err); ok {
		return fmt.Errorf("%w: %s", account.ErrResponse, detailed.Details)
	}
	return fmt.Errorf("%w: %w", account.ErrResponse, err)
}

// person is an owner as the library wants them.
type person struct{ account.Owner }

// WebAuthnID returns the handle.
func (p person) WebAuthnID() []byte { return p.Handle }

// WebAuthnName returns the name.
func (p person) WebAuthnName() string { return p.Name }

// WebAuthnDisplayName returns the display name, else the name.
func (p person) WebAuthnDisplayName() string {
	if p.DisplayName != "" {
		return p.DisplayName
	}
	return p.Name
}

// WebAuthnCredentials returns the passkeys.
func (p person) WebAuthnCredentials() []webauthn.Credential {
	credentials := make([]webauthn.Credential, 0, len(p.Credentials))
	for _, one := range p.Credentials {
		credentials = append(credentials, toLibrary(one))
	}
	return credentials
}

// toLibrary leaves out what checking an answer does not need.
func toLibrary(c account.Credential) webauthn.Credential {
	credential := webauthn.Credential{
		ID: c.ID, PublicKey: c.PublicKey,
		Flags: webauthn.CredentialFlags{
			UserPresent: true, UserVerified: true, BackupEligible: c.BackupEligible, BackupState: c.BackedUp,
		},
		Authenticator: webauthn.Authenticator{SignCount: c.SignCount},
	}
	for _, transport := range c.Transports {
		credential.Transport = append(credential.Transport, protocol.AuthenticatorTransport(transport))
	}
	return credential
}

func fromLibrary(credential *webauthn.Credential) account.Credential {
	c := account.Credential{
		ID: credential.ID, PublicKey: credential.PublicKey, SignCount: credential.Authenticator.SignCount,
		BackupEligible: credential.Flags.BackupEligible, BackedUp: credential.Flags.BackupState,
	}
	for _, transport := range credential.Transport {
		c.Transports = append(c.Transports, string(transport))
	}
	return c
}
