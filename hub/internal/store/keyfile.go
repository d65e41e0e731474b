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

// load returns the key: the systemd credential when there is one, else the key file, else a new key file.
func (k keySource) load() ([]byte, error) {
	if k.credentialsDir != "" {
		key, err := readKey(filepath.Join(k.credentialsDir, credentialName))
		if !errors.Is(err, fs.ErrNotExist) {
			return key, err
		}
	}
	key, err := readKey(k.file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if !k.mayCreate {
		return nil, fmt.Errorf("%w: %s: put it back from a backup, or allow a new key and enter the secrets again",
			ErrKeyMissing, k.file)
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

// createKey writes a new random key to a file that must not exist yet, and flushes it to disk before it is used.
func createKey(path string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create key folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create key file: %w", err)
	}
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never returns an error
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(path))); err != nil {
		// A key that is not safe on disk must not be found by the next start.
		return nil, errors.Join(fmt.Errorf("write key file: %w", err), os.Remove(path))
	}
	return key, nil
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
