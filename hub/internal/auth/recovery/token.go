package recovery

import (
	"context"
	"crypto/rand"
	"crypto/sha3"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// MaxTokens bounds the recovery tokens that are valid at a time.
	MaxTokens = 16
	// MaxMinutes is how long a recovery token may be valid.
	MaxMinutes = 60
	// DefaultMinutes is how long it is when nothing sensible is asked for.
	DefaultMinutes = 15

	tokensKey  = "recovery/tokens"
	tokenBytes = 32 // of randomness; the token has twice as many digits
)

// rawToken is what a token looks like.
var rawToken = regexp.MustCompile(`^[0-9a-f]{64}$`)

// token is what is kept of a recovery token.
type token struct {
	// Hash is SHA3-256 of the token as it is told, in hex.
	Hash    string    `json:"hash"`
	Expires time.Time `json:"expires"`
}

// name tells tokens apart in records for people.
func (t token) name() string { return t.Hash[:8] }

// NewToken makes a recovery token for a number of minutes from 1 to MaxMinutes,
// else for DefaultMinutes, and returns it as it is told to its owner, this
// once: 64 hexadecimal digits, and the minutes it is valid for. The error is
// ErrTooManyTokens or one of the store.
func (d *Desk) NewToken(ctx context.Context, minutes int) (raw string, valid int, err error) {
	if minutes < 1 || minutes > MaxMinutes {
		minutes = DefaultMinutes
	}
	if err := d.begin(ctx); err != nil {
		return "", 0, err
	}
	defer d.done()
	tokens := d.live()
	if len(tokens) >= MaxTokens {
		return "", 0, ErrTooManyTokens
	}
	var random [tokenBytes]byte
	_, _ = rand.Read(random[:]) // never fails, says crypto/rand
	raw = hex.EncodeToString(random[:])
	made := token{Hash: hash(raw), Expires: d.options.Now().Add(time.Duration(minutes) * time.Minute)}
	if err := d.keep(ctx, append(tokens, made)); err != nil {
		return "", 0, err
	}
	d.tell(ctx, "token "+made.name(), "created", fmt.Sprintf("for %d minutes", minutes))
	return raw, minutes, nil
}

// Valid reports whether a recovery token would be taken now. It stays valid.
func (d *Desk) Valid(raw string) bool {
	found, ok := d.find(raw)
	d.mu.Lock()
	defer d.mu.Unlock()
	_, held := d.held[found.Hash]
	return ok && !held
}

// Use runs an action that a recovery token allows, and makes the token void when
// the action returns nil. Nobody else can use it meanwhile. The error is that of
// the action, ErrToken when it was not run, or one of the store; then the token
// is void now, but may be valid again after a restart until its time is over.
func (d *Desk) Use(ctx context.Context, raw string, action func(context.Context) error) error {
	found, ok := d.find(raw)
	if !ok || !d.hold(found.Hash) {
		return ErrToken
	}
	defer d.release(found.Hash)
	if err := action(ctx); err != nil {
		return err
	}
	return d.spend(ctx, found)
}

// Consume makes a recovery token void. Only the first of several calls gets nil,
// the others ErrToken; other errors are as those of Use. Where the action can
// wait for it, Use is better: it lets only one caller act.
func (d *Desk) Consume(ctx context.Context, raw string) error {
	return d.Use(ctx, raw, func(context.Context) error { return nil })
}

func (d *Desk) spend(ctx context.Context, used token) error {
	// The action has happened, whether or not the caller still listens.
	ctx = context.WithoutCancel(ctx)
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.done()
	tokens := slices.DeleteFunc(d.live(), func(t token) bool { return t.Hash == used.Hash })
	d.publish(tokens)
	d.tell(ctx, "token "+used.name(), "used", "")
	return d.keep(ctx, tokens)
}

// hold takes a token so that nobody else can; release gives it back.
func (d *Desk) hold(hash string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := slices.ContainsFunc(d.tokens, func(t token) bool { return t.Hash == hash })
	if _, held := d.held[hash]; held || !known {
		return false
	}
	d.held[hash] = struct{}{}
	return true
}

func (d *Desk) release(hash string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.held, hash)
}

// find returns the token that was told as raw, if its time is not over. It
// compares hashes, so that the time it takes says nothing about a token.
func (d *Desk) find(raw string) (found token, ok bool) {
	raw = strings.TrimSpace(raw)
	if !rawToken.MatchString(raw) {
		return token{}, false
	}
	candidate := []byte(hash(raw))
	for _, t := range d.live() {
		if subtle.ConstantTimeCompare([]byte(t.Hash), candidate) == 1 {
			found, ok = t, true
		}
	}
	return found, ok
}

// live returns the tokens whose time is not over. The slice is the caller's.
func (d *Desk) live() []token {
	now := d.options.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(d.tokens), func(t token) bool { return !now.Before(t.Expires) })
}

func (d *Desk) loadTokens(ctx context.Context) error {
	tokens, err := store.GetJSON[[]token](ctx, d.options.Records, store.SignIn, tokensKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("read recovery tokens: %w", err)
	}
	tokens = slices.DeleteFunc(tokens, func(t token) bool { return !rawToken.MatchString(t.Hash) })
	latest := d.options.Now().Add(MaxMinutes * time.Minute)
	for i := range tokens {
		if tokens[i].Expires.After(latest) { // a clock that was wrong makes no token last
			tokens[i].Expires = latest
		}
	}
	d.publish(tokens)
	return nil
}

// keep writes the tokens down and makes them those that are valid.
func (d *Desk) keep(ctx context.Context, tokens []token) error {
	if err := store.PutJSON(ctx, d.options.Records, store.SignIn, tokensKey, tokens); err != nil {
		return fmt.Errorf("keep recovery tokens: %w", err)
	}
	d.publish(tokens)
	return nil
}

func (d *Desk) publish(tokens []token) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tokens = tokens
}

func hash(raw string) string {
	sum := sha3.Sum256([]byte(raw))
	return hex.EncodeToString(sum[:])
}
