package watch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
)

const (
	// listAgain is the age at which a list is taken anew even though it was watched ever since: something between the
	// agent and the API server might hold events back.
	listAgain = time.Hour
	// watchAgain is how long a collection that may be listed and not watched is not tried to be.
	watchAgain = 10 * time.Minute
)

// errSuperseded means that a list began, after which the watch starts from that.
var errSuperseded = errors.New("a newer list has begun")

// Follower follows one collection. It is safe for concurrent use; at any time, either a list or a watch feeds the sink.
type Follower struct {
	client     Getter
	collection Collection
	feed       feed

	turn   chan struct{} // held by whoever feeds the sink
	listed chan start    // the newest list, for the watch; has room for one

	mu         sync.Mutex
	generation int                // grows as each list begins
	cancel     context.CancelFunc // ends the watch that runs; nil without one
	live       bool               // a watch has followed ever since the last list
	listedAt   time.Time
	mayWatchAt time.Time
}

// start is where a watch starts.
type start struct {
	version    string
	generation int
}

// NewFollower returns a follower of a collection. It asks nothing before it is listed.
func NewFollower[T any, P Object[T]](client Getter, collection Collection, sink Sink[T]) *Follower {
	return &Follower{
		client: client, collection: collection, feed: typed[T, P]{sink}, turn: make(chan struct{}, 1), listed: make(chan start, 1),
	}
}

// Fresh reports whether the sink holds what the collection is now, as the watch has seen all changes since a list. Without
// it, List is needed before the sink is read.
func (f *Follower) Fresh() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.live && time.Since(f.listedAt) < listAgain
}

// List replaces what the sink holds. After an error the sink holds what it did. A watch that runs ends, and starts again
// from the list. It returns how many objects could not be read.
func (f *Follower) List(ctx context.Context) (skipped int, err error) {
	generation := f.supersede()
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for the watch to end: %w", context.Cause(ctx))
	}
	defer func() { <-f.turn }()
	f.feed.begin()
	listing, err := pages(ctx, f.client, f.collection, pageSize, f.feed.one)
	if errors.Is(err, apiclient.ErrGone) { // the pages took longer than the server remembers: all at once, then
		f.feed.begin()
		listing, err = pages(ctx, f.client, f.collection, 0, f.feed.one)
	}
	if err != nil {
		return 0, err
	}
	f.feed.commit()
	f.commit(start{version: listing.Version, generation: generation})
	return listing.Skipped, nil
}

// supersede ends the watch and returns the new generation.
func (f *Follower) supersede() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.generation++
	f.live = false
	if f.cancel != nil {
		f.cancel()
	}
	return f.generation
}

// commit lets the watch start from a list, if it is the newest and the collection may be watched.
func (f *Follower) commit(from start) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listedAt = time.Now()
	if from.version == "" || from.generation != f.generation || f.listedAt.Before(f.mayWatchAt) {
		return
	}
	select {
	case <-f.listed: // an older one that nobody took
	default:
	}
	f.listed <- from // has room: only commit sends, and with the lock
}

// enter begins a watch of that generation unless there is a newer one. The function it returns must be called at the end.
func (f *Follower) enter(ctx context.Context, generation int) (context.Context, context.CancelFunc, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.generation != generation {
		return nil, nil, errSuperseded
	}
	ctx, cancel := context.WithCancel(ctx)
	f.cancel = cancel
	return ctx, cancel, nil
}

// setLive says whether the watch of that generation follows.
func (f *Follower) setLive(generation int, live bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.generation == generation {
		f.live = live
	}
}

// refuse keeps the collection from being watched for a while.
func (f *Follower) refuse() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mayWatchAt = time.Now().Add(watchAgain)
}
