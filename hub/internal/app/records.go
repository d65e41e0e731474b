package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/report"
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

// identityPrefix is what keys of host identities begin with: they are source ids.
const identityPrefix = "host:"

// identities are the identities of reporting hosts in the store.
type identities struct{ store store.Store }

// Load is part of report.Identities.
func (i identities) Load(ctx context.Context) ([]report.Identity, error) {
	byKey, err := store.ListJSON[report.Identity](ctx, i.store, store.Sources, identityPrefix)
	if err != nil {
		return nil, err
	}
	list := make([]report.Identity, 0, len(byKey))
	for _, identity := range byKey {
		list = append(list, identity)
	}
	return list, nil
}

// Save is part of report.Identities. A full disk is an agent's reason to send
// its report again later, like any other that passes.
func (i identities) Save(ctx context.Context, identity report.Identity) error {
	err := i.store.Update(ctx, func(tx store.Tx) error {
		return store.PutJSON(ctx, tx, store.Sources, identityPrefix+identity.HostID, identity)
	})
	if errors.Is(err, store.ErrNoSpace) {
		return fmt.Errorf("%w: %w", report.ErrBusy, err)
	}
	return err
}
