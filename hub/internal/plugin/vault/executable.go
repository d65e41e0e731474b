package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
)

// Executable is what to start of a stored package, verified and open.
type Executable struct {
	// File is the very file that was hashed, at its beginning. Where the system
	// can run an open file, it runs this one.
	File *os.File
	// Path is where it lies, for systems that cannot, and SHA256 the hash it
	// has, in lower-case hexadecimal.
	Path   string
	SHA256 string
	// Interpreter is the name of the runtime that runs it, empty for a native executable.
	Interpreter string
	// Folder is the folder of the whole package.
	Folder string
	// Content is what the package holds.
	Content *archive.Content
}

// Close releases the file. It may be called twice.
func (e *Executable) Close() error {
	if err := e.File.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// Executable verifies all of a stored package and opens what it starts on the
// platform. The caller closes it. It fails like Verify, or with ErrNoExecutable.
// Nothing is remembered: each start calls it again.
func (v *Vault) Executable(ctx context.Context, ref Ref, platform string) (*Executable, error) {
	folder, err := v.open(ref)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	content, err := v.verify(ctx, folder, ref)
	if err != nil {
		return nil, err
	}
	described, listed, ok := content.Executable(platform)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoExecutable, platform)
	}
	file, err := openListed(folder, listed)
	if err != nil {
		return nil, err
	}
	at := filepath.Join(v.path, filepath.FromSlash(ref.folder()))
	return &Executable{
		File: file, Path: filepath.Join(at, filepath.FromSlash(listed.Name)), SHA256: listed.SHA256,
		Interpreter: described.Interpreter, Folder: at, Content: content,
	}, nil
}

// openListed opens a file and hashes what it opened.
func openListed(folder *os.Root, listed archive.File) (*os.File, error) {
	file, err := folder.Open(listed.Name)
	if err != nil {
		return nil, fmt.Errorf("open executable: %w", err)
	}
	hash := sha256.New()
	_, err = io.Copy(hash, io.LimitReader(file, listed.Size+1))
	if err == nil && hex.EncodeToString(hash.Sum(nil)) != listed.SHA256 {
		err = fmt.Errorf("%w: %s", ErrTampered, listed.Name)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("verify executable: %w", err)
	}
	return file, nil
}
