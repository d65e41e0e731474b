// Package setuptoken is the short-lived permission for one server to register
// itself as a node.
package setuptoken

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

const (
	// Lifetime is how long a token waits for being used.
	Lifetime = 5 * time.Minute
	// Grace is how long after its use the same server may call again: to
	// repeat a call whose answer was lost, or to follow it up.
	Grace = time.Minute
	// maxTokens bounds the tokens that wait. When there are more, the oldest is void.
	maxTokens = 1000
	// length is that of a token, in bytes; it has twice as many digits.
	length = 16
)

// Token is one that was just made. It is not kept anywhere.
type Token struct {
	// Value has 32 lower-case hexadecimal digits. Secret.
	Value   string
	Expires time.Time
}

// Hint returns the ends of a token, for people.
func (t Token) Hint() string { return t.Value[:3] + "…" + t.Value[len(t.Value)-3:] }

// Use is what a token is used for.
type Use struct {
	// Type is the type of node; it must be that the token was made for.
	Type string
	// Server names the server, so that only that may call again.
	Server string
}

// Desk makes tokens and takes them back. It keeps only their hashes, in
// memory: a token does not outlive the hub. It is safe for concurrent use.
type Desk struct {
	now func() time.Time

	mu     sync.Mutex
	issued map[[sha256.Size]byte]*issue
}

// issue is what is known of a token.
type issue struct {
	typ     string
	expires time.Time
	server  string // that has used it; empty: none yet
}

// NewDesk returns a desk; a nil clock is time.Now.
func NewDesk(now func() time.Time) *Desk {
	if now == nil {
		now = time.Now
	}
	return &Desk{now: now, issued: map[[sha256.Size]byte]*issue{}}
}

// Issue makes a token for one type of node.
func (d *Desk) Issue(typ string) Token {
	var raw [length]byte
	_, _ = rand.Read(raw[:]) // never fails, says crypto/rand
	token := Token{Value: hex.EncodeToString(raw[:]), Expires: d.now().Add(Lifetime)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweepLocked()
	if len(d.issued) >= maxTokens {
		d.dropOldestLocked()
	}
	d.issued[sha256.Sum256([]byte(token.Value))] = &issue{typ: typ, expires: token.Expires}
	return token
}

// Redeem uses a token and reports whether that is permitted: once, and again
// for Grace by the same server.
func (d *Desk) Redeem(value string, use Use) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweepLocked()
	// Asked by hash, so that the time a look-up takes says nothing about a token.
	known, ok := d.issued[sha256.Sum256([]byte(value))]
	if !ok || known.typ != use.Type {
		return false
	}
	if known.server == "" {
		known.server, known.expires = use.Server, d.now().Add(Grace)
		return true
	}
	return known.server == use.Server
}

func (d *Desk) sweepLocked() {
	now := d.now()
	for hash, one := range d.issued {
		if !now.Before(one.expires) {
			delete(d.issued, hash)
		}
	}
}

func (d *Desk) dropOldestLocked() {
	var oldest [sha256.Size]byte
	var first time.Time
	for hash, one := range d.issued {
		if first.IsZero() || one.expires.Before(first) {
			oldest, first = hash, one.expires
		}
	}
	delete(d.issued, oldest)
}
