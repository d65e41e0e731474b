package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Source is a package in either of its forms, open for reading. It serves one goroutine.
type Source struct {
	limits Limits
	file   *os.File // or
	folder *os.Root
}

// Open opens the package file or folder of that name in root, which must not
// be a link. The caller closes it.
func Open(root *os.Root, name string, limits Limits) (*Source, error) {
	found, err := root.Lstat(name)
	if err != nil {
		return nil, fmt.Errorf("look at package: %w", err)
	}
	switch {
	case found.IsDir():
		folder, err := openFolder(root, name, found)
		if err != nil {
			return nil, err
		}
		return &Source{limits: limits, folder: folder}, nil
	case !found.Mode().IsRegular():
		return nil, fmt.Errorf("%w: it is %s", ErrKind, kindOf(found.Mode()))
	case !strings.HasSuffix(name, Extension):
		return nil, fmt.Errorf("%w: its name does not end in %s", ErrNotPackage, Extension)
	}
	file, err := openRegular(root, name, found)
	if err != nil {
		return nil, err
	}
	return &Source{limits: limits, file: file}, nil
}

func openFolder(root *os.Root, name string, found fs.FileInfo) (*os.Root, error) {
	folder, err := root.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("open package: %w", err)
	}
	info, err := folder.Stat(".")
	if err == nil && !os.SameFile(found, info) {
		err = ErrUnstable
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open package: %w", err), folder.Close())
	}
	return folder, nil
}

// Read reads all of it and hands the files to the sink. It may be called again
// and then reads what is there by then.
func (s *Source) Read(ctx context.Context, sink Sink) (*Content, error) {
	if s.folder != nil {
		return ReadFolder(ctx, s.folder, s.limits, sink)
	}
	if _, err := s.file.Seek(0, 0); err != nil {
		return nil, fmt.Errorf("rewind package: %w", err)
	}
	return ReadPackage(ctx, s.file, s.limits, sink)
}

// Close releases the package. It may be called twice.
func (s *Source) Close() error {
	if s.folder != nil {
		return s.folder.Close()
	}
	if err := s.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
