package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Prune removes all packages of a plugin but those that are named.
func (v *Vault) Prune(ctx context.Context, id string, keep ...Ref) error {
	if !manifest.ValidID(id) {
		return fmt.Errorf("%w: %.60q", ErrRef, id)
	}
	if err := v.begin(ctx); err != nil {
		return err
	}
	defer v.end()
	return v.pruneLocked(id, keep)
}

func (v *Vault) pruneLocked(id string, keep []Ref) error {
	var errs []error
	names, err := v.list(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, name := range names {
		folder := path.Join(id, name)
		if !slices.ContainsFunc(keep, func(r Ref) bool { return r.folder() == folder }) {
			errs = append(errs, v.discardLocked(folder))
		}
	}
	if !slices.ContainsFunc(keep, func(r Ref) bool { return r.ID == id }) {
		errs = append(errs, v.discardLocked(id))
	}
	return errors.Join(append(errs, err)...)
}

// Sweep removes what an interrupted process left behind, and every package that
// is not named. It is for the start, before anything else uses the vault.
func (v *Vault) Sweep(ctx context.Context, keep []Ref) error {
	if err := v.begin(ctx); err != nil {
		return err
	}
	defer v.end()
	names, err := v.list(".")
	errs := []error{err}
	for _, name := range names {
		switch {
		case manifest.ValidID(name):
			errs = append(errs, v.pruneLocked(name, keep))
		case strings.HasPrefix(name, discardedPrefix):
			errs = append(errs, v.discardLocked(name))
		}
	}
	return errors.Join(errs...)
}

// list returns the names in a folder of the vault.
func (v *Vault) list(name string) ([]string, error) {
	folder, err := v.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("list plugin store: %w", err)
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	if err != nil {
		return nil, fmt.Errorf("list plugin store: %w", err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, nil
}

// discardLocked takes a folder out of the way, so that half of it is never
// found in its place, and removes it. One that is not there is not an error.
func (v *Vault) discardLocked(name string) error {
	aside := name
	if !strings.HasPrefix(path.Base(name), ".") {
		aside = path.Join(path.Dir(name), discardedPrefix+ulid.Make().String())
		if err := v.root.Rename(name, aside); errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return fmt.Errorf("set aside %s: %w", name, err)
		}
	}
	if err := v.unlockFolders(aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	if err := v.root.RemoveAll(aside); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}

// unlockFolders makes folders writable again: nothing can be removed from the others.
func (v *Vault) unlockFolders(name string) error {
	info, err := v.root.Lstat(name)
	if err != nil || !info.IsDir() {
		return err
	}
	if err := v.root.Chmod(name, 0o700); err != nil {
		return err
	}
	below, err := v.list(name)
	for _, one := range below {
		if err := v.unlockFolders(path.Join(name, one)); err != nil {
			return err
		}
	}
	return err
}
