package write

import (
	"sync"
	"time"
)

// Status is how things stand with one target. Counts are since the hub started, or since the target was added.
type Status struct {
	// Target is its host and path.
	Target string
	// Sent, Failed and Dropped count samples: taken by the target, refused by it for good, and those that gave way in the
	// full queue or belong to series that a damaged log does not define.
	Sent, Failed, Dropped uint64
	// Retries counts requests that have to be sent again.
	Retries uint64
	// QueuedSamples and QueuedBytes wait on disk.
	QueuedSamples int
	QueuedBytes   int64
	// Gaps counts how often parts of the log were gone before they had been read.
	Gaps uint64
	// LastSent is when the target last took something, zero if it never did.
	LastSent time.Time
	// Error says why the last request was not taken; empty: it was. It holds no secrets.
	Error string
}

// A tally counts what happens with one target. It is safe for concurrent use.
type tally struct {
	target string

	mu      sync.Mutex
	status  Status
	unknown uint64
	answer  outcome
	queue   *spool // of the forwarder that runs; nil: none has yet
	before  uint64 // dropped by former forwarders' queues
}

// outcome is how the last request ended.
type outcome int

const (
	untried outcome = iota
	taken
	failed
	refused
)

// answered counts the end of one request and says whether it ended in another way than the one before.
func (t *tally) answered(samples int, err error, final bool) (change bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := taken
	switch {
	case err == nil:
		t.status.Sent += uint64(samples)
		t.status.LastSent, t.status.Error = time.Now(), ""
	case final:
		end = refused
		written := writtenOf(err, samples)
		t.status.Sent += uint64(written)
		t.status.Failed += uint64(samples - written)
		t.status.Error = err.Error()
	default:
		end = failed
		t.status.Retries++
		t.status.Error = err.Error()
	}
	change = end != t.answer
	t.answer = end
	return change
}

// trouble notes an error that has nothing to do with the target, such as a full disk.
func (t *tally) trouble(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Error = err.Error()
}

// read notes what the tail had to leave out.
func (t *tally) read(from *tail) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Gaps, t.unknown = uint64(from.gaps), from.unknown
}

func (t *tally) now() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.status
	out.Target, out.Dropped = t.target, t.before+t.unknown
	if t.queue != nil {
		bytes, samples, dropped := t.queue.size()
		out.QueuedBytes, out.QueuedSamples = bytes, samples
		out.Dropped += dropped
	}
	return out
}

// follow makes a queue the one that is told of.
func (t *tally) follow(queue *spool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.queue != nil {
		_, _, dropped := t.queue.size()
		t.before += dropped
	}
	t.before += t.unknown
	t.unknown, t.queue = 0, queue
}
