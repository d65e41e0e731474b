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

// LockedError is returned for credentials that are not looked at because too
// many wrong ones have come before.
type LockedError struct{ Until time.Time }

func (e *LockedError) Error() string { return "too many failed attempts" }

// Records is where tokens made at run time are kept, as StoredTokens does.
type Records interface {
	// Tokens returns all of them. The slice is the caller's.
	Tokens(ctx context.Context) ([]Token, error)
	// RevokedHashes returns the hashes of tokens that count no more wherever they come from.
	RevokedHashes(ctx context.Context) (map[string]bool, error)
}

// Options are what an Authenticator is built from.
type Options struct {
	// Configured are the tokens of the configuration.
	Configured []Token
	// Records may be nil: then only configured tokens count.
	Records Records
	// RoleOf returns what the maker of a token may do, and false for somebody who is no user any more: their tokens are
	// void. Nil: makers may do everything.
	RoleOf func(user string) (Role, bool)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Authenticator recognises API tokens. Its methods are safe for concurrent
// use. Where no token exists at all, nobody is recognised.
type Authenticator struct {
	configured []Token
	records    Records
	roleOf     func(string) (Role, bool)
	now        func() time.Time
	known      atomic.Pointer[map[[sha3Size]byte]*credential]
}

const sha3Size = 32

// credential is a token ready to be recognised.
type credential struct {
	token    Token
	hash     [sha3Size]byte
	lastUsed atomic.Int64 // Unix nanoseconds, 0 never
}

// New builds an Authenticator that knows the configured tokens; Reload adds the recorded ones.
func New(options Options) *Authenticator {
	a := &Authenticator{configured: options.Configured, records: options.Records, roleOf: options.RoleOf, now: options.Now}
	if a.now == nil {
		a.now = time.Now
	}
	if a.roleOf == nil {
		a.roleOf = func(string) (Role, bool) { return Administrator(), true }
	}
	a.publish(a.configured)
	return a
}

// Reload reads the recorded tokens again: new ones are valid and revoked ones
// are refused from here on. On an error what was known stays.
func (a *Authenticator) Reload(ctx context.Context) error {
	if a.records == nil {
		a.publish(a.configured)
		return nil
	}
	recorded, err := a.records.Tokens(ctx)
	if err != nil {
		return fmt.Errorf("read tokens: %w", err)
	}
	revoked, err := a.records.RevokedHashes(ctx)
	if err != nil {
		return fmt.Errorf("read revoked tokens: %w", err)
	}
	var tokens []Token
	for _, token := range a.configured {
		if !revoked[token.Hash] {
			tokens = append(tokens, token)
		}
	}
	a.publish(append(tokens, recorded...))
	return nil
}

func (a *Authenticator) publish(tokens []Token) {
	before := a.known.Load()
	known := make(map[[sha3Size]byte]*credential, len(tokens))
	for _, token := range tokens {
		hash, ok := decodeHash(token.Hash)
		if !ok {
			continue // a record without a hash can be matched by no token
		}
		c := &credential{token: token, hash: hash}
		if !token.LastUsed.IsZero() {
			c.lastUsed.Store(token.LastUsed.UnixNano())
		}
		if before != nil {
			if old, ok := (*before)[c.hash]; ok && old.lastUsed.Load() > c.lastUsed.Load() {
				c.lastUsed.Store(old.lastUsed.Load())
			}
		}
		known[c.hash] = c
	}
	a.known.Store(&known)
}

func decodeHash(text string) ([sha3Size]byte, bool) {
	decoded, err := hex.DecodeString(text)
	if err != nil || len(decoded) != sha3Size {
		return [sha3Size]byte{}, false
	}
	return [sha3Size]byte(decoded), true
}

// Configured reports whether there is any token at all.
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

// List returns all tokens that are recognised, with when they were last used.
// The slice is the caller's; its order is not defined.
func (a *Authenticator) List() []Token {
	known := *a.known.Load()
	list := make([]Token, 0, len(known))
	for _, c := range known {
		token := c.token
		if last := c.lastUsed.Load(); last != 0 {
			token.LastUsed = time.Unix(0, last).UTC()
		}
		list = append(list, token)
	}
	return list
}

// Authenticate returns who sent the request, ErrNoCredentials when it does not
// say, and ErrBadCredentials when what it says is wrong. A token is taken from
// X-API-Token, else from an Authorization header of the Bearer scheme, else
// from the query parameter "token".
func (a *Authenticator) Authenticate(r *http.Request) (*Principal, error) {
	return a.Recognize(presented(r))
}

// Recognize returns whose a token is, ErrNoCredentials for an empty one, and
// ErrBadCredentials for one that is not, or no longer, valid.
func (a *Authenticator) Recognize(raw string) (*Principal, error) {
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
	now := a.now()
	if !c.token.Expires.IsZero() && !now.Before(c.token.Expires) {
		return nil, ErrBadCredentials
	}
	role := Administrator()
	if c.token.Owner != "" {
		if role, ok = a.roleOf(c.token.Owner); !ok {
			return nil, ErrBadCredentials
		}
	}
	return c.principal(role, now), nil
}

func (c *credential) principal(role Role, now time.Time) *Principal {
	c.lastUsed.Store(now.UnixNano())
	scopes := c.token.Scopes
	if len(scopes) == 0 {
		scopes = []Scope{ScopeAll}
	}
	return &Principal{
		Method: MethodToken, User: c.token.Owner, Role: role, scopes: scopes,
		Token: resource.TokenRef{ID: c.token.ID, Name: c.token.Name, Hint: c.token.Hint("…"), LastUsed: now},
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
