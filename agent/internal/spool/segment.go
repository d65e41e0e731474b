package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// suffix ends the names of segments, which are numbers in hex.
const suffix = ".spool"

// File is an open segment.
type File interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

func openFile(path string) (File, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) }

// segment is one file of the log.
type segment struct {
	file   File
	path   string
	number uint64
	size   int64
	places []place // of its reports not yet acknowledged by all, oldest first
	buffer []byte  // for writing
}

// place is where a report is in its file.
type place struct {
	sequence uint64
	at       int64 // Unix milliseconds
	offset   int64
	length   int // of the whole record
}

// create makes an empty segment.
func (l *Log) create(number, reserved uint64) (*segment, error) {
	path := filepath.Join(l.options.Dir, fmt.Sprintf("%016x", number)+suffix)
	file, err := l.options.OpenFile(path)
	if err != nil {
		return nil, fmt.Errorf("make segment: %w", err)
	}
	created := &segment{file: file, path: path, number: number, size: int64(fileHeader)}
	if err := errors.Join(file.Truncate(0), created.reserve(reserved)); err != nil {
		created.remove()
		return nil, err
	}
	return created, nil
}

// reserve writes the header.
func (s *segment) reserve(sequence uint64) error {
	if _, err := s.file.WriteAt(headerOf(sequence), 0); err != nil {
		return fmt.Errorf("write segment header: %w", err)
	}
	return nil
}

// append writes a record at the end, wholly or not at all.
func (s *segment) append(e entry) error {
	s.buffer = appendEntry(s.buffer[:0], e)
	if _, err := s.file.WriteAt(s.buffer, s.size); err != nil {
		// What cannot be cut off is overwritten by the next record, or found to be no record.
		_ = s.file.Truncate(s.size)
		return fmt.Errorf("write record: %w", err)
	}
	if e.kind == kindReport {
		s.places = append(s.places, place{e.sequence, e.at, s.size, len(s.buffer)})
	}
	s.size += int64(len(s.buffer))
	if cap(s.buffer) > minSegment {
		s.buffer = nil // one large report must not cost memory for good
	}
	return nil
}

// read returns the record at that place, in the buffer if it fits.
func (s *segment) read(at place, buffer []byte) (Record, []byte, error) {
	found, buffer, err := readEntry(io.NewSectionReader(s.file, at.offset, int64(at.length)), buffer)
	if err == nil && found.sequence != at.sequence {
		err = errBadRecord
	}
	if err != nil {
		return Record{}, buffer, fmt.Errorf("read record: %w", err)
	}
	return Record{Sequence: found.sequence, At: timeOf(found.at), Body: found.body}, buffer, nil
}

// clear cuts the segment back to its header.
func (s *segment) clear() error {
	if err := s.file.Truncate(int64(fileHeader)); err != nil {
		return fmt.Errorf("empty segment: %w", err)
	}
	s.size, s.places = int64(fileHeader), nil
	return nil
}

// remove closes and deletes the segment. A file that stays is found again at the next start.
func (s *segment) remove() {
	_ = s.file.Close()
	_ = os.Remove(s.path)
}

// after returns the index of the first place beyond the sequence.
func (s *segment) after(sequence uint64) int {
	return sort.Search(len(s.places), func(i int) bool { return s.places[i].sequence > sequence })
}

// numberOf reads the name of a segment.
func numberOf(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 16, 64)
	return number, err == nil
}
