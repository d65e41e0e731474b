// Package store keeps the hub's settings and state as records in named buckets, durably and in transactions.
//
// A record is a key and bytes in a [Bucket]; what the bytes mean is the caller's business, usually JSON through
// [GetJSON] and [PutJSON]. Records of sealed buckets are encrypted before they reach the disk.
//
// The guarantees, which another backend has to give as well:
//   - A transaction is all or nothing, and sees one consistent state from its start to its end.
//   - When Update returns nil, its writes survive a crash of the process and of the machine.
//   - Writers run one after another; readers never wait for them. Readers should be short: while one holds an old
//     state the file cannot use space that was freed since, and a file that outgrows 256 MB waits for them.
//   - Bytes handed in are copied, bytes handed out belong to the caller.
package store

import (
	"context"
	"errors"
)

// Errors of reading and writing records. Test with [errors.Is].
var (
	// ErrNotFound is returned by Get when the bucket holds no record under the key.
	ErrNotFound = errors.New("record not found")
	// ErrUnknownBucket is returned for a bucket that this package does not declare.
	ErrUnknownBucket = errors.New("bucket is not declared")
	// ErrBadKey is returned for a key that is empty or longer than [MaxKeyBytes].
	ErrBadKey = errors.New("record key is empty or too long")
	// ErrTooLarge is returned for a value longer than [MaxValueBytes].
	ErrTooLarge = errors.New("record value is too large")
	// ErrSealed is returned when a sealed record cannot be opened: it was sealed with another key, or it is
	// damaged. The error text names the record and never its value.
	ErrSealed = errors.New("sealed record cannot be opened")
	// ErrNoSpace is returned when the disk, a quota or Options.MaxBytes leaves no room. Nothing was changed.
	ErrNoSpace = errors.New("no space left for the store")
	// ErrTxDone is returned by a Reader or Tx that is used after its function returned.
	ErrTxDone = errors.New("transaction has ended")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("store is closed")
)

// Errors of opening a store. Test with [errors.Is].
var (
	// ErrInUse is returned when another process holds the file.
	ErrInUse = errors.New("store is already in use by another process")
	// ErrCorrupt is returned when the file is damaged. The error text names the file and what to do.
	ErrCorrupt = errors.New("store file is damaged")
	// ErrNewerSchema is returned when a newer version of the program has written the file.
	ErrNewerSchema = errors.New("store was written by a newer version")
	// ErrKeyMissing is returned when sealed records exist and their key file does not.
	ErrKeyMissing = errors.New("key file for sealed records is missing")
	// ErrWrongKey is returned when sealed records exist and none of them was sealed with the key that was found.
	ErrWrongKey = errors.New("key is not that of the sealed records")
	// ErrBadKeyFile is returned when the key file does not hold exactly 32 bytes.
	ErrBadKeyFile = errors.New("key file is not 32 bytes long")
)

// Errors of replacing the key. Test with [errors.Is].
var (
	// ErrKeyIsCredential is returned by Rotate when the key is a credential that systemd hands to the service.
	ErrKeyIsCredential = errors.New("key is a credential of the service, which the hub cannot replace")
	// ErrSameKey is returned by RotateTo for a file with the key that is in use.
	ErrSameKey = errors.New("new key is the one in use")
	// ErrKeyFileInUse is returned by RotateTo for a file that the store itself keeps a key in.
	ErrKeyFileInUse = errors.New("file belongs to the key in use")
)

// Bounds of one record.
const (
	// MaxKeyBytes is the longest key, in bytes.
	MaxKeyBytes = 1024
	// MaxValueBytes is the longest value, in bytes, before sealing.
	MaxValueBytes = 16 << 20
)

// A Record is one key and its value.
type Record struct {
	Key   string
	Value []byte
}

// A Reader reads records. The one given to a View or Update function shows one consistent state, serves one
// goroutine and ends with the function; the one of a Store shows the latest state on each call and is safe for
// concurrent use.
type Reader interface {
	// Get returns a copy of the value under key, or ErrNotFound.
	Get(ctx context.Context, b Bucket, key string) ([]byte, error)
	// List returns copies of all records whose key starts with prefix, sorted by key bytes. In a sealed bucket it
	// returns those that can be opened together with an ErrSealed that names the others.
	List(ctx context.Context, b Bucket, prefix string) ([]Record, error)
}

// A Tx reads and writes records. Within a transaction, reads see the writes made before them.
type Tx interface {
	Reader
	// Put stores a copy of value under key, replacing what was there. An empty value is a value.
	Put(ctx context.Context, b Bucket, key string, value []byte) error
	// Delete removes the record under key. A record that is not there is not an error.
	Delete(ctx context.Context, b Bucket, key string) error
}

// A Store is a set of buckets shared by the whole hub, safe for concurrent use. Its own Get, List, Put and Delete
// are transactions of one operation; calling Put or Delete inside an Update function waits for itself for ever, use
// the function's Tx.
type Store interface {
	Tx
	// View calls fn with a consistent state. It returns fn's error.
	View(ctx context.Context, fn func(Reader) error) error
	// Update calls fn once and makes its writes durable together: however many there are, they cost one flush to
	// disk. When fn returns an error or panics, nothing is changed.
	Update(ctx context.Context, fn func(Tx) error) error
	// Watch tells when records of b change. The channel holds one event: changes that arrive before it is read
	// are merged into it, so a slow consumer misses no state, only steps between; on an event it reads again what
	// it cares for. The channel is closed by cancel, which may be called twice, and by closing the store.
	Watch(b Bucket) (events <-chan Event, cancel func())
}

// An Event says that records of Bucket were written or deleted since the event before.
type Event struct {
	Bucket Bucket
}
