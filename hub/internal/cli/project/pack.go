package project

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
)

// Pack writes the package of the plugin for the platform and returns what it
// holds. With a nil signer it is not signed.
func (p *Project) Pack(ctx context.Context, out io.Writer, platform string, signer archive.Signer) (*archive.Content, error) {
	folder, err := os.MkdirTemp("", "pulse-pack-")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(folder)
	if err := p.Stage(ctx, folder, platform); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	defer root.Close()
	return archive.Pack(ctx, out, root, signer)
}

// ReadPackage reads and checks a package, file or folder, without running anything.
func ReadPackage(ctx context.Context, path string) (*archive.Content, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find package: %w", err)
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("open package: %w", err)
	}
	defer root.Close()
	source, err := archive.Open(root, filepath.Base(path), archive.DefaultLimits())
	if err != nil {
		return nil, err
	}
	defer source.Close()
	return source.Read(ctx, archive.Discard{})
}
