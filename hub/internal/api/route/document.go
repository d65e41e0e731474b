package route

import (
	"fmt"
	"sync"
	"time"
)

// Document is a JSON body at one revision, with its compressed forms made when
// they are first asked for. It is safe for concurrent use.
type Document struct {
	body     []byte
	tag      string
	revision uint64
	made     time.Time

	zstd, gzip encoded
}

// encoded is one compressed form, made once.
type encoded struct {
	once sync.Once
	body []byte
}

// Documents keeps the newest document of each key, so that each revision is
// encoded once however many ask for it. It is safe for concurrent use.
type Documents struct {
	nonce string
	limit int
	now   func() time.Time

	mu    sync.Mutex
	slots map[string]*slot
	clock uint64
}

// slot holds one document. Its own lock lets one caller build while the others
// of the same key wait for the result.
type slot struct {
	mu       sync.Mutex
	document *Document
	used     uint64 // guarded by Documents.mu
}

// DocumentsOptions are what Documents are built from.
type DocumentsOptions struct {
	// Nonce is different in each run of the hub: revisions start over, and a
	// tag of an earlier run must not match.
	Nonce string
	// Limit is how many keys are kept; the one asked for the longest ago gives way.
	Limit int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// NewDocuments returns an empty set.
func NewDocuments(options DocumentsOptions) *Documents {
	d := &Documents{nonce: options.Nonce, limit: options.Limit, now: options.Now, slots: map[string]*slot{}}
	if d.now == nil {
		d.now = time.Now
	}
	return d
}

// Version says how new a document must be.
type Version struct {
	// Revision is that of the data it is made of.
	Revision uint64
	// MaxAge lets a document of an older revision pass for so long; 0: not at all.
	MaxAge time.Duration
}

// Get returns the document of the key, and calls build when there is none that
// is new enough. Errors of build are returned and not kept.
func (d *Documents) Get(key string, version Version, build func() ([]byte, error)) (*Document, error) {
	s := d.slot(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := d.now()
	if s.document != nil {
		if s.document.revision >= version.Revision || now.Sub(s.document.made) < version.MaxAge {
			return s.document, nil
		}
	}
	body, err := build()
	if err != nil {
		return nil, err
	}
	// The tag is weak, for the same one stands for every encoding of the body.
	tag := fmt.Sprintf(`W/"%s-%d-%x"`, d.nonce, version.Revision, now.UnixNano())
	s.document = &Document{body: body, tag: tag, revision: version.Revision, made: now}
	return s.document, nil
}

func (d *Documents) slot(key string) *slot {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock++
	s, ok := d.slots[key]
	if !ok {
		if len(d.slots) >= d.limit {
			d.evictLocked()
		}
		s = &slot{}
		d.slots[key] = s
	}
	s.used = d.clock
	return s
}

func (d *Documents) evictLocked() {
	oldest, used := "", d.clock
	for key, s := range d.slots {
		if s.used < used {
			oldest, used = key, s.used
		}
	}
	delete(d.slots, oldest)
}
