package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Records is what a Desk needs of the store.
type Records interface {
	List(ctx context.Context, bucket store.Bucket, prefix string) ([]store.Record, error)
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Audit is where it is written down that sessions ended without a request for it.
type Audit interface {
	Add(ctx context.Context, event audit.Event) error
}

// Options are what a Desk is built from. Records is needed.
type Options struct {
	Records Records
	// Audit may be nil: then endings without a request are not written down.
	Audit Audit
	// Logger may be nil.
	Logger hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Limit is how many sessions there may be; 0 means MaxSessions.
	Limit int
}

// Desk opens sessions, finds and ends them. Memory tells what is valid, and
// the records follow: at once when a session is opened or ended, and up to
// some minutes later when it is merely used. Its methods are safe for
// concurrent use.
type Desk struct {
	options Options

	mu    sync.Mutex
	table table
	// unsaved are the sessions, also ended ones, whose records have to be
	// written. Together with the table it is bounded by what was ever live in
	// the minute between two writes, or since the disk refuses them.
	unsaved map[digest]struct{}
	// endings are those that were not written down yet, at most maxEndings;
	// lost counts the others.
	endings []audit.Event
	lost    int
}

// New builds a Desk without sessions. Load brings those of before, and Run
// keeps the records up to date.
func New(options Options) *Desk {
	if options.Logger == nil {
		options.Logger = hclog.NewNullLogger()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Limit <= 0 {
		options.Limit = MaxSessions
	}
	return &Desk{options: options, table: newTable(), unsaved: map[digest]struct{}{}}
}

// now returns the time as records hold it, which is also free of the monotonic
// clock: sessions end while a machine sleeps.
func (d *Desk) now() time.Time { return time.UnixMilli(d.options.Now().UnixMilli()).UTC() }

// Load reads the sessions that were open when the hub ended, in place of what
// the desk knew. Those that have expired, are too many or cannot be read do
// not come back. It is called before the desk is used.
func (d *Desk) Load(ctx context.Context) error {
	records, err := d.options.Records.List(ctx, store.Sessions, "")
	if err != nil && !errors.Is(err, store.ErrSealed) {
		return fmt.Errorf("read sessions: %w", err)
	}
	if err != nil { // what another key has sealed was opened by another hub
		d.options.Logger.Warn("some sessions cannot be opened, their users sign in again", "error", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.table, d.unsaved = newTable(), map[digest]struct{}{}
	if bad := d.addAllLocked(records); bad > 0 {
		d.options.Logger.Warn("some records of sessions cannot be read, their users sign in again", "records", bad)
	}
	return nil
}

// addAllLocked adds what records hold and returns how many hold no session.
// Their removal is left to the next write.
func (d *Desk) addAllLocked(records []store.Record) (bad int) {
	now := d.now()
	entries := make([]*entry, 0, len(records))
	for _, record := range records {
		e, err := decodeRecord(record.Key, record.Value)
		if err != nil {
			bad++
			if key, err := parseKey(record.Key); err == nil {
				d.unsaved[key] = struct{}{}
			}
			continue
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, bySeen) // so that the longest unused give way
	for _, e := range entries {
		d.makeRoomLocked(e.User)
		d.table.add(e)
		if e.expired(now) {
			d.endLocked(e, reasonExpired)
		}
	}
	return bad
}
