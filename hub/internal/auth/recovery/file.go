package recovery

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// maxFile bounds what is read of a file, in bytes.
const maxFile = 256

// ErrUnsafe is returned for a file that somebody else may have put there: it is
// a link or no plain file, or it belongs to another user.
var ErrUnsafe = errors.New("file is not a plain file of the user that the hub runs as")

// read returns the first maxFile bytes of a file of this user, and its description.
// The error is ErrUnsafe, fs.ErrNotExist or one of the disk.
func read(path string) ([]byte, fs.FileInfo, error) {
	named, err := os.Lstat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("look at file: %w", err)
	}
	if !named.Mode().IsRegular() || !owned(named) {
		return nil, nil, fmt.Errorf("%w: %s", ErrUnsafe, path)
	}
	file, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open file: %w", err)
	}
	defer file.Close()
	opened, err := file.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("look at file: %w", err)
	}
	if !os.SameFile(named, opened) {
		return nil, nil, fmt.Errorf("%w: %s", ErrUnsafe, path) // was exchanged meanwhile
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return nil, nil, fmt.Errorf("read file: %w", err)
	}
	return data, opened, nil
}

// write puts a file in place that nobody else can read, whole or not at all,
// and flushes it to disk.
func write(path string, data []byte) error {
	fresh := path + ".new"
	if err := remove(fresh); err != nil { // is of a start that was cut off
		return err
	}
	file, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write file: %w", err), os.Remove(fresh))
	}
	return syncDir(filepath.Dir(path))
}

// remove takes a name out of its folder; one that is not there is no error.
func remove(path string) error {
	err := os.Remove(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("remove file: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a change of names durable. Windows keeps names durable by
// itself and cannot flush a folder.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}
