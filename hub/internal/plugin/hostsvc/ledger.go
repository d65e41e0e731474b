package hostsvc

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// ledger is what a plugin has altogether, stored as JSON. It is written in the
// transaction of whatever changes it.
type ledger struct {
	// Revision is that of the plugin's last write. It stays when entries go, so
	// that no two entries that were ever under a key have the same.
	Revision uint64 `json:"revision"`
	// Keys and Bytes count all entries, those that have expired included.
	Keys  int `json:"keys"`
	Bytes int `json:"bytes"` // of keys and values
}

func readLedger(ctx context.Context, reader store.Reader, plugin string) (ledger, error) {
	known, err := store.GetJSON[ledger](ctx, reader, store.PluginState, ledgerRecord(plugin))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return ledger{}, fmt.Errorf("read ledger: %w", err)
	}
	return known, nil
}

func (l ledger) write(ctx context.Context, tx store.Tx, plugin string) error {
	if err := store.PutJSON(ctx, tx, store.PluginState, ledgerRecord(plugin), l); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

// add counts an entry.
func (l *ledger) add(at place, stored entry) {
	l.Keys++
	l.Bytes += len(at.key) + len(stored.value)
}

// take is the inverse of add.
func (l *ledger) take(at place, stored entry) {
	l.Keys--
	l.Bytes -= len(at.key) + len(stored.value)
}

func (l ledger) full() bool { return l.Keys > MaxKeys || l.Bytes > MaxTotalBytes }

// purge deletes the entries of a plugin that drop chooses. Nothing is written if there are none.
func purge(ctx context.Context, tx store.Tx, plugin string, drop func(place, entry) (bool, error)) error {
	known, err := readLedger(ctx, tx, plugin)
	if err != nil {
		return err
	}
	dropped, err := known.purge(ctx, tx, plugin, drop)
	if err != nil || dropped == 0 {
		return err
	}
	return known.write(ctx, tx, plugin)
}

// purge deletes the entries that drop chooses and takes them from the ledger, which it does not write.
func (l *ledger) purge(ctx context.Context, tx store.Tx, plugin string, drop func(place, entry) (bool, error)) (dropped int, err error) {
	records, err := tx.List(ctx, store.PluginState, plugins(plugin))
	if err != nil {
		return 0, fmt.Errorf("list entries: %w", err)
	}
	for _, record := range records {
		at, ok := placeOf(record.Key)
		stored, err := decodeEntry(record.Value)
		if err != nil || !ok {
			return dropped, fmt.Errorf("%w: %s", errDamaged, plugin)
		}
		chosen, err := drop(at, stored)
		if err != nil {
			return dropped, err
		}
		if !chosen {
			continue
		}
		if err := tx.Delete(ctx, store.PluginState, record.Key); err != nil {
			return dropped, err
		}
		l.take(at, stored)
		dropped++
	}
	return dropped, nil
}

// clearPlugin deletes the entries of a plugin and its ledger.
func clearPlugin(ctx context.Context, tx store.Tx, plugin string) error {
	records, err := tx.List(ctx, store.PluginState, plugins(plugin))
	if err != nil {
		return fmt.Errorf("list entries: %w", err)
	}
	for _, record := range records {
		if err := tx.Delete(ctx, store.PluginState, record.Key); err != nil {
			return err
		}
	}
	return tx.Delete(ctx, store.PluginState, ledgerRecord(plugin))
}
