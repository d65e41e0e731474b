package rollup

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
)

// A Window is the time from From up to, not including, To.
type Window struct{ From, To int64 }

func (w Window) overlaps(from, to int64) bool { return w.From < to && from < w.To }

// TierOptions say how to open a Tier. All but the limits are required.
type TierOptions struct {
	// Dir is the tier's folder, created when there is none. Nothing else may live in it.
	Dir string
	// Resolution is the length of a bucket.
	Resolution time.Duration
	// Windows are the lengths of blocks, from those that are made to those they are merged into, each a multiple of the
	// one before it. Windows begin at multiples of their length since the Unix epoch.
	Windows []time.Duration
	// Retention is how long buckets are kept, 0 for ever. Whole blocks are removed.
	Retention time.Duration
	// MaxBytes bounds the size of all blocks; the oldest are removed. 0 sets no bound.
	MaxBytes int64
	// Round may return what rounds values of a metric to what is worth storing. Nil rounds nothing.
	Round func(metric string) func(float64) float64
	// Quarantine is called with the folder of a block that cannot be opened and has to move it out of the tier.
	Quarantine func(dir string) error
	Logger     hclog.Logger
}

// A Tier is the set of blocks of one resolution. All methods are safe for concurrent use; blocks are added and removed
// by one goroutine, that of the Roller.
type Tier struct {
	opts       TierOptions
	resolution int64
	windows    []int64

	// mu guards the list, which is replaced and never changed. Whoever reads opens what it needs with it held.
	mu      sync.RWMutex
	blocks  []*tsdb.Block // in order of time
	sources map[ulid.ULID]struct{}
	closed  bool
	written uint64 // bytes of blocks made since Open
	newest  time.Time
}

// ErrClosed is returned by a Tier that has been closed.
var ErrClosed = errors.New("tier is closed")

// OpenTier opens the blocks of a folder and clears away what an interruption has left there.
func OpenTier(opts TierOptions) (*Tier, error) {
	t := &Tier{opts: opts, resolution: opts.Resolution.Milliseconds()}
	for _, w := range opts.Windows {
		t.windows = append(t.windows, w.Milliseconds())
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create tier folder: %w", err)
	}
	if err := t.clear(); err != nil {
		return nil, err
	}
	blocks, err := t.openBlocks()
	if err != nil {
		return nil, err
	}
	if blocks, err = t.dropReplaced(blocks); err != nil {
		return nil, err
	}
	t.setBlocks(blocks)
	return t, nil
}

// Resolution returns the length of a bucket in milliseconds.
func (t *Tier) Resolution() int64 { return t.resolution }

// clear removes folders that are not blocks yet, or not any more.
func (t *Tier) clear() error {
	entries, err := os.ReadDir(t.opts.Dir)
	if err != nil {
		return fmt.Errorf("list tier: %w", err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), creatingSuffix) || strings.HasSuffix(e.Name(), deletingSuffix) {
			if err := os.RemoveAll(filepath.Join(t.opts.Dir, e.Name())); err != nil {
				return fmt.Errorf("clear tier: %w", err)
			}
		}
	}
	return nil
}

func (t *Tier) openBlocks() ([]*tsdb.Block, error) {
	entries, err := os.ReadDir(t.opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("list tier: %w", err)
	}
	var blocks []*tsdb.Block
	for _, e := range entries {
		if _, err := ulid.ParseStrict(e.Name()); err != nil || !e.IsDir() {
			continue
		}
		dir := filepath.Join(t.opts.Dir, e.Name())
		block, err := tsdb.OpenBlock(nil, dir, nil, nil)
		if err == nil {
			blocks = append(blocks, block)
			continue
		}
		t.opts.Logger.Error("damaged block of a tier is set aside", "block", e.Name(), "error", err)
		if err := t.opts.Quarantine(dir); err != nil {
			return nil, errors.Join(err, closeBlocks(blocks))
		}
	}
	return blocks, nil
}

// dropReplaced removes blocks that another one stands for: the hub ended between making the one and removing the others.
func (t *Tier) dropReplaced(blocks []*tsdb.Block) ([]*tsdb.Block, error) {
	replaced := make(map[ulid.ULID]bool)
	for _, b := range blocks {
		for _, parent := range b.Meta().Compaction.Parents {
			replaced[parent.ULID] = true
		}
	}
	var kept, gone []*tsdb.Block
	for _, b := range blocks {
		if replaced[b.Meta().ULID] {
			gone = append(gone, b)
			continue
		}
		kept = append(kept, b)
	}
	if err := removeBlocks(gone); err != nil {
		return nil, errors.Join(err, closeBlocks(kept))
	}
	return kept, nil
}

// setBlocks takes over a list of blocks and derives from it what has been summed up.
func (t *Tier) setBlocks(blocks []*tsdb.Block) {
	slices.SortFunc(blocks, func(a, b *tsdb.Block) int { return cmp.Compare(a.Meta().MinTime, b.Meta().MinTime) })
	sources := make(map[ulid.ULID]struct{})
	for _, b := range blocks {
		meta := b.Meta()
		for _, id := range meta.Compaction.Sources {
			sources[id] = struct{}{}
		}
		if made := ulid.Time(meta.ULID.Time()); made.After(t.newest) {
			t.newest = made
		}
	}
	t.blocks, t.sources = blocks, sources
}

// replace puts a new block, nil for none, in the place of others, which are removed once nobody reads them.
func (t *Tier) replace(fresh *tsdb.Block, old []*tsdb.Block) error {
	t.mu.Lock()
	var blocks []*tsdb.Block
	for _, b := range t.blocks {
		if !slices.Contains(old, b) {
			blocks = append(blocks, b)
		}
	}
	if fresh != nil {
		blocks = append(blocks, fresh)
		t.written += uint64(fresh.Size())
	}
	t.setBlocks(blocks)
	t.mu.Unlock()
	return removeBlocks(old)
}

// adopt opens a block that has been written and puts it in the place of others.
func (t *Tier) adopt(dir string, old []*tsdb.Block) error {
	block, err := tsdb.OpenBlock(nil, dir, nil, nil)
	if err != nil {
		return fmt.Errorf("open new block: %w", err)
	}
	return t.replace(block, old)
}

// within returns the blocks that overlap a window.
func (t *Tier) within(w Window) []*tsdb.Block {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var found []*tsdb.Block
	for _, b := range t.blocks {
		if meta := b.Meta(); w.overlaps(meta.MinTime, meta.MaxTime) {
			found = append(found, b)
		}
	}
	return found
}

// Covers reports whether all of the raw blocks have been summed up.
func (t *Tier) Covers(sources []ulid.ULID) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, id := range sources {
		if _, ok := t.sources[id]; !ok {
			return false
		}
	}
	return true
}

// Windows returns the windows of all blocks, in order of time.
func (t *Tier) Windows() []Window {
	t.mu.RLock()
	defer t.mu.RUnlock()
	windows := make([]Window, len(t.blocks))
	for i, b := range t.blocks {
		meta := b.Meta()
		windows[i] = Window{meta.MinTime, meta.MaxTime}
	}
	return windows
}

// Retain removes blocks that are too old at the given time, and the oldest ones when all are too large.
func (t *Tier) Retain(now time.Time) error {
	t.mu.RLock()
	blocks := t.blocks
	t.mu.RUnlock()
	var total int64
	for _, b := range blocks {
		total += b.Size()
	}
	var old []*tsdb.Block
	for i, b := range blocks {
		expired := t.opts.Retention > 0 && b.Meta().MaxTime < now.Add(-t.opts.Retention).UnixMilli()
		// The newest one stays: without it there would be nothing to tell what is due from.
		tooLarge := t.opts.MaxBytes > 0 && total > t.opts.MaxBytes && i < len(blocks)-1
		if !expired && !tooLarge {
			break
		}
		total -= b.Size()
		old = append(old, b)
	}
	if len(old) == 0 {
		return nil
	}
	t.opts.Logger.Debug("old blocks of a tier are removed", "blocks", len(old))
	return t.replace(nil, old)
}

// TierStats describe a tier at one moment.
type TierStats struct {
	Resolution   time.Duration
	Blocks       int
	Buckets      uint64 // of all series
	DiskBytes    int64
	WrittenBytes uint64 // blocks made since Open
	Oldest       time.Time
	Newest       time.Time // end of the newest window
	LastRollup   time.Time // when the newest block was made
}

// Stats gathers the numbers.
func (t *Tier) Stats() TierStats {
	t.mu.RLock()
	defer t.mu.RUnlock()
	stats := TierStats{Resolution: t.opts.Resolution, Blocks: len(t.blocks), WrittenBytes: t.written, LastRollup: t.newest}
	for _, b := range t.blocks {
		meta := b.Meta()
		stats.DiskBytes += b.Size()
		stats.Buckets += meta.Stats.NumSamples / uint64(len(gaugeAggregates()))
	}
	if n := len(t.blocks); n > 0 {
		stats.Oldest = time.UnixMilli(t.blocks[0].Meta().MinTime)
		stats.Newest = time.UnixMilli(t.blocks[n-1].Meta().MaxTime)
	}
	return stats
}

// Close closes all blocks once nobody reads them. It may be called twice.
func (t *Tier) Close() error {
	t.mu.Lock()
	blocks := t.blocks
	t.blocks, t.closed = nil, true
	t.mu.Unlock()
	return closeBlocks(blocks)
}

func closeBlocks(blocks []*tsdb.Block) error {
	var problems []error
	for _, b := range blocks {
		problems = append(problems, b.Close())
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("close blocks: %w", err)
	}
	return nil
}

// removeBlocks closes and deletes blocks, each at once by a renaming: what is deleted in part is no block any more.
func removeBlocks(blocks []*tsdb.Block) error {
	var problems []error
	for _, b := range blocks {
		gone := b.Dir() + deletingSuffix
		problems = append(problems, b.Close(), os.Rename(b.Dir(), gone), os.RemoveAll(gone))
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("remove blocks: %w", err)
	}
	return nil
}
