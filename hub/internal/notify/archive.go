package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// An archive keeps records of what is over, for a time and in a bounded number: T is what it keeps. It is safe for
// concurrent use.
type archive[T any] struct {
	bucket store.Bucket
	prefix string
	// most is how many records are kept. Those younger than fresh are kept beyond that, up to four times as many.
	most  int
	fresh time.Duration
	// keep is for how long any are.
	keep time.Duration
	// look returns what the index says about a record; ok is false for what is none.
	look func(*T) (at time.Time, mark string, ok bool)

	mu    sync.Mutex
	index []indexed // the oldest first
}

// indexed is what is known of a record without reading it.
type indexed struct {
	key  string // without the prefix
	at   time.Time
	mark string
}

// load reads the index; what cannot be read is counted and left out.
func (a *archive[T]) load(ctx context.Context, r store.Reader) (damaged int, err error) {
	records, err := r.List(ctx, a.bucket, a.prefix)
	if err != nil {
		return 0, err
	}
	index := make([]indexed, 0, len(records))
	for _, record := range records {
		value, err := a.decode(record.Value)
		if err != nil {
			damaged++
			continue
		}
		at, mark, _ := a.look(value)
		index = append(index, indexed{strings.TrimPrefix(record.Key, a.prefix), at, mark})
	}
	slices.SortStableFunc(index, func(x, y indexed) int { return x.at.Compare(y.at) })
	a.mu.Lock()
	defer a.mu.Unlock()
	a.index = index
	return damaged, nil
}

func (a *archive[T]) decode(raw []byte) (*T, error) {
	var value T
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if _, _, ok := a.look(&value); !ok {
		return nil, fmt.Errorf("%w: something is missing", ErrRecord)
	}
	return &value, nil
}

// add puts a record into a batch, and takes out what is kept no longer.
func (a *archive[T]) add(b *batch, key string, value *T, now time.Time) {
	at, mark, _ := a.look(value)
	b.put(a.bucket, a.prefix+key, encode(value))
	gone := a.overdue(now)
	for _, old := range gone {
		b.delete(a.bucket, a.prefix+old)
	}
	b.kept = append(b.kept, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.index = slices.DeleteFunc(a.index, func(one indexed) bool { return one.key == key || slices.Contains(gone, one.key) })
		a.index = append(a.index, indexed{key, at, mark})
	})
}

// overdue returns the keys of what is kept no longer, some at a time.
func (a *archive[T]) overdue(now time.Time) []string {
	const atOnce = 20
	a.mu.Lock()
	defer a.mu.Unlock()
	var gone []string
	for i, one := range a.index[:min(len(a.index), atOnce)] {
		left, age := len(a.index)-i, now.Sub(one.at)
		if age <= a.keep && left < a.most || age <= a.fresh && left < 4*a.most {
			break
		}
		gone = append(gone, one.key)
	}
	return gone
}

// remove takes a record out.
func (a *archive[T]) remove(b *batch, key string) {
	b.delete(a.bucket, a.prefix+key)
	b.kept = append(b.kept, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.index = slices.DeleteFunc(a.index, func(one indexed) bool { return one.key == key })
	})
}

// count counts the records that are younger than a time, by mark.
func (a *archive[T]) count(now time.Time, younger time.Duration) map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	counts := map[string]int{}
	for i := len(a.index) - 1; i >= 0 && now.Sub(a.index[i].at) <= younger; i-- {
		counts[a.index[i].mark]++
	}
	return counts
}

// newest returns up to so many records that are kept still, the newest first. What cannot be read is left out.
func (a *archive[T]) newest(ctx context.Context, records Records, now time.Time, limit int) ([]T, error) {
	a.mu.Lock()
	var keys []string
	for i := len(a.index) - 1; i >= 0 && len(keys) < limit; i-- {
		if now.Sub(a.index[i].at) <= a.keep {
			keys = append(keys, a.index[i].key)
		}
	}
	a.mu.Unlock()
	out := make([]T, 0, len(keys))
	err := records.View(ctx, func(r store.Reader) error {
		for _, key := range keys {
			raw, err := r.Get(ctx, a.bucket, a.prefix+key)
			if err != nil {
				continue // it was taken out meanwhile
			}
			if value, err := a.decode(raw); err == nil {
				out = append(out, *value)
			}
		}
		return nil
	})
	return out, err
}
