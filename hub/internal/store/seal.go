package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// The layout of a sealed record is described in docs/format/store.md.
const (
	sealVersion  = 1
	keyIDBytes   = 4
	nonceBytes   = 12
	tagBytes     = 16
	sealOverhead = 1 + keyIDBytes + nonceBytes + tagBytes
)

var (
	errSealShort   = errors.New("too short")
	errSealVersion = errors.New("unknown format")
	errSealKey     = errors.New("sealed with another key")
	errSealDamaged = errors.New("damaged or moved")
)

// A sealer encrypts the values of sealed buckets with AES-256-GCM. It is safe for concurrent use.
type sealer struct {
	aead cipher.AEAD
	id   keyID
}

// newSealer makes a sealer of a key of 32 bytes.
func newSealer(key []byte) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make cipher mode: %w", err)
	}
	s := &sealer{aead: aead}
	// The id tells a wrong key from a damaged record; a prefix of a hash gives nothing of the key away.
	sum := sha256.Sum256(append([]byte("pulse store key id\x00"), key...))
	copy(s.id[:], sum[:])
	return s, nil
}

// seal encrypts value so that it opens only under the same bucket and key.
func (s *sealer) seal(b Bucket, key string, value []byte) []byte {
	out := make([]byte, 1+keyIDBytes+nonceBytes, sealOverhead+len(value))
	out[0] = sealVersion
	copy(out[1:], s.id[:])
	nonce := out[1+keyIDBytes:]
	// crypto/rand.Read never returns an error: it ends the program when the system has no randomness.
	_, _ = rand.Read(nonce)
	return s.aead.Seal(out, nonce, value, associatedData(b, key))
}

// open decrypts a sealed record into new memory.
func (s *sealer) open(b Bucket, key string, sealed []byte) ([]byte, error) {
	reason := checkSealed(sealed)
	if reason == nil && !s.made(sealed) {
		reason = errSealKey
	}
	if reason != nil {
		return nil, sealedError(b, key, reason)
	}
	nonce := sealed[1+keyIDBytes:][:nonceBytes]
	value, err := s.aead.Open(nil, nonce, sealed[1+keyIDBytes+nonceBytes:], associatedData(b, key))
	if err != nil {
		return nil, sealedError(b, key, errSealDamaged)
	}
	return value, nil
}

// made reports whether sealed, which checkSealed accepts, says that it was sealed with this key.
func (s *sealer) made(sealed []byte) bool {
	return bytes.Equal(sealed[1:][:keyIDBytes], s.id[:])
}

func checkSealed(sealed []byte) error {
	if len(sealed) < sealOverhead {
		return errSealShort
	}
	if sealed[0] != sealVersion {
		return errSealVersion
	}
	return nil
}

// associatedData binds a sealed value to its place. Bucket names contain no zero byte, so the parts cannot shift.
func associatedData(b Bucket, key string) []byte {
	return append(append([]byte(b), 0), key...)
}

func sealedError(b Bucket, key string, reason error) error {
	return fmt.Errorf("%w: %s/%s: %w", ErrSealed, b, key, reason)
}
