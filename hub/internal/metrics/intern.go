package metrics

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrTooManySeries is returned by Intern when Options.MaxSeries series are in use already.
var ErrTooManySeries = errors.New("too many series")

// seriesKey is a Series as a map key.
type seriesKey struct {
	name, resource, kind, extra string
}

func keyOf(s Series) seriesKey {
	k := seriesKey{name: s.Name, resource: s.Resource, kind: s.Kind}
	if len(s.Extra) > 0 {
		var b strings.Builder
		for _, l := range s.Extra {
			// Lengths keep different lists apart whatever bytes they hold.
			fmt.Fprintf(&b, "%d:%s%d:%s", len(l.Name), l.Name, len(l.Value), l.Value)
		}
		k.extra = b.String()
	}
	return k
}

// handles is the set of series in use, bounded and swept. It is safe for concurrent use.
type handles struct {
	limit int

	mu    sync.RWMutex
	byKey map[seriesKey]*Handle
}

// intern returns the handle of s, making it when it is new.
func (h *handles) intern(s Series) (*Handle, error) {
	key := keyOf(s)
	h.mu.RLock()
	found := h.byKey[key]
	h.mu.RUnlock()
	if found != nil {
		return found, nil
	}
	s.Extra = slices.Clone(s.Extra)
	fresh, err := newHandle(s, time.Now().UnixMilli())
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if found := h.byKey[key]; found != nil {
		return found, nil
	}
	if len(h.byKey) >= h.limit {
		return nil, fmt.Errorf("%w: limit %d", ErrTooManySeries, h.limit)
	}
	h.byKey[key] = fresh
	return fresh, nil
}

// sweep forgets handles that no sample used since before. One that is still held keeps working: it and its successor
// name the same stored series. Only the writer calls it.
func (h *handles) sweep(before int64) (removed int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, handle := range h.byKey {
		if handle.lastUsed < before {
			delete(h.byKey, key)
			removed++
		}
	}
	return removed
}

func (h *handles) len() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.byKey)
}
