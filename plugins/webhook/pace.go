package webhook

import (
	"errors"
	"sync"
	"time"
)

// errPace says that the webhook has had enough for the moment.
var errPace = errors.New("more than 10 messages in a minute")

const (
	paceCount  = 10
	paceWindow = time.Minute
)

// pace lets paceCount messages through in any paceWindow. The zero value is
// ready. It is safe for concurrent use.
type pace struct {
	mu   sync.Mutex
	last [paceCount]time.Time // when the last ones were let through, as a ring
	next int
}

// take lets a message through at a moment, or says how long it has to wait.
func (p *pace) take(now time.Time) (wait time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := p.last[p.next].Add(paceWindow)
	if now.Before(free) {
		return free.Sub(now), false
	}
	p.last[p.next] = now
	p.next = (p.next + 1) % paceCount
	return 0, true
}
