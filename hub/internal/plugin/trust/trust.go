// Package trust decides whose work a plugin package is: it keeps the public
// keys of publishers and checks minisign signatures against them.
//
// A good signature proves who made a package and that nobody changed it. It
// does not prove that the package is harmless.
package trust

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jedisct1/go-minisign"
)

// Errors of keys and publishers.
var (
	// ErrKey says that a text is no minisign key.
	ErrKey = errors.New("not a minisign key")
	// ErrPassword says that a secret key cannot be opened with the password.
	ErrPassword = errors.New("wrong password for the secret key")
	// ErrPublisher says that a publisher lacks a name or its name is too long.
	ErrPublisher = errors.New("publisher is not valid")
	// ErrExists says that there is a publisher of that name or with a key of that id.
	ErrExists = errors.New("publisher is already known")
	// ErrUnknown says that there is no publisher with a key of that id.
	ErrUnknown = errors.New("no such publisher")
	// ErrTooMany says that no more publishers are kept.
	ErrTooMany = errors.New("too many publishers")
)

// State is what a signature is worth.
type State string

// The states of a signature.
const (
	Unsigned   State = "unsigned"
	Signed     State = "signed"      // by a publisher that is known
	UnknownKey State = "unknown-key" // by a key nobody has vouched for; it proves nothing
	Bad        State = "bad"         // malformed, or not over this content
)

// Verdict is what is known of a package's signature.
type Verdict struct {
	State State `json:"state"`
	// KeyID is the id of the key that signed; for an unknown key, what the signature claims.
	KeyID string `json:"key_id,omitempty"`
	// Publisher and Key are whose key it is and the key itself; only if Signed.
	// Ids can be chosen by whoever makes a key: compare keys.
	Publisher string `json:"publisher,omitempty"`
	Key       Key    `json:"key,omitempty"`
	// Project says that it is the project's own key; only if Signed.
	Project bool `json:"project,omitempty"`
	// Comment is the signed comment; only if Signed.
	Comment string `json:"comment,omitempty"`
	// Reason says why the signature is Bad.
	Reason string `json:"reason,omitempty"`
}

const (
	maxSignatureBytes = 16 << 10
	trustedPrefix     = "trusted comment: "
)

// judge checks a signature of the message against the publishers. No signature is nil.
func judge(publishers []Publisher, message, signature []byte) Verdict {
	if signature == nil {
		return Verdict{State: Unsigned}
	}
	decoded, err := decodeSignature(signature)
	if err != nil {
		return Verdict{State: Bad, Reason: err.Error()}
	}
	verdict := Verdict{State: UnknownKey, KeyID: formatKeyID(decoded.KeyId)}
	for _, publisher := range publishers {
		if publisher.Key.ID() != verdict.KeyID {
			continue
		}
		if err := publisher.Key.verify(message, decoded); err != nil {
			verdict.State, verdict.Reason = Bad, "it is not by "+publisher.Name+" over this content"
			return verdict
		}
		verdict.State, verdict.Publisher, verdict.Key = Signed, publisher.Name, publisher.Key
		verdict.Project = publisher.Project
		verdict.Comment = strings.TrimPrefix(decoded.TrustedComment, trustedPrefix)
		return verdict
	}
	return verdict
}

// decodeSignature reads the four lines of a .minisig file, and nothing but four lines.
func decodeSignature(text []byte) (minisign.Signature, error) {
	if len(text) > maxSignatureBytes {
		return minisign.Signature{}, errors.New("it is too long")
	}
	if strings.Count(strings.TrimSuffix(string(text), "\n"), "\n") != 3 {
		return minisign.Signature{}, errors.New("it does not have four lines")
	}
	decoded, err := minisign.DecodeSignature(string(text))
	switch algorithm := string(decoded.SignatureAlgorithm[:]); {
	case err != nil:
		return minisign.Signature{}, errors.New("it is malformed")
	case algorithm != "Ed" && algorithm != "ED":
		return minisign.Signature{}, errors.New("its algorithm is not known")
	case !strings.HasPrefix(decoded.TrustedComment, trustedPrefix):
		return minisign.Signature{}, errors.New("it has no trusted comment")
	case strings.ContainsFunc(decoded.TrustedComment, func(r rune) bool { return r < ' ' && r != '\t' }):
		return minisign.Signature{}, errors.New("its trusted comment has control characters")
	}
	return decoded, nil
}

// verify checks the signature of the message and that of the trusted comment.
func (k Key) verify(message []byte, signature minisign.Signature) error {
	public, err := minisign.NewPublicKey(string(k))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrKey, err)
	}
	ok, err := public.Verify(message, signature)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("signature does not match")
	}
	return nil
}
