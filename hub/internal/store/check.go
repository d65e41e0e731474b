package store

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// checkFile reads the whole file once, so that damage is found at the start and not in the middle of a write.
func (db *DB) checkFile() error {
	return contain(db.path, func() error {
		return db.bolt.View(func(tx *bolt.Tx) error {
			if err := db.checkLength(tx); err != nil {
				return err
			}
			if err := walk(tx); err != nil {
				return err
			}
			return db.checkPages(tx)
		})
	})
}

// checkLength finds a file that lost its end.
func (db *DB) checkLength(tx *bolt.Tx) error {
	info, err := db.file.Stat()
	if err != nil {
		return fmt.Errorf("read file size: %w", err)
	}
	if info.Size() < tx.Size() {
		return corruptError(db.path, fmt.Sprintf("%d of %d bytes are there", info.Size(), tx.Size()))
	}
	return nil
}

// walk touches every record. It comes before checkPages because that runs in a goroutine of the library, where a
// fault cannot be contained.
func walk(tx *bolt.Tx) error {
	var sum byte
	return tx.ForEach(func(_ []byte, bucket *bolt.Bucket) error {
		return bucket.ForEach(func(k, v []byte) error {
			if len(v) > 0 {
				sum ^= v[0] ^ v[len(v)-1]
			}
			return nil
		})
	})
}

// checkPages lets the library check its page tree and its list of free pages.
func (db *DB) checkPages(tx *bolt.Tx) error {
	found := 0
	for range tx.Check() {
		found++
	}
	if found > 0 {
		return corruptError(db.path, fmt.Sprintf("%d inconsistent pages", found))
	}
	return nil
}
