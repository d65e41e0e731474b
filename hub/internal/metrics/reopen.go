package metrics

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/prometheus/prometheus/storage"
)

const (
	probeName = "room.probe"
	// probeBytes is how much room there must be to go on after a refused commit: more than ending one log and
	// beginning another takes.
	probeBytes = 1 << 20
)

// reopen closes the TSDB and opens it again once the disk takes anything at all. Readers wait meanwhile; when it
// fails they get errors until it succeeds.
//
// A commit that fails, as on a full disk, may have left half a record at the end of the log. The TSDB would write the
// next records behind it, and at the next start give up everything from the half record on. Opening cuts it off while
// nothing is behind it yet.
func (s *Store) reopen() (storage.AppendableV2, error) {
	if err := s.probe(); err != nil {
		return nil, err
	}
	s.dbMu.Lock()
	defer s.dbMu.Unlock()
	if err := s.db.Close(); err != nil {
		s.log.Debug("TSDB closed with an error, opening it again", "error", err)
	}
	again, err := s.openRepairing()
	if err != nil {
		return nil, fmt.Errorf("reopen: %w", err)
	}
	s.db, s.registry, s.torn = again.db, again.registry, again.torn
	if again.torn {
		return nil, fmt.Errorf("reopen: %w", errLogWrite)
	}
	return s.db, nil
}

// probe writes a file and removes it, to see whether there is room. Its content is random, or a file system that
// compresses would take it for nothing.
func (s *Store) probe() error {
	path := filepath.Join(s.dir, probeName)
	content := make([]byte, probeBytes)
	_, _ = rand.Read(content) // never fails
	err := os.WriteFile(path, content, 0o600)
	if removeErr := os.Remove(path); !errors.Is(removeErr, fs.ErrNotExist) {
		err = errors.Join(err, removeErr)
	}
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	return nil
}
