// Package audit keeps the append-only, hash-chained log of who changed what, when and from where.
//
// Every event has a number and the hash of the event before it, so that whatever is altered, removed or put in
// another place afterwards is found by [Log.Verify]. The text of an event and its hash are specified in
// docs/format/audit.md.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Errors of the log. Test with [errors.Is].
var (
	// ErrDamaged is returned when the log cannot be carried on, because what it continues from is not readable.
	ErrDamaged = errors.New("audit log is damaged")
	// ErrTrimmed is returned by Export when old events were removed while it was reading them.
	ErrTrimmed = errors.New("audit log was trimmed meanwhile")
	// ErrFormat is returned for a format of exports that does not exist, and for a file that is no export.
	ErrFormat = errors.New("not a format of audit exports")
)

// Outcomes of what an event tells of.
const (
	Success = "success"
	Failure = "failure"
)

// Hub is the actor, and the way in, of what the hub does by itself.
const Hub = "hub"

// Event is one change, or one attempt at one. Its texts hold no secret: who makes an event sees to that, with
// [Mask] where values come from outside.
type Event struct {
	// Seq is the number, from 1 on without gaps. The log gives it.
	Seq uint64 `json:"seq"`
	// Prev is the hash of the event before, in 64 hex digits; 64 zeros before the first. The log gives it.
	Prev string `json:"prev"`
	// At is when it happened; zero: when it is written down.
	At time.Time `json:"at"`
	// Actor is the name of the person or token, or "hub".
	Actor string `json:"actor"`
	// Via is how the actor was recognised, as auth.Method, or "hub"; "before" for events of versions before this log.
	Via string `json:"via,omitempty"`
	// Credential is "token:" or "session:" and the id of what the actor showed; may be empty.
	Credential string `json:"credential,omitempty"`
	// From is the address of the caller; empty when there was none.
	From string `json:"from,omitempty"`
	// Kind and Subject name what was changed: "plugin", "acme.nas".
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	// What is one word or two: "approved".
	What string `json:"what"`
	// Detail is for people; may be empty.
	Detail string `json:"detail,omitempty"`
	// Before and After are the values before and after as JSON, secrets masked; nil: not told.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Outcome is Success or Failure; empty means Success.
	Outcome string `json:"outcome"`
	// Request is the id of the request; empty when there was none.
	Request string `json:"request,omitempty"`
	// Hash is SHA-256 of the event's text without this member, in 64 hex digits. The log gives it.
	Hash string `json:"hash,omitempty"`
}

// Records is what a Log needs of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// The bounds that apply when Options name none.
const (
	defaultMaxEvents = 200_000
	defaultMaxAge    = 2 * 365 * 24 * time.Hour
	defaultMaxKeys   = 1000
)

// Options are what a Log is built from. Records is needed.
type Options struct {
	Records Records
	// Logger may be nil.
	Logger hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// MaxEvents is how many events are kept, at least 100; 0 means 200,000. The oldest go first.
	MaxEvents int
	// MaxAge is how long events are kept; 0 means two years.
	MaxAge time.Duration
	// MaxKeys bounds the keys of AddRepeated; 0 means 1,000. Events of further keys are counted together by what
	// they tell.
	MaxKeys int
}

// Log is the audit log. It is safe for concurrent use.
type Log struct {
	options Options

	mu sync.Mutex
	// repeats counts events by the key of AddRepeated.
	repeats map[string]*repeat
}

// New returns the log in a store. [Log.Run] does its housekeeping.
func New(options Options) *Log {
	if options.Logger == nil {
		options.Logger = hclog.NewNullLogger()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.MaxEvents <= 0 {
		options.MaxEvents = defaultMaxEvents
	}
	options.MaxEvents = max(options.MaxEvents, 100)
	if options.MaxAge <= 0 {
		options.MaxAge = defaultMaxAge
	}
	if options.MaxKeys <= 0 {
		options.MaxKeys = defaultMaxKeys
	}
	return &Log{options: options, repeats: map[string]*repeat{}}
}
