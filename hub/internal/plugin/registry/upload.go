package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
)

// MaxUpload bounds one uploaded package, in bytes.
func MaxUpload() int64 { return limits().Bytes }

// Upload puts a package into the inbox, where it is offered a few seconds
// later like any other, and returns what it holds. A package that is refused
// leaves nothing behind. A file of the same plugin, version and platform is replaced.
func (r *Registry) Upload(ctx context.Context, body io.Reader) (content *archive.Content, err error) {
	if r.Mode != All {
		return nil, fmt.Errorf("%w: PULSE_PLUGINS is %s", ErrOff, r.Mode)
	}
	if err := os.MkdirAll(r.Inbox, 0o700); err != nil {
		return nil, fmt.Errorf("make inbox: %w", err)
	}
	file, err := os.CreateTemp(r.Inbox, ".upload-*"+archive.Extension) // hidden from the inbox
	if err != nil {
		return nil, fmt.Errorf("create upload: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := save(file, body); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(r.Inbox)
	if err != nil {
		return nil, fmt.Errorf("open inbox: %w", err)
	}
	defer root.Close()
	uploaded := baseOf(file)
	if content, err = inspect(ctx, root, uploaded); err != nil {
		return nil, err
	}
	if err := root.Rename(uploaded, archive.FileName(content.Manifest, fileNamePlatform(content))); err != nil {
		return nil, fmt.Errorf("put upload into inbox: %w", err)
	}
	return content, archive.SyncFolder(root, ".")
}

// save writes an upload to disk, at most MaxUpload bytes of it.
func save(file *os.File, body io.Reader) error {
	n, err := io.Copy(file, io.LimitReader(body, MaxUpload()+1))
	if err == nil && n > MaxUpload() {
		err = fmt.Errorf("%w: the package has more than %d bytes", archive.ErrTooLarge, MaxUpload())
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("save upload: %w", err)
	}
	return nil
}

// inspect reads all of a package and runs nothing of it.
func inspect(ctx context.Context, root *os.Root, name string) (*archive.Content, error) {
	source, err := archive.Open(root, name, limits())
	if err != nil {
		return nil, err
	}
	defer source.Close()
	return source.Read(ctx, archive.Discard{})
}

func baseOf(file *os.File) string { return filepath.Base(file.Name()) }

// fileNamePlatform is the platform that a package's file is named for: this
// one if it can run here, or else the first it is for.
func fileNamePlatform(content *archive.Content) string {
	if _, ok := content.Manifest.Exec[archive.Platform()]; ok {
		return archive.Platform()
	}
	return slices.Min(slices.Collect(maps.Keys(content.Manifest.Exec)))
}
