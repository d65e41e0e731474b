package inventory

import (
	"slices"
	"time"
)

const (
	// maxSpans bounds how many runs of numbers are remembered of a dataset; the lowest go first.
	maxSpans = 32
	// repeatSlack is how much a repeat's time may differ from that of the
	// original, when it is worked out from the time of arrival.
	repeatSlack = time.Second
)

// sequences remembers which numbers were there, as runs of consecutive ones in
// rising order.
type sequences struct{ spans []span }

type span struct{ first, last uint64 }

// has says whether the number was there.
func (s *sequences) has(n uint64) bool {
	i, _ := s.find(n)
	return i < len(s.spans) && s.spans[i].first <= n
}

// find returns the place of the first run that does not end before n.
func (s *sequences) find(n uint64) (int, bool) {
	return slices.BinarySearchFunc(s.spans, n, func(one span, n uint64) int {
		switch {
		case one.last < n:
			return -1
		case one.last > n:
			return 1
		}
		return 0
	})
}

// add remembers a number that was not there.
func (s *sequences) add(n uint64) {
	i, _ := s.find(n)
	below := i > 0 && s.spans[i-1].last+1 == n
	above := i < len(s.spans) && s.spans[i].first == n+1
	switch {
	case below && above:
		s.spans[i-1].last = s.spans[i].last
		s.spans = slices.Delete(s.spans, i, i+1)
	case below:
		s.spans[i-1].last = n
	case above:
		s.spans[i].first = n
	default:
		s.spans = slices.Insert(s.spans, i, span{n, n})
	}
	if len(s.spans) > maxSpans {
		s.spans = slices.Delete(s.spans, 0, 1)
	}
}
