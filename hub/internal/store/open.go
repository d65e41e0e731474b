package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// defaultLockTimeout is long enough for the process before this one to end, as in a restart.
const defaultLockTimeout = 3 * time.Second

// mapSize is the address space to reserve for the file. While the file fits, a write never waits for readers to end
// so that the file can be mapped anew. It costs no memory; on Windows it would cost disk, and 32 bits have no room.
func mapSize() int {
	if runtime.GOOS == "windows" || strconv.IntSize < 64 {
		return 0
	}
	return 256 << 20
}

// growBytes is by how much the file grows at a time; bbolt's own 16 MB are more than most hubs ever store.
const growBytes = 256 << 10

// Options say how to open a store. KeyFile is required.
type Options struct {
	// KeyFile holds the key of sealed records: 32 random bytes, readable by the owner only. It is created with
	// the first start. Without it the secrets are lost, so it belongs into backups, apart from the store.
	KeyFile string
	// CredentialsDir is systemd's folder of credentials ($CREDENTIALS_DIRECTORY), or empty. When it holds a file
	// "pulse-key", that is the key and KeyFile is not looked at.
	CredentialsDir string
	// AllowNewKey lets a new key be made although sealed records exist, which can then not be opened again.
	AllowNewKey bool
	// LockTimeout is how long to wait for another process to let go of the file; 0 means 3 s.
	LockTimeout time.Duration
	// MaxBytes bounds the size of the file; 0 means no bound.
	MaxBytes int
	// Logger may be nil.
	Logger hclog.Logger
}

// Open opens the store in the file at path, creates it when there is none, checks every page of it and brings it to
// the present schema. A rotation of the key that was interrupted is finished or undone. It fails with ErrInUse,
// ErrCorrupt, ErrForeign, ErrNewerSchema, ErrKeyMissing, ErrWrongKey, ErrBadKeyFile or ErrNoSpace, among others. The
// caller closes the DB.
func Open(path string, opts Options) (*DB, error) {
	return open(path, opts, migrations())
}

func open(path string, opts Options, steps []migration) (*DB, error) {
	if opts.KeyFile == "" {
		return nil, errors.New("open store: no key file given")
	}
	db := &DB{path: path, log: opts.Logger, writer: make(chan struct{}, 1)}
	if db.log == nil {
		db.log = hclog.NewNullLogger()
	}
	if err := db.openFile(opts); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := db.prepare(opts, steps); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), db.Close())
	}
	return db, nil
}

// openFile gets hold of the file and lets bbolt read its first pages.
func (db *DB) openFile(opts Options) error {
	dir := filepath.Dir(db.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create folder: %w", err)
	}
	timeout := opts.LockTimeout
	if timeout <= 0 {
		timeout = defaultLockTimeout
	}
	err := contain(db.path, func() (err error) {
		db.bolt, err = bolt.Open(db.path, 0o600, &bolt.Options{
			Timeout:         timeout,
			MaxSize:         opts.MaxBytes,
			InitialMmapSize: mapSize(),
			FreelistType:    bolt.FreelistMapType,
			OpenFile:        db.rememberFile,
		})
		return err
	})
	if err == nil {
		db.bolt.AllocSize = growBytes
		return syncDir(dir)
	}
	if errors.Is(err, ErrCorrupt) && db.file != nil {
		// bbolt panicked and left the file open and locked.
		return errors.Join(err, db.file.Close())
	}
	return openError(db.path, err)
}

// rememberFile opens the file for bbolt and keeps it, to let go of it when bbolt cannot.
func (db *DB) rememberFile(path string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag, mode)
	db.file = f
	return f, err
}

func openError(path string, err error) error {
	var errno syscall.Errno
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%w: %s", ErrInUse, path)
	case errors.As(err, &errno):
		return translate(err)
	}
	// What the system did not refuse, bbolt did, after looking at the file.
	return corruptError(path, err.Error())
}

// prepare makes an opened file ready for use.
func (db *DB) prepare(opts Options, steps []migration) error {
	if err := db.checkFile(); err != nil {
		return err
	}
	db.restrictMode(db.path)
	if err := contain(db.path, func() error { return migrate(db.bolt, steps, db.log) }); err != nil {
		return err
	}
	if err := db.loadKeys(opts); err != nil {
		return err
	}
	db.restrictMode(opts.KeyFile)
	return db.retireFormerKey()
}

// restrictMode takes a file away from other users when someone opened it up. Best effort: the file may belong to
// another account that manages it, or not exist.
func (db *DB) restrictMode(path string) {
	info, err := os.Stat(path)
	if runtime.GOOS == "windows" || err != nil || info.Mode().Perm()&0o077 == 0 {
		return
	}
	err = os.Chmod(path, info.Mode().Perm()&fs.FileMode(0o700))
	db.log.Warn("file was open to other users", "file", path, "restricted", err == nil)
}
