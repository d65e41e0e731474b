// Package spool keeps the reports of one module on disk until every hub has them.
//
// A [Log] is a sequence of records in segment files, written in order and read by several readers, one for each hub, each
// with its own place. A record is in the page cache before [Log.Append] returns and so survives the death of the process;
// it is flushed to the disk when its segment is full and every minute while something waits, so a power cut costs about a
// minute. When everything is acknowledged the file is cut back to its header, before the system has had reason to write
// it: a spool whose hub answers hardly touches the disk.
//
// The log is bounded by size and by age; the oldest records are dropped and counted. When the disk takes nothing, new
// records are kept in memory, at most [MemoryRecords] of them, until it does again. Nothing ever waits for room.
// The layout of the files is in format.md.
package spool

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// MemoryRecords is the greatest number of records kept in memory while the disk takes none.
const MemoryRecords = 60

// Bounds of the size of a segment, which is a part of the log's greatest size: the oldest segment is dropped as a whole.
const (
	segmentParts = 32
	minSegment   = 64 << 10
	maxSegment   = 4 << 20
)

// syncInterval is how often what waits is flushed to the disk. What a hub has not had the time to answer yet does not count:
// it waits for less than syncAge.
const (
	syncInterval = time.Minute
	syncAge      = 20 * time.Second
)

// Errors of the package.
var (
	// ErrClosed means that the log was closed.
	ErrClosed = errors.New("spool is closed")
	// ErrTooLarge means that a record is larger than a log can hold.
	ErrTooLarge = errors.New("record is too large for the spool")
)

// Record is one report as it was taken.
type Record struct {
	// Sequence grows from record to record, also across restarts; see [Log.Next].
	Sequence uint64
	// At is when the report was taken. It is kept to the millisecond.
	At time.Time
	// Body is the report in any form, at most 4 MiB.
	Body []byte
}

// Options configures a [Log].
type Options struct {
	// Dir is the directory of the log, made if need be, which belongs to it alone. Empty means memory only.
	Dir string
	// MaxBytes is the greatest size of all files together; MaxAge, that of a record.
	MaxBytes int64
	MaxAge   time.Duration
	// Readers names those who read, each once. A reader keeps its place across restarts by its name.
	Readers []string
	// OpenFile opens a segment for reading and writing and makes it if need be; nil means that of the system.
	OpenFile func(path string) (File, error)
	// Logger is required.
	Logger hclog.Logger
}

// Stats is how a log stands.
type Stats struct {
	// Waiting is the number of records that the reader furthest behind has not acknowledged.
	Waiting int
	// Bytes is the size of the files.
	Bytes int64
	// Dropped counts records that were given up since the start for age, for size, or for a broken disk, before every
	// reader had them.
	Dropped uint64
	// Memory says that new records are kept in memory, and Problem why; nil if that was asked for.
	Memory  bool
	Problem error
}

// Log is a spool. Its methods may be called from any goroutine, except that only one may append. The lock is held while
// files are written, as the order in the files is the order of the log.
type Log struct {
	options Options
	segment int64 // size at which a new segment is begun
	unlock  func()

	mu       sync.Mutex
	readers  []*Reader
	segments []*segment // oldest first; the last is written to. Empty in a log in memory only
	tail     []Record   // after the segments: what the disk has not taken
	next     uint64     // the next sequence
	reserved uint64     // sequences below are safe to use: a restart begins here
	dirty    bool       // something is written and not flushed
	dropped  uint64
	problem  error // why the disk is not used
	closed   bool
}

// Open opens the log, or a new one. What a crash left half-written at the end is cut off. When the directory cannot be
// used the log is in memory only: that is logged, and in [Stats]. So there always is a log.
func Open(options Options) *Log {
	log := &Log{options: options, unlock: func() {}, next: 1}
	log.segment = min(max(options.MaxBytes/segmentParts, minSegment), maxSegment)
	if options.OpenFile == nil {
		log.options.OpenFile = openFile
	}
	for _, name := range options.Readers {
		log.readers = append(log.readers, &Reader{log: log, key: keyOf(name), wake: make(chan struct{}, 1)})
	}
	if options.Dir != "" {
		if err := log.recover(); err != nil {
			log.abandonDisk()
			log.problem = err
			options.Logger.Warn("spool is in memory only, reports do not survive a restart", "error", err)
		}
	}
	log.next = max(log.next, log.reserved, uint64(max(time.Now().UnixMilli(), 1)))
	return log
}

// Reader returns the reader at that place of Options.Readers.
func (l *Log) Reader(at int) *Reader { return l.readers[at] }

// Next returns the sequence for the next record to append: the last one's and one, or, after a restart, the time in Unix
// milliseconds if that is more. It grows even when the clock was set back.
func (l *Log) Next() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// Append adds a record, whose sequence must come from Next. The record is on disk, or as a fallback in memory, when it
// returns. The body must not be changed afterwards.
func (l *Log) Append(record Record) error {
	if len(record.Body) > maxBody {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, len(record.Body))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	l.next = max(l.next, record.Sequence) + 1
	l.tail = append(l.tail, record)
	l.flushTailLocked()
	l.expireLocked(time.Now())
	l.releaseLocked()
	for _, reader := range l.readers {
		select {
		case reader.wake <- struct{}{}:
		default: // it will look anyway
		}
	}
	return nil
}

// Stats returns how the log stands.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	stats := Stats{Dropped: l.dropped, Memory: len(l.segments) == 0 || len(l.tail) > 0, Problem: l.problem}
	for _, segment := range l.segments {
		stats.Bytes += segment.size
	}
	for _, reader := range l.readers {
		stats.Waiting = max(stats.Waiting, reader.waitingLocked())
	}
	return stats
}

// Close flushes what waits and releases the files. What is only in memory is lost.
func (l *Log) Close() error {
	err := l.sync(time.Now().Add(time.Hour)) // all of it, even if the clock was set back
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	l.abandonDisk()
	return err
}

// abandonDisk lets go of the files and leaves them as they are.
func (l *Log) abandonDisk() {
	for _, segment := range l.segments {
		_ = segment.file.Close() // what had to be flushed has been
	}
	l.segments = nil
	l.unlock()
	l.unlock = func() {}
}
