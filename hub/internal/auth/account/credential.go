package account

import (
	"encoding/json"
	"errors"
	"time"
)

// Reasons why a passkey ceremony does not succeed.
var (
	// ErrSite: passkeys do not work at the address the hub was opened at.
	ErrSite = errors.New("passkeys do not work at this address")
	// ErrCeremony: nothing was begun under the id, it is over, or it is too old.
	ErrCeremony = errors.New("passkey ceremony is over")
	// ErrResponse: what the browser answered is not valid. It comes wrapped
	// with what is wrong, for the log.
	ErrResponse = errors.New("answer of the passkey is not valid")
	// ErrCounter: the passkey was used more often than it counts, so there are
	// two of it.
	ErrCounter = errors.New("signature counter of the passkey went back")
)

// Ceremonies registers passkeys and checks them, as passkey.Ceremonies does.
// An origin is what a browser says it is at: "https://pulse.example.com", with
// a port unless it is that of the scheme. A response is a PublicKeyCredential in JSON.
type Ceremonies interface {
	// BeginRegistration returns ErrSite or no error.
	BeginRegistration(origin string, owner Owner) (Begun, error)
	// FinishRegistration returns a passkey without a name. The owner has to be
	// the one who began. The error is ErrCeremony or ErrResponse.
	FinishRegistration(id string, owner Owner, response []byte) (Credential, error)
	// BeginSignIn returns ErrSite or no error.
	BeginSignIn(origin string) (Begun, error)
	// FinishSignIn returns whose passkey has answered, and the passkey with what
	// changed by its use. find returns the owner with a handle. The error is
	// ErrCeremony or ErrResponse.
	FinishSignIn(id string, response []byte, find func(handle []byte) (Owner, bool)) (Owner, Credential, error)
}

// Begun is a ceremony as it is told to the browser.
type Begun struct {
	// ID is to be sent back with the answer. It should be bound to the browser
	// by a cookie that scripts cannot read.
	ID string
	// Options is the argument of navigator.credentials.create or get in JSON,
	// {"publicKey": …}, with binary values in base64url.
	Options json.RawMessage
}

// Owner is a user as authenticators know them.
type Owner struct {
	// Handle is random, unique, and 1 to 64 bytes long.
	Handle []byte
	// Name and DisplayName are shown when a passkey is chosen.
	Name, DisplayName string
	// Credentials are the passkeys that they have.
	Credentials []Credential
}

// Credential is a passkey as it is kept. The private half never leaves its owner.
type Credential struct {
	// ID is unique and chosen by the authenticator.
	ID []byte `json:"id"`
	// Name is what its owner calls it.
	Name string `json:"name"`
	// PublicKey is a COSE key, RFC 9052.
	PublicKey []byte `json:"publicKey"`
	// SignCount is how often it was used by its own count; 0 if it does not count.
	SignCount uint32 `json:"signCount,omitempty"`
	// Transports are how it can be reached, as hints for browsers.
	Transports []string `json:"transports,omitempty"`
	// BackupEligible says whether it can be shared between devices, which never
	// changes, and BackedUp whether it is.
	BackupEligible bool `json:"backupEligible,omitempty"`
	BackedUp       bool `json:"backedUp,omitempty"`
	// Created is when it was registered, LastUsed when it was used last.
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"lastUsed,omitzero"`
}

// noCeremonies stands where passkeys are not offered.
type noCeremonies struct{}

func (noCeremonies) BeginRegistration(string, Owner) (Begun, error) { return Begun{}, ErrSite }

func (noCeremonies) FinishRegistration(string, Owner, []byte) (Credential, error) {
	return Credential{}, ErrCeremony
}

func (noCeremonies) BeginSignIn(string) (Begun, error) { return Begun{}, ErrSite }

func (noCeremonies) FinishSignIn(string, []byte, func([]byte) (Owner, bool)) (Owner, Credential, error) {
	return Owner{}, Credential{}, ErrCeremony
}
