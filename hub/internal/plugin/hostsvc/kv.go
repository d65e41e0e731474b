package hostsvc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// get returns the entry at a place; one that is not there or has expired is the zero entry.
func get(ctx context.Context, reader store.Reader, at place, now time.Time) (entry, error) {
	stored, found, err := read(ctx, reader, at)
	if err != nil || !found || stored.expired(now) {
		return entry{}, err
	}
	return stored, nil
}

// read is get for what has expired, too.
func read(ctx context.Context, reader store.Reader, at place) (stored entry, found bool, err error) {
	record, err := reader.Get(ctx, store.PluginState, at.record())
	if errors.Is(err, store.ErrNotFound) {
		return entry{}, false, nil
	}
	if err != nil {
		return entry{}, false, fmt.Errorf("read entry: %w", err)
	}
	if stored, err = decodeEntry(record); err != nil {
		return entry{}, false, fmt.Errorf("%w: %s", err, at.plugin)
	}
	return stored, true, nil
}

// wanted is what is to be written.
type wanted struct {
	value    []byte
	ttl      time.Duration // 0: it stays
	revision uint64        // the entry must have it; 0: whatever it has
}

// put writes an entry and returns its revision. It fails with a conflict or a
// full quota, for which expired entries do not count.
func put(ctx context.Context, tx store.Tx, at place, want wanted, now time.Time) (uint64, error) {
	old, found, err := read(ctx, tx, at)
	if err != nil {
		return 0, err
	}
	if want.revision != 0 && (old.revision != want.revision || old.expired(now)) {
		return 0, conflict()
	}
	known, err := readLedger(ctx, tx, at.plugin)
	if err != nil {
		return 0, err
	}
	if found {
		known.take(at, old)
	}
	known.Revision++
	written := entry{revision: known.Revision, expires: expiry(now, want.ttl), value: want.value}
	if err := tx.Put(ctx, store.PluginState, at.record(), written.encode()); err != nil {
		return 0, err
	}
	known.add(at, written)
	if known.full() {
		if err := known.reclaim(ctx, tx, at.plugin, now); err != nil {
			return 0, err
		}
	}
	return written.revision, known.write(ctx, tx, at.plugin)
}

// reclaim makes room by removing what has expired.
func (l *ledger) reclaim(ctx context.Context, tx store.Tx, plugin string, now time.Time) error {
	_, err := l.purge(ctx, tx, plugin, func(_ place, stored entry) (bool, error) { return stored.expired(now), nil })
	if err != nil {
		return err
	}
	if l.full() {
		return overQuota()
	}
	return nil
}

// remove deletes an entry; one that is not there is not an error.
func remove(ctx context.Context, tx store.Tx, at place) error {
	old, found, err := read(ctx, tx, at)
	if err != nil || !found {
		return err
	}
	known, err := readLedger(ctx, tx, at.plugin)
	if err != nil {
		return err
	}
	if err := tx.Delete(ctx, store.PluginState, at.record()); err != nil {
		return err
	}
	known.take(at, old)
	return known.write(ctx, tx, at.plugin)
}

// listed is one entry of a list.
type listed struct {
	key string
	entry
}

// list returns the entries whose key begins with the place's, in the order of
// the keys. There are never more than the plugin's quota.
func list(ctx context.Context, reader store.Reader, prefix place, now time.Time) ([]listed, error) {
	records, err := reader.List(ctx, store.PluginState, prefix.record())
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	entries := make([]listed, 0, len(records))
	for _, record := range records {
		at, ok := placeOf(record.Key)
		stored, err := decodeEntry(record.Value)
		if err != nil || !ok {
			return nil, fmt.Errorf("%w: %s", errDamaged, prefix.plugin)
		}
		if !stored.expired(now) {
			entries = append(entries, listed{key: at.key, entry: stored})
		}
	}
	return entries, nil
}
