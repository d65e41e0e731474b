package auth

import (
	"context"
	"crypto/sha3"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// Reasons why a request has no principal.
var (
	// ErrNoCredentials: the request carries nothing to tell who is calling.
	ErrNoCredentials = errors.New("no credentials")
	// ErrBadCredentials: what it carries is not, or no longer, valid.
	ErrBadCredentials = errors.New("credentials are not valid")
)

// Records is where tokens made at run time are kept.
type Records interface {
	// Tokens returns all of them. The slice is the caller's.
	Tokens(ctx context.Context) ([]Token, error)
}

// Options are what an Authenticator is built from.
type Options struct {
	// Configured are the tokens of the configuration.
	Configured []Token
	// Records may be nil: then only configured tokens count.
	Records Records
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Authenticator recognises callers. Its methods are safe for concurrent use.
// Where no token exists at all, nobody is recognised.
type Authenticator struct {
	configured []Token
	records    Records
	now        func() time.Time
	known      atomic.Pointer[map[[sha3Size]byte]*credential]
}

const sha3Size = 32

// credential is a token ready to be recognised. When it was last used is kept
// in memory only: a write per request would wear the disk for a detail.
type credential struct {
	token    Token
	hash     [sha3Size]byte
	lastUsed atomic.Int64 // Unix nanoseconds, 0 never
}

// New builds an Authenticator that knows the configured tokens; Reload adds the recorded ones.
func New(options Options) *Authenticator {
	a := &Authenticator{configured: options.Configured, records: options.Records, now: options.Now}
	if a.now == nil {
		a.now = time.Now
	}
	a.publish(a.configured)
	return a
}

// Reload reads the recorded tokens again: new ones are valid and revoked ones
// are refused from here on. On an error what was known stays.
func (a *Authenticator) Reload(ctx context.Context) error {
	tokens := append([]Token(nil), a.configured...)
	if a.records != nil {
		recorded, err := a.records.Tokens(ctx)
		if err != nil {
			return fmt.Errorf("read tokens: %w", err)
		}
		tokens = append(tokens, recorded...)
	}
	a.publish(tokens)
	return nil
}

func (a *Authenticator) publish(tokens []Token) {
	before := a.known.Load()
	known := make(map[[sha3Size]byte]*credential, len(tokens))
	for _, token := range tokens {
		decoded, err := hex.DecodeString(token.Hash)
		if err != nil || len(decoded) != sha3Size {
			continue // a record without a hash can be matched by no token
		}
		c := &credential{token: token, hash: [sha3Size]byte(decoded)}
		if before != nil {
			if old, ok := (*before)[c.hash]; ok {
				c.lastUsed.Store(old.lastUsed.Load())
			}
		}
		known[c.hash] = c
	}
	a.known.Store(&known)
}

// Configured reports whether there is any way at all to authenticate.
func (a *Authenticator) Configured() bool { return len(*a.known.Load()) > 0 }

// Newest returns the token made last, for display; false when there is none.
func (a *Authenticator) Newest() (Token, bool) {
	var newest *credential
	for _, c := range *a.known.Load() {
		if newest == nil || c.token.Created.After(newest.token.Created) ||
			c.token.Created.Equal(newest.token.Created) && c.token.ID < newest.token.ID {
			newest = c
		}
	}
	if newest == nil {
		return Token{}, false
	}
	return newest.token, true
}

// lastUsed returns when the token with the hash was last presented; zero if it was not.
func (a *Authenticator) lastUsed(hash string) time.Time {
	decoded, err := hex.DecodeString(hash)
	if err != nil || len(decoded) != sha3Size {
		return time.Time{}
	}
	c, ok := (*a.known.Load())[[sha3Size]byte(decoded)]
	if !ok || c.lastUsed.Load() == 0 {
		return time.Time{}
	}
	return time.Unix(0, c.lastUsed.Load()).UTC()
}

// Authenticate returns who sent the request, ErrNoCredentials when it does not
// say, and ErrBadCredentials when what it says is wrong. A token is taken from
// X-API-Token, else from an Authorization header of the Bearer scheme, else
// from the query parameter "token".
func (a *Authenticator) Authenticate(r *http.Request) (*Principal, error) {
	raw := presented(r)
	if raw == "" {
		return nil, ErrNoCredentials
	}
	// The map is asked by hash, so that the time a look-up takes says nothing
	// about the characters of a valid token.
	hash := sha3.Sum256([]byte(raw))
	c, ok := (*a.known.Load())[hash]
	if !ok || subtle.ConstantTimeCompare(c.hash[:], hash[:]) != 1 {
		return nil, ErrBadCredentials
	}
	return c.principal(a.now()), nil
}

func (c *credential) principal(now time.Time) *Principal {
	c.lastUsed.Store(now.UnixNano())
	scopes := c.token.Scopes
	if len(scopes) == 0 {
		scopes = []Scope{ScopeAll}
	}
	return &Principal{
		Admin:  true,
		scopes: scopes,
		Token:  resource.TokenRef{ID: c.token.ID, Name: c.token.Name, Hint: c.token.Hint("…"), LastUsed: now},
	}
}

func presented(r *http.Request) string {
	if token := strings.TrimSpace(r.Header.Get("X-API-Token")); token != "" {
		return token
	}
	scheme, value, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if found && strings.EqualFold(scheme, "Bearer") {
		if value = strings.TrimSpace(value); value != "" {
			return value
		}
	}
	if !strings.Contains(r.URL.RawQuery, "token=") {
		return "" // parsing a query allocates, and reports have none
	}
	return r.URL.Query().Get("token")
}
