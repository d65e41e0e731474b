package lockout

import "time"

// minutes is how many of them a window has.
const minutes = int64(Length / time.Minute)

// window counts what happened within the last minutes, the present one
// included. The zero value has counted nothing.
type window struct {
	counts [minutes]int
	last   int64 // the minute counted last, since 1970
}

func (w *window) add(now time.Time) {
	w.advance(now)
	w.counts[slot(w.last)]++
}

func (w *window) sum(now time.Time) (sum int) {
	w.advance(now)
	for _, count := range w.counts {
		sum += count
	}
	return sum
}

// advance empties the minutes that begin anew. A clock that was set back
// leaves the window where it is.
func (w *window) advance(now time.Time) {
	minute := now.Unix() / 60
	for ; w.last < minute; w.last++ {
		if minute-w.last > minutes {
			w.last = minute - minutes
		}
		w.counts[slot(w.last+1)] = 0
	}
}

func slot(minute int64) int64 { return (minute%minutes + minutes) % minutes }
