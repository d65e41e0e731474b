package passkey

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/pulse-hub/pulse/hub/internal/auth/account"
)

// BeginSignIn begins to sign somebody in at the origin. The browser lets them
// choose among the passkeys it has for the host. The error is account.ErrSite
// or none.
func (c *Ceremonies) BeginSignIn(origin string) (account.Begun, error) {
	library, err := party(origin, c.publicURL())
	if err != nil {
		return account.Begun{}, err
	}
	options, session, err := library.BeginDiscoverableLogin()
	if err != nil {
		return account.Begun{}, fmt.Errorf("begin sign-in: %w", err)
	}
	return c.begun(&c.signIns, open{library, *session}, options)
}

// FinishSignIn returns whose passkey has answered, and the passkey with what
// changed by its use. find returns the owner with a handle. The error is
// account.ErrCeremony or account.ErrResponse.
func (c *Ceremonies) FinishSignIn(
	id string, response []byte, find func(handle []byte) (account.Owner, bool),
) (account.Owner, account.Credential, error) {
	now := c.now()
	ceremony, ok := c.signIns.take(id, now)
	if !ok {
		return account.Owner{}, account.Credential{}, account.ErrCeremony
	}
	owner, used, err := ceremony.validate(response, find)
	if err != nil {
		return account.Owner{}, account.Credential{}, err
	}
	if used.Authenticator.CloneWarning {
		return account.Owner{}, account.Credential{}, fmt.Errorf("%w: %w", account.ErrResponse, account.ErrCounter)
	}
	return owner, afterUse(owner, used, now.UTC()), nil
}

func (o open) validate(
	response []byte, find func(handle []byte) (account.Owner, bool),
) (owner account.Owner, used *webauthn.Credential, err error) {
	if len(response) > maxResponse {
		return owner, nil, fmt.Errorf("%w: too long", account.ErrResponse)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return owner, nil, refused(err)
	}
	lookup := func(_, handle []byte) (webauthn.User, error) {
		found, ok := find(handle)
		if !ok {
			return nil, errNobody
		}
		owner = found
		return person{found}, nil
	}
	used, err = o.library.ValidateDiscoverableLogin(lookup, o.session, parsed)
	if err != nil {
		return owner, nil, refused(err)
	}
	return owner, used, nil
}

// afterUse returns the owner's passkey as it is to be kept from here on.
func afterUse(owner account.Owner, used *webauthn.Credential, now time.Time) account.Credential {
	at := slices.IndexFunc(owner.Credentials, func(c account.Credential) bool { return bytes.Equal(c.ID, used.ID) })
	credential := owner.Credentials[at] // the library has checked that it is there
	credential.SignCount = used.Authenticator.SignCount
	credential.BackedUp = used.Flags.BackupState
	credential.LastUsed = now
	return credential
}
