package lockout

import (
	"container/list"
	"time"
)

// ledger remembers what it is told about keys for a time, and at most limit of
// them. When there are more, the one touched longest ago gives way; those that
// are held give way only when all are, the one whose hold ends first.
type ledger[K comparable, V any] struct {
	limit int
	life  time.Duration
	rows  map[K]*row[K, V]
	// free is in the order of the last touch, held in that of the end of the
	// hold: all holds are equally long.
	free, held *list.List
}

// row is what is remembered about a key.
type row[K comparable, V any] struct {
	key   K
	value V
	// touched is when it was last touched, until when the hold ends; zero: it is not held.
	touched, until time.Time
	place          *list.Element // in free or held
}

func newLedger[K comparable, V any](limit int, life time.Duration) *ledger[K, V] {
	return &ledger[K, V]{limit: limit, life: life, rows: map[K]*row[K, V]{}, free: list.New(), held: list.New()}
}

// get returns what is remembered about a key; nil: nothing.
func (l *ledger[K, V]) get(key K, now time.Time) *row[K, V] {
	l.expire(now)
	return l.rows[key]
}

// touch returns what is remembered about a key, and remembers it if nothing was.
func (l *ledger[K, V]) touch(key K, now time.Time) *row[K, V] {
	l.expire(now)
	r, ok := l.rows[key]
	if !ok {
		l.makeRoom()
		r = &row[K, V]{key: key}
		r.place = l.free.PushBack(r)
		l.rows[key] = r
	}
	r.touched = now
	if r.until.IsZero() {
		l.free.MoveToBack(r.place)
	}
	return r
}

// hold protects a row until then. When the hold ends, the row is forgotten.
func (l *ledger[K, V]) hold(r *row[K, V], until time.Time) {
	if r.until.IsZero() {
		l.free.Remove(r.place)
		r.place = l.held.PushBack(r)
	} else {
		l.held.MoveToBack(r.place)
	}
	r.until = until
}

func (l *ledger[K, V]) remove(r *row[K, V]) {
	if r.until.IsZero() {
		l.free.Remove(r.place)
	} else {
		l.held.Remove(r.place)
	}
	delete(l.rows, r.key)
}

func (l *ledger[K, V]) removeIf(meant func(K) bool) {
	for key, r := range l.rows {
		if meant(key) {
			l.remove(r)
		}
	}
}

// expire forgets what is over. What it costs was paid for by the touches before.
func (l *ledger[K, V]) expire(now time.Time) {
	for r := l.first(l.free); r != nil && now.Sub(r.touched) >= l.life; r = l.first(l.free) {
		l.remove(r)
	}
	for r := l.first(l.held); r != nil && !now.Before(r.until); r = l.first(l.held) {
		l.remove(r)
	}
}

func (l *ledger[K, V]) makeRoom() {
	for len(l.rows) >= l.limit {
		r := l.first(l.free)
		if r == nil {
			r = l.first(l.held)
		}
		l.remove(r)
	}
}

func (l *ledger[K, V]) first(of *list.List) *row[K, V] {
	if front := of.Front(); front != nil {
		return front.Value.(*row[K, V])
	}
	return nil
}
