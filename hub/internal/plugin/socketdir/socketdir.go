// Package socketdir owns the folder in which a hub's plugins create their Unix
// sockets, and clears away the folders of hubs that ended without doing so.
package socketdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Errors of opening a socket folder.
var (
	// ErrTooLong says that a socket's path would not fit into the address of a Unix socket.
	ErrTooLong = errors.New("the path is too long for Unix sockets")
	// ErrNotOurs says that somebody else could put sockets there.
	ErrNotOurs = errors.New("the folder is not private to this user")
)

// MaxPlugin is the longest path of one plugin's socket folder, in bytes: with a
// socket's name it stays below the 104 bytes that the smallest system allows.
const MaxPlugin = 80

const (
	prefix = "h"
	// pluginFolder is as long as the folders that go-plugin makes below Path.
	pluginFolder = len("/plugin-dir") + 10
	lockName     = "lock"
)

// Dir is the socket folder of one running hub.
type Dir struct {
	path string
	lock *os.File
}

// DefaultBase returns where socket folders lie when nothing else is said:
// /run/pulse/p if that can be written to, otherwise a short private folder
// for temporary files.
func DefaultBase() string {
	const system = "/run/pulse/p"
	if os.MkdirAll(system, 0o700) == nil {
		return system
	}
	temporary := os.TempDir()
	if runtime.GOOS == "darwin" {
		temporary = "/tmp" // the user's own is already half of what fits into an address
	}
	return filepath.Join(temporary, "pulse-p"+strconv.Itoa(os.Getuid()))
}

// Open removes what ended hubs have left below base and makes a folder for
// this one. The base is created if needed and must belong to this user alone.
func Open(base string) (*Dir, error) {
	base, err := filepath.Abs(base)
	if err != nil {
		return nil, fmt.Errorf("resolve socket folder: %w", err)
	}
	if longest := len(base) + len("/h1234567") + pluginFolder; longest > MaxPlugin {
		return nil, fmt.Errorf("%w: %s may have %d bytes at most and has %d",
			ErrTooLong, base, len(base)-(longest-MaxPlugin), len(base))
	}
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, fmt.Errorf("create socket folder: %w", err)
	}
	if err := checkPrivate(base); err != nil {
		return nil, err
	}
	// One hub at a time sweeps and creates: otherwise one could take a folder
	// for abandoned that another has made and not locked yet.
	turn, err := os.OpenFile(filepath.Join(base, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock socket folder: %w", err)
	}
	defer turn.Close()
	if err := awaitLock(turn); err != nil {
		return nil, fmt.Errorf("lock socket folder: %w", err)
	}
	if err := sweep(base); err != nil {
		return nil, err
	}
	return create(base)
}

// Path is the folder to give to go-plugin.
func (d *Dir) Path() string { return d.path }

// Close removes the folder and everything in it.
func (d *Dir) Close() error {
	if d.lock == nil {
		return nil
	}
	err := os.RemoveAll(d.path)
	_ = d.lock.Close()
	d.lock = nil
	return err
}

// create makes a folder with a free name and locks it for as long as this process lives.
func create(base string) (*Dir, error) {
	for attempt := range 1000 {
		path := filepath.Join(base, prefix+strconv.FormatInt(int64(os.Getpid()%1e4*1e3+attempt), 10))
		err := os.Mkdir(path, 0o700)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("create socket folder: %w", err)
		}
		lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("lock socket folder: %w", err)
		}
		if err := tryLock(lock); err != nil {
			lock.Close()
			return nil, fmt.Errorf("lock socket folder: %w", err)
		}
		return &Dir{path: path, lock: lock}, nil
	}
	return nil, fmt.Errorf("create socket folder: no free name in %s", base)
}

// sweep removes the folders whose hub is gone: nobody holds their lock.
func sweep(base string) error {
	entries, err := os.ReadDir(base)
	if err != nil {
		return fmt.Errorf("read socket folder: %w", err)
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		if err := removeAbandoned(filepath.Join(base, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func removeAbandoned(path string) error {
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR, 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at abandoned socket folder: %w", err)
	}
	if err == nil {
		defer lock.Close()
		if tryLock(lock) != nil {
			return nil // its hub lives
		}
	}
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("remove abandoned sockets: %w", err)
	}
	return nil
}
