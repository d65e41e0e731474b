package store

import "sync"

// watchers fans out events to those who watch a bucket. It is safe for concurrent use.
type watchers struct {
	mu     sync.Mutex
	closed bool
	byName map[Bucket]map[chan Event]struct{}
}

// add registers a new watcher of b. After close it returns a closed channel.
func (w *watchers) add(b Bucket) (<-chan Event, func()) {
	ch := make(chan Event, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		close(ch)
		return ch, func() {}
	}
	if w.byName == nil {
		w.byName = make(map[Bucket]map[chan Event]struct{})
	}
	if w.byName[b] == nil {
		w.byName[b] = make(map[chan Event]struct{})
	}
	w.byName[b][ch] = struct{}{}
	return ch, func() { w.remove(b, ch) }
}

func (w *watchers) remove(b Bucket, ch chan Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.byName[b][ch]; !ok {
		return
	}
	delete(w.byName[b], ch)
	close(ch)
}

// notify tells the watchers of each bucket. It never waits: an event that nobody has read yet says the same.
func (w *watchers) notify(buckets map[Bucket]struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for b := range buckets {
		for ch := range w.byName[b] {
			select {
			case ch <- Event{Bucket: b}:
			default:
			}
		}
	}
}

// close ends all watches. It may be called twice.
func (w *watchers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, chans := range w.byName {
		for ch := range chans {
			close(ch)
		}
	}
	w.byName = nil
}
