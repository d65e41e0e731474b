// Package pending remembers sign-ins that are on their way between the hub and
// an identity provider.
package pending

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/netip"
	"sync"
	"time"
)

// secretBytes is how long secrets are; they have 43 characters.
const secretBytes = 32

// Secret returns 32 random bytes in base64url without padding.
func Secret() string {
	var random [secretBytes]byte
	_, _ = rand.Read(random[:]) // never fails, says crypto/rand
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// IsSecret reports whether a text has the shape of a Secret.
func IsSecret(text string) bool {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(decoded) == secretBytes
}

// Entry is one sign-in on its way.
type Entry[T any] struct {
	// From is the address that began it; used to be fair when there are many.
	From netip.Addr
	// Browser is the hash of the secret in the cookie of the browser that began it.
	Browser [sha256.Size]byte
	Value   T
}

// Hash returns what is kept of a browser's secret.
func Hash(secret string) [sha256.Size]byte { return sha256.Sum256([]byte(secret)) }

// IsFrom reports whether a browser's secret is that of the browser that began.
func (e *Entry[T]) IsFrom(browser string) bool {
	hash := Hash(browser)
	return browser != "" && subtle.ConstantTimeCompare(hash[:], e.Browser[:]) == 1
}

// Options are what a Table is built from.
type Options struct {
	// Limit is how many entries are kept. Above it, the address that has most
	// of them loses its oldest one, so that a flood pushes out only itself.
	Limit int
	// Life is how long an entry is kept.
	Life time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Table keeps entries by keys that are used once. It is safe for concurrent use.
type Table[T any] struct {
	options Options

	mu      sync.Mutex
	entries map[[sha256.Size]byte]*list.Element // of *item[T]
	byAge   *list.List                          // the oldest first
	counts  map[netip.Prefix]int
}

type item[T any] struct {
	key     [sha256.Size]byte
	network netip.Prefix
	expires time.Time
	entry   Entry[T]
}

// New returns an empty table.
func New[T any](options Options) *Table[T] {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Table[T]{
		options: options, entries: map[[sha256.Size]byte]*list.Element{}, byAge: list.New(), counts: map[netip.Prefix]int{},
	}
}

// Put keeps an entry under a key that nobody can guess.
func (t *Table[T]) Put(key string, entry Entry[T]) {
	now := t.options.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expireLocked(now)
	if old, ok := t.entries[Hash(key)]; ok {
		t.removeLocked(old)
	}
	i := &item[T]{key: Hash(key), network: network(entry.From), expires: now.Add(t.options.Life), entry: entry}
	t.entries[i.key] = t.byAge.PushBack(i)
	t.counts[i.network]++
	if len(t.entries) > t.options.Limit {
		t.removeLocked(t.victimLocked())
	}
}

// Take returns and forgets the entry of a key; false when there is none, or it is too old.
func (t *Table[T]) Take(key string) (Entry[T], bool) {
	now := t.options.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expireLocked(now)
	element, ok := t.entries[Hash(key)]
	if !ok {
		return Entry[T]{}, false
	}
	t.removeLocked(element)
	return element.Value.(*item[T]).entry, true
}

func (t *Table[T]) expireLocked(now time.Time) {
	for front := t.byAge.Front(); front != nil && !now.Before(front.Value.(*item[T]).expires); front = t.byAge.Front() {
		t.removeLocked(front)
	}
}

// victimLocked is the oldest entry of the network that has most of them.
func (t *Table[T]) victimLocked() *list.Element {
	most := 0
	for _, count := range t.counts {
		most = max(most, count)
	}
	for element := t.byAge.Front(); element != nil; element = element.Next() {
		if t.counts[element.Value.(*item[T]).network] == most {
			return element
		}
	}
	return t.byAge.Front()
}

func (t *Table[T]) removeLocked(element *list.Element) {
	i := t.byAge.Remove(element).(*item[T])
	delete(t.entries, i.key)
	if t.counts[i.network]--; t.counts[i.network] == 0 {
		delete(t.counts, i.network)
	}
}

// network is what one caller can be assumed to have: an IPv4 address, or 64 bits of IPv6.
func network(address netip.Addr) netip.Prefix {
	bits := 32
	if address = address.Unmap(); address.Is6() {
		bits = 64
	}
	prefix, err := address.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address: all of those share one place
	}
	return prefix
}
