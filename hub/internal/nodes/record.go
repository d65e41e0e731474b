package nodes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Records is what is needed of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// recordPrefix is what the keys of records begin with; the instance's id follows.
const recordPrefix = "node/"

// record is what a node has that its instance has no field for.
type record struct {
	Monitors Monitors `json:"monitors"`
	GuestURL string   `json:"guestURL,omitempty"`
	// TokenUser is the owner of the token, if that was given apart from its name.
	TokenUser string `json:"tokenUser,omitempty"`
	// Cluster is the name of the cluster that the node was found in.
	Cluster string `json:"cluster,omitempty"`
	// Source is who registered the node: "agent", "script", or nobody.
	Source string `json:"source,omitempty"`
}

// repository keeps records.
type repository struct{ records Records }

// list returns all records by the id of their instance.
func (r repository) list(ctx context.Context) (map[string]record, error) {
	byInstance := map[string]record{}
	err := r.records.View(ctx, func(reader store.Reader) error {
		byKey, err := store.ListJSON[record](ctx, reader, store.Settings, recordPrefix)
		for key, one := range byKey {
			byInstance[strings.TrimPrefix(key, recordPrefix)] = one
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list node records: %w", err)
	}
	return byInstance, nil
}

// change changes the record of an instance; one that is not there begins empty.
func (r repository) change(ctx context.Context, id string, edit func(*record)) error {
	err := r.records.Update(ctx, func(tx store.Tx) error {
		one, err := store.GetJSON[record](ctx, tx, store.Settings, recordPrefix+id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		edit(&one)
		return store.PutJSON(ctx, tx, store.Settings, recordPrefix+id, one)
	})
	if err != nil {
		return fmt.Errorf("put node record: %w", err)
	}
	return nil
}

// keep deletes the records of all other instances: also of those that went
// without this package being told.
func (r repository) keep(ctx context.Context, ids []string) error {
	err := r.records.Update(ctx, func(tx store.Tx) error {
		kept, err := tx.List(ctx, store.Settings, recordPrefix)
		if err != nil {
			return err
		}
		for _, one := range kept {
			if slices.Contains(ids, strings.TrimPrefix(one.Key, recordPrefix)) {
				continue
			}
			if err := tx.Delete(ctx, store.Settings, one.Key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete node records: %w", err)
	}
	return nil
}
