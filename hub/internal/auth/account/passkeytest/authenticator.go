// Package passkeytest plays a browser and the device that keeps its passkeys, for tests.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
)

// Reasons why there is no answer.
var (
	// ErrExcluded: the device has a passkey of the user already.
	ErrExcluded = errors.New("device has a passkey of the user")
	// ErrNone: the device has no passkey for the host.
	ErrNone = errors.New("device has no passkey for the host")
	// ErrHost: the passkey is for another host than that of the page.
	ErrHost = errors.New("page is of another host")
)

// Device keeps passkeys with ES256 keys and attests nothing. Its fields may be
// changed between calls. It is not safe for concurrent use.
type Device struct {
	// Unverified: it asks for neither PIN nor finger.
	Unverified bool
	// Count is how often it was used. Each use counts one more, unless NoCount.
	Count   uint32
	NoCount bool
	// Synced: its passkeys are shared with other devices.
	Synced bool

	keys []key
}

type key struct {
	id, user []byte
	host     string
	private  *ecdsa.PrivateKey
}

// The flags of authenticator data,
// https://www.w3.org/TR/webauthn-3/#authdata-flags.
const (
	flagPresent  = 1 << 0
	flagVerified = 1 << 2
	flagEligible = 1 << 3
	flagBackedUp = 1 << 4
	flagAttested = 1 << 6
)

type options struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"`
		RP        struct {
			ID string `json:"id"`
		} `json:"rp"`
		User struct {
			ID string `json:"id"`
		} `json:"user"`
		Exclude []struct {
			ID string `json:"id"`
		} `json:"excludeCredentials"`
	} `json:"publicKey"`
}

// Create answers navigator.credentials.create on a page of the origin: it makes
// a passkey and returns the PublicKeyCredential in JSON.
func (d *Device) Create(origin string, text []byte) ([]byte, error) {
	var asked options
	if err := json.Unmarshal(text, &asked); err != nil {
		return nil, fmt.Errorf("decode options: %w", err)
	}
	host := asked.PublicKey.RP.ID
	if err := checkHost(origin, host); err != nil {
		return nil, err
	}
	for _, one := range asked.PublicKey.Exclude {
		if slices.ContainsFunc(d.keys, func(k key) bool { return encode(k.id) == one.ID }) {
			return nil, ErrExcluded
		}
	}
	user, err := base64.RawURLEncoding.DecodeString(asked.PublicKey.User.ID)
	if err != nil {
		return nil, fmt.Errorf("decode user id: %w", err)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	made := key{id: []byte(rand.Text()), user: user, host: host, private: private}
	d.keys = append(d.keys, made)
	public, err := coseKey(private)
	if err != nil {
		return nil, err
	}
	data := d.authenticatorData(host, flagAttested)
	data = append(data, make([]byte, 16)...) // no model
	data = binary.BigEndian.AppendUint16(data, uint16(len(made.id)))
	data = append(append(data, made.id...), public...)
	return json.Marshal(credential(made.id, map[string]any{
		"clientDataJSON":    encode(clientData("webauthn.create", asked.PublicKey.Challenge, origin)),
		"attestationObject": encode(attestation(data)),
		"transports":        []string{"internal"},
	}))
}

// Get answers navigator.credentials.get on a page of the origin with the
// newest passkey for it.
func (d *Device) Get(origin string, text []byte) ([]byte, error) {
	var asked options
	if err := json.Unmarshal(text, &asked); err != nil {
		return nil, fmt.Errorf("decode options: %w", err)
	}
	host := asked.PublicKey.RPID
	if err := checkHost(origin, host); err != nil {
		return nil, err
	}
	for _, one := range slices.Backward(d.keys) {
		if one.host == host {
			return d.sign(one, clientData("webauthn.get", asked.PublicKey.Challenge, origin))
		}
	}
	return nil, ErrNone
}

func (d *Device) sign(with key, client []byte) ([]byte, error) {
	if !d.NoCount {
		d.Count++
	}
	data := d.authenticatorData(with.host, 0)
	clientHash := sha256.Sum256(client)
	digest := sha256.Sum256(append(slices.Clone(data), clientHash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, with.private, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return json.Marshal(credential(with.id, map[string]any{
		"clientDataJSON": encode(client), "authenticatorData": encode(data),
		"signature": encode(signature), "userHandle": encode(with.user),
	}))
}

func (d *Device) authenticatorData(host string, flags byte) []byte {
	flags |= flagPresent
	if !d.Unverified {
		flags |= flagVerified
	}
	if d.Synced {
		flags |= flagEligible | flagBackedUp
	}
	hash := sha256.Sum256([]byte(host))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), d.Count)
}

func checkHost(origin, host string) error {
	page, err := url.Parse(origin)
	if err != nil || page.Hostname() != host {
		return ErrHost
	}
	return nil
}

func credential(id []byte, response map[string]any) map[string]any {
	return map[string]any{
		"id": encode(id), "rawId": encode(id), "type": "public-key", "response": response,
		"authenticatorAttachment": "platform", "clientExtensionResults": map[string]any{},
	}
}

func clientData(kind, challenge, origin string) []byte {
	text, _ := json.Marshal(map[string]any{ // strings and a bool are always encoded
		"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false,
	})
	return text
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
