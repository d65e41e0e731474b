package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// recover opens what is in the directory.
func (l *Log) recover() error {
	if err := os.MkdirAll(l.options.Dir, 0o700); err != nil {
		return fmt.Errorf("make spool directory: %w", err)
	}
	unlock, err := lockDir(filepath.Join(l.options.Dir, "lock"))
	if err != nil {
		return fmt.Errorf("lock spool directory: %w", err)
	}
	l.unlock = unlock
	numbers, err := l.list()
	if err != nil {
		return err
	}
	acks := map[uint64]uint64{}
	for _, number := range numbers {
		if err := l.open(number, acks); err != nil {
			return err
		}
	}
	for _, reader := range l.readers {
		reader.cursor = acks[reader.key] // zero for a new one, which gets all that is still there
	}
	if len(l.segments) == 0 {
		first, err := l.create(1, l.reserved)
		if err != nil {
			return err
		}
		l.segments = append(l.segments, first)
	}
	l.releaseLocked() // nobody else has the log yet
	return nil
}

// list returns the numbers of the segments, in order.
func (l *Log) list() ([]uint64, error) {
	files, err := os.ReadDir(l.options.Dir)
	if err != nil {
		return nil, fmt.Errorf("list spool directory: %w", err)
	}
	var numbers []uint64
	for _, file := range files {
		if number, ok := numberOf(file.Name()); ok {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// open reads one segment. Its records end where the first bad one begins, and there it is cut. A file without a header
// was being made when the process died, or is not ours to read; it is removed.
func (l *Log) open(number uint64, acks map[uint64]uint64) error {
	path := filepath.Join(l.options.Dir, fmt.Sprintf("%016x", number)+suffix)
	file, err := l.options.OpenFile(path)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	opened := &segment{file: file, path: path, number: number}
	reserved, err := opened.scan(acks)
	switch {
	case errors.Is(err, errNoHeader):
		opened.remove()
		return nil
	case errors.Is(err, errBadRecord):
		l.options.Logger.Warn("spool was cut off in the middle of a record", "segment", number, "kept_records", len(opened.places))
		if err := file.Truncate(opened.size); err != nil {
			return errors.Join(fmt.Errorf("cut segment: %w", err), file.Close())
		}
	case err != nil:
		return errors.Join(fmt.Errorf("read segment: %w", err), file.Close())
	}
	l.reserved = max(l.reserved, reserved)
	if count := len(opened.places); count > 0 {
		l.next = max(l.next, opened.places[count-1].sequence+1)
	}
	l.segments = append(l.segments, opened)
	return nil
}

// errNoHeader means that a file does not begin as a segment does.
var errNoHeader = errors.New("no segment")

// scan reads a segment from its beginning, notes its reports and, in acks, how far each reader has come. The size becomes
// that of what could be read.
func (s *segment) scan(acks map[uint64]uint64) (reserved uint64, err error) {
	const whole = 1 << 62
	from := bufio.NewReaderSize(io.NewSectionReader(s.file, 0, whole), 32<<10)
	if reserved, err = readHeader(from); err != nil {
		return 0, errNoHeader
	}
	s.size = int64(fileHeader)
	var found entry
	var buffer []byte
	for {
		found, buffer, err = readEntry(from, buffer)
		if errors.Is(err, io.EOF) {
			return reserved, nil
		}
		if err != nil {
			return reserved, err
		}
		length := headerSize + len(found.body)
		switch {
		case found.kind == kindReport && s.inOrder(found.sequence):
			s.places = append(s.places, place{found.sequence, found.at, s.size, length})
		case found.kind == kindAck && len(found.body) == 8:
			key := binary.LittleEndian.Uint64(found.body)
			acks[key] = max(acks[key], found.sequence)
		} // other kinds are those of a later version
		s.size += int64(length)
	}
}

// inOrder reports whether a sequence comes after those of the segment.
func (s *segment) inOrder(sequence uint64) bool {
	return len(s.places) == 0 || sequence > s.places[len(s.places)-1].sequence
}

// Inspect counts the reports in a directory and the bytes of its files without touching them, also while an agent uses it.
// A directory that is not there has none.
func Inspect(dir string) (reports int, bytes int64, err error) {
	log := &Log{options: Options{Dir: dir}}
	numbers, err := log.list()
	if errors.Is(err, os.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	for _, number := range numbers {
		file, err := os.Open(filepath.Join(dir, fmt.Sprintf("%016x", number)+suffix))
		if errors.Is(err, os.ErrNotExist) {
			continue // done with meanwhile
		}
		if err != nil {
			return 0, 0, fmt.Errorf("open segment: %w", err)
		}
		found := &segment{file: file}
		_, _ = found.scan(map[uint64]uint64{}) // a torn end is that of a running agent
		_ = file.Close()
		reports += len(found.places)
		bytes += found.size
	}
	return reports, bytes, nil
}
