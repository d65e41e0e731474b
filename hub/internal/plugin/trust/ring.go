package trust

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// recordKey is where the publishers are kept in the bucket of settings.
const recordKey = "plugin-publishers"

const (
	maxPublishers = 200
	maxNameBytes  = 100
)

// Publisher is somebody whose signatures count.
type Publisher struct {
	// Name is what the administrator calls them.
	Name string `json:"name"`
	Key  Key    `json:"key"`
	// Added and AddedBy say when and by whom; empty for the project.
	Added   time.Time `json:"added,omitzero"`
	AddedBy string    `json:"added_by,omitempty"`
	// Project says that it is the project itself, which is not stored.
	Project bool `json:"-"`
}

// Records is what a Ring needs of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Ring is the set of publishers that are known. It is safe for concurrent use.
type Ring struct {
	records Records
	project []Publisher
}

// NewRing returns the publishers of a store, and the project with the keys it
// signs with, of which there may be none.
func NewRing(records Records, project ...Key) *Ring {
	ring := &Ring{records: records}
	for _, key := range project {
		ring.project = append(ring.project, Publisher{Name: "Pulse", Key: key, Project: true})
	}
	return ring
}

// Publishers returns all of them, the project first, then in the order they were added.
func (r *Ring) Publishers(ctx context.Context) ([]Publisher, error) {
	var stored []Publisher
	err := r.records.View(ctx, func(reader store.Reader) (err error) {
		stored, err = load(ctx, reader)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read publishers: %w", err)
	}
	return slices.Concat(r.project, stored), nil
}

// Judge says what the signature of a message is worth. A missing signature is nil.
// The error is that of reading the publishers.
func (r *Ring) Judge(ctx context.Context, message, signature []byte) (Verdict, error) {
	publishers, err := r.Publishers(ctx)
	if err != nil {
		return Verdict{}, err
	}
	return judge(publishers, message, signature), nil
}

// Add makes a publisher known. Their key must differ from all others by its id
// too, because signatures name keys by id. It fails with ErrKey, ErrPublisher,
// ErrExists or ErrTooMany.
func (r *Ring) Add(ctx context.Context, name, key, actor string) (Publisher, error) {
	parsed, err := ParseKey(key)
	if err != nil {
		return Publisher{}, err
	}
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxNameBytes {
		return Publisher{}, fmt.Errorf("%w: its name must have 1 to %d bytes", ErrPublisher, maxNameBytes)
	}
	added := Publisher{Name: name, Key: parsed, Added: time.Now().UTC(), AddedBy: actor}
	err = r.records.Update(ctx, func(tx store.Tx) error {
		stored, err := load(ctx, tx)
		if err != nil {
			return err
		}
		same := func(p Publisher) bool { return p.Key.ID() == parsed.ID() || strings.EqualFold(p.Name, name) }
		if slices.ContainsFunc(slices.Concat(r.project, stored), same) {
			return fmt.Errorf("%w: %s", ErrExists, name)
		}
		if len(stored) >= maxPublishers {
			return fmt.Errorf("%w: %d", ErrTooMany, maxPublishers)
		}
		return store.PutJSON(ctx, tx, store.Settings, recordKey, append(stored, added))
	})
	if err != nil {
		return Publisher{}, fmt.Errorf("add publisher: %w", err)
	}
	return added, nil
}

// Remove forgets the publisher whose key has that id. It fails with ErrUnknown;
// the project cannot be removed.
func (r *Ring) Remove(ctx context.Context, keyID string) error {
	err := r.records.Update(ctx, func(tx store.Tx) error {
		stored, err := load(ctx, tx)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(stored), func(p Publisher) bool { return p.Key.ID() == keyID })
		if len(left) == len(stored) {
			return ErrUnknown
		}
		return store.PutJSON(ctx, tx, store.Settings, recordKey, left)
	})
	if err != nil {
		return fmt.Errorf("remove publisher: %w", err)
	}
	return nil
}

func load(ctx context.Context, reader store.Reader) ([]Publisher, error) {
	publishers, err := store.GetJSON[[]Publisher](ctx, reader, store.Settings, recordKey)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return publishers, err
}
