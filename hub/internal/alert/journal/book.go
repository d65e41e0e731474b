package journal

import (
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// A book holds the incidents in memory, by number. It is as large as what is kept: some thousand, and all that go on.
type book struct {
	mu        sync.RWMutex
	incidents map[uint64]*Incident // each is not changed
	numbers   []uint64             // in order
}

func newBook() book { return book{incidents: map[uint64]*Incident{}} }

// after returns the incidents that events change, as they are then. A note on what is not known changes nothing.
func (b *book) after(events []alert.Event) map[uint64]Incident {
	changed := map[uint64]Incident{}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range events {
		number := incidentOf(&events[i])
		if number == 0 {
			continue
		}
		incident, known := changed[number]
		if before := b.incidents[number]; !known && before != nil {
			incident, known = *before, true
		}
		if !known {
			if events[i].Kind == alert.Noted {
				continue
			}
			incident = begun(events[i].Alert)
		}
		incident.apply(&events[i])
		changed[number] = incident
	}
	return changed
}

func (b *book) put(changed map[uint64]Incident) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for number, incident := range changed {
		if _, known := b.incidents[number]; !known {
			at, _ := slices.BinarySearch(b.numbers, number)
			b.numbers = slices.Insert(b.numbers, at, number)
		}
		b.incidents[number] = &incident
	}
}

func (b *book) remove(numbers []uint64) {
	if len(numbers) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, number := range numbers {
		delete(b.incidents, number)
	}
	b.numbers = slices.DeleteFunc(b.numbers, func(number uint64) bool {
		_, kept := b.incidents[number]
		return !kept
	})
}

func (b *book) get(number uint64) (Incident, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if incident := b.incidents[number]; incident != nil {
		return *incident, true
	}
	return Incident{}, false
}

// newest gives all incidents, the newest first; they must not be changed. The book cannot change until the loop ends.
func (b *book) newest() iter.Seq[*Incident] {
	return func(yield func(*Incident) bool) {
		b.mu.RLock()
		defer b.mu.RUnlock()
		for _, number := range slices.Backward(b.numbers) {
			if !yield(b.incidents[number]) {
				return
			}
		}
	}
}

// ended returns the oldest incidents that have ended, not too many.
func (b *book) ended() []uint64 {
	return b.oldest(func(*Incident, int) bool { return true })
}

// expired returns the oldest incidents that are not to be kept at a moment, not too many.
func (b *book) expired(now time.Time) []uint64 {
	limit := now.Add(-keptFor)
	return b.oldest(func(i *Incident, left int) bool { return left > keptIncidents || i.EndedAt.Before(limit) })
}

// oldest returns, in order, incidents that have ended and that are wanted; left is how many there are without those
// that were before.
func (b *book) oldest(wanted func(i *Incident, left int) bool) []uint64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var found []uint64
	for _, number := range b.numbers {
		if len(found) == removedAtOnce {
			break
		}
		incident := b.incidents[number]
		if !incident.Open() && wanted(incident, len(b.numbers)-len(found)) {
			found = append(found, number)
		}
	}
	return found
}
