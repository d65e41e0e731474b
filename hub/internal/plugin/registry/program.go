package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// program returns what runs of a plugin, with the manifest that it says who it
// is in. The mark differs when the program does and the digest cannot say so.
func (r *Registry) program(ctx context.Context, record approval.Record) (*manifest.Manifest, supervise.Program, string, error) {
	switch record.Current.Level {
	case approval.Bundled:
		entry, ok := r.Bundled.Find(record.ID)
		if !ok {
			return nil, nil, "", fmt.Errorf("%w: the hub does not come with it any more", approval.ErrState)
		}
		return entry.Manifest, entry.Program(), entry.Manifest.Version, nil
	case approval.Dev:
		folder, ok := r.Dev[record.ID]
		if !ok {
			return nil, nil, "", fmt.Errorf("%w: no folder is configured for it any more", approval.ErrState)
		}
		program := devProgram{id: record.ID, folder: folder}
		described, err := program.describe()
		return described, program, program.fingerprint(), err
	}
	executable, _, err := r.desk.Executable(ctx, record.ID)
	if err != nil {
		return nil, nil, "", err
	}
	defer executable.Close()
	program := storedProgram{desk: r.desk, id: record.ID, digest: record.Current.Digest}
	return executable.Content.Manifest, program, "", nil
}

// storedProgram is a version of a plugin that was approved.
type storedProgram struct {
	desk   *approval.Desk
	id     string
	digest archive.Digest
}

// Open is part of supervise.Program. All files of the package are checked.
func (p storedProgram) Open(ctx context.Context) (*supervise.Executable, error) {
	executable, current, err := p.desk.Executable(ctx, p.id)
	if err != nil {
		return nil, err
	}
	if current.Digest != p.digest {
		return nil, errors.Join(fmt.Errorf("%w: version %s is the current one by now", approval.ErrState, current.Version), executable.Close())
	}
	return &supervise.Executable{
		File: executable.File, Path: executable.Path, Interpreter: executable.Interpreter, Folder: executable.Folder,
		Close: executable.Close,
	}, nil
}

// devProgram is what lies in its author's folder, unchecked.
type devProgram struct{ id, folder string }

func (p devProgram) describe() (*manifest.Manifest, error) {
	file, err := os.Open(filepath.Join(p.folder, manifest.FileName))
	if err != nil {
		return nil, fmt.Errorf("open manifest: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, manifest.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	described, err := manifest.Decode(data)
	if err != nil {
		return nil, err
	}
	if described.ID != p.id {
		return nil, fmt.Errorf("%w: %s instead of %s", ErrMismatch, described.ID, p.id)
	}
	return described, nil
}

func (p devProgram) executable() (manifest.Executable, error) {
	described, err := p.describe()
	if err != nil {
		return manifest.Executable{}, err
	}
	for _, name := range []string{archive.Platform(), "any"} {
		if found, ok := described.Exec[name]; ok {
			return found, nil
		}
	}
	return manifest.Executable{}, fmt.Errorf("%w: none for %s", archive.ErrNoExecutable, archive.Platform())
}

// Open is part of supervise.Program.
func (p devProgram) Open(context.Context) (*supervise.Executable, error) {
	found, err := p.executable()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(p.folder, filepath.FromSlash(found.Path))
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open executable: %w", err)
	}
	return &supervise.Executable{
		File: file, Path: path, Interpreter: found.Interpreter, Folder: p.folder, Close: file.Close,
	}, nil
}

// fingerprint differs when manifest or executable do; empty while they cannot be read.
func (p devProgram) fingerprint() string {
	found, err := p.executable()
	if err != nil {
		return ""
	}
	mark := ""
	for _, name := range []string{manifest.FileName, found.Path} {
		info, err := os.Stat(filepath.Join(p.folder, filepath.FromSlash(name)))
		if err != nil {
			return ""
		}
		mark += fmt.Sprintf("%s %d %d ", name, info.Size(), info.ModTime().UnixNano())
	}
	return mark
}
