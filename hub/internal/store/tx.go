package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// A boltTx is one transaction. It serves one goroutine.
type boltTx struct {
	db      *DB
	tx      *bolt.Tx
	keys    *keyring
	touched map[Bucket]struct{}
	done    bool
}

// Get implements Reader.
func (t *boltTx) Get(_ context.Context, b Bucket, key string) ([]byte, error) {
	sealed, err := t.check(b, key)
	if err != nil {
		return nil, err
	}
	var value []byte
	err = contain(t.db.path, func() error {
		if bucket := t.tx.Bucket([]byte(b)); bucket != nil {
			value = bytes.Clone(bucket.Get([]byte(key)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, fmt.Errorf("%w: %s/%s", ErrNotFound, b, key)
	}
	if !sealed {
		return value, nil
	}
	return t.keys.open(b, key, value)
}

// List implements Reader.
func (t *boltTx) List(_ context.Context, b Bucket, prefix string) ([]Record, error) {
	sealed, err := t.checkBucket(b)
	if err != nil {
		return nil, err
	}
	var records []Record
	err = contain(t.db.path, func() error {
		records = listRecords(t.tx.Bucket([]byte(b)), []byte(prefix))
		return nil
	})
	if err != nil || !sealed {
		return records, err
	}
	return t.openAll(b, records)
}

// openAll opens sealed records in place and drops those that do not open.
func (t *boltTx) openAll(b Bucket, records []Record) ([]Record, error) {
	opened := records[:0]
	var errs []error
	for _, rec := range records {
		value, err := t.keys.open(b, rec.Key, rec.Value)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		opened = append(opened, Record{Key: rec.Key, Value: value})
	}
	return opened, errors.Join(errs...)
}

// Put implements Tx.
func (t *boltTx) Put(_ context.Context, b Bucket, key string, value []byte) error {
	sealed, err := t.check(b, key)
	if err != nil {
		return err
	}
	if len(value) > MaxValueBytes {
		return fmt.Errorf("%w: %s/%s", ErrTooLarge, b, key)
	}
	// bbolt keeps the slice until the transaction is committed, and takes nil for empty.
	stored := append([]byte{}, value...)
	if sealed {
		stored = t.keys.newest.seal(b, key, value)
	}
	err = t.change(func() error {
		bucket, err := t.tx.CreateBucketIfNotExists([]byte(b))
		if err != nil {
			return err
		}
		return bucket.Put([]byte(key), stored)
	})
	if err != nil {
		return fmt.Errorf("write %s/%s: %w", b, key, err)
	}
	t.touched[b] = struct{}{}
	return nil
}

// Delete implements Tx.
func (t *boltTx) Delete(_ context.Context, b Bucket, key string) error {
	if _, err := t.check(b, key); err != nil {
		return err
	}
	var found bool
	err := t.change(func() error {
		bucket := t.tx.Bucket([]byte(b))
		if bucket == nil || bucket.Get([]byte(key)) == nil {
			return nil
		}
		found = true
		return bucket.Delete([]byte(key))
	})
	if err != nil {
		return fmt.Errorf("delete %s/%s: %w", b, key, err)
	}
	if found {
		t.touched[b] = struct{}{}
	}
	return nil
}

// change runs a writing call into bbolt.
func (t *boltTx) change(fn func() error) error {
	return t.guard(func() error { return translate(fn()) })
}

func (t *boltTx) commit() error {
	t.done = true
	if err := t.guard(func() error { return translate(t.tx.Commit()) }); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// guard is contain for calls that change the file: a panic in one leaves the library in an unknown state.
func (t *boltTx) guard(fn func() error) error {
	err := contain(t.db.path, fn)
	if errors.Is(err, ErrCorrupt) {
		t.db.broken.Store(true)
	}
	return err
}

// end rolls back what was not committed. After a failed commit, bbolt has rolled back by itself and says so.
func (t *boltTx) end() {
	t.done = true
	err := contain(t.db.path, t.tx.Rollback)
	switch {
	case err == nil, errors.Is(err, berrors.ErrTxClosed):
	case t.tx.Writable():
		t.db.broken.Store(true)
		t.db.log.Error("transaction could not be rolled back, the store is read-only now", "error", err)
	default:
		t.db.log.Error("read transaction could not be ended", "error", err)
	}
}

// check reports whether b is sealed, and refuses what no record can have.
func (t *boltTx) check(b Bucket, key string) (sealed bool, err error) {
	if key == "" || len(key) > MaxKeyBytes {
		return false, fmt.Errorf("%w: bucket %s", ErrBadKey, b)
	}
	return t.checkBucket(b)
}

func (t *boltTx) checkBucket(b Bucket) (sealed bool, err error) {
	if t.done {
		return false, ErrTxDone
	}
	if slices.Contains(sealedBuckets(), b) {
		return true, nil
	}
	if slices.Contains(plainBuckets(), b) {
		return false, nil
	}
	return false, fmt.Errorf("%w: %q", ErrUnknownBucket, string(b))
}

// listRecords copies the records of a bucket, which may be nil, whose key starts with prefix.
func listRecords(bucket *bolt.Bucket, prefix []byte) []Record {
	if bucket == nil {
		return nil
	}
	var records []Record
	cursor := bucket.Cursor()
	for k, v := cursor.Seek(prefix); bytes.HasPrefix(k, prefix) && k != nil; k, v = cursor.Next() {
		records = append(records, Record{Key: string(k), Value: append([]byte{}, v...)})
	}
	return records
}
