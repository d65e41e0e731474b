package auth

import (
	"context"
	"errors"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// StoredTokens are the API tokens in the store of the hub.
type StoredTokens struct{ Store store.Store }

// Tokens returns all of them. The slice is the caller's.
func (t StoredTokens) Tokens(ctx context.Context) ([]Token, error) {
	byID, err := store.ListJSON[Token](ctx, t.Store, store.Tokens, "")
	if err != nil {
		return nil, err
	}
	list := make([]Token, 0, len(byID))
	for id, token := range byID {
		token.ID = id
		list = append(list, token)
	}
	return list, nil
}

// RevokedHashes returns the hashes of tokens of the configuration that count
// no more. The map is the caller's.
func (t StoredTokens) RevokedHashes(ctx context.Context) (map[string]bool, error) {
	records, err := t.Store.List(ctx, store.RevokedTokens, "")
	if err != nil {
		return nil, err
	}
	hashes := make(map[string]bool, len(records))
	for _, record := range records {
		hashes[record.Key] = true
	}
	return hashes, nil
}

// Change adds and removes tokens, all or nothing. It returns ErrTooManyTokens
// if there would be more than limit, and ErrUnknownToken for one to remove
// that is not there.
func (t StoredTokens) Change(ctx context.Context, change TokenChange, limit int) error {
	return t.Store.Update(ctx, func(tx store.Tx) error {
		for _, id := range change.Remove {
			if _, err := tx.Get(ctx, store.Tokens, id); errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBadKey) {
				return ErrUnknownToken
			} else if err != nil {
				return err
			}
			if err := tx.Delete(ctx, store.Tokens, id); err != nil {
				return err
			}
		}
		for _, hash := range change.Revoke {
			if err := store.PutJSON(ctx, tx, store.RevokedTokens, hash, revocation{change.At}); err != nil {
				return err
			}
		}
		for i := range change.Put {
			if err := store.PutJSON(ctx, tx, store.Tokens, change.Put[i].ID, change.Put[i]); err != nil {
				return err
			}
		}
		kept, err := tx.List(ctx, store.Tokens, "")
		if err != nil {
			return err
		}
		if len(kept) > limit && len(change.Put) > len(change.Remove) {
			return ErrTooManyTokens
		}
		return nil
	})
}

// revocation is the record of a revoked token of the configuration.
type revocation struct {
	At time.Time `json:"at"`
}

// TokenChange is what becomes of the tokens at once.
type TokenChange struct {
	// Put are tokens that are new or have changed.
	Put []Token
	// Remove are ids of stored tokens.
	Remove []string
	// Revoke are hashes of tokens of the configuration that count no more.
	Revoke []string
	At     time.Time
}
