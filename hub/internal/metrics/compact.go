package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// compactInterval is how often the head is looked at for what belongs into a block.
const compactInterval = 20 * time.Second

// never is longer than a hub runs.
const never = time.Duration(math.MaxInt64)

// compactRegularly moves what is old enough from the head into blocks, and merges blocks, until ctx ends.
//
// The TSDB would do so by itself, but loses late samples that are appended meanwhile (seen in v0.312 to v0.316). It
// makes a list of the series that have any, and while it does, writes the chunks of each to a file; then all chunks up
// to the last one written count as moved, also those that the appender filled for series that were off the list or
// outside its times (NewOOOCompactionHead, truncateOOO). So nothing is committed until the list is made.
func (s *Store) compactRegularly(ctx context.Context) {
	failing := false
	regularly(ctx, compactInterval, s.full, func() error {
		err := s.compact(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil && !failing:
			s.log.Error("samples cannot be moved into blocks, trying again", "error", err)
		case err == nil && failing:
			s.log.Info("samples are moved into blocks again")
		}
		failing = err != nil
		return err
	})
}

// regularly does something at once, at each interval, and whenever sooner has a token, until ctx ends. After it has failed
// it waits for the interval: every commit asks for it, and what failed a moment ago fails again.
func regularly(ctx context.Context, interval time.Duration, sooner <-chan struct{}, do func() error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		asked := sooner
		if do() != nil {
			asked = nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-asked:
		}
	}
}

// compact moves what is old enough and merges blocks.
func (s *Store) compact(ctx context.Context) error {
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	moved := false
	for s.compactable() && ctx.Err() == nil {
		if err := s.moveOrdered(); err != nil {
			return err
		}
		moved = true
	}
	if moved {
		if err := s.moveLate(ctx); err != nil {
			return err
		}
	}
	if err := s.db.Compact(ctx); err != nil {
		return fmt.Errorf("merge blocks: %w", err)
	}
	return nil
}

// compactable says that the head holds one and a half times what goes into a block. The caller keeps the TSDB open, if
// it is.
func (s *Store) compactable() bool {
	if s.db == nil {
		return false
	}
	head := s.db.Head()
	return head.NumSeries() > 0 && head.MaxTime()-head.MinTime() > s.opts.blockLength.Milliseconds()/2*3
}

// moveOrdered moves the oldest samples that came in order. None can be appended there any more: the TSDB takes what is
// older than half a block for late.
func (s *Store) moveOrdered() error {
	head, length := s.db.Head(), s.opts.blockLength.Milliseconds()
	from := head.MinTime()
	until := floorTo(from, length) + length
	part := tsdb.NewRangeHeadWithIsolationDisabled(head, from, until-1)
	head.WaitForAppendersOverlapping(part.MaxTime())
	if err := s.db.CompactHead(part); err != nil {
		return fmt.Errorf("move samples into a block: %w", err)
	}
	return nil
}

// moveLate moves the samples that came late.
func (s *Store) moveLate(ctx context.Context) error {
	s.commits.Lock()
	listed := sync.OnceFunc(s.commits.Unlock)
	defer listed()
	s.listed.Store(&listed)
	defer s.listed.Store(nil)
	if err := s.db.CompactOOOHead(ctx); err != nil {
		return fmt.Errorf("move late samples into blocks: %w", err)
	}
	return nil
}

// compactor is the TSDB's, and tells the store when it begins to write a block.
type compactor struct {
	tsdb.Compactor
	store *Store
}

// newCompactor is a tsdb.NewCompactorFunc. It makes what the TSDB would make without one.
func (s *Store) newCompactor(
	ctx context.Context, r prometheus.Registerer, l *slog.Logger, ranges []int64, pool chunkenc.Pool, o *tsdb.Options,
) (tsdb.Compactor, error) {
	own, err := tsdb.NewLeveledCompactorWithOptions(ctx, r, l, ranges, pool, tsdb.LeveledCompactorOptions{
		MaxBlockChunkSegmentSize: o.MaxBlockChunkSegmentSize, EnableOverlappingCompaction: o.EnableOverlappingCompaction,
		PD: o.PostingsDecoderFactory, UseUncachedIO: o.UseUncachedIO, BlockExcludeFilter: o.BlockCompactionExcludeFunc,
		FloatChunkEncoding: func() chunkenc.Encoding { return o.FloatChunkEncoding },
	})
	if err != nil {
		return nil, fmt.Errorf("make compactor: %w", err)
	}
	return &compactor{own, s}, nil
}

// Write implements tsdb.Compactor.
func (c *compactor) Write(dest string, b tsdb.BlockReader, from, to int64, base *tsdb.BlockMeta) ([]ulid.ULID, error) {
	// The list of late samples is made before the first block of them is written.
	if listed := c.store.listed.Load(); listed != nil {
		(*listed)()
	}
	return c.Compactor.Write(dest, b, from, to, base)
}
