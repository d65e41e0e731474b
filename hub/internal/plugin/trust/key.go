package trust

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/jedisct1/go-minisign"
	"golang.org/x/crypto/blake2b"
)

// Key is a minisign public key in its one-line form, "RW…". Equal keys are equal texts.
type Key string

const maxKeyFileBytes = 4 << 10

// ParseKey reads a public key: the line alone, or the file that minisign
// writes, with its comment. It fails with ErrKey.
func ParseKey(text string) (Key, error) {
	if len(text) > maxKeyFileBytes {
		return "", fmt.Errorf("%w: it is too long", ErrKey)
	}
	lines := strings.Fields(afterComment(text))
	if len(lines) != 1 {
		return "", fmt.Errorf("%w: it is not one line", ErrKey)
	}
	public, err := minisign.NewPublicKey(lines[0])
	if err != nil || public.SignatureAlgorithm != [2]byte{'E', 'd'} {
		return "", ErrKey
	}
	return encodeKey(public.KeyId, public.PublicKey[:]), nil
}

// afterComment returns the text without its first line, if that is a comment.
func afterComment(text string) string {
	if strings.HasPrefix(text, "untrusted comment:") {
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}

func encodeKey(id [8]byte, public []byte) Key {
	raw := append([]byte("Ed"), id[:]...)
	return Key(base64.StdEncoding.EncodeToString(append(raw, public...)))
}

// ID returns the 16 hexadecimal digits that minisign shows for the key, empty
// for a text that is no key.
func (k Key) ID() string {
	public, err := minisign.NewPublicKey(string(k))
	if err != nil {
		return ""
	}
	return formatKeyID(public.KeyId)
}

// File returns the key the way minisign writes it to a .pub file.
func (k Key) File() []byte {
	return []byte("untrusted comment: minisign public key " + k.ID() + "\n" + string(k) + "\n")
}

func formatKeyID(id [8]byte) string { return fmt.Sprintf("%016X", binary.LittleEndian.Uint64(id[:])) }

// SigningKey signs packages. It is safe for concurrent use.
type SigningKey struct{ secret minisign.PrivateKey }

// GenerateKey makes a new key. The secret is the text of a minisign secret key
// file without a password, which only its owner may read.
func GenerateKey() (key *SigningKey, secret []byte, err error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generate key: %w", err)
	}
	generated := minisign.PrivateKey{SignatureAlgorithm: [2]byte{'E', 'd'}, ChecksumAlgorithm: [2]byte{'B', '2'}}
	if _, err := rand.Read(generated.KeyId[:]); err != nil {
		return nil, nil, fmt.Errorf("generate key id: %w", err)
	}
	copy(generated.SecretKey[:], private)
	generated.Checksum = checksumOf(&generated)

	// The layout of the file: https://jedisct1.github.io/minisign/#secret-key-format
	raw := bytes.Join([][]byte{
		generated.SignatureAlgorithm[:], generated.KDFAlgorithm[:], generated.ChecksumAlgorithm[:], generated.KDFSalt[:],
		make([]byte, 16), // limits of the key derivation there is none of
		generated.KeyId[:], generated.SecretKey[:], generated.Checksum[:],
	}, nil)
	secret = []byte("untrusted comment: minisign secret key for " + string(encodeKey(generated.KeyId, public)) + "\n" +
		base64.StdEncoding.EncodeToString(raw) + "\n")
	return &SigningKey{secret: generated}, secret, nil
}

// ParseSigningKey reads a minisign secret key file. The password is not looked
// at if the key has none. It fails with ErrKey or ErrPassword.
func ParseSigningKey(text []byte, password string) (*SigningKey, error) {
	if len(text) > maxKeyFileBytes {
		return nil, fmt.Errorf("%w: it is too long", ErrKey)
	}
	secret, err := minisign.NewPrivateKey(strings.TrimSpace(afterComment(string(text))))
	if err != nil {
		return nil, ErrKey // the library's message adds nothing
	}
	if secret.IsEncrypted() {
		if err := secret.Decrypt(password); err != nil {
			return nil, ErrPassword
		}
	}
	derived := ed25519.NewKeyFromSeed(secret.SecretKey[:ed25519.SeedSize])
	// Without a password, some versions of minisign leave the checksum zero.
	intact := secret.Checksum == checksumOf(&secret) || secret.Checksum == [32]byte{}
	if !intact || !bytes.Equal(derived, secret.SecretKey[:]) {
		return nil, fmt.Errorf("%w: it is damaged", ErrKey)
	}
	return &SigningKey{secret: secret}, nil
}

func checksumOf(secret *minisign.PrivateKey) [32]byte {
	return blake2b.Sum256(bytes.Join([][]byte{secret.SignatureAlgorithm[:], secret.KeyId[:], secret.SecretKey[:]}, nil))
}

// Public returns the key to give to others.
func (k *SigningKey) Public() Key {
	public := k.secret.PublicKey()
	return encodeKey(public.KeyId, public.PublicKey[:])
}

// Sign returns the text of a .minisig file over the message, prehashed and
// without a time, so that the same message gives the same signature.
func (k *SigningKey) Sign(message []byte) ([]byte, error) {
	signature, err := k.secret.Sign(message, minisign.SignOptions{TrustedComment: "file:checksums.txt\thashed", Hashed: true})
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return signature.Encode(), nil
}
