package session

import (
	"crypto/sha256"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// digest is SHA-256 of a secret.
type digest [sha256.Size]byte

func digestOf(secret string) digest {
	var buffer [secretDigits]byte // spares every request an allocation
	if len(secret) > len(buffer) {
		return sha256.Sum256([]byte(secret))
	}
	return sha256.Sum256(buffer[:copy(buffer[:], secret)])
}

// entry is a session with what the desk knows of it. The lock of the desk guards it.
type entry struct {
	Session
	key     digest // of the secret
	address netip.Addr
	browser browser
	// csrf is of the one valid token against forged requests, until csrfUntil.
	csrf      digest
	csrfUntil time.Time
	// upstream is replaced as a whole, never changed; nil: none.
	upstream *Upstream
	// written is when the record was last written.
	written time.Time
}

func (e *entry) expired(now time.Time) bool { return !now.Before(e.Expires) }

// slide starts the time without use anew. A clock that was set back changes nothing.
func (e *entry) slide(now time.Time) {
	if !now.After(e.Seen) {
		return
	}
	e.Seen, e.Expires = now, now.Add(Length(e.Remember))
	if end := e.Created.Add(maxAge); e.Expires.After(end) {
		e.Expires = end
	}
}

// table finds sessions by the hash of their secret, by id and by user.
type table struct {
	entries map[digest]*entry
	ids     map[string]*entry
	users   map[string][]*entry // by folded name; at most MaxUser each
}

func newTable() table {
	return table{entries: map[digest]*entry{}, ids: map[string]*entry{}, users: map[string][]*entry{}}
}

func (t *table) add(e *entry) {
	t.entries[e.key], t.ids[e.ID] = e, e
	user := foldUser(e.User)
	t.users[user] = append(t.users[user], e)
}

func (t *table) remove(e *entry) {
	delete(t.entries, e.key)
	delete(t.ids, e.ID)
	user := foldUser(e.User)
	left := slices.DeleteFunc(t.users[user], func(other *entry) bool { return other == e })
	if len(left) == 0 {
		delete(t.users, user)
		return
	}
	t.users[user] = left
}

// of returns the sessions of a user, or of everybody for an empty name.
func (t *table) of(user string) iter.Seq[*entry] {
	if user == "" {
		return maps.Values(t.entries)
	}
	return slices.Values(t.users[foldUser(user)])
}

// excess returns a session that has to end before another one of the user is
// added; nil: there is room.
func (t *table) excess(user string, limit int) *entry {
	mine := t.users[foldUser(user)]
	if len(mine) >= MaxUser {
		return slices.MinFunc(mine, bySeen)
	}
	if len(t.entries) < limit {
		return nil
	}
	var oldest *entry
	for _, e := range t.entries {
		if oldest == nil || bySeen(e, oldest) < 0 {
			oldest = e
		}
	}
	return oldest
}

func bySeen(a, b *entry) int { return a.Seen.Compare(b.Seen) }
