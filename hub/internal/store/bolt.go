package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// DB is a Store in one bbolt file, held by one process at a time. Make it with [Open]. The layout of the file is
// described in docs/format/store.md.
type DB struct {
	path  string
	log   hclog.Logger
	file  *os.File
	bolt  *bolt.DB
	watch watchers

	// keys is replaced while the writer's token is held; a transaction keeps those that it began with.
	keys atomic.Pointer[keyring]
	// keyFile is where the key is; a credential of systemd is not changed.
	keyFile      string
	isCredential bool

	// writer holds a token while a writing transaction runs, so that waiting for it can end with the context.
	writer chan struct{}
	// broken is set once the library panicked while it changed the file; from then on nothing is written.
	broken atomic.Bool
	// full is set while the newest write found no room.
	full atomic.Bool

	closeOnce sync.Once
	closeErr  error
}

var _ Store = (*DB)(nil)

// Close waits for running transactions, ends all watches and releases the file. It may be called twice.
func (db *DB) Close() error {
	db.closeOnce.Do(func() {
		db.watch.close()
		if db.broken.Load() {
			// The library may hold its locks for ever after a panic; the file itself can still be let go.
			db.closeErr = db.file.Close()
			return
		}
		db.closeErr = db.bolt.Close()
	})
	return db.closeErr
}

// View implements Store. Do not call the Store's methods inside fn.
func (db *DB) View(ctx context.Context, fn func(Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := db.begin(false)
	if err != nil {
		return err
	}
	defer tx.end()
	return fn(tx)
}

// Update implements Store. Waiting for the writer before it ends with ctx; once fn runs, ctx has no say.
func (db *DB) Update(ctx context.Context, fn func(Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	release, err := db.takeWriter(ctx)
	if err != nil {
		return err
	}
	defer release()
	tx, err := db.begin(true)
	if err != nil {
		return err
	}
	defer tx.end()
	if err := fn(tx); err != nil {
		return err
	}
	if len(tx.touched) == 0 {
		return nil
	}
	err = tx.commit()
	db.full.Store(errors.Is(err, ErrNoSpace))
	if err != nil {
		return err
	}
	db.watch.notify(tx.touched)
	return nil
}

// takeWriter waits for the writer before, until ctx ends. The caller calls release.
func (db *DB) takeWriter(ctx context.Context) (release func(), err error) {
	select {
	case db.writer <- struct{}{}:
		return func() { <-db.writer }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Full reports whether the newest write found no room.
func (db *DB) Full() bool { return db.full.Load() }

// Watch implements Store.
func (db *DB) Watch(b Bucket) (<-chan Event, func()) { return db.watch.add(b) }

// Get implements Reader.
func (db *DB) Get(ctx context.Context, b Bucket, key string) (value []byte, err error) {
	err = db.View(ctx, func(r Reader) error {
		value, err = r.Get(ctx, b, key)
		return err
	})
	return value, err
}

// List implements Reader.
func (db *DB) List(ctx context.Context, b Bucket, prefix string) (records []Record, err error) {
	err = db.View(ctx, func(r Reader) error {
		records, err = r.List(ctx, b, prefix)
		return err
	})
	return records, err
}

// Put implements Tx.
func (db *DB) Put(ctx context.Context, b Bucket, key string, value []byte) error {
	return db.Update(ctx, func(tx Tx) error { return tx.Put(ctx, b, key, value) })
}

// Delete implements Tx.
func (db *DB) Delete(ctx context.Context, b Bucket, key string) error {
	return db.Update(ctx, func(tx Tx) error { return tx.Delete(ctx, b, key) })
}

// begin starts a transaction with the keys of what it sees. A rotation adds its key before it commits, so keys that
// did not change while the transaction began are the right ones.
func (db *DB) begin(writable bool) (*boltTx, error) {
	for {
		keys := db.keys.Load()
		tx, err := db.beginBolt(writable)
		if err != nil {
			return nil, err
		}
		begun := &boltTx{db: db, tx: tx, keys: keys, touched: make(map[Bucket]struct{})}
		if writable || keys == db.keys.Load() { // keys change only by who holds the writer's token
			return begun, nil
		}
		begun.end()
	}
}

func (db *DB) beginBolt(writable bool) (tx *bolt.Tx, err error) {
	if writable && db.broken.Load() {
		return nil, corruptError(db.path, "an earlier write met damaged pages")
	}
	err = contain(db.path, func() (err error) {
		tx, err = db.bolt.Begin(writable)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("begin transaction: %w", translate(err))
	}
	return tx, nil
}

// contain calls into bbolt, which trusts the file: on damaged pages it panics, or reads beyond the file, which is
// a fault of the processor. Both become ErrCorrupt.
func contain(path string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = corruptError(path, fmt.Sprint(r))
		}
	}()
	return fn()
}

func corruptError(path, detail string) error {
	return fmt.Errorf("%w: %s (%s): stop the hub, keep a copy of the file, and put back a backup or move the file away to start empty",
		ErrCorrupt, path, detail)
}

// translate gives bbolt's and the system's errors the names that callers test for.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case isDiskFull(err), errors.Is(err, berrors.ErrMaxSizeReached):
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return ErrClosed
	}
	return err
}
