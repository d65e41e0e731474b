package bundle

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha256"
	"fmt"
)

// The parts of a bundle of version 5: salt, nonce, and the AES-256-GCM cipher text with its tag, one after another. The
// key is PBKDF2-HMAC-SHA256 of the passphrase.
const (
	v5Salt       = 32
	v5Nonce      = 12
	v5Tag        = 16
	v5Key        = 32
	v5Iterations = 100_000
)

func openV5(sealed []byte, passphrase string) ([]byte, error) {
	if len(sealed) < v5Salt+v5Nonce+v5Tag {
		return nil, ErrShort
	}
	salt, rest := sealed[:v5Salt], sealed[v5Salt:]
	aead, err := v5Cipher(passphrase, salt)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, rest[:v5Nonce], rest[v5Nonce:], nil)
	if err != nil {
		return nil, ErrDecrypt
	}
	if len(plain) > MaxPlain {
		return nil, ErrTooLarge
	}
	return plain, nil
}

func v5Cipher(passphrase string, salt []byte) (cipher.AEAD, error) {
	key, err := pbkdf2.Key(sha256.New, passphrase, salt, v5Iterations, v5Key)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	return aead, nil
}
