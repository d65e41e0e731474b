package metrics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/storage"
)

const (
	// commitInterval is the shortest time between commits: it makes one commit of many small batches and bounds what
	// a kill can take.
	commitInterval = 100 * time.Millisecond
	// commitSamples bounds one commit, and with it the buffers that the TSDB keeps for the next.
	commitSamples = 16 << 10
	// retryInterval is how long a refused commit waits.
	retryInterval = time.Second
	// sweepInterval and idleAfter say when handles that are not used any more are forgotten.
	sweepInterval = 10 * time.Minute
	idleAfter     = 2 * time.Hour
	// maxAhead is how far a source's clock may be ahead of ours.
	maxAhead = 10 * time.Minute
)

// A writer moves samples from the queue into the TSDB. There is one at a time.
type writer struct {
	s          *Store
	db         storage.AppendableV2
	reopen     func() (storage.AppendableV2, error)
	opening    int  // how often db was opened again
	torn       bool // a commit failed: nothing may be written before db is opened again
	spare      []Sample
	lastCommit time.Time
	rejecting  bool
	windows    []int64 // of the samples of one commit; kept for its memory
	newest     int64   // time of the newest sample stored, Unix milliseconds
}

// newWriter returns a writer over the open TSDB.
func newWriter(s *Store) *writer {
	w := &writer{s: s, db: s.db, reopen: s.reopen, torn: s.torn, newest: max(0, s.db.Head().MaxTime())}
	for _, b := range s.db.Blocks() {
		w.newest = max(w.newest, b.Meta().MaxTime-1)
	}
	return w
}

// run writes until ctx ends, then writes what is left.
func (w *writer) run(ctx context.Context) error {
	sweep := time.NewTicker(sweepInterval)
	defer sweep.Stop()
	for {
		select {
		case <-w.s.queue.work:
			w.gather(ctx)
			if err := w.drain(ctx); err != nil {
				w.s.queue.close()
				return err
			}
		case now := <-sweep.C:
			w.s.meter.read(now)
			if n := w.s.handles.sweep(now.Add(-idleAfter).UnixMilli()); n > 0 {
				w.s.log.Debug("idle series forgotten", "series", n)
			}
		case <-ctx.Done():
			return w.finish()
		}
	}
}

// gather lets samples come together until the next commit is due or somebody waits for it.
func (w *writer) gather(ctx context.Context) {
	timer := time.NewTimer(commitInterval - time.Since(w.lastCommit))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.s.queue.urgent:
	case <-ctx.Done():
	}
}

// finish refuses further samples and writes those that wait, trying once.
func (w *writer) finish() error {
	w.s.queue.close()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	return w.drain(ended)
}

// drain writes all queued samples. What the TSDB refuses to commit, as on a full disk, is tried again until ctx ends;
// meanwhile the queue fills and those who append are told.
func (w *writer) drain(ctx context.Context) error {
	batch := w.s.queue.take(w.spare)
	w.spare = batch
	for len(batch) > 0 {
		piece := batch[:min(len(batch), commitSamples)]
		if err := w.writeUntilDone(ctx, piece); err != nil {
			return fmt.Errorf("write last %d samples: %w", len(batch), err)
		}
		w.s.queue.wrote(len(piece))
		batch = batch[len(piece):]
	}
	clear(w.spare) // lets go of the handles
	w.lastCommit = time.Now()
	return nil
}

func (w *writer) writeUntilDone(ctx context.Context, piece []Sample) error {
	failed := false
	for {
		err := w.write(piece)
		if err == nil {
			if failed {
				w.s.blocked.Store(nil)
				w.s.log.Info("samples are written again")
			}
			return nil
		}
		w.s.blocked.Store(&err)
		if !failed {
			w.s.log.Error("samples cannot be written, trying again", "error", err)
			failed = true
		}
		select {
		case <-time.After(retryInterval):
		case <-ctx.Done():
			return err
		}
	}
}

// write commits the samples of piece that can be stored and counts the others.
func (w *writer) write(piece []Sample) error {
	if err := w.mend(); err != nil {
		return err
	}
	now := time.Now()
	limits := limits{
		now:     now.UnixMilli(),
		latest:  now.Add(maxAhead).UnixMilli(),
		oldest:  max(1, now.Add(-w.s.opts.Retention).UnixMilli()),
		window:  w.s.opts.OutOfOrderWindow.Milliseconds(),
		newest:  w.newest,
		opening: w.opening,
	}
	w.s.commits.Lock()
	defer w.s.commits.Unlock()
	var counts Rejections
	w.windows = w.windows[:0]
	app := w.db.AppenderV2(context.Background())
	for i := range piece {
		if reason := appendSample(app, &piece[i], &limits); reason != accepted {
			counts.add(reason)
			continue
		}
		w.windows = addWindow(w.windows, piece[i].At)
	}
	// Before, so that nobody takes sums for whole that lack what can be read already; and after, in case the TSDB has
	// taken the commit for older than it is.
	w.s.late.mark(w.windows)
	if err := app.Commit(); err != nil {
		w.torn = true
		return fmt.Errorf("commit samples: %w", err)
	}
	w.s.late.mark(w.windows)
	if w.s.compactable() {
		signal(w.s.full)
	}
	w.newest = limits.newest
	w.s.tally.add(uint64(len(piece))-counts.Total(), counts, now)
	w.report(counts)
	return nil
}

// mend opens the TSDB again after a failed commit.
func (w *writer) mend() error {
	if !w.torn {
		return nil
	}
	db, err := w.reopen()
	if err != nil {
		return err
	}
	w.db, w.torn = db, false
	w.opening++
	return nil
}

// report logs when samples begin and cease to be refused.
func (w *writer) report(counts Rejections) {
	rejecting := counts.Total() > 0
	if rejecting == w.rejecting {
		return
	}
	w.rejecting = rejecting
	if !rejecting {
		w.s.log.Info("no samples are refused any more")
		return
	}
	w.s.log.Warn("samples are refused", "not_finite", counts.NotFinite, "future", counts.Future,
		"too_old", counts.TooOld, "conflict", counts.Conflict, "invalid", counts.Invalid)
}

// limits are the times, in Unix milliseconds, between which samples are taken, and the opening of the TSDB that
// takes them.
type limits struct {
	now, oldest, latest int64
	// newest is the time of the newest sample so far, and window how far behind it late ones may be. The TSDB has the
	// same rule, but forgets the newest sample with the head that held it.
	newest, window int64
	opening        int
}

// appendSample hands one sample to the TSDB, or says why not.
func appendSample(app storage.AppenderV2, smp *Sample, lim *limits) rejection {
	h := smp.Series
	switch {
	case h == nil:
		return invalid
	case math.IsNaN(smp.Value), math.IsInf(smp.Value, 0):
		return notFinite
	case smp.At > lim.latest:
		return future
	case smp.At < lim.oldest, smp.At < lim.newest-lim.window:
		return tooOld
	}
	if h.opening != lim.opening { // the number may be another series' now
		h.ref, h.opening = 0, lim.opening
	}
	h.lastUsed = lim.now
	ref, err := app.Append(h.ref, h.labels, 0, smp.At, h.round.apply(smp.Value), nil, nil, storage.AOptions{})
	if err != nil {
		return rejectionOf(err)
	}
	h.ref = ref
	lim.newest = max(lim.newest, smp.At)
	return accepted
}

func rejectionOf(err error) rejection {
	switch {
	case errors.Is(err, storage.ErrTooOldSample), errors.Is(err, storage.ErrOutOfBounds), errors.Is(err, storage.ErrOutOfOrderSample):
		return tooOld
	case errors.Is(err, storage.ErrDuplicateSampleForTimestamp):
		return conflict
	}
	return invalid
}
