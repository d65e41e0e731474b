package app

import (
	"context"
	"errors"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// tokens are the API tokens in the store.
type tokens struct{ store store.Store }

// Tokens is part of auth.Records.
func (t tokens) Tokens(ctx context.Context) ([]auth.Token, error) {
	byID, err := store.ListJSON[auth.Token](ctx, t.store, store.Tokens, "")
	if err != nil {
		return nil, err
	}
	list := make([]auth.Token, 0, len(byID))
	for id, token := range byID {
		token.ID = id
		list = append(list, token)
	}
	return list, nil
}

// AddToken is part of auth.TokenStore.
func (t tokens) AddToken(ctx context.Context, token auth.Token, limit int) error {
	return t.store.Update(ctx, func(tx store.Tx) error {
		kept, err := tx.List(ctx, store.Tokens, "")
		if err != nil {
			return err
		}
		if len(kept) >= limit {
			return auth.ErrTooManyTokens
		}
		return store.PutJSON(ctx, tx, store.Tokens, token.ID, token)
	})
}

// DeleteToken is part of auth.TokenStore.
func (t tokens) DeleteToken(ctx context.Context, id string) (token auth.Token, err error) {
	err = t.store.Update(ctx, func(tx store.Tx) error {
		token, err = store.GetJSON[auth.Token](ctx, tx, store.Tokens, id)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBadKey) {
			return auth.ErrUnknownToken
		}
		if err != nil {
			return err
		}
		token.ID = id
		return tx.Delete(ctx, store.Tokens, id)
	})
	return token, err
}
