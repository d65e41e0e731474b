package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
)

// Modes of what was unpacked.
const (
	modeFile       fs.FileMode = 0o444
	modeExecutable fs.FileMode = 0o555
	modeFolder     fs.FileMode = 0o555
)

// Unpack copies the package into an empty folder, checks the whole of it, takes
// away the right to write from everything, and makes it durable. When it fails,
// what it wrote is still there and worth nothing: the caller removes the folder.
func (s *Source) Unpack(ctx context.Context, folder *os.Root) (*Content, error) {
	content, err := s.Read(ctx, files{folder})
	if err != nil {
		return nil, err
	}
	folders := map[string]bool{".": true}
	for _, file := range content.Files {
		mode := modeFile
		if content.RunsDirectly(file.Name) {
			mode = modeExecutable
		}
		if err := folder.Chmod(file.Name, mode); err != nil {
			return nil, fmt.Errorf("restrict %s: %w", file.Name, err)
		}
		for parent := path.Dir(file.Name); !folders[parent]; parent = path.Dir(parent) {
			folders[parent] = true
		}
	}
	for name := range folders {
		if err := settle(folder, name); err != nil {
			return nil, err
		}
	}
	return content, nil
}

// settle makes a folder durable and unchangeable.
func settle(root *os.Root, name string) error {
	if err := SyncFolder(root, name); err != nil {
		return err
	}
	if err := root.Chmod(name, modeFolder); err != nil {
		return fmt.Errorf("restrict folder %s: %w", name, err)
	}
	return nil
}

// SyncFolder makes the names in a folder durable, where the system can.
func SyncFolder(root *os.Root, name string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be flushed there
	}
	opened, err := root.Open(name)
	if err != nil {
		return fmt.Errorf("open folder %s: %w", name, err)
	}
	if err := errors.Join(opened.Sync(), opened.Close()); err != nil {
		return fmt.Errorf("flush folder %s: %w", name, err)
	}
	return nil
}

// files is the Sink that writes a folder.
type files struct{ folder *os.Root }

func (f files) Create(name string) (io.WriteCloser, error) {
	if parent := path.Dir(name); parent != "." {
		if err := f.folder.MkdirAll(parent, 0o700); err != nil {
			return nil, err
		}
	}
	file, err := f.folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return durable{file}, nil
}

// durable is a file that is on disk once it is closed.
type durable struct{ *os.File }

func (d durable) Close() error { return errors.Join(d.Sync(), d.File.Close()) }
