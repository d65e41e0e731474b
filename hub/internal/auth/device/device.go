// Package device recognises browsers that somebody has signed in with before.
//
// That proves nothing and lets nobody in. It is for telling the owner, wherever
// they are, from strangers while many are trying passwords.
package device

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// Life is how long a browser is remembered after its last sign-in.
	Life = 400 * 24 * time.Hour
	// recordKey is where the key is kept in the bucket store.SignIn.
	recordKey = "device-key"
	// nonceBytes make the marks of two browsers of one user different.
	nonceBytes = 16
	// MaxMark bounds a mark, in bytes.
	MaxMark = 128
)

// Records is what is needed of the store. The bucket SignIn is sealed.
type Records interface {
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Marks makes and recognises the marks of browsers. It is immutable.
type Marks struct{ key [sha256.Size]byte }

// Open reads the key of the marks, and makes it at the first start.
func Open(ctx context.Context, records Records) (*Marks, error) {
	m := &Marks{}
	err := records.Update(ctx, func(tx store.Tx) error {
		kept, err := tx.Get(ctx, store.SignIn, recordKey)
		if err == nil && len(kept) == len(m.key) {
			copy(m.key[:], kept)
			return nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		_, _ = rand.Read(m.key[:]) // never fails, says crypto/rand
		return tx.Put(ctx, store.SignIn, recordKey, m.key[:])
	})
	if err != nil {
		return nil, fmt.Errorf("open key of browsers: %w", err)
	}
	return m, nil
}

// Mark returns a new mark for a browser that the user has signed in with.
func (m *Marks) Mark(user string) string {
	raw := make([]byte, nonceBytes, nonceBytes+sha256.Size)
	_, _ = rand.Read(raw) // never fails, says crypto/rand
	return base64.RawURLEncoding.EncodeToString(m.sum(raw, user))
}

// Knows reports whether a mark is that of a browser of the user.
func (m *Marks) Knows(mark, user string) bool {
	if mark == "" || len(mark) > MaxMark {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil || len(raw) != nonceBytes+sha256.Size {
		return false
	}
	return hmac.Equal(raw, m.sum(raw[:nonceBytes:nonceBytes], user))
}

// sum appends to a nonce what only the hub can make of it.
func (m *Marks) sum(nonce []byte, user string) []byte {
	mac := hmac.New(sha256.New, m.key[:])
	mac.Write(nonce)
	mac.Write([]byte(strings.ToLower(user)))
	return mac.Sum(nonce)
}
