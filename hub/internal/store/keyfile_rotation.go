package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keyFiles are the key file and its neighbours while the key is replaced. At every moment one of them holds the key
// of the records, so that a hub that is killed finds it at its next start.
type keyFiles struct{ current string }

// next holds a key that records are about to be sealed with, or were just before a kill.
func (f keyFiles) next() string { return f.current + ".new" }

// former holds the key before the newest, until a start has shown that it is not needed.
func (f keyFiles) former() string { return f.current + ".old" }

// has reports whether a path is one of the files.
func (f keyFiles) has(path string) bool {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return true // what cannot be told apart is not written to
	}
	for _, mine := range []string{f.current, f.next(), f.former()} {
		if mine, err := filepath.Abs(mine); err != nil || mine == absolute {
			return true
		}
	}
	return false
}

// sealer returns the key in a file, nil when there is none or only a part of one: a kill while it was written, before
// anything was sealed with it.
func (f keyFiles) sealer(path string) (*sealer, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrBadKeyFile) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return newSealer(key)
}

// promote makes the next key the current one and keeps the one before. It may be repeated after a kill at any moment.
func (f keyFiles) promote() error {
	key, err := readKey(f.current)
	switch {
	case errors.Is(err, fs.ErrNotExist): // someone took it away; the next one is all that is needed
	case err != nil:
		return err
	default:
		if err := errors.Join(removeFile(f.former()), writeKey(f.former(), key)); err != nil {
			return err
		}
	}
	if err := os.Rename(f.next(), f.current); err != nil {
		return fmt.Errorf("replace key file: %w", err)
	}
	return syncDir(filepath.Dir(f.current))
}

// removeFile removes a file that may be missing, durably.
func removeFile(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove key file: %w", err)
	}
	return syncDir(filepath.Dir(path))
}
