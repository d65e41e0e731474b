package supervise

import (
	"sync"

	"github.com/hashicorp/go-hclog"
)

// maxChanges is how many changes may wait to be told.
const maxChanges = 256

// Change is one step of a process through its lifecycle.
type Change struct {
	Plugin string
	// Process is its name: the plugin's id, or "<id>/<instance>".
	Process  string
	From, To State
	// Reason says why, with secrets masked; empty if it goes without saying.
	Reason string
	// Renewed says that there is another process than before, which has none of
	// what that had in memory. From and To may be the same then.
	Renewed bool
}

// announcer tells changes, one at a time and in their order. Whoever listens
// so slowly that too many wait loses the oldest.
type announcer struct {
	listener func(Change) // nil: nobody listens
	logger   hclog.Logger
	wake     chan struct{} // holds one note

	mu    sync.Mutex
	queue []Change
	lost  int
}

func newAnnouncer(listener func(Change), logger hclog.Logger) *announcer {
	return &announcer{listener: listener, logger: logger, wake: make(chan struct{}, 1)}
}

// add does not block and may be called with locks held.
func (a *announcer) add(change Change) {
	if a.listener == nil {
		return
	}
	a.mu.Lock()
	if len(a.queue) == maxChanges {
		a.queue = append(a.queue[:0], a.queue[1:]...)
		a.lost++
	}
	a.queue = append(a.queue, change)
	a.mu.Unlock()
	note(a.wake)
}

// run tells changes until done is closed and none is left.
func (a *announcer) run(done <-chan struct{}) {
	for {
		select {
		case <-a.wake:
			a.tell()
		case <-done:
			a.tell()
			return
		}
	}
}

func (a *announcer) tell() {
	a.mu.Lock()
	changes, lost := a.queue, a.lost
	a.queue, a.lost = nil, 0
	a.mu.Unlock()
	if lost > 0 {
		a.logger.Warn("changes of plugin states were not told, the listener is too slow", "changes", lost)
	}
	for _, change := range changes {
		a.listener(change)
	}
}

// note puts a note into a channel that holds one.
func note(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}
