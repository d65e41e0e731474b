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
	DefaultRetention        = 90 * 24 * time.Hour
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
	// Retention is how long samples are kept. Whole blocks are removed, so some live up to a tenth longer.
	Retention time.Duration
	// OutOfOrderWindow is how far behind the newest sample late samples are still taken.
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
}

func (o Options) withDefaults() Options {
	setDefault(&o.Retention, DefaultRetention)
	setDefault(&o.OutOfOrderWindow, DefaultOutOfOrderWindow)
	setDefault(&o.AppendTimeout, DefaultAppendTimeout)
	setDefault(&o.QueueSamples, DefaultQueueSamples)
	setDefault(&o.MaxSeries, DefaultMaxSeries)
	setDefault(&o.MaxPoints, DefaultMaxPoints)
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

// Open opens the store in opts.Dir, repairing damage where it finds some, and reads back what the last run had not
// moved into blocks. It fails with ErrInUse, or when the folder cannot be used. Samples are written once Run runs; the
// TSDB compacts and removes old blocks from the start, in a goroutine that ends with Close.
func Open(opts Options) (*Store, error) {
	if opts.Dir == "" {
		return nil, errors.New("open metrics: no folder given")
	}
	opts = opts.withDefaults()
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create metrics folder: %w", err)
	}
	s := &Store{
		dir:           opts.Dir,
		log:           opts.Logger,
		opts:          opts,
		handles:       &handles{limit: opts.MaxSeries, byKey: make(map[seriesKey]*Handle)},
		queue:         newQueue(opts.QueueSamples, opts.AppendTimeout),
		lastRetention: new(atomic.Int64),
	}
	if err := s.openRepairing(); err != nil {
		return nil, fmt.Errorf("open metrics: %w", err)
	}
	return s, nil
}

// openTSDB tries once to open the TSDB, which repairs its own logs.
func (s *Store) openTSDB() error {
	s.registry = prometheus.NewRegistry()
	options := tsdbOptions(s.opts)
	var db atomic.Pointer[tsdb.DB]
	// The TSDB asks while it opens, when there is no DB yet to tell what is too old; it asks again every minute.
	options.BlocksToDelete = func(blocks []*tsdb.Block) map[ulid.ULID]struct{} {
		opened := db.Load()
		if opened == nil {
			return nil
		}
		s.lastRetention.Store(time.Now().UnixMilli())
		return tsdb.DefaultBlocksToDelete(opened)(blocks)
	}
	// A block of late samples may lie in time that the head has not moved into blocks yet. Merged with blocks in order it
	// passes for one of them, and at the next start the TSDB takes what the head's log has of that time for moved and
	// drops it. So it is kept apart until the head is past it.
	options.BlockCompactionExcludeFunc = func(block *tsdb.BlockMeta) bool {
		opened := db.Load()
		return block.Compaction.FromOutOfOrder() && (opened == nil || block.MaxTime > opened.Head().MinTime())
	}
	opened, err := tsdb.Open(s.dir, slog.New(slogHandler{log: s.log}), s.registry, options, nil)
	if err != nil {
		return err
	}
	db.Store(opened)
	s.db = opened
	if logRepaired(s.registry) {
		s.repairs.LogRepaired = true
		s.log.Warn("damage in the log of recent samples was cut out")
	}
	return nil
}

// tsdbOptions are chosen for a store that is small most of the time: the TSDB's defaults expect millions of series.
func tsdbOptions(opts Options) *tsdb.Options {
	o := tsdb.DefaultOptions()
	o.NoLockfile = true // Open holds a lock of its own
	o.RetentionDuration = opts.Retention.Milliseconds()
	o.MaxBlockDuration = max(o.MinBlockDuration, o.RetentionDuration/10)
	o.OutOfOrderTimeWindow = opts.OutOfOrderWindow.Milliseconds()
	o.WALSegmentSize = 16 << 20
	o.WALCompression = compression.Snappy
	o.StripeSize = 512
	o.HeadChunksWriteBufferSize = chunks.MinWriteBufferSize
	return o
}
