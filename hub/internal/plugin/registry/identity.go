package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// identitiesKey is the record that holds the number of each plugin's own user.
const identitiesKey = "plugin-identities"

// identity returns the number of a plugin's own user. It stays the plugin's as
// long as its data is kept.
func (r *Registry) identity(ctx context.Context, id string) (int, error) {
	var number int
	err := r.changeIdentities(ctx, func(byID map[string]int) (err error) {
		var known bool
		if number, known = byID[id]; !known {
			number, err = free(byID)
			byID[id] = number
		}
		return err
	})
	return number, err
}

func (r *Registry) forgetIdentity(ctx context.Context, id string) error {
	return r.changeIdentities(ctx, func(byID map[string]int) error {
		delete(byID, id)
		return nil
	})
}

func (r *Registry) changeIdentities(ctx context.Context, change func(map[string]int) error) error {
	known, err := store.GetJSON[map[string]int](ctx, r.Settings, store.Settings, identitiesKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("read users of plugins: %w", err)
	}
	if known == nil {
		known = map[string]int{}
	}
	before := len(known)
	if err := change(known); err != nil {
		return err
	}
	if len(known) == before {
		return nil
	}
	err = r.Settings.Update(ctx, func(tx store.Tx) error {
		return store.PutJSON(ctx, tx, store.Settings, identitiesKey, known)
	})
	if err != nil {
		return fmt.Errorf("write users of plugins: %w", err)
	}
	return nil
}

// free returns the lowest number that nobody has.
func free(byID map[string]int) (int, error) {
	taken := map[int]bool{}
	for _, number := range byID {
		taken[number] = true
	}
	for number := range sandbox.Identities {
		if !taken[number] {
			return number, nil
		}
	}
	return 0, fmt.Errorf("%w: %d plugins have one", sandbox.ErrNoIdentity, len(byID))
}
