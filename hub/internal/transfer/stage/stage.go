// Package stage is records in memory: where it is tried out what a change of the configuration would bring, while the
// hub's own records stay as they are.
package stage

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Stage is records in memory. Transactions run one after another, and one that fails changes nothing. It is safe for
// concurrent use. It knows no bounds of its own: it holds what a bundle of bounded size brings.
type Stage struct {
	mu      sync.Mutex
	records records
}

// New returns an empty stage.
func New() *Stage { return &Stage{records: records{}} }

// View calls fn with all records.
func (s *Stage) View(_ context.Context, fn func(store.Reader) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fn(s.records)
}

// Update calls fn, and undoes what it has done if it fails.
func (s *Stage) Update(_ context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := make(records, len(s.records))
	for bucket, kept := range s.records {
		changed[bucket] = maps.Clone(kept)
	}
	if err := fn(changed); err != nil {
		return err
	}
	s.records = changed
	return nil
}

// Get returns a copy of the newest value under a key, or store.ErrNotFound.
func (s *Stage) Get(ctx context.Context, b store.Bucket, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records.Get(ctx, b, key)
}

// List returns copies of the newest records whose key starts with prefix, by key.
func (s *Stage) List(ctx context.Context, b store.Bucket, prefix string) ([]store.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records.List(ctx, b, prefix)
}

// records are values by bucket and key.
type records map[store.Bucket]map[string][]byte

// Get is part of store.Reader.
func (r records) Get(_ context.Context, b store.Bucket, key string) ([]byte, error) {
	value, known := r[b][key]
	if !known {
		return nil, fmt.Errorf("%w: %s/%s", store.ErrNotFound, b, key)
	}
	return bytes.Clone(value), nil
}

// List is part of store.Reader.
func (r records) List(_ context.Context, b store.Bucket, prefix string) ([]store.Record, error) {
	var list []store.Record
	for _, key := range slices.Sorted(maps.Keys(r[b])) {
		if strings.HasPrefix(key, prefix) {
			list = append(list, store.Record{Key: key, Value: bytes.Clone(r[b][key])})
		}
	}
	return list, nil
}

// Put is part of store.Tx.
func (r records) Put(_ context.Context, b store.Bucket, key string, value []byte) error {
	if key == "" || len(key) > store.MaxKeyBytes {
		return store.ErrBadKey
	}
	if r[b] == nil {
		r[b] = map[string][]byte{}
	}
	r[b][key] = bytes.Clone(value)
	return nil
}

// Delete is part of store.Tx.
func (r records) Delete(_ context.Context, b store.Bucket, key string) error {
	delete(r[b], key)
	return nil
}
