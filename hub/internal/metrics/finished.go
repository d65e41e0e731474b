package metrics

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/pulse-hub/pulse/hub/internal/metrics/rollup"
)

const (
	fineName   = "tier-5m"
	coarseName = "tier-1h"

	fineResolution   = 5 * time.Minute
	coarseResolution = time.Hour
	// sumWindow is how much time is summed up at once. It is a multiple of blockLength, so that a block that was never
	// merged lies within one window.
	sumWindow = 2 * time.Hour
	day       = 24 * time.Hour
)

// openTiers opens what is summed up and makes the roller over it.
func (s *Store) openTiers() error {
	var err error
	s.fine, err = rollup.OpenTier(rollup.TierOptions{
		Dir: filepath.Join(s.dir, fineName), Resolution: fineResolution,
		Windows:   windowsWithin(s.opts.FineRetention, sumWindow, day, 8*day),
		Retention: s.opts.FineRetention, MaxBytes: s.opts.FineMaxBytes,
		Round: roundFunc, Quarantine: s.quarantineTier(fineName), Logger: s.log,
	})
	if err != nil {
		return fmt.Errorf("open tier of five minutes: %w", err)
	}
	s.coarse, err = rollup.OpenTier(rollup.TierOptions{
		Dir: filepath.Join(s.dir, coarseName), Resolution: coarseResolution,
		Windows:   windowsWithin(s.opts.CoarseRetention, day, 16*day, 64*day),
		Retention: s.opts.CoarseRetention, MaxBytes: s.opts.CoarseMaxBytes,
		Round: roundFunc, Quarantine: s.quarantineTier(coarseName), Logger: s.log,
	})
	if err != nil {
		return fmt.Errorf("open tier of an hour: %w", err)
	}
	s.roller = rollup.NewRoller(finished{s}, s.fine, s.coarse, s.log)
	return nil
}

// windowsWithin leaves out windows that are long beside what is kept: blocks are removed whole.
func windowsWithin(retention time.Duration, first time.Duration, longer ...time.Duration) []time.Duration {
	windows := []time.Duration{first}
	for _, w := range longer {
		if w <= retention/8 {
			windows = append(windows, w)
		}
	}
	return windows
}

func roundFunc(metric string) func(float64) float64 { return roundingFor(metric).apply }

// quarantineTier returns what moves a block of a tier away.
func (s *Store) quarantineTier(tier string) func(dir string) error {
	return func(dir string) error { return s.quarantine(filepath.Join(tier, filepath.Base(dir))) }
}

// finished gives the roller the blocks of the TSDB.
type finished struct{ s *Store }

// Finished is part of rollup.Raw.
func (f finished) Finished() (rollup.Finished, error) {
	f.s.dbMu.RLock()
	defer f.s.dbMu.RUnlock()
	if f.s.db == nil {
		return rollup.Finished{}, ErrReplaying
	}
	// The head and what is late first: what leaves them meanwhile is then in a block, and counts twice rather than never.
	newest := f.s.db.Head().MaxTime()
	late := f.s.late.windows(math.MaxInt64)
	blocks := f.s.db.Blocks()
	out := rollup.Finished{Until: orderedUntil(blocks)}
	for _, b := range blocks {
		out.Blocks = append(out.Blocks, b.Meta())
	}
	// A sample may be on its way that was still in time. Two more hours are longer than any commit takes.
	out.Final = max(newest, out.Until) - f.s.opts.OutOfOrderWindow.Milliseconds() - sumWindow.Milliseconds()
	if len(late) > 0 {
		out.Final = min(out.Final, late[0].From)
	}
	return out, nil
}

// Read is part of rollup.Raw.
func (f finished) Read(w rollup.Window) (storage.ChunkQuerier, []ulid.ULID, error) {
	f.s.dbMu.RLock()
	defer f.s.dbMu.RUnlock()
	if f.s.db == nil {
		return nil, nil, ErrReplaying
	}
	var queriers []storage.ChunkQuerier
	var sources []ulid.ULID
	for _, b := range f.s.db.Blocks() {
		meta := b.Meta()
		if meta.MinTime >= w.To || meta.MaxTime <= w.From {
			continue
		}
		q, err := tsdb.NewBlockChunkQuerier(b, w.From, w.To-1)
		if err != nil {
			problems := []error{fmt.Errorf("open block: %w", err)}
			for _, opened := range queriers {
				problems = append(problems, opened.Close())
			}
			return nil, nil, errors.Join(problems...)
		}
		queriers = append(queriers, q)
		sources = append(sources, meta.Compaction.Sources...)
	}
	merge := storage.NewCompactingChunkSeriesMerger(storage.ChainedSeriesMerge)
	return storage.NewMergeChunkQuerier(queriers, nil, merge), sources, nil
}
