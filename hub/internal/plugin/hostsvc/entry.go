package hostsvc

import (
	"encoding/binary"
	"errors"
	"time"
)

// errDamaged says that a record of the store is not what this package writes.
var errDamaged = errors.New("record of a plugin's key is damaged")

// An entry is stored as
//
//	1 byte   format, 1
//	8 bytes  revision, big-endian
//	8 bytes  when it expires, Unix milliseconds, big-endian; 0: never
//	n bytes  value
const (
	entryFormat = 1
	entryHeader = 1 + 8 + 8
)

// entry is a value with what belongs to it. The zero entry is none.
type entry struct {
	revision uint64
	expires  int64 // Unix milliseconds, 0: never
	value    []byte
}

func (e entry) encode() []byte {
	record := make([]byte, entryHeader, entryHeader+len(e.value))
	record[0] = entryFormat
	binary.BigEndian.PutUint64(record[1:], e.revision)
	binary.BigEndian.PutUint64(record[9:], uint64(e.expires))
	return append(record, e.value...)
}

// decodeEntry reads a record; the value is a part of it.
func decodeEntry(record []byte) (entry, error) {
	if len(record) < entryHeader || record[0] != entryFormat {
		return entry{}, errDamaged
	}
	return entry{
		revision: binary.BigEndian.Uint64(record[1:]),
		expires:  int64(binary.BigEndian.Uint64(record[9:])),
		value:    record[entryHeader:],
	}, nil
}

// expired tells whether the entry is no more.
func (e entry) expired(now time.Time) bool { return e.expires != 0 && e.expires <= now.UnixMilli() }

// left returns how long the entry stays, 0 if for ever.
func (e entry) left(now time.Time) time.Duration {
	if e.expires == 0 {
		return 0
	}
	return time.UnixMilli(e.expires).Sub(now)
}

// expiry returns when an entry expires that lives for ttl from now; 0 is for
// ever. It is never earlier than it was asked for.
func expiry(now time.Time, ttl time.Duration) int64 {
	if ttl == 0 {
		return 0
	}
	return now.Add(ttl + time.Millisecond - 1).UnixMilli()
}
