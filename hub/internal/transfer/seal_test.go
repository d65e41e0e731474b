package transfer_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/transfer/transfertest"
)

// sealV5 seals a text as hubs of version 5 do.
func sealV5(t *testing.T, plain []byte) string {
	t.Helper()
	head := make([]byte, 32+12)
	_, _ = rand.Read(head)
	key, err := pbkdf2.Key(sha256.New, transfertest.Passphrase, head[:32], 100_000, 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(slices.Concat(head, aead.Seal(nil, head[32:], plain, nil)))
}
