// Package instance is what a person configures: one use of one component of a
// plugin, with its secrets, as it is kept in the store.
package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Errors of reading and writing instances.
var (
	// ErrNotFound says that there is no instance with that ID.
	ErrNotFound = errors.New("no such instance")
	// ErrInvalid says that an instance lacks what every instance has.
	ErrInvalid = errors.New("instance is not valid")
)

// Instance is one configured use of a plugin's component. An Instance that has
// been handed over is not changed any more.
type Instance struct {
	// ID is unique in this hub, never used again, and has no slash.
	ID string `json:"id"`
	// Plugin is the plugin's id, Component the key of its component: "source/pve".
	Plugin    string `json:"plugin"`
	Component string `json:"component"`
	// Name is what its owner calls it.
	Name string `json:"name"`
	// Config is one JSON object without the secrets.
	Config json.RawMessage `json:"config"`
	// Secrets are plain values by JSON pointer: {"/token": "…"}.
	Secrets map[string]string `json:"-"`
	// Enabled says that the hub uses it.
	Enabled bool `json:"enabled"`
	// Revision grows with each change.
	Revision uint64 `json:"revision"`
}

// Kind returns the kind of its component: "source", "notifier", "ai".
func (i Instance) Kind() string {
	kind, _, _ := strings.Cut(i.Component, "/")
	return kind
}

// Type returns the type of its component: "pve".
func (i Instance) Type() string {
	_, typ, _ := strings.Cut(i.Component, "/")
	return typ
}

func (i Instance) validate() error {
	switch {
	case i.ID == "" || strings.ContainsAny(i.ID, "/\x00"):
		return fmt.Errorf("%w: its id is empty or has a slash", ErrInvalid)
	case i.Plugin == "":
		return fmt.Errorf("%w: %s names no plugin", ErrInvalid, i.ID)
	case i.Kind() == "" || i.Type() == "":
		return fmt.Errorf("%w: %s names no component", ErrInvalid, i.ID)
	case len(i.Config) > 0 && !json.Valid(i.Config):
		return fmt.Errorf("%w: the configuration of %s is not JSON", ErrInvalid, i.ID)
	}
	return nil
}

// Records is what a Repository needs of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Repository keeps instances, their secrets sealed and apart from the rest.
// It is safe for concurrent use.
type Repository struct{ records Records }

// NewRepository returns the repository of a store.
func NewRepository(records Records) *Repository { return &Repository{records: records} }

// secretKey is the key of an instance's secrets in the bucket of all secrets.
func secretKey(id string) string { return "instance/" + id }

// List returns all instances, ordered by ID. An instance whose secrets cannot
// be opened is returned without them, together with an error that names it.
func (r *Repository) List(ctx context.Context) ([]Instance, error) {
	var instances []Instance
	var sealed error
	err := r.records.View(ctx, func(reader store.Reader) error {
		byID, err := store.ListJSON[Instance](ctx, reader, store.Instances, "")
		if err != nil {
			return err
		}
		for _, one := range byID {
			one.Secrets, err = secretsOf(ctx, reader, one.ID)
			sealed = errors.Join(sealed, err)
			instances = append(instances, one)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list instances: %w", err)
	}
	slices.SortFunc(instances, func(a, b Instance) int { return strings.Compare(a.ID, b.ID) })
	return instances, sealed
}

// Get returns one instance or ErrNotFound.
func (r *Repository) Get(ctx context.Context, id string) (Instance, error) {
	var one Instance
	err := r.records.View(ctx, func(reader store.Reader) error {
		var err error
		if one, err = store.GetJSON[Instance](ctx, reader, store.Instances, id); err != nil {
			return err
		}
		one.Secrets, err = secretsOf(ctx, reader, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Instance{}, fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	if err != nil {
		return Instance{}, fmt.Errorf("get instance: %w", err)
	}
	return one, nil
}

// Put adds or replaces an instance with its secrets and returns it with its
// new revision. Secrets that are not named are gone.
func (r *Repository) Put(ctx context.Context, one Instance) (Instance, error) {
	if err := one.validate(); err != nil {
		return Instance{}, err
	}
	err := r.records.Update(ctx, func(tx store.Tx) error {
		before, err := store.GetJSON[Instance](ctx, tx, store.Instances, one.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		one.Revision = before.Revision + 1
		if err := store.PutJSON(ctx, tx, store.Instances, one.ID, one); err != nil {
			return err
		}
		if len(one.Secrets) == 0 {
			return tx.Delete(ctx, store.Secrets, secretKey(one.ID))
		}
		return store.PutJSON(ctx, tx, store.Secrets, secretKey(one.ID), one.Secrets)
	})
	if err != nil {
		return Instance{}, fmt.Errorf("put instance: %w", err)
	}
	return one, nil
}

// Delete removes an instance and its secrets. One that is not there is not an error.
func (r *Repository) Delete(ctx context.Context, id string) error {
	err := r.records.Update(ctx, func(tx store.Tx) error {
		if err := tx.Delete(ctx, store.Secrets, secretKey(id)); err != nil {
			return err
		}
		return tx.Delete(ctx, store.Instances, id)
	})
	if err != nil {
		return fmt.Errorf("delete instance: %w", err)
	}
	return nil
}

func secretsOf(ctx context.Context, reader store.Reader, id string) (map[string]string, error) {
	secrets, err := store.GetJSON[map[string]string](ctx, reader, store.Secrets, secretKey(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("secrets of instance %s: %w", id, err)
	}
	return secrets, nil
}
