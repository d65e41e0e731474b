package check

import (
	"strings"
	"time"
)

// maxRemembered bounds what is remembered of one resource.
const maxRemembered = 64

// forgetEvery is in how many rounds resources that are gone are looked for, at the latest.
const forgetEvery = 32

// A memory holds what has to be seen over some time, by the key of the resource.
type memory struct {
	rounds    int // so far
	resources int // in the last round

	counts map[string]*series   // running totals, such as restarts
	bad    map[string]sightings // parts that are not told of each time
	gauges map[string]*gauge    // values that rise and fall; the keys are those of earlier
}

func newMemory() memory {
	return memory{counts: make(map[string]*series), bad: make(map[string]sightings), gauges: make(map[string]*gauge)}
}

// series are the newest observations of one total, the oldest first.
type series struct {
	at     []time.Time
	totals []float64
}

// grown notes a total and returns by how much it has grown within a window. A total that falls has begun anew. What
// is observed again at the same time is noted once.
func (m *memory) grown(key string, at time.Time, total float64, window time.Duration) float64 {
	s := m.counts[key]
	if s == nil {
		s = &series{}
		m.counts[key] = s
	}
	s.note(at, total)
	return s.growth(at.Add(-window))
}

func (s *series) note(at time.Time, total float64) {
	n := len(s.at)
	switch {
	case n > 0 && !at.After(s.at[n-1]):
		return
	case n > 0 && total < s.totals[n-1]:
		s.at, s.totals = s.at[:0], s.totals[:0]
	case n > 1 && total == s.totals[n-1] && total == s.totals[n-2]: // the end of a flat stretch moves
		s.at[n-1] = at
		return
	case n == maxRemembered:
		s.at, s.totals = append(s.at[:0], s.at[1:]...), append(s.totals[:0], s.totals[1:]...)
	}
	s.at, s.totals = append(s.at, at), append(s.totals, total)
}

// growth returns how much the total has grown since a moment.
func (s *series) growth(since time.Time) float64 {
	base := s.totals[0]
	for i, at := range s.at {
		if at.After(since) {
			break
		}
		base = s.totals[i]
	}
	return s.totals[len(s.totals)-1] - base
}

// forget drops what belongs to resources that are gone: when there are fewer than before, and in one of forgetEvery rounds.
func (m *memory) forget(w *World) {
	fewer := w.Len() < m.resources
	m.resources = w.Len()
	if m.rounds++; !fewer && m.rounds%forgetEvery != 0 {
		return
	}
	for key := range m.counts {
		if _, exists := w.Get(key); !exists {
			delete(m.counts, key)
		}
	}
	for key := range m.bad {
		if _, exists := w.Get(key); !exists {
			delete(m.bad, key)
		}
	}
	for key := range m.gauges {
		resource, _, _ := strings.Cut(key, "\t")
		if _, exists := w.Get(resource); !exists {
			delete(m.gauges, key)
		}
	}
}
