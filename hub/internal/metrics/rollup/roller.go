package rollup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// Finished says what raw blocks there are.
type Finished struct {
	// Blocks are the blocks, in any order.
	Blocks []tsdb.BlockMeta
	// Until is the time before which all samples that came in order are in blocks.
	Until int64
	// Final is the time before which no sample, however late, can come any more.
	Final int64
}

// Raw gives finished blocks of samples. It is safe for concurrent use.
type Raw interface {
	// Finished lists the blocks. It fails when they cannot be read at the moment.
	Finished() (Finished, error)
	// Read opens all blocks that overlap a window, and names them with all blocks that they were merged from.
	Read(window Window) (q storage.ChunkQuerier, sources []ulid.ULID, err error)
}

// passInterval is how often a Roller looks for what is due. A look that finds the same blocks costs next to nothing.
const passInterval = 15 * time.Second

// A Roller keeps tiers in step with raw blocks. Make it with NewRoller.
type Roller struct {
	raw    Raw
	fine   *Tier
	coarse *Tier
	log    hclog.Logger

	// mu is held during a pass, which is what changes tiers and the fields below.
	mu      sync.Mutex
	seen    []ulid.ULID            // raw blocks of the last pass, nil when it left something undone
	final   int64                  // of the last pass
	empty   map[Window][]ulid.ULID // windows that were found empty, with the raw blocks read
	ignored map[ulid.ULID]struct{} // blocks that came too late for a window, which has been told
	failing bool
}

// NewRoller returns what makes the fine tier from raw blocks and the coarse tier from the fine one.
func NewRoller(raw Raw, fine, coarse *Tier, logger hclog.Logger) *Roller {
	return &Roller{
		raw: raw, fine: fine, coarse: coarse, log: logger,
		empty: make(map[Window][]ulid.ULID), ignored: make(map[ulid.ULID]struct{}),
	}
}

// Run makes a pass now and then until ctx ends. What cannot be done, as on a full disk, is put off and tried again.
func (r *Roller) Run(ctx context.Context) error {
	ticker := time.NewTicker(passInterval)
	defer ticker.Stop()
	for {
		r.note(ctx, r.Pass(ctx))
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// note logs when passes begin and cease to fail.
func (r *Roller) note(ctx context.Context, err error) {
	if ctx.Err() != nil || (err != nil) == r.failing {
		return
	}
	r.failing = err != nil
	if r.failing {
		r.log.Warn("samples cannot be summed up, trying again", "error", err)
		return
	}
	r.log.Info("samples are summed up again")
}

// Pass does all that is due. It goes on after a failure where it can and returns all of them. It is safe for concurrent
// use; one pass waits for another.
func (r *Roller) Pass(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	finished, err := r.raw.Finished()
	if err != nil {
		return fmt.Errorf("list finished blocks: %w", err)
	}
	ids := blockIDs(finished.Blocks)
	final := floorTo(finished.Final, r.fine.windows[0])
	if r.seen != nil && slices.Equal(ids, r.seen) && final == r.final {
		return r.retain()
	}
	r.seen = nil
	err = errors.Join(
		r.rollFine(ctx, finished), r.merge(ctx, r.fine, finished),
		r.rollCoarse(ctx, finished), r.merge(ctx, r.coarse, finished), r.retain(),
	)
	if err == nil && ctx.Err() == nil {
		r.seen, r.final = ids, final
	}
	return err
}

func blockIDs(blocks []tsdb.BlockMeta) []ulid.ULID {
	ids := make([]ulid.ULID, 0, len(blocks))
	for _, meta := range blocks {
		ids = append(ids, meta.ULID)
	}
	slices.SortFunc(ids, ulid.ULID.Compare)
	return ids
}

func (r *Roller) retain() error {
	now := time.Now()
	return errors.Join(r.fine.Retain(now), r.coarse.Retain(now))
}

// Settled reports whether nothing of a raw block is left to be summed up, so that it may be merged with others or
// removed. It is safe for concurrent use.
func (r *Roller) Settled(meta *tsdb.BlockMeta) bool {
	if r.fine.Covers(meta.Compaction.Sources) || r.fine.expired(meta.MaxTime, time.Now()) {
		return true
	}
	// What came too late for a merged window is never summed up.
	for _, w := range split(meta.MinTime, meta.MaxTime, r.fine.windows[0]) {
		if !r.fine.merged(w) {
			return false
		}
	}
	return true
}

// split returns the windows of a length that overlap the time from from up to, not including, to.
func split(from, to, length int64) []Window {
	var windows []Window
	for at := floorTo(from, length); at < to; at += length {
		windows = append(windows, Window{at, at + length})
	}
	return windows
}

// expired says that what ends at a time is too old to be kept.
func (t *Tier) expired(end int64, now time.Time) bool {
	return t.opts.Retention > 0 && end < now.Add(-t.opts.Retention).UnixMilli()
}

// merged says that a window is part of a longer one.
func (t *Tier) merged(w Window) bool {
	return slices.ContainsFunc(t.within(w), func(b *tsdb.Block) bool {
		meta := b.Meta()
		return meta.MaxTime-meta.MinTime > w.To-w.From
	})
}

// due says that raw blocks have something in a window that the fine tier lacks.
func (r *Roller) due(w Window, blocks []tsdb.BlockMeta) bool {
	have := len(r.fine.within(w)) > 0
	var read []ulid.ULID
	for i := range blocks {
		if !w.overlaps(blocks[i].MinTime, blocks[i].MaxTime) {
			continue
		}
		read = append(read, blocks[i].ULID)
		if !r.fine.Covers(blocks[i].Compaction.Sources) {
			have = false
		}
	}
	if have || len(read) == 0 {
		return false
	}
	slices.SortFunc(read, ulid.ULID.Compare)
	return !slices.Equal(read, r.empty[w])
}

// candidates are all windows of the fine tier with finished samples, in order of time.
func (r *Roller) candidates(finished Finished) []Window {
	var windows []Window
	now := time.Now()
	for _, meta := range finished.Blocks {
		for _, w := range split(meta.MinTime, meta.MaxTime, r.fine.windows[0]) {
			if w.To <= finished.Until && !r.fine.expired(w.To, now) {
				windows = append(windows, w)
			}
		}
	}
	slices.SortFunc(windows, func(a, b Window) int { return int(a.From/r.fine.windows[0] - b.From/r.fine.windows[0]) })
	return slices.Compact(windows)
}

// rollFine sums up all due windows, the oldest first. It rests as long as it works, to leave the machine to others.
func (r *Roller) rollFine(ctx context.Context, finished Finished) error {
	var problems []error
	for _, w := range r.candidates(finished) {
		if ctx.Err() != nil {
			return nil
		}
		if !r.due(w, finished.Blocks) || r.late(w, finished.Blocks) {
			continue
		}
		began := time.Now()
		if err := r.rollWindow(ctx, w); err != nil {
			problems = append(problems, fmt.Errorf("sum up samples: %w", err))
			if len(problems) >= maxProblems {
				break
			}
		}
		rest(ctx, time.Since(began))
	}
	return errors.Join(problems...)
}

// maxProblems is how many windows may fail before the rest is put off: on a full disk all will.
const maxProblems = 3

func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// late says that a window cannot be made again because it is part of a longer one. It does not come to that while late
// samples are refused in time; if it does, their time is read from raw blocks as long as those exist.
func (r *Roller) late(w Window, blocks []tsdb.BlockMeta) bool {
	if !r.fine.merged(w) {
		return false
	}
	for i := range blocks {
		id := blocks[i].ULID
		if _, told := r.ignored[id]; told || !w.overlaps(blocks[i].MinTime, blocks[i].MaxTime) || r.fine.Covers(blocks[i].Compaction.Sources) {
			continue
		}
		r.ignored[id] = struct{}{}
		r.log.Warn("samples came too late to be summed up", "block", id.String())
	}
	return true
}

func (r *Roller) rollWindow(ctx context.Context, w Window) error {
	q, sources, err := r.raw.Read(w)
	if err != nil {
		return err
	}
	defer q.Close()
	sum := &summer{tier: r.fine, window: w, querier: q, read: readRaw(q, w)}
	made, err := r.fine.make(ctx, order{
		window: w, replaced: r.fine.within(w), from: origin{level: 1, sources: sources},
		fill: func(b *blockWriter) error { return sum.fill(ctx, b) },
	})
	if err == nil && !made {
		finished, err := r.raw.Finished()
		if err != nil {
			return err
		}
		r.empty[w] = overlapping(finished.Blocks, w)
	}
	return err
}

func overlapping(blocks []tsdb.BlockMeta, w Window) []ulid.ULID {
	var ids []ulid.ULID
	for i := range blocks {
		if w.overlaps(blocks[i].MinTime, blocks[i].MaxTime) {
			ids = append(ids, blocks[i].ULID)
		}
	}
	slices.SortFunc(ids, ulid.ULID.Compare)
	return ids
}

// settledUntil returns the time before which the fine tier will not change any more.
func (r *Roller) settledUntil(finished Finished) int64 {
	until := min(finished.Until, finished.Final)
	for _, w := range r.candidates(finished) {
		if r.due(w, finished.Blocks) && !r.fine.merged(w) {
			return min(until, w.From)
		}
	}
	return until
}

// rollCoarse sums up each window of the coarse tier once, when the fine one will not change there any more.
func (r *Roller) rollCoarse(ctx context.Context, finished Finished) error {
	until := r.settledUntil(finished)
	now := time.Now()
	var windows []Window
	for _, have := range r.fine.Windows() {
		windows = append(windows, split(have.From, have.To, r.coarse.windows[0])...)
	}
	for _, w := range slices.Compact(windows) {
		_, known := r.empty[w]
		if w.To > until || known || r.coarse.expired(w.To, now) || len(r.coarse.within(w)) > 0 || ctx.Err() != nil {
			continue
		}
		began := time.Now()
		if err := r.rollCoarseWindow(ctx, w); err != nil {
			return fmt.Errorf("sum up buckets: %w", err)
		}
		rest(ctx, time.Since(began))
	}
	return nil
}

func (r *Roller) rollCoarseWindow(ctx context.Context, w Window) error {
	q, err := r.fine.ChunkQuerier(w.From, w.To-1)
	if err != nil {
		return err
	}
	defer q.Close()
	sum := &summer{tier: r.coarse, window: w, querier: q, read: readTier(q, w)}
	made, err := r.coarse.make(ctx, order{
		window: w, from: origin{level: 1},
		fill: func(b *blockWriter) error { return sum.fill(ctx, b) },
	})
	if err == nil && !made {
		r.empty[w] = nil
	}
	return err
}

// merge makes one block of all in a longer window once none of them will change any more.
func (r *Roller) merge(ctx context.Context, t *Tier, finished Finished) error {
	until := r.settledUntil(finished)
	for level := 1; level < len(t.windows); level++ {
		var windows []Window
		for _, have := range t.Windows() {
			windows = append(windows, split(have.From, have.To, t.windows[level])...)
		}
		for _, w := range slices.Compact(windows) {
			parts := t.within(w)
			if w.To > until || !mergeable(parts, w) || ctx.Err() != nil {
				continue
			}
			if err := t.mergeBlocks(ctx, w, level+1, parts); err != nil {
				return fmt.Errorf("merge blocks of a tier: %w", err)
			}
		}
	}
	return nil
}

// mergeable says that blocks lie within a window that none of them fills.
func mergeable(parts []*tsdb.Block, w Window) bool {
	for _, b := range parts {
		meta := b.Meta()
		if meta.MinTime < w.From || meta.MaxTime > w.To || meta.MaxTime-meta.MinTime == w.To-w.From {
			return false
		}
	}
	return len(parts) > 0
}

func (t *Tier) mergeBlocks(ctx context.Context, w Window, level int, parts []*tsdb.Block) error {
	q, err := t.ChunkQuerier(w.From, w.To-1)
	if err != nil {
		return err
	}
	closing := q
	defer func() {
		if closing != nil {
			closing.Close()
		}
	}()
	var sources []ulid.ULID
	for _, b := range parts {
		sources = append(sources, b.Meta().Compaction.Sources...)
	}
	slices.SortFunc(sources, ulid.ULID.Compare)
	_, err = t.make(ctx, order{
		window: w, replaced: parts, from: origin{level: level, sources: slices.Compact(sources)},
		fill: func(b *blockWriter) error {
			err := copySeries(ctx, q, b)
			// The blocks are removed next, which waits for those who read them.
			closing = nil
			return errors.Join(err, q.Close())
		},
	})
	return err
}
