package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

const (
	keyBytes = 32
	// credentialName is the file name of the key among systemd's credentials of the service.
	credentialName = "pulse-key"
)

// A keySource says where the key for sealed records comes from.
type keySource struct {
	file           string
	credentialsDir string
	mayCreate      bool
}

// credential returns the key among systemd's credentials and the path of it, nil when there is none.
func (k keySource) credential() (key []byte, path string, err error) {
	if k.credentialsDir == "" {
		return nil, "", nil
	}
	path = filepath.Join(k.credentialsDir, credentialName)
	key, err = readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	return key, path, err
}

// load returns the key in the key file, which is made when there is none and nothing needs the one that was.
func (k keySource) load() ([]byte, error) {
	key, err := readKey(k.file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if !k.mayCreate {
		return nil, fmt.Errorf("%w: %s: put it back from a backup", ErrKeyMissing, k.file)
	}
	return createKey(k.file)
}

// readKey reads at most one byte more than a key, whatever the file holds.
func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open key file: %w", err)
	}
	defer f.Close()
	key, err := io.ReadAll(io.LimitReader(f, keyBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	if len(key) != keyBytes {
		return nil, fmt.Errorf("%w: %s", ErrBadKeyFile, path)
	}
	return key, nil
}

// createKey makes a new random key in a file that must not exist yet.
func createKey(path string) ([]byte, error) {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never returns an error
	return key, writeKey(path, key)
}

// writeKey writes a key to a file that must not exist yet, and flushes it to disk before it is used.
func writeKey(path string, key []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("create key folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create key file: %w", err)
	}
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(path))); err != nil {
		// A key that is not safe on disk must not be found by the next start.
		return errors.Join(fmt.Errorf("write key file: %w", err), os.Remove(path))
	}
	return nil
}

// syncDir makes a new file's name durable. Windows keeps names durable by itself and cannot flush a folder.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
