package stream

import (
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/live"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
)

const (
	// ringFrames and ringBytes bound the frames that are kept for pages that
	// are behind: two minutes at one a second, unless they are large.
	ringFrames = 120
	ringBytes  = 16 << 20
	// partSize is the most resources in one part of a snapshot.
	partSize = 1000
)

// feed makes the frames of pulse.live.v1, once for all pages. While no page is
// connected it holds nothing and does nothing.
type feed struct {
	inventory Inventory
	heartbeat time.Duration
	logger    hclog.Logger

	mu    sync.Mutex
	pages int
	// rev is that of the newest frame. It grows over all times without pages.
	rev uint64
	// told is what a page holds that has got every frame; nil without pages.
	told *live.Feed
	// changes are what has happened since the newest frame, by the key of the entry.
	changes       map[string]inventory.Change
	sourceChanged bool
	ring          []frame
	ringSize      int
	parts         [][]byte // the snapshot at rev; nil: not made yet
	lastFrame     time.Time
	changed       chan struct{} // closed when a frame is added
	failure       string        // the last error that was logged
}

// frame is one delta: data leads from the revision before to rev.
type frame struct {
	rev  uint64
	data []byte
	// lost says that the frame asked for is not kept any more.
	lost bool
}

func newFeed(inventory Inventory, heartbeat time.Duration, logger hclog.Logger) *feed {
	return &feed{inventory: inventory, heartbeat: heartbeat, logger: logger, changed: make(chan struct{})}
}

// join counts a page in; it must call leave when it goes.
func (f *feed) join() (leave func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages++
	if f.pages == 1 {
		f.startLocked()
	}
	return f.leave
}

func (f *feed) startLocked() {
	// From here on batches are noted, so that whatever this snapshot lacks is
	// brought by the next delta.
	f.told, f.changes, f.lastFrame = live.NewFeed(), map[string]inventory.Change{}, time.Now()
	f.reportLocked(f.told.Reset(f.inventory.Snapshot(), resources.Inputs{}))
	f.rev++
}

func (f *feed) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages--
	if f.pages == 0 {
		f.told, f.changes, f.parts, f.ring, f.ringSize, f.sourceChanged = nil, nil, nil, nil, 0, false
	}
}

// note remembers what a batch has changed.
func (f *feed) note(batch *inventory.Batch) {
	if batch.Late {
		return // late data says nothing about the present
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pages == 0 {
		return
	}
	f.sourceChanged = true // the time it was last seen moves with every batch
	for _, change := range batch.Changes {
		entry := change.After
		if entry == nil {
			entry = change.Before
		}
		if earlier, ok := f.changes[entry.Key]; ok {
			change = joined(earlier, change)
		}
		f.changes[entry.Key] = change
	}
}

// joined makes one change out of two. At least one side of it is an entry, so
// that it still says which resource it is about.
func joined(earlier, later inventory.Change) inventory.Change {
	change := inventory.Change{Before: earlier.Before, After: later.After}
	if change.Before == nil && change.After == nil {
		change.Before = later.Before
	}
	return change
}

// advance makes the next frame if there is something to tell, or if it has
// been quiet for so long that pages would wonder.
func (f *feed) advance(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pages == 0 {
		return
	}
	delta := f.collectLocked()
	if delta.Empty() && now.Sub(f.lastFrame) < f.heartbeat {
		return
	}
	f.rev++
	f.parts, f.lastFrame = nil, now
	f.pushLocked(frame{rev: f.rev, data: deltaFrame(&delta, f.rev, now)})
	close(f.changed)
	f.changed = make(chan struct{})
}

// collectLocked finds how what is now differs from what pages hold.
func (f *feed) collectLocked() live.Delta {
	if len(f.changes) == 0 && !f.sourceChanged {
		return live.Delta{}
	}
	changes := make([]inventory.Change, 0, len(f.changes))
	for _, change := range f.changes {
		changes = append(changes, change)
	}
	clear(f.changes)
	f.sourceChanged = false
	delta, err := f.told.Apply(f.inventory.Snapshot(), resources.Inputs{}, changes)
	f.reportLocked(err)
	return delta
}

// reportLocked logs what could not be encoded when it is another thing than before.
func (f *feed) reportLocked(err error) {
	if err == nil {
		err = errors.New("")
	}
	if text := err.Error(); text != f.failure {
		f.failure = text
		if text != "" {
			f.logger.Error("resource left out of the feed", "error", err)
		}
	}
}

func (f *feed) pushLocked(added frame) {
	f.ring = append(f.ring, added)
	f.ringSize += len(added.data)
	for len(f.ring) > 1 && (len(f.ring) > ringFrames || f.ringSize > ringBytes) {
		f.ringSize -= len(f.ring[0].data)
		f.ring[0].data = nil // the array lives on until append moves it
		f.ring = f.ring[1:]
	}
}

// after returns the frame that follows the revision, or says that it is lost.
// When there is none yet, the channel is closed as soon as there may be.
func (f *feed) after(rev uint64) (frame, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if rev == f.rev {
		return frame{}, f.changed
	}
	if len(f.ring) == 0 || rev+1 < f.ring[0].rev {
		return frame{lost: true}, f.changed
	}
	return f.ring[rev+1-f.ring[0].rev], f.changed
}

// snapshot returns everything in frames, made once for each revision.
func (f *feed) snapshot() (uint64, [][]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.parts == nil {
		f.parts = snapshotFrames(f.rev, f.told.Resources(), f.told.Sources())
	}
	return f.rev, f.parts
}
