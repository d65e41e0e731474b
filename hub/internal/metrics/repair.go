package metrics

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/fileutil"
)

// ErrInUse is returned by Open when another process holds the folder.
var ErrInUse = errors.New("metrics store is already in use by another process")

const (
	lockName       = "pulse.lock"
	quarantineName = "quarantine"
	headChunksName = "chunks_head"
)

// lockDir keeps other processes out of the folder.
func (s *Store) lockDir() error {
	lock, _, err := fileutil.Flock(filepath.Join(s.dir, lockName))
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("lock folder: %w", err)
		}
		return fmt.Errorf("%w: %s", ErrInUse, s.dir)
	}
	s.lock = lock
	return nil
}

// openRepairing opens the TSDB, moving out of its way what keeps it from opening.
func (s *Store) openRepairing() (opened, error) {
	if err := s.quarantineBlocks(); err != nil {
		return opened{}, err
	}
	db, err := s.openTSDB()
	if err == nil || !isDamage(err) {
		return db, err
	}
	s.log.Error("recent samples cannot be read and are moved to quarantine", "error", err)
	if err := s.quarantineHead(); err != nil {
		return opened{}, err
	}
	return s.openTSDB()
}

// quarantineBlocks moves away blocks that cannot be opened: the TSDB would refuse to start, or complain every minute.
func (s *Store) quarantineBlocks() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("list blocks: %w", err)
	}
	for _, e := range entries {
		if _, err := ulid.ParseStrict(e.Name()); err != nil || !e.IsDir() {
			continue
		}
		err := tryBlock(filepath.Join(s.dir, e.Name()))
		if err == nil {
			continue
		}
		if !isDamage(err) {
			return fmt.Errorf("open block: %w", err)
		}
		s.log.Error("damaged block is moved to quarantine", "block", e.Name(), "error", err)
		if err := s.quarantine(e.Name()); err != nil {
			return err
		}
	}
	return nil
}

func tryBlock(dir string) error {
	block, err := tsdb.OpenBlock(nil, dir, nil, nil)
	if err != nil {
		return err
	}
	return block.Close()
}

// quarantineHead moves away everything that is not in blocks yet.
func (s *Store) quarantineHead() error {
	for _, name := range []string{"wal", "wbl"} {
		if err := s.quarantine(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// quarantine moves a file or folder of the store where the TSDB does not look. Nothing is deleted: it may be worth
// something to somebody with other tools.
func (s *Store) quarantine(name string) error {
	dir := filepath.Join(s.dir, quarantineName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create quarantine: %w", err)
	}
	moved := filepath.Base(name) + "-" + strconv.FormatInt(time.Now().UnixMilli(), 10)
	if err := os.Rename(filepath.Join(s.dir, name), filepath.Join(dir, moved)); err != nil {
		return fmt.Errorf("move to quarantine: %w", err)
	}
	s.tally.quarantined(moved)
	return nil
}

// isDamage tells damaged files from a system that does not let us work: no rights, no space, no memory. Files are
// never moved away for the latter.
func isDamage(err error) bool {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errors.Is(err, fs.ErrNotExist) || errno == syscall.ENOTDIR || errno == syscall.EISDIR
	}
	return true
}

// logRepaired reports whether the TSDB counted damage in its logs while it opened.
func logRepaired(reg prometheus.Gatherer) bool {
	families, err := reg.Gather()
	if err != nil {
		return false
	}
	for _, f := range families {
		switch f.GetName() {
		case "prometheus_tsdb_wal_corruptions_total", "prometheus_tsdb_mmap_chunk_corruptions_total":
			for _, m := range f.GetMetric() {
				if m.GetCounter().GetValue() > 0 {
					return true
				}
			}
		}
	}
	return false
}
