package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// A Rotation says what replacing the key has done.
type Rotation struct {
	// ID is that of the new key: 8 hexadecimal digits.
	ID string
	// Resealed counts the records that were sealed with the new key.
	Resealed int
	// Unreadable counts the sealed records that did not open before either, and stay as they are.
	Unreadable int
}

// A Key describes the key of sealed records without telling anything of it.
type Key struct {
	// ID is 8 hexadecimal digits, part of every record that the key has sealed.
	ID string
	// Credential says that systemd hands the key to the service.
	Credential bool
	// Since is when the key file was written; zero for a credential.
	Since time.Time
	// Sealed counts the sealed records that name this key, Others those that name another one.
	Sealed, Others int
	// FormerKept says that the key before is still in a file beside this one.
	FormerKept bool
}

// Key returns what can be told about the key.
func (db *DB) Key(ctx context.Context) (Key, error) {
	if err := ctx.Err(); err != nil {
		return Key{}, err
	}
	sealed, err := db.census()
	if err != nil {
		return Key{}, translate(err)
	}
	newest := db.keys.Load().newest.id
	key := Key{ID: newest.String(), Credential: db.isCredential, Sealed: sealed[newest]}
	for id, n := range sealed {
		if id != newest {
			key.Others += n
		}
	}
	if db.isCredential {
		return key, nil
	}
	if info, err := os.Stat(db.keyFile); err == nil {
		key.Since = info.ModTime()
	}
	_, err = os.Stat(keyFiles{db.keyFile}.former())
	key.FormerKept = err == nil
	return key, nil
}

// Rotate replaces the key by a new random one and seals all records with it, in one transaction: a kill at any moment
// leaves a store that opens with every record. Readers go on meanwhile, writers wait. The key before stays in a file
// beside the new one, with ".old" at its end, until the store is opened the next time. A key that is a credential is
// refused with ErrKeyIsCredential.
//
// An error that comes with a Rotation that has Resealed records means that the new key is in use, but its file is
// still named ".new"; the next Open or Rotate gives it its name.
func (db *DB) Rotate(ctx context.Context) (Rotation, error) {
	if db.isCredential {
		return Rotation{}, ErrKeyIsCredential
	}
	release, err := db.takeWriter(ctx)
	if err != nil {
		return Rotation{}, err
	}
	defer release()
	if err := db.settleAgain(); err != nil {
		return Rotation{}, err
	}
	files := keyFiles{db.keyFile}
	key, err := createKey(files.next())
	if err != nil {
		return Rotation{}, err
	}
	done, err := db.rotateTo(key)
	if err != nil {
		// Whether a failed commit took effect is seen when the files are settled the next time.
		return Rotation{}, fmt.Errorf("seal with the new key: %w", err)
	}
	if err := files.promote(); err != nil {
		return done, fmt.Errorf("the new key is in use and stays in %s until the next start: %w", files.next(), err)
	}
	return done, nil
}

// settleAgain finishes what an earlier rotation of this process could not.
func (db *DB) settleAgain() error {
	sealed, err := db.census()
	if err != nil {
		return translate(err)
	}
	ring, err := settleFiles(keySource{file: db.keyFile}, sealed)
	if err != nil {
		return err
	}
	if sealed[ring.newest.id] == 0 && len(sealed) > 0 {
		return wrongKeyError(db.keyFile, ring.newest.id, db.keys.Load().newest.id)
	}
	db.keys.Store(ring)
	return nil
}

// RotateTo replaces the key by the one in another file, which is made when there is none, and leaves the file of the
// key before alone. It is for keys that others hand to the hub: the next Open has to be given the new one. Nobody else
// may use the store meanwhile but this process.
func (db *DB) RotateTo(ctx context.Context, path string) (Rotation, error) {
	release, err := db.takeWriter(ctx)
	if err != nil {
		return Rotation{}, err
	}
	defer release()
	if (keyFiles{db.keyFile}).has(path) {
		return Rotation{}, fmt.Errorf("%w: %s", ErrKeyFileInUse, path)
	}
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = createKey(path)
	}
	if err != nil {
		return Rotation{}, err
	}
	return db.rotateTo(key)
}

// rotateTo seals everything with a key. The caller holds the writer's token.
func (db *DB) rotateTo(key []byte) (Rotation, error) {
	before := db.keys.Load().newest
	after, err := newSealer(key)
	if err != nil {
		return Rotation{}, err
	}
	if bytes.Equal(before.id[:], after.id[:]) {
		return Rotation{}, ErrSameKey
	}
	both := &keyring{newest: after, former: before}
	// Nobody else writes now, and who reads has to open what is about to be there.
	db.keys.Store(both)
	done, err := db.reseal(both)
	if err != nil {
		// The file may hold either. Both open; what is written next is sealed with the key whose file has its name.
		db.keys.Store(&keyring{newest: before, former: after})
		return done, err
	}
	return done, nil
}
