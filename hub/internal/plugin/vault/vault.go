// Package vault keeps the plugin packages that were approved, each in a folder
// that nobody writes to again: what runs is what was approved.
//
// A package is <root>/<id>/<version>+<first 12 digits of its digest>. It is
// copied under another name, read again from there, and renamed when all of it
// is on disk, so there is either nothing or the whole of it.
package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/oklog/ulid/v2"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Errors of the vault.
var (
	// ErrChanged says that a package is no longer the one that was approved.
	ErrChanged = errors.New("the package is not the one that was approved")
	// ErrNotStored says that the vault does not have the package.
	ErrNotStored = errors.New("the package is not in the store")
	// ErrTampered says that a stored package was changed; the error names the file.
	ErrTampered = errors.New("a stored file was changed")
	// ErrNoExecutable says that a package has nothing to start on the platform.
	ErrNoExecutable = errors.New("the package has no executable for this platform")
	// ErrRef says that a package is named by something that is no name of one.
	ErrRef = errors.New("not the name of a package")
)

// Names of folders that are being filled or emptied.
const (
	incomingPrefix  = ".incoming-"
	discardedPrefix = ".discarded-"
)

// Ref names one package.
type Ref struct {
	ID      string         `json:"id"`
	Version string         `json:"version"`
	Digest  archive.Digest `json:"sha256"`
}

// folder returns where the package is, below the root.
func (r Ref) folder() string { return r.ID + "/" + r.Version + "+" + r.Digest.Short() }

// validate keeps names that come from records and requests from being paths.
func (r Ref) validate() error {
	if !manifest.ValidID(r.ID) || !manifest.ValidVersion(r.Version) || !r.Digest.Valid() {
		return fmt.Errorf("%w: %.60q %.60q", ErrRef, r.ID, r.Version)
	}
	return nil
}

// Vault is the store of approved packages. It is safe for concurrent use; one
// process uses a folder at a time.
type Vault struct {
	path   string
	root   *os.Root
	limits archive.Limits

	// change holds a token while names in the vault come and go, which can take
	// long; waiting for it ends with the context. Reading does not need it.
	change chan struct{}
}

// Open opens the vault in a folder, which it makes if there is none. The caller closes it.
func Open(folder string, limits archive.Limits) (*Vault, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("open plugin store: %w", err)
	}
	// Others may pass: a plugin with a user of its own reads its own files here.
	if err := os.MkdirAll(absolute, 0o755); err != nil { //nolint:gosec // G301: users of plugins have to pass through
		return nil, fmt.Errorf("open plugin store: %w", err)
	}
	root, err := os.OpenRoot(absolute)
	if err != nil {
		return nil, fmt.Errorf("open plugin store: %w", err)
	}
	return &Vault{path: absolute, root: root, limits: limits, change: make(chan struct{}, 1)}, nil
}

// Close releases the folder. It may be called twice.
func (v *Vault) Close() error { return v.root.Close() }

// begin waits for the right to change names. The caller ends it.
func (v *Vault) begin(ctx context.Context) error {
	select {
	case v.change <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (v *Vault) end() { <-v.change }

// Admit copies the package into the vault if it is the one that ref names, and
// fails with ErrChanged if it is any other. A package that is there already is
// left alone if it is whole and replaced if it is not.
func (v *Vault) Admit(ctx context.Context, source *archive.Source, ref Ref) (*archive.Content, error) {
	if err := ref.validate(); err != nil {
		return nil, err
	}
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	defer v.end()
	if content, err := v.Verify(ctx, ref); err == nil {
		return content, nil
	}
	if err := v.root.MkdirAll(ref.ID, 0o755); err != nil {
		return nil, fmt.Errorf("store package: %w", err)
	}
	incoming := path.Join(ref.ID, incomingPrefix+ulid.Make().String())
	content, err := v.copyLocked(ctx, source, ref, incoming)
	if err == nil {
		err = v.placeLocked(incoming, ref)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store package: %w", err), v.discardLocked(incoming))
	}
	return content, nil
}

// copyLocked copies the package into a new folder and reads it again from there.
func (v *Vault) copyLocked(ctx context.Context, source *archive.Source, ref Ref, incoming string) (*archive.Content, error) {
	if err := v.root.Mkdir(incoming, 0o700); err != nil {
		return nil, err
	}
	folder, err := v.root.OpenRoot(incoming)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	copied, err := source.Unpack(ctx, folder)
	if err != nil {
		return nil, err
	}
	if err := matches(copied, ref); err != nil {
		return nil, err
	}
	content, err := archive.ReadFolder(ctx, folder, v.limits, archive.Discard{})
	if err != nil {
		return nil, fmt.Errorf("read back: %w", err)
	}
	return content, matches(content, ref)
}

func matches(content *archive.Content, ref Ref) error {
	if got := content.Manifest; content.Digest != ref.Digest || got.ID != ref.ID || got.Version != ref.Version {
		return fmt.Errorf("%w: it is %s %s, sha256 %s", ErrChanged, got.ID, got.Version, content.Digest)
	}
	return nil
}

// placeLocked gives a complete folder its name.
func (v *Vault) placeLocked(incoming string, ref Ref) error {
	if _, err := v.root.Lstat(ref.folder()); err == nil {
		// Not whole, or the caller would not be here.
		if err := v.discardLocked(ref.folder()); err != nil {
			return err
		}
	}
	if err := v.root.Rename(incoming, ref.folder()); err != nil {
		return err
	}
	return errors.Join(archive.SyncFolder(v.root, ref.ID), archive.SyncFolder(v.root, "."))
}

// Verify reads all of a stored package again. It fails with ErrNotStored, or
// with ErrTampered and the name of a file that is not the one that was stored.
func (v *Vault) Verify(ctx context.Context, ref Ref) (*archive.Content, error) {
	folder, err := v.open(ref)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	return v.verify(ctx, folder, ref)
}

func (v *Vault) open(ref Ref) (*os.Root, error) {
	if err := ref.validate(); err != nil {
		return nil, err
	}
	name := ref.folder()
	for _, folder := range []string{ref.ID, name} {
		info, err := v.root.Lstat(folder)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: %s", ErrNotStored, name)
		}
		if err != nil {
			return nil, fmt.Errorf("look at stored package: %w", err)
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("%w: %s is no folder", ErrTampered, folder)
		}
	}
	folder, err := v.root.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("open stored package: %w", err)
	}
	return folder, nil
}

func (v *Vault) verify(ctx context.Context, folder *os.Root, ref Ref) (*archive.Content, error) {
	content, err := archive.ReadFolder(ctx, folder, v.limits, archive.Discard{})
	switch {
	case err == nil && matches(content, ref) == nil:
		return content, nil
	case err == nil:
		// All files are as listed, so it is the list that changed, or its signature.
		return nil, fmt.Errorf("%w: %s or %s of %s", ErrTampered, archive.ChecksumsName, archive.SignatureName, ref.folder())
	case context.Cause(ctx) != nil, unreadable(err):
		return nil, fmt.Errorf("verify stored package: %w", err)
	}
	return nil, fmt.Errorf("%w: %s: %w", ErrTampered, ref.folder(), err)
}

// unreadable tells whether an error is the system's and says nothing about the content.
func unreadable(err error) bool {
	var system *fs.PathError
	return errors.As(err, &system) && !errors.Is(err, fs.ErrNotExist)
}
