package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"hash/fnv"
	"io"
	"time"
)

// Layout of the files; see format.md.
const (
	magic      = "PULSESP1"
	fileHeader = len(magic) + 8 + 4 // magic, reserved sequence, checksum of both
	headerSize = 4 + 4 + 1 + 8 + 8  // length of the body, checksum of all that follows, kind, sequence, Unix milliseconds
	maxBody    = 4 << 20
)

// kind is what a record in a file is.
type kind byte

const (
	kindReport kind = 1
	// kindAck: the reader whose key is the body has all records up to the sequence.
	kindAck kind = 2
)

// errBadRecord means that the bytes are no record: the end of what was written, or damage.
var errBadRecord = errors.New("not a record")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// entry is a record in a file.
type entry struct {
	kind     kind
	sequence uint64
	at       int64 // Unix milliseconds
	body     []byte
}

// appendEntry appends the bytes of a record.
func appendEntry(buffer []byte, e entry) []byte {
	start := len(buffer)
	buffer = binary.LittleEndian.AppendUint32(buffer, uint32(len(e.body)))
	buffer = append(buffer, 0, 0, 0, 0, byte(e.kind))
	buffer = binary.LittleEndian.AppendUint64(buffer, e.sequence)
	buffer = binary.LittleEndian.AppendUint64(buffer, uint64(e.at))
	buffer = append(buffer, e.body...)
	binary.LittleEndian.PutUint32(buffer[start+4:], crc32.Checksum(buffer[start+8:], castagnoli))
	return buffer
}

// readEntry reads one record. The body is in the buffer, which grows if need be and is returned for the next call. The
// error is io.EOF where the bytes end between two records, errBadRecord where no record is, or the reader's.
func readEntry(from io.Reader, buffer []byte) (entry, []byte, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errBadRecord
		}
		return entry{}, buffer, err
	}
	length := binary.LittleEndian.Uint32(header[:])
	if length > maxBody {
		return entry{}, buffer, errBadRecord
	}
	if uint32(cap(buffer)) < length {
		buffer = make([]byte, length)
	}
	buffer = buffer[:length]
	if _, err := io.ReadFull(from, buffer); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = errBadRecord
		}
		return entry{}, buffer, err
	}
	sum := crc32.Update(crc32.Checksum(header[8:], castagnoli), castagnoli, buffer)
	if sum != binary.LittleEndian.Uint32(header[4:]) {
		return entry{}, buffer, errBadRecord
	}
	return entry{
		kind:     kind(header[8]),
		sequence: binary.LittleEndian.Uint64(header[9:]),
		at:       int64(binary.LittleEndian.Uint64(header[17:])),
		body:     buffer,
	}, buffer, nil
}

// headerOf returns the beginning of a file.
func headerOf(reserved uint64) []byte {
	header := binary.LittleEndian.AppendUint64([]byte(magic), reserved)
	return binary.LittleEndian.AppendUint32(header, crc32.Checksum(header, castagnoli))
}

// readHeader returns the reserved sequence, which is zero when only the magic is whole.
func readHeader(from io.Reader) (reserved uint64, err error) {
	var header [fileHeader]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return 0, errBadRecord
	}
	if string(header[:len(magic)]) != magic {
		return 0, errBadRecord
	}
	body, sum := header[:fileHeader-4], binary.LittleEndian.Uint32(header[fileHeader-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return 0, nil
	}
	return binary.LittleEndian.Uint64(body[len(magic):]), nil
}

// keyOf is what stands for a reader's name in the files.
func keyOf(name string) uint64 {
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, name) // a hash takes everything
	return hash.Sum64()
}

func keyBytes(key uint64) []byte { return binary.LittleEndian.AppendUint64(nil, key) }

func timeOf(milliseconds int64) time.Time { return time.UnixMilli(milliseconds).UTC() }
