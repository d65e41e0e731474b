package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/oklog/ulid/v2"
)

// Reasons why a token is not made or revoked.
var (
	// ErrName: the name is missing or too long.
	ErrName = errors.New("name of the token is missing or too long")
	// ErrNoScopes: the list of scopes is there and empty.
	ErrNoScopes = errors.New("list of scopes is empty")
	// ErrScopes: ScopeAll stands beside other scopes.
	ErrScopes = errors.New("the scope for everything stands alone")
	// ErrTooManyTokens: there are MaxTokens already.
	ErrTooManyTokens = errors.New("there are too many tokens")
	// ErrUnknownToken: no token has the id.
	ErrUnknownToken = errors.New("no such token")
	// ErrExpires: the end of a token lies in the past.
	ErrExpires = errors.New("token would be void already")
	// ErrTokenLength: a token that the caller has chosen is too long or too short.
	ErrTokenLength = errors.New("length of the token is out of range")
)

// UnknownScopeError says which of the wanted scopes does not exist.
type UnknownScopeError struct{ Scope Scope }

func (e *UnknownScopeError) Error() string {
	return fmt.Sprintf("unknown scope %.60q", string(e.Scope))
}

// WiderError says which of the wanted scopes the maker does not have.
type WiderError struct{ Scope Scope }

func (e *WiderError) Error() string {
	return fmt.Sprintf("scope %q is wider than what its maker may do", string(e.Scope))
}

const (
	// MaxTokens bounds the tokens made at run time.
	MaxTokens = 10_000
	// maxName bounds the name of a token, in bytes.
	maxName = 200
	// rawBytes is how long a token is; it has twice as many digits.
	rawBytes = 32
	// minChosen and maxChosen bound tokens that callers have chosen, in bytes.
	minChosen, maxChosen = 16, 512
)

// TokenStore keeps the tokens that are made at run time, as StoredTokens does.
type TokenStore interface {
	Records
	Change(ctx context.Context, change TokenChange, limit int) error
}

// IssuerOptions are what an Issuer is built from. All are needed but Now.
type IssuerOptions struct {
	Store TokenStore
	// Authenticator learns of tokens as soon as they are made or revoked.
	Authenticator *Authenticator
	Logger        hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Issuer makes API tokens, lists them, and revokes them. Only their hashes are
// kept. It is safe for concurrent use.
type Issuer struct{ options IssuerOptions }

// NewIssuer returns an issuer.
func NewIssuer(options IssuerOptions) *Issuer {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Issuer{options}
}

// TokenDraft is a token that is wanted.
type TokenDraft struct {
	Name string
	// Scopes is what it allows; nil: everything.
	Scopes []Scope
	// Expires is when it is void; zero: never.
	Expires time.Time
}

// Create makes a token and returns it as it is told to its owner, this once: 64
// lower-case hexadecimal digits. It is valid from here on. Nobody can make a
// token that is wider than what they may do themselves: the error is a
// *WiderError then. Else it is one of a draft, ErrTooManyTokens, or one of the store.
func (i *Issuer) Create(ctx context.Context, draft TokenDraft, by *Principal) (string, Token, error) {
	raw := newRaw()
	token, err := i.prepare(draft, raw, by)
	if err != nil {
		return "", Token{}, err
	}
	if err := i.change(ctx, TokenChange{Put: []Token{token}}); err != nil {
		return "", Token{}, err
	}
	return raw, token, nil
}

// Replace revokes every token there is, of the configuration too, and makes
// one for everything. An empty raw one is made up; one that the caller has
// chosen has 16 to 512 bytes, else the error is ErrTokenLength.
func (i *Issuer) Replace(ctx context.Context, name, raw string, by *Principal) (string, Token, error) {
	if raw == "" {
		raw = newRaw()
	}
	if len(raw) < minChosen || len(raw) > maxChosen {
		return "", Token{}, ErrTokenLength
	}
	token, err := i.prepare(TokenDraft{Name: name}, raw, by)
	if err != nil {
		return "", Token{}, err
	}
	stored, err := i.options.Store.Tokens(ctx)
	if err != nil {
		return "", Token{}, fmt.Errorf("read tokens: %w", err)
	}
	change := TokenChange{Put: []Token{token}}
	for _, old := range stored {
		change.Remove = append(change.Remove, old.ID)
	}
	for _, old := range i.options.Authenticator.configured {
		if old.Hash != token.Hash {
			change.Revoke = append(change.Revoke, old.Hash)
		}
	}
	if err := i.change(ctx, change); err != nil {
		return "", Token{}, err
	}
	return raw, token, nil
}

func newRaw() string {
	var random [rawBytes]byte
	_, _ = rand.Read(random[:]) // never fails, says crypto/rand
	return hex.EncodeToString(random[:])
}

func (i *Issuer) prepare(draft TokenDraft, raw string, by *Principal) (Token, error) {
	name := strings.TrimSpace(draft.Name)
	if name == "" || len(name) > maxName {
		return Token{}, ErrName
	}
	scopes, err := NormalizeScopes(draft.Scopes)
	if err != nil {
		return Token{}, err
	}
	for _, scope := range scopes {
		if !by.MayGrant(scope) {
			return Token{}, &WiderError{scope}
		}
	}
	now := i.options.Now().UTC()
	if !draft.Expires.IsZero() && !draft.Expires.After(now) {
		return Token{}, ErrExpires
	}
	token := Token{
		ID: ulid.Make().String(), Name: name, Hash: HashToken(raw), Scopes: scopes, Created: now, Expires: draft.Expires.UTC(), Owner: ownerOf(by),
	}
	if len(raw) >= hintable {
		token.Prefix, token.Suffix = raw[:6], raw[len(raw)-4:]
	}
	return token, nil
}

// ownerOf names the user whose rights bound the tokens that a caller makes. The
// socket and recovery belong to no user, and neither do tokens without one.
func ownerOf(by *Principal) string {
	switch by.Method {
	case MethodLocal, MethodRecovery, MethodDevelopment:
		return ""
	}
	return by.User
}

func (i *Issuer) change(ctx context.Context, change TokenChange) error {
	change.At = i.options.Now().UTC()
	if err := i.options.Store.Change(ctx, change, MaxTokens); err != nil {
		return fmt.Errorf("keep tokens: %w", err)
	}
	return i.options.Authenticator.Reload(ctx)
}

// List returns every token that is recognised, the newest first. The slice is the caller's.
func (i *Issuer) List() []Token {
	list := i.options.Authenticator.List()
	slices.SortFunc(list, func(a, b Token) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	return list
}

// Revoke makes a token void from here on, and returns it. One of the
// configuration stays void when the hub starts again. The error is
// ErrUnknownToken or one of the store.
func (i *Issuer) Revoke(ctx context.Context, id string) (Token, error) {
	known := i.options.Authenticator.List()
	at := slices.IndexFunc(known, func(t Token) bool { return t.ID == id })
	if at < 0 {
		return Token{}, ErrUnknownToken
	}
	change := TokenChange{Remove: []string{id}}
	if known[at].IsConfigured() {
		change = TokenChange{Revoke: []string{known[at].Hash}}
	}
	return known[at], i.change(ctx, change)
}

// RevokeMade is Revoke for tokens that were made at run time; those of the
// configuration, which many machines may share, are unknown to it.
func (i *Issuer) RevokeMade(ctx context.Context, id string) (Token, error) {
	if strings.HasPrefix(id, configuredPrefix) {
		return Token{}, ErrUnknownToken
	}
	return i.Revoke(ctx, id)
}

// flushInterval is how often it is written down when tokens were last used.
const flushInterval = 10 * time.Minute

// Run writes down when tokens were last used, every ten minutes and at its
// end: a write for each request would wear the disk for a detail.
func (i *Issuer) Run(ctx context.Context) error {
	ticker := time.NewTicker(flushInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			i.flush(context.WithoutCancel(ctx))
			return nil
		case <-ticker.C:
			i.flush(ctx)
		}
	}
}

func (i *Issuer) flush(ctx context.Context) {
	stored, err := i.options.Store.Tokens(ctx)
	if err != nil {
		i.options.Logger.Warn("use of tokens not written down", "error", err)
		return
	}
	used := map[string]time.Time{}
	for _, token := range i.options.Authenticator.List() {
		used[token.ID] = token.LastUsed
	}
	var change TokenChange
	for _, token := range stored {
		if last := used[token.ID]; last.Sub(token.LastUsed) >= time.Minute {
			token.LastUsed = last
			change.Put = append(change.Put, token)
			change.Remove = append(change.Remove, token.ID) // so that one revoked meanwhile does not come back
		}
	}
	if len(change.Put) == 0 {
		return
	}
	if err := i.options.Store.Change(ctx, change, MaxTokens); err != nil && !errors.Is(err, ErrUnknownToken) {
		i.options.Logger.Warn("use of tokens not written down", "error", err)
	}
}

// NormalizeScopes returns wanted scopes without repetitions and in order: nil
// stands for everything. The error is ErrNoScopes, ErrScopes or *UnknownScopeError.
func NormalizeScopes(wanted []Scope) ([]Scope, error) {
	if wanted == nil {
		return []Scope{ScopeAll}, nil
	}
	if len(wanted) == 0 {
		return nil, ErrNoScopes
	}
	known := Scopes()
	for _, scope := range wanted {
		if !slices.Contains(known, scope) {
			return nil, &UnknownScopeError{scope}
		}
	}
	scopes := slices.Compact(slices.Sorted(slices.Values(wanted)))
	if len(scopes) > 1 && slices.Contains(scopes, ScopeAll) {
		return nil, ErrScopes
	}
	return scopes, nil
}
