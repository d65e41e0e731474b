package session

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	firefox    = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
	firefoxNew = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
	chrome     = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)

// disk keeps records in memory, in transactions like those of the store. It
// counts them, and remembers what was there after each.
type disk struct {
	mu      sync.Mutex
	records map[string]string
	updates int
	past    []map[string]string
	err     error  // of every update
	before  func() // called at the beginning of the next update
}

func (k *disk) List(context.Context, store.Bucket, string) ([]store.Record, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []store.Record
	for _, key := range slices.Sorted(maps.Keys(k.records)) {
		list = append(list, store.Record{Key: key, Value: []byte(k.records[key])})
	}
	return list, nil
}

func (k *disk) Update(ctx context.Context, fn func(store.Tx) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if before := k.before; before != nil {
		k.before = nil
		before()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	change := change{records: maps.Clone(k.records)}
	if change.records == nil {
		change.records = map[string]string{}
	}
	if err := fn(change); err != nil {
		return err
	}
	if k.err != nil {
		return k.err
	}
	k.records = change.records
	k.updates++
	k.past = append(k.past, k.records)
	return nil
}

// fail lets every update from here on end with the error; nil: none.
func (k *disk) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
}

func (k *disk) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.updates
}

// change is one transaction.
type change struct{ records map[string]string }

func (c change) Get(_ context.Context, _ store.Bucket, key string) ([]byte, error) {
	value, ok := c.records[key]
	if !ok {
		return nil, store.ErrNotFound
	}
	return []byte(value), nil
}

func (c change) List(context.Context, store.Bucket, string) ([]store.Record, error) { return nil, nil }

func (c change) Put(_ context.Context, bucket store.Bucket, key string, value []byte) error {
	if bucket != store.Sessions {
		return store.ErrUnknownBucket
	}
	c.records[key] = string(value)
	return nil
}

func (c change) Delete(_ context.Context, _ store.Bucket, key string) error {
	delete(c.records, key)
	return nil
}

// journal is an audit log in memory.
type journal struct {
	mu     sync.Mutex
	events []audit.Event
	err    error
}

func (j *journal) Add(_ context.Context, event audit.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		j.events = append(j.events, event)
	}
	return j.err
}

func (j *journal) told() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var lines []string
	for _, event := range j.events {
		lines = append(lines, event.Subject+" "+event.What+": "+event.Detail)
	}
	return strings.Join(lines, "\n")
}

// bench is a desk with what is around it.
type bench struct {
	*Desk
	disk    *disk
	journal *journal
	now     time.Time
}

func newBench(tb testing.TB, limit int) *bench {
	tb.Helper()
	b := &bench{disk: &disk{}, journal: &journal{}, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	b.restart(tb, limit)
	return b
}

// restart puts another desk in place of the one there is, as a crash does.
func (b *bench) restart(tb testing.TB, limit int) {
	tb.Helper()
	b.Desk = New(Options{Records: b.disk, Audit: b.journal, Now: func() time.Time { return b.now }, Limit: limit})
	if err := b.Load(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

func (b *bench) open(tb testing.TB, user string) Opened {
	tb.Helper()
	return b.openDraft(tb, Draft{User: user})
}

func (b *bench) openDraft(tb testing.TB, draft Draft) Opened {
	tb.Helper()
	if draft.Method == "" {
		draft.Method = auth.MethodSession
	}
	draft.Address, draft.UserAgent = here().Address, firefox
	opened, err := b.Open(tb.Context(), draft)
	if err != nil {
		tb.Fatal(err)
	}
	return opened
}

func (b *bench) live(secret string) bool {
	_, ok := b.Find(secret, here())
	return ok
}

func here() Visitor {
	return Visitor{Address: netip.MustParseAddr("192.0.2.7"), UserAgent: firefox}
}
