package sender

import (
	"math/rand/v2"
	"time"
)

// Bounds of the pause after a failure. The longest is kept below the time after which a hub calls a host offline, so
// that a hub that returns sees its hosts before it raises an alarm.
const (
	firstPause   = 5 * time.Second
	longestPause = time.Minute
)

// backOff is the pause before the next attempt: it doubles with each failure, and a random half of it is taken off, so
// that agents that lost the hub together do not come back together. The zero value is ready.
type backOff struct{ pause time.Duration }

// next returns the pause after one more failure.
func (b *backOff) next() time.Duration {
	b.pause = min(max(2*b.pause, firstPause), longestPause)
	return b.pause/2 + rand.N(b.pause/2) // spreading load needs no secret randomness
}

// reset begins anew after a success.
func (b *backOff) reset() { b.pause = 0 }
