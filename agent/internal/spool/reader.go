package spool

import (
	"math"
	"sort"
)

// Reader is one hub's place in a log. Only one goroutine may use it at a time.
type Reader struct {
	log  *Log
	key  uint64
	wake chan struct{}

	// The rest is guarded by the log's lock.
	cursor uint64 // all records up to this one are acknowledged
	closed bool
	buffer []byte // for the body of the record read last
}

// Wake returns a channel from which a value is received after something was appended.
func (r *Reader) Wake() <-chan struct{} { return r.wake }

// Peek returns the oldest record the reader has not acknowledged, and false when there is none. Its body is valid until
// the next call. Records the disk gives back broken are passed over and counted.
func (r *Reader) Peek() (Record, bool) {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	if cap(r.buffer) > minSegment {
		r.buffer = nil // one large report must not cost memory for good
	}
	for {
		segment, place := r.oldestLocked()
		if segment == nil {
			break
		}
		record, buffer, err := segment.read(place, r.buffer)
		r.buffer = buffer
		if err == nil {
			return record, true
		}
		r.log.options.Logger.Warn("spooled report cannot be read and is lost", "error", err)
		r.log.dropped++
		r.moveLocked(place.sequence)
	}
	if rest := r.log.tail[afterRecord(r.log.tail, r.cursor):]; len(rest) > 0 {
		return rest[0], true
	}
	return Record{}, false
}

// oldestLocked returns where the oldest record on disk is that the reader has not acknowledged; nil when there is none.
func (r *Reader) oldestLocked() (*segment, place) {
	for _, segment := range r.log.segments {
		if rest := segment.places[segment.after(r.cursor):]; len(rest) > 0 {
			return segment, rest[0]
		}
	}
	return nil, place{}
}

// Ack acknowledges all records up to that sequence.
func (r *Reader) Ack(sequence uint64) {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.moveLocked(max(r.cursor, sequence))
}

// Waiting returns the number of records the reader has not acknowledged.
func (r *Reader) Waiting() int {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return r.waitingLocked()
}

// KeepNewest gives up all but the newest records of this reader and returns how many that were.
func (r *Reader) KeepNewest(count int) int {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	surplus := r.waitingLocked() - count
	if surplus <= 0 {
		return 0
	}
	left := surplus
	for _, segment := range r.log.segments {
		rest := segment.places[segment.after(r.cursor):]
		if left <= len(rest) {
			r.moveLocked(rest[left-1].sequence)
			return surplus
		}
		left -= len(rest)
	}
	rest := r.log.tail[afterRecord(r.log.tail, r.cursor):]
	r.moveLocked(rest[left-1].Sequence)
	return surplus
}

// Close gives up the reader for good: nothing is kept for it any more. It may be called twice.
func (r *Reader) Close() {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.closed = true
	r.moveLocked(math.MaxUint64)
}

// moveLocked moves the reader on, lets go of what nobody needs any more, and notes the place for a restart.
func (r *Reader) moveLocked(cursor uint64) {
	if r.cursor == cursor {
		return
	}
	r.cursor = cursor
	r.log.releaseLocked()
	if active := r.log.activeLocked(); active != nil && !r.closed && r.log.holdsLocked() {
		// Best effort: without the note some records are sent again after a restart.
		_ = active.append(entry{kind: kindAck, sequence: cursor, body: keyBytes(r.key)})
		r.log.dirty = true
	}
}

func (r *Reader) waitingLocked() int {
	if r.closed {
		return 0
	}
	count := len(r.log.tail) - afterRecord(r.log.tail, r.cursor)
	for _, segment := range r.log.segments {
		count += len(segment.places) - segment.after(r.cursor)
	}
	return count
}

// afterRecord returns the index of the first record beyond the sequence.
func afterRecord(list []Record, sequence uint64) int {
	return sort.Search(len(list), func(i int) bool { return list[i].Sequence > sequence })
}
