package spool

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"time"
)

// reservation is how many sequences are reserved at once, so that the header is seldom written.
const reservation = 1024

// Run flushes what waits every minute, and drops what has become too old, until the context ends. It returns nil.
func (l *Log) Run(ctx context.Context) error {
	ticker := time.NewTicker(syncInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			if err := l.sync(now.Add(-syncAge)); err != nil {
				l.options.Logger.Debug("spool is not flushed", "error", err)
			}
			l.mu.Lock()
			l.expireLocked(now)
			l.releaseLocked()
			l.mu.Unlock()
		}
	}
}

// sync flushes the segment that is written to, if something waits that was taken before that time. The lock is not held meanwhile, so that
// a slow disk holds up nobody.
func (l *Log) sync(before time.Time) error {
	l.mu.Lock()
	active := l.activeLocked()
	needed := active != nil && l.dirty && l.waitsSinceLocked(before)
	l.dirty = l.dirty && !needed
	l.mu.Unlock()
	if !needed {
		return nil
	}
	if err := active.file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("flush segment: %w", err)
	}
	return nil
}

// activeLocked returns the segment that is written to; nil in memory.
func (l *Log) activeLocked() *segment {
	if len(l.segments) == 0 {
		return nil
	}
	return l.segments[len(l.segments)-1]
}

// holdsLocked reports whether a file has a record that somebody waits for.
func (l *Log) holdsLocked() bool {
	return slices.ContainsFunc(l.segments, func(s *segment) bool { return len(s.places) > 0 })
}

// waitsSinceLocked reports whether a file has a record that somebody waits for and that was taken before that time.
func (l *Log) waitsSinceLocked(before time.Time) bool {
	return slices.ContainsFunc(l.segments, func(s *segment) bool {
		return len(s.places) > 0 && timeOf(s.places[0].at).Before(before)
	})
}

// flushTailLocked moves records from memory to the disk as far as that takes them, and bounds what stays in memory.
func (l *Log) flushTailLocked() {
	written := 0
	for _, record := range l.tail {
		if len(l.segments) == 0 {
			break
		}
		if err := l.writeLocked(record); err != nil {
			if l.problem == nil {
				l.options.Logger.Warn("disk takes no reports, the newest are kept in memory", "error", err, "records", MemoryRecords)
			}
			l.problem = err
			break
		}
		written++
	}
	l.tail = slices.Delete(l.tail, 0, written)
	if written > 0 {
		l.dirty = true
		if l.problem != nil && len(l.tail) == 0 {
			l.problem = nil
			l.options.Logger.Info("disk takes reports again")
		}
	}
	if surplus := len(l.tail) - MemoryRecords; surplus > 0 {
		l.dropped += uint64(surplus)
		l.tail = slices.Delete(l.tail, 0, surplus)
	}
}

// writeLocked writes one record to the disk, into a new segment if the present one is full.
func (l *Log) writeLocked(record Record) error {
	active := l.activeLocked()
	length := int64(headerSize + len(record.Body))
	if l.next > l.reserved {
		reserved := l.next + reservation
		if err := active.reserve(reserved); err != nil {
			return err
		}
		l.reserved = reserved
	}
	if active.size+length > l.segment && active.size > int64(fileHeader) {
		fresh, err := l.create(active.number+1, l.reserved)
		if err != nil {
			return err
		}
		_ = active.file.Sync() // a disk that cannot flush says so when it is written to
		l.segments = append(l.segments, fresh)
		active = fresh
	}
	l.makeRoomLocked(length)
	return active.append(entry{kind: kindReport, sequence: record.Sequence, at: record.At.UnixMilli(), body: record.Body})
}

// makeRoomLocked drops the oldest segments until the log has room for so many bytes more.
func (l *Log) makeRoomLocked(length int64) {
	var total int64
	for _, segment := range l.segments {
		total += segment.size
	}
	for len(l.segments) > 1 && total+length > l.options.MaxBytes {
		oldest := l.segments[0]
		l.dropped += uint64(len(oldest.places)) // what everybody has is no longer among them
		total -= oldest.size
		oldest.remove()
		l.segments = slices.Delete(l.segments, 0, 1)
	}
}

// expireLocked gives up records that are too old.
func (l *Log) expireLocked(now time.Time) {
	oldest := now.Add(-l.options.MaxAge)
	for _, segment := range l.segments {
		expired := 0
		for expired < len(segment.places) && timeOf(segment.places[expired].at).Before(oldest) {
			expired++
		}
		l.dropped += uint64(expired)
		segment.places = slices.Delete(segment.places, 0, expired)
	}
	expired := 0
	for expired < len(l.tail) && l.tail[expired].At.Before(oldest) {
		expired++
	}
	l.dropped += uint64(expired)
	l.tail = slices.Delete(l.tail, 0, expired)
}

// furthestBehindLocked returns the sequence up to which all readers have everything.
func (l *Log) furthestBehindLocked() uint64 {
	behind := uint64(math.MaxUint64)
	for _, reader := range l.readers {
		behind = min(behind, reader.cursor)
	}
	return behind
}

// releaseLocked lets go of records that all readers have: of whole segments, and of the last one's contents once nothing
// else is left.
func (l *Log) releaseLocked() {
	behind := l.furthestBehindLocked()
	l.tail = slices.Delete(l.tail, 0, afterRecord(l.tail, behind))
	for _, segment := range l.segments {
		segment.places = slices.Delete(segment.places, 0, segment.after(behind))
	}
	for len(l.segments) > 1 && len(l.segments[0].places) == 0 {
		l.segments[0].remove()
		l.segments = slices.Delete(l.segments, 0, 1)
	}
	if len(l.segments) != 1 {
		return
	}
	if only := l.segments[0]; len(only.places) == 0 && only.size > int64(fileHeader) {
		if err := only.clear(); err != nil {
			l.options.Logger.Debug("spool is not emptied", "error", err)
		}
		l.dirty = false
	}
}
