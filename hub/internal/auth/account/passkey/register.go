package passkey

import (
	"bytes"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/pulse-hub/pulse/hub/internal/auth/account"
)

// BeginRegistration begins to register a passkey for the owner at the origin
// where their browser has opened the hub. The error is account.ErrSite or none.
func (c *Ceremonies) BeginRegistration(origin string, owner account.Owner) (account.Begun, error) {
	library, err := party(origin, c.publicURL())
	if err != nil {
		return account.Begun{}, err
	}
	var existing webauthn.Credentials = person{owner}.WebAuthnCredentials()
	options, session, err := library.BeginRegistration(person{owner}, webauthn.WithExclusions(existing.CredentialDescriptors()))
	if err != nil {
		return account.Begun{}, fmt.Errorf("begin registration: %w", err)
	}
	return c.begun(&c.registrations, open{library, *session}, options)
}

// FinishRegistration returns the passkey that the browser made, without a name.
// The owner has to be the one who began. The error is account.ErrCeremony or
// account.ErrResponse.
func (c *Ceremonies) FinishRegistration(id string, owner account.Owner, response []byte) (account.Credential, error) {
	now := c.now()
	ceremony, ok := c.registrations.take(id, now)
	if !ok || !bytes.Equal(ceremony.session.UserID, owner.Handle) {
		return account.Credential{}, account.ErrCeremony
	}
	if len(response) > maxResponse {
		return account.Credential{}, fmt.Errorf("%w: too long", account.ErrResponse)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return account.Credential{}, refused(err)
	}
	made, err := ceremony.library.CreateCredential(person{owner}, ceremony.session, parsed)
	if err != nil {
		return account.Credential{}, refused(err)
	}
	credential := fromLibrary(made)
	credential.Created = now.UTC()
	return credential, nil
}
