// Package fragment keeps the encoded form of each entity for as long as
// nothing that went into it has changed.
package fragment

import (
	"encoding/json"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
)

// Inputs is everything the encoded form of an entity depends on. Entries are
// immutable, so they are compared by identity.
type Inputs[X comparable] struct {
	// Entry is the entity itself.
	Entry *inventory.Entry
	// Related are further entries that are encoded with it, such as the
	// containers of a host, in a fixed order. The cache copies the slice.
	Related []*inventory.Entry
	// Extra are values from elsewhere: names, links, settings.
	Extra X
}

// Cache holds the fragments of one pass over a snapshot for use by the next.
// It never holds more than the entities of the last two passes. A Cache is
// not safe for concurrent use. The zero Cache is empty and ready.
type Cache[X comparable] struct {
	items map[*inventory.Entry]*item[X]
	pass  uint64
	seen  int
	// Encoded counts the entities encoded since the cache was made.
	Encoded uint64
}

type item[X comparable] struct {
	related []*inventory.Entry
	extra   X
	pass    uint64
	bytes   []byte
}

// Begin starts a pass.
func (c *Cache[X]) Begin() {
	if c.items == nil {
		c.items = map[*inventory.Entry]*item[X]{}
	}
	c.pass++
	c.seen = 0
}

// Lookup returns the fragment made of exactly these inputs. The bytes belong
// to the cache and never change.
func (c *Cache[X]) Lookup(in Inputs[X]) ([]byte, bool) {
	held := c.items[in.Entry]
	if held == nil || held.extra != in.Extra || !slices.Equal(held.related, in.Related) {
		return nil, false
	}
	c.mark(held)
	return held.bytes, true
}

// Store encodes value as JSON and keeps it as the fragment of these inputs.
// An entity that cannot be encoded gives the error of json.Marshal and is not kept.
func (c *Cache[X]) Store(in Inputs[X], value any) ([]byte, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	c.Encoded++
	held := &item[X]{related: slices.Clone(in.Related), extra: in.Extra, bytes: encoded}
	if old := c.items[in.Entry]; old != nil {
		held.pass = old.pass
	}
	c.mark(held)
	c.items[in.Entry] = held
	return encoded, nil
}

func (c *Cache[X]) mark(held *item[X]) {
	if held.pass != c.pass {
		held.pass = c.pass
		c.seen++
	}
}

// End closes a pass and forgets what was not asked for during it.
func (c *Cache[X]) End() {
	if len(c.items) == c.seen {
		return
	}
	for entry, held := range c.items {
		if held.pass != c.pass {
			delete(c.items, entry)
		}
	}
}

// Len returns the number of fragments held.
func (c *Cache[X]) Len() int { return len(c.items) }
