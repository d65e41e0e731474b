package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// ReadFolder reads a folder by the rules of packages and hands its files to
// the sink. Links are refused, not followed. A folder that somebody put
// together by hand may lack the list of checksums, and has no signature then.
func ReadFolder(ctx context.Context, folder *os.Root, limits Limits, sink Sink) (*Content, error) {
	collected := newCollector(limits, sink)
	if err := collected.folder(ctx, folder, ".", keepAll); err != nil {
		return nil, err
	}
	if collected.plain() {
		return collected.described()
	}
	return collected.content()
}

func keepAll(string) bool { return true }

// folder reads a folder within root and those in it, the files for which keep is true.
func (c *collector) folder(ctx context.Context, root *os.Root, name string, keep func(name string) bool) error {
	entries, err := readDir(root, name, c.limits.Entries+1)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		below := path.Join(name, entry)
		if !keep(below) {
			continue
		}
		info, err := root.Lstat(below)
		if err != nil {
			return fmt.Errorf("look at %.200q: %w", below, err)
		}
		switch {
		case info.IsDir():
			if err := c.enter(below, true); err != nil {
				return err
			}
			err = c.folder(ctx, root, below, keep)
		case info.Mode().IsRegular():
			err = c.opened(ctx, root, below, info)
		default:
			err = fmt.Errorf("%w: %.200q is %s", ErrKind, below, kindOf(info.Mode()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// opened reads a file that was found to be a regular one.
func (c *collector) opened(ctx context.Context, root *os.Root, name string, found fs.FileInfo) error {
	file, err := openRegular(root, name, found)
	if err != nil {
		return err
	}
	defer file.Close()
	return c.file(name, endable{ctx, file})
}

// openRegular opens the very file that was found, and not what took its place.
func openRegular(root *os.Root, name string, found fs.FileInfo) (*os.File, error) {
	// A pipe that took its place must not block.
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open %.200q: %w", name, err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("look at %.200q: %w", name, err)
	}
	if !info.Mode().IsRegular() || !os.SameFile(found, info) {
		file.Close()
		return nil, fmt.Errorf("%w: %s", ErrUnstable, name)
	}
	return file, nil
}

// readDir returns at most limit names, sorted.
func readDir(root *os.Root, name string, limit int) ([]string, error) {
	folder, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open folder %.200q: %w", name, err)
	}
	defer folder.Close()
	names, err := folder.Readdirnames(limit)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read folder %.200q: %w", name, err)
	}
	slices.SortFunc(names, strings.Compare)
	return names, nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "a link"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "neither a file nor a folder"
}
