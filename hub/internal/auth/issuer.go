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

	"github.com/pulse-hub/pulse/hub/internal/chronicle"
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
	// ErrUnknownToken: no token made at run time has the id.
	ErrUnknownToken = errors.New("no such token")
)

// UnknownScopeError says which of the wanted scopes does not exist.
type UnknownScopeError struct{ Scope Scope }

func (e *UnknownScopeError) Error() string {
	return fmt.Sprintf("unknown scope %.60q", string(e.Scope))
}

const (
	// MaxTokens bounds the tokens made at run time.
	MaxTokens = 1000
	// maxName bounds the name of a token, in bytes.
	maxName = 200
	// rawBytes is how long a token is; it has twice as many digits.
	rawBytes = 32
)

// TokenStore keeps the tokens that are made at run time.
type TokenStore interface {
	Records
	// AddToken keeps one more, or returns ErrTooManyTokens if there are limit already.
	AddToken(ctx context.Context, token Token, limit int) error
	// DeleteToken removes the token with the id and returns it, or ErrUnknownToken.
	DeleteToken(ctx context.Context, id string) (Token, error)
}

// Changes is where it is written down who made and revoked tokens.
type Changes interface {
	Add(ctx context.Context, event chronicle.Event) error
}

// IssuerOptions are what an Issuer is built from. All are needed but Now.
type IssuerOptions struct {
	Store TokenStore
	// Authenticator learns of tokens as soon as they are made or revoked.
	Authenticator *Authenticator
	Changes       Changes
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
}

// Create makes a token and returns it as it is told to its owner, this once: 64
// lower-case hexadecimal digits. It is valid from here on. The error is one of
// a draft, ErrTooManyTokens, or one of the store.
func (i *Issuer) Create(ctx context.Context, draft TokenDraft, actor string) (string, Token, error) {
	name := strings.TrimSpace(draft.Name)
	if name == "" || len(name) > maxName {
		return "", Token{}, ErrName
	}
	scopes, err := NormalizeScopes(draft.Scopes)
	if err != nil {
		return "", Token{}, err
	}
	var random [rawBytes]byte
	_, _ = rand.Read(random[:]) // never fails, says crypto/rand
	raw := hex.EncodeToString(random[:])
	token := Token{
		ID: ulid.Make().String(), Name: name, Hash: HashToken(raw), Prefix: raw[:6], Suffix: raw[len(raw)-4:],
		Scopes: scopes, Created: i.options.Now().UTC(),
	}
	if err := i.options.Store.AddToken(ctx, token, MaxTokens); err != nil {
		return "", Token{}, fmt.Errorf("keep token: %w", err)
	}
	if err := i.options.Authenticator.Reload(ctx); err != nil {
		return "", Token{}, err
	}
	i.note(ctx, &token, actor, "created")
	return raw, token, nil
}

// KnownToken is a token with what is known of its use.
type KnownToken struct {
	Token
	// LastUsed is when it was last presented since the hub began; zero: not since then.
	LastUsed time.Time
}

// List returns the tokens made at run time, the newest first. The slice is the caller's.
func (i *Issuer) List(ctx context.Context) ([]KnownToken, error) {
	tokens, err := i.options.Store.Tokens(ctx)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	list := make([]KnownToken, 0, len(tokens))
	for _, token := range tokens {
		list = append(list, KnownToken{token, i.options.Authenticator.lastUsed(token.Hash)})
	}
	slices.SortFunc(list, func(a, b KnownToken) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	return list, nil
}

// Revoke makes a token void from here on. The error is ErrUnknownToken, also
// for tokens of the configuration, or one of the store.
func (i *Issuer) Revoke(ctx context.Context, id, actor string) error {
	token, err := i.options.Store.DeleteToken(ctx, id)
	if err != nil {
		return fmt.Errorf("delete token: %w", err)
	}
	if err := i.options.Authenticator.Reload(ctx); err != nil {
		return err
	}
	i.note(ctx, &token, actor, "revoked")
	return nil
}

// note writes a change down. What was done is done, whether or not that works.
func (i *Issuer) note(ctx context.Context, token *Token, actor, what string) {
	event := chronicle.Event{Actor: actor, Kind: "token", Subject: token.ID, What: what, Detail: token.Name, At: i.options.Now().UTC()}
	if err := i.options.Changes.Add(ctx, event); err != nil {
		i.options.Logger.Warn("change of a token not written down", "token_id", token.ID, "what", what, "error", err)
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
