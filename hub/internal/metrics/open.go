package metrics

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/compression"
)

// Defaults of Options.
const (
	DefaultRetention        = 15 * 24 * time.Hour
	DefaultFineRetention    = 90 * 24 * time.Hour
	DefaultCoarseRetention  = 2 * 365 * 24 * time.Hour
	DefaultOutOfOrderWindow = 24 * time.Hour
	DefaultAppendTimeout    = 5 * time.Second
	DefaultQueueSamples     = 256 << 10
	DefaultMaxSeries        = 1 << 20
	DefaultMaxPoints        = 2_000_000
)

// Options say how to open a Store. Only Dir is required; zero values mean the defaults above.
type Options struct {
	// Dir is the folder of the store, created when there is none. Nothing else may live in it.
	Dir string
	// Retention is how long samples are kept as they came. Whole blocks are removed, so some live up to a tenth longer.
	Retention time.Duration
	// FineRetention and CoarseRetention are how long the sums of five minutes and of an hour are kept.
	FineRetention, CoarseRetention time.Duration
	// MaxBytes, FineMaxBytes and CoarseMaxBytes bound the size of samples, of sums of five minutes and of sums of an
	// hour; the oldest blocks are removed. 0 sets no bound.
	MaxBytes, FineMaxBytes, CoarseMaxBytes int64
	// OutOfOrderWindow is how far behind the newest sample late samples are still taken. It is at most Retention.
	OutOfOrderWindow time.Duration
	// AppendTimeout is how long Append waits for room in the queue.
	AppendTimeout time.Duration
	// QueueSamples bounds the queue.
	QueueSamples int
	// MaxSeries bounds the series in use at a time.
	MaxSeries int
	// MaxPoints bounds the points of one answer of Select.
	MaxPoints int
	// Logger may be nil.
	Logger hclog.Logger

	// blockLength is how much time is written to a block at once.
	blockLength time.Duration
}

func (o Options) withDefaults() Options {
	setDefault(&o.Retention, DefaultRetention)
	setDefault(&o.FineRetention, DefaultFineRetention)
	setDefault(&o.CoarseRetention, DefaultCoarseRetention)
	setDefault(&o.OutOfOrderWindow, DefaultOutOfOrderWindow)
	o.OutOfOrderWindow = min(o.OutOfOrderWindow, o.Retention)
	setDefault(&o.AppendTimeout, DefaultAppendTimeout)
	setDefault(&o.QueueSamples, DefaultQueueSamples)
	setDefault(&o.MaxSeries, DefaultMaxSeries)
	setDefault(&o.MaxPoints, DefaultMaxPoints)
	setDefault(&o.blockLength, blockLength)
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	return o
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// New returns the store of opts.Dir and touches nothing yet: Run opens it. Until then samples are queued, and reading
// fails with ErrReplaying.
func New(opts Options) (*Store, error) {
	if opts.Dir == "" {
		return nil, errors.New("open metrics: no folder given")
	}
	opts = opts.withDefaults()
	s := &Store{
		dir:           opts.Dir,
		log:           opts.Logger,
		opts:          opts,
		handles:       &handles{limit: opts.MaxSeries, byKey: make(map[seriesKey]*Handle)},
		queue:         newQueue(opts.QueueSamples, opts.AppendTimeout),
		lastRetention: new(atomic.Int64),
		late:          newLatecomers(),
		full:          make(chan struct{}, 1),
	}
	s.meter.begin(time.Now())
	return s, nil
}

// Open is New, and opens the store at once: it returns when all that is stored can be read. It repairs damage where it
// finds some. It fails with ErrInUse, or when the folder cannot be used. Samples are written, moved
// into blocks and summed up once Run runs; the TSDB removes old blocks from the start, in a goroutine that ends with Close.
func Open(opts Options) (*Store, error) {
	s, err := New(opts)
	if err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

// open takes the folder and opens what is in it.
func (s *Store) open() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("create metrics folder: %w", err)
	}
	if err := s.lockDir(); err != nil {
		return fmt.Errorf("open metrics: %w", err)
	}
	if err := s.openFiles(); err != nil {
		return fmt.Errorf("open metrics: %w", errors.Join(err, s.closeFiles()))
	}
	return nil
}

// openFiles opens the tiers first: without them the TSDB would not know which blocks it may merge.
func (s *Store) openFiles() error {
	if err := s.openTiers(); err != nil {
		return err
	}
	began := time.Now()
	opened, err := s.openRepairing()
	if err != nil {
		return err
	}
	s.dbMu.Lock()
	s.db, s.registry, s.torn = opened.db, opened.registry, opened.torn
	s.dbMu.Unlock()
	s.log.Debug("metrics are open", "duration", time.Since(began))
	return nil
}

// opened is an open TSDB and the registry of its own metrics.
type opened struct {
	db       *tsdb.DB
	registry *prometheus.Registry
	torn     bool // it has to be opened again before anything is written
}

// openTSDB tries once to open the TSDB, which repairs its own logs.
func (s *Store) openTSDB() (opened, error) {
	late, err := s.takeLateLog()
	if err != nil {
		return opened{}, err
	}
	registry := prometheus.NewRegistry()
	options := tsdbOptions(s.opts)
	options.NewCompactorFunc = s.newCompactor
	var db atomic.Pointer[tsdb.DB]
	// The TSDB asks while it opens, when there is no DB yet to tell what is too old; it asks again every minute.
	options.BlocksToDelete = func(blocks []*tsdb.Block) map[ulid.ULID]struct{} {
		opened := db.Load()
		if opened == nil {
			return nil
		}
		s.lastRetention.Store(time.Now().UnixMilli())
		return s.keepUnsettled(tsdb.DefaultBlocksToDelete(opened)(blocks), blocks)
	}
	// A block of late samples may lie in time that the head has not moved into blocks yet. Merged with blocks in order it
	// passes for one of them, and at the next start the TSDB takes what the head's log has of that time for moved and
	// drops it. So it is kept apart until the head is past it. And what has not been summed up stays apart, because only
	// a block by itself says by its name what is missing.
	options.BlockCompactionExcludeFunc = func(block *tsdb.BlockMeta) bool {
		opened := db.Load()
		if opened == nil {
			return true
		}
		s.late.planned(orderedUntil(opened.Blocks()))
		early := block.Compaction.FromOutOfOrder() && block.MaxTime > opened.Head().MinTime()
		return early || !s.roller.Settled(block)
	}
	fresh, err := tsdb.Open(s.dir, slog.New(slogHandler{log: s.log}), registry, options, nil)
	if err != nil {
		return opened{}, err
	}
	fresh.DisableCompactions() // compact calls for them
	db.Store(fresh)
	if logRepaired(registry) {
		s.tally.logRepaired()
		s.log.Warn("damage in the log of recent samples was cut out")
	}
	err = late.restore(fresh)
	if errors.Is(err, errLogWrite) {
		s.log.Error("late samples of the last run are not written yet", "error", err)
		return opened{fresh, registry, true}, nil
	}
	if err != nil {
		return opened{}, errors.Join(err, fresh.Close())
	}
	return opened{fresh, registry, false}, nil
}

// keepUnsettled takes out of what the TSDB would delete the blocks that have not been summed up, unless rollups have
// been failing for as long again as blocks are kept, or there is too much of everything.
func (s *Store) keepUnsettled(deletable map[ulid.ULID]struct{}, blocks []*tsdb.Block) map[ulid.ULID]struct{} {
	if s.opts.MaxBytes > 0 {
		return deletable
	}
	tooOld := time.Now().Add(-2 * s.opts.Retention).UnixMilli()
	for _, b := range blocks {
		meta := b.Meta()
		if !meta.Compaction.Deletable && meta.MaxTime > tooOld && !s.roller.Settled(&meta) {
			delete(deletable, meta.ULID)
		}
	}
	return deletable
}

// blockLength is how much time is written to a block at once. The head holds up to one and a half of it in memory: with
// 80,000 series that is 130 MB less than with the two hours that are usual.
const blockLength = time.Hour

// chunkSegmentBytes is the size of files in blocks. The TSDB takes the room of a whole one before it writes to it, so it
// is also what a nearly full disk must have for blocks to be made.
const chunkSegmentBytes = 32 << 20

// restoreSlack is how much later than others samples may be that were taken in time and are read back from their log,
// which takes a start for each time that they were not moved to a block. The writer sees to it that others are not late.
const restoreSlack = 365 * 24 * time.Hour

// tsdbOptions are chosen for a store that is small most of the time: the TSDB's defaults expect millions of series.
func tsdbOptions(opts Options) *tsdb.Options {
	o := tsdb.DefaultOptions()
	o.NoLockfile = true // Open holds a lock of its own
	o.RetentionDuration = opts.Retention.Milliseconds()
	o.MaxBytes = opts.MaxBytes
	o.CompactionDelay = never // compactRegularly moves samples into blocks
	o.MinBlockDuration = opts.blockLength.Milliseconds()
	o.MaxBlockDuration = max(o.MinBlockDuration, o.RetentionDuration/10)
	o.OutOfOrderTimeWindow = (opts.OutOfOrderWindow + restoreSlack).Milliseconds()
	o.WALSegmentSize = 16 << 20
	o.MaxBlockChunkSegmentSize = chunkSegmentBytes
	o.WALCompression = compression.Snappy
	o.StripeSize = 512
	o.HeadChunksWriteBufferSize = chunks.MinWriteBufferSize
	return o
}
