package store

import (
	"bytes"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// loadKeys finds the key of the sealed records and refuses one that is not theirs.
func (db *DB) loadKeys(opts Options) error {
	sealed, err := db.census()
	if err != nil {
		return err
	}
	source := keySource{
		file: opts.KeyFile, credentialsDir: opts.CredentialsDir, mayCreate: len(sealed) == 0 || opts.AllowNewKey,
	}
	key, path, err := source.credential()
	if err != nil {
		return err
	}
	var ring *keyring
	if key != nil {
		db.keyFile, db.isCredential = path, true
		ring = &keyring{}
		ring.newest, err = newSealer(key)
	} else {
		db.keyFile = opts.KeyFile
		ring, err = settleFiles(source, sealed)
	}
	if err != nil {
		return err
	}
	db.keys.Store(ring)
	return db.refuseStrangers(sealed, opts.AllowNewKey)
}

// settleFiles brings the key files into line with the records, whatever a rotation that was interrupted has left
// behind, and returns the keys.
func settleFiles(source keySource, sealed map[keyID]int) (*keyring, error) {
	files := keyFiles{source.file}
	next, err := files.sealer(files.next())
	if err != nil {
		return nil, err
	}
	if next != nil && sealed[next.id] > 0 {
		err = files.promote()
	} else {
		err = removeFile(files.next())
	}
	if err != nil {
		return nil, err
	}
	key, err := source.load()
	if err != nil {
		return nil, err
	}
	ring := &keyring{}
	if ring.newest, err = newSealer(key); err != nil {
		return nil, err
	}
	ring.former, err = files.sealer(files.former())
	return ring, err
}

// refuseStrangers fails when the keys open nothing of what is sealed, and tells of single records that they do not.
func (db *DB) refuseStrangers(sealed map[keyID]int, allowed bool) error {
	ring := db.keys.Load()
	strangers, known, example := 0, 0, keyID{}
	for id, n := range sealed {
		if id == ring.newest.id || ring.former != nil && id == ring.former.id {
			known += n
			continue
		}
		strangers += n
		example = id
	}
	if strangers == 0 {
		return nil
	}
	err := wrongKeyError(db.keyFile, ring.newest.id, example)
	if known == 0 && !allowed {
		return err
	}
	db.log.Error("sealed records were made with another key and cannot be opened", "records", strangers, "error", err)
	return nil
}

// census counts the sealed records of each key. Damaged ones are not counted.
func (db *DB) census() (map[keyID]int, error) {
	ids := make(map[keyID]int)
	err := contain(db.path, func() error {
		return db.bolt.View(func(tx *bolt.Tx) error {
			return eachSealed(tx, func(_ Bucket, _, value []byte) error {
				if id, err := sealedBy(value); err == nil {
					ids[id]++
				}
				return nil
			})
		})
	})
	return ids, err
}

// eachSealed calls fn with every record of the sealed buckets. What fn is given belongs to the library.
func eachSealed(tx *bolt.Tx, fn func(b Bucket, key, value []byte) error) error {
	for _, b := range sealedBuckets() {
		bucket := tx.Bucket([]byte(b))
		if bucket == nil {
			continue
		}
		if err := bucket.ForEach(func(k, v []byte) error { return fn(b, k, v) }); err != nil {
			return err
		}
	}
	return nil
}

// retireFormerKey removes the key before the newest once every record was seen to open without it. Records that it
// has sealed, as of a backup that was put back, are sealed anew.
func (db *DB) retireFormerKey() error {
	if db.isCredential {
		return nil
	}
	files, ring := keyFiles{db.keyFile}, db.keys.Load()
	if ring.former != nil && !bytes.Equal(ring.former.id[:], ring.newest.id[:]) {
		done, err := db.reseal(ring)
		if err != nil {
			return fmt.Errorf("seal with the newest key: %w", err)
		}
		if done.Resealed > 0 {
			db.log.Info("records of the former key were sealed with the newest", "records", done.Resealed)
		}
		if done.Unreadable > 0 {
			db.log.Warn("some sealed records do not open, the former key is kept", "records", done.Unreadable, "file", files.former())
			return nil
		}
	}
	db.keys.Store(&keyring{newest: ring.newest})
	if err := removeFile(files.former()); err != nil {
		// Everything works without it; the next start tries again.
		db.log.Warn("former key file could not be removed", "error", err)
	}
	return nil
}

// reseal seals every record that the ring's newest key has not sealed with it, in one transaction. Records that do
// not open stay as they are. The caller holds the writer's token, or is alone with the store.
func (db *DB) reseal(ring *keyring) (Rotation, error) {
	done := Rotation{ID: ring.newest.id.String()}
	tx, err := db.begin(true)
	if err != nil {
		return done, err
	}
	defer tx.end()
	var renewed []sealedRecord
	err = contain(db.path, func() error {
		return eachSealed(tx.tx, func(b Bucket, key, value []byte) error {
			opened, err := ring.open(b, string(key), value)
			switch {
			case err != nil:
				done.Unreadable++
			case !ring.newest.made(value):
				renewed = append(renewed, sealedRecord{b, string(key), ring.newest.seal(b, string(key), opened)})
			}
			return nil
		})
	})
	if err != nil || len(renewed) == 0 {
		return done, err
	}
	if err := tx.replace(renewed); err != nil {
		return done, err
	}
	done.Resealed = len(renewed)
	err = tx.commit()
	db.full.Store(errors.Is(err, ErrNoSpace))
	return done, err
}

// A sealedRecord is a record as it is stored.
type sealedRecord struct {
	bucket Bucket
	key    string
	value  []byte
}

// replace writes records as they are. It is not told to watchers: the values stay the same.
func (t *boltTx) replace(records []sealedRecord) error {
	return t.change(func() error {
		for _, one := range records {
			if err := t.tx.Bucket([]byte(one.bucket)).Put([]byte(one.key), one.value); err != nil {
				return err
			}
		}
		return nil
	})
}
