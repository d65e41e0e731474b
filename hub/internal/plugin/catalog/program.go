package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

// Program is one plugin of a bundle's executable.
type Program struct {
	Bundle Bundle
	// ID of the plugin, the executable's first argument.
	ID string
}

// Open opens the bundle's executable and checks its hash, if the bundle has one.
func (p Program) Open(context.Context) (*supervise.Executable, error) {
	file, err := os.Open(p.Bundle.Binary)
	if err != nil {
		return nil, fmt.Errorf("open executable: %w", err)
	}
	if err := p.verify(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &supervise.Executable{File: file, Path: p.Bundle.Binary, Args: []string{p.ID}, Close: file.Close}, nil
}

func (p Program) verify(file *os.File) error {
	if p.Bundle.SHA256 == "" {
		return nil
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return fmt.Errorf("read executable: %w", err)
	}
	if hex.EncodeToString(hash.Sum(nil)) != p.Bundle.SHA256 {
		return runner.ErrModified
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}
