package write

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// A request is the body of one request, ready to be sent.
type request struct {
	body    []byte
	samples int
}

// A spool keeps requests that could not be sent yet, each in a file of its own named by its number and how many samples
// it has. When they are more than its limit in bytes, the oldest give way. It is safe for concurrent use.
type spool struct {
	dir   string
	limit int64
	// filled has a token when there may be requests.
	filled chan struct{}

	mu      sync.Mutex
	files   []spooled // the oldest first
	next    uint64
	bytes   int64
	samples int
	dropped uint64 // samples that gave way
}

// spooled is one file.
type spooled struct {
	number  uint64
	samples int
	bytes   int64
}

func (s spooled) name() string { return fmt.Sprintf("%016d-%d.req", s.number, s.samples) }

// openSpool finds what a former run has left in the folder, and makes it when there is none.
func openSpool(dir string, limit int64) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create queue folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list queue: %w", err)
	}
	s := &spool{dir: dir, limit: limit, filled: make(chan struct{}, 1)}
	for _, entry := range entries {
		var file spooled
		_, scanErr := fmt.Sscanf(entry.Name(), "%016d-%d.req", &file.number, &file.samples)
		about, infoErr := entry.Info()
		if scanErr != nil || infoErr != nil || file.name() != entry.Name() {
			_ = os.Remove(filepath.Join(dir, entry.Name())) // half a file of a run that was killed; nobody reads it
			continue
		}
		file.bytes = about.Size()
		s.addLocked(file)
	}
	slices.SortFunc(s.files, func(a, b spooled) int { return int(int64(a.number) - int64(b.number)) })
	if len(s.files) > 0 {
		s.signal()
	}
	return s, nil
}

// put keeps a request behind all others. Only one goroutine may call it at a time.
func (s *spool) put(r request) error {
	s.mu.Lock()
	file := spooled{number: s.next, samples: r.samples, bytes: int64(len(r.body))}
	s.mu.Unlock()
	if err := replaceFile(filepath.Join(s.dir, file.name()), r.body); err != nil {
		return fmt.Errorf("queue request: %w", err)
	}
	s.mu.Lock()
	s.addLocked(file)
	victims := s.overflowLocked()
	s.mu.Unlock()
	s.signal()
	return s.remove(victims...)
}

func (s *spool) addLocked(file spooled) {
	s.files = append(s.files, file)
	s.next = max(s.next, file.number+1)
	s.bytes += file.bytes
	s.samples += file.samples
}

// overflowLocked takes the oldest files out until the limit holds; the newest stays in any case.
func (s *spool) overflowLocked() (victims []spooled) {
	for s.bytes > s.limit && len(s.files) > 1 {
		victims = append(victims, s.files[0])
		s.dropped += uint64(s.files[0].samples)
		s.popLocked()
	}
	return victims
}

func (s *spool) popLocked() {
	s.bytes -= s.files[0].bytes
	s.samples -= s.files[0].samples
	s.files = s.files[1:]
}

// oldest reads the oldest request; ok is false when there is none. A file that cannot be read is dropped.
func (s *spool) oldest() (r request, number uint64, ok bool) {
	for {
		s.mu.Lock()
		if len(s.files) == 0 {
			s.mu.Unlock()
			return request{}, 0, false
		}
		file := s.files[0]
		s.mu.Unlock()
		body, err := os.ReadFile(filepath.Join(s.dir, file.name()))
		if err == nil {
			return request{body, file.samples}, file.number, true
		}
		s.mu.Lock()
		if len(s.files) > 0 && s.files[0] == file { // it has not given way meanwhile
			s.dropped += uint64(file.samples)
			s.popLocked()
		}
		s.mu.Unlock()
	}
}

// done removes the request with that number, if it is still there.
func (s *spool) done(number uint64) error {
	s.mu.Lock()
	if len(s.files) == 0 || s.files[0].number != number {
		s.mu.Unlock()
		return nil
	}
	file := s.files[0]
	s.popLocked()
	s.mu.Unlock()
	return s.remove(file)
}

func (s *spool) remove(files ...spooled) error {
	var problems []error
	for _, file := range files {
		if err := os.Remove(filepath.Join(s.dir, file.name())); !errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, err)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("remove from queue: %w", err)
	}
	return nil
}

func (s *spool) signal() {
	select {
	case s.filled <- struct{}{}:
	default: // there is a token already
	}
}

// empty says whether everything has been sent.
func (s *spool) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.files) == 0
}

// size returns what waits, and the samples that gave way.
func (s *spool) size() (bytes int64, samples int, dropped uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes, s.samples, s.dropped
}
