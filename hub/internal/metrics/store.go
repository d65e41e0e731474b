// Package metrics keeps the hub's time series: it takes samples in, makes them durable, and reads them back raw or
// summed up in steps.
//
// It is a thin layer over the Prometheus TSDB: one writer, series handles instead of label sets, and bounds. Times are
// Unix milliseconds, values are in the unit at the end of the metric's name.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/fileutil"

	"github.com/pulse-hub/pulse/hub/internal/metrics/rollup"
)

// Errors of a Store. Test with [errors.Is].
var (
	// ErrClosed is returned once the Store is closed or its Run has ended.
	ErrClosed = errors.New("metrics store is closed")
	// ErrBusy is returned when the queue stayed full for Options.AppendTimeout: the disk is full or far too slow.
	ErrBusy = errors.New("metrics queue is full")
	// ErrReplaying is returned by reading while the log of the last run is being read back.
	ErrReplaying = errors.New("recent samples are being read back from the log")
	// ErrRunning is returned by a second Run.
	ErrRunning = errors.New("metrics store runs already")
)

// A Sample is one measured value of a series.
type Sample struct {
	Series *Handle
	At     int64 // Unix milliseconds
	Value  float64
}

// A Store holds all series of a hub in one folder. Make it with New or Open. All methods are safe for concurrent use.
type Store struct {
	dir     string
	log     hclog.Logger
	opts    Options
	lock    fileutil.Releaser
	handles *handles
	queue   *queue
	tally   tally

	meter meter
	late  *latecomers

	lastRetention *atomic.Int64 // Unix milliseconds, set from the TSDB's goroutine
	blocked       atomic.Pointer[error]

	// The tiers are set before the TSDB is, and stay.
	fine, coarse *rollup.Tier
	roller       *rollup.Roller

	// dbMu is held for reading by those who read from the TSDB, so that it stays open, and for writing while it is
	// opened, the first time or again. Only the writer does that, and needs no lock to see what it has opened.
	dbMu     sync.RWMutex
	db       *tsdb.DB             // nil until it is open for the first time
	registry *prometheus.Registry // of the TSDB's own metrics
	torn     bool                 // db was left as after a commit that failed; only the writer looks

	// commits is held while samples are committed, and while late ones are moved into blocks.
	commits sync.Mutex
	// listed ends the exclusion while late ones are moved; nil when they are not.
	listed atomic.Pointer[func()]
	// full has a token when the head holds enough for a block.
	full chan struct{}

	mu      sync.Mutex
	stopRun context.CancelFunc // nil before Run
	stopped chan struct{}      // closed when Run has ended; nil before Run
	closed  bool
}

// Intern returns the handle of a series, for use in samples. Keep it: looking it up costs more than storing a sample.
// It fails with ErrBadSeries or ErrTooManySeries.
func (s *Store) Intern(series Series) (*Handle, error) { return s.handles.intern(series) }

// Append queues samples and returns; the slice may be used again at once. Within half a second they are in the
// write-ahead log, which a crash of the process does not harm. When the queue is full it waits for the writer, at most
// Options.AppendTimeout, then fails with ErrBusy; a part of the batch may have been taken then, and appending all of
// it again does no harm.
//
// A sample equal to one that is stored is not an error. Samples that cannot be stored are counted in Stats by reason
// and do not touch the others of their batch.
func (s *Store) Append(ctx context.Context, batch []Sample) error {
	return s.queue.put(ctx, batch)
}

// Blocked returns why the newest try to write samples failed, as on a full disk; nil when it did not. It is tried again
// every second. Samples are queued meanwhile, and a kill would take them: whoever can keep them elsewhere should.
func (s *Store) Blocked() error {
	if err := s.blocked.Load(); err != nil {
		return *err
	}
	return nil
}

// Flush waits until every sample appended before it is written, or ctx ends. It needs a Run in progress.
func (s *Store) Flush(ctx context.Context) error { return s.queue.flush(ctx) }

// Run opens the store if Open has not, then writes queued samples and sums finished blocks up until ctx ends or Close is
// called, then writes what is left and returns. It can run once.
func (s *Store) Run(ctx context.Context) error {
	ctx, stopped, err := s.start(ctx)
	if err != nil {
		return err
	}
	defer close(stopped)
	defer s.stopRun()
	if s.db == nil {
		if err := s.open(); err != nil {
			s.queue.close()
			return err
		}
	}
	var rolling sync.WaitGroup
	defer rolling.Wait()
	rolling.Go(func() { s.compactRegularly(ctx) })
	rolling.Go(func() {
		// It ends with ctx only, and with nothing to say.
		_ = s.roller.Run(ctx)
	})
	defer s.stopRun()
	return newWriter(s).run(ctx)
}

func (s *Store) start(ctx context.Context) (context.Context, chan<- struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, ErrClosed
	}
	if s.stopped != nil {
		return nil, nil, ErrRunning
	}
	ctx, s.stopRun = context.WithCancel(ctx)
	s.stopped = make(chan struct{})
	return ctx, s.stopped, nil
}

// Close ends Run, writes what is queued and closes the files. It may be called twice.
func (s *Store) Close() error {
	stopped, first := s.stop()
	if !first {
		return nil
	}
	var err error
	switch {
	case stopped != nil:
		<-stopped
	case s.db != nil:
		err = newWriter(s).finish()
	}
	if n := s.queue.len(); s.db == nil && n > 0 {
		err = fmt.Errorf("%d samples were not written: the store was never open", n)
	}
	if err = errors.Join(err, s.closeFiles()); err != nil {
		return fmt.Errorf("close metrics: %w", err)
	}
	return nil
}

// closeFiles closes what is open. What reads from the store by then gets errors.
func (s *Store) closeFiles() error {
	var problems []error
	if s.db != nil {
		problems = append(problems, s.db.Close())
	}
	for _, tier := range []*rollup.Tier{s.fine, s.coarse} {
		if tier != nil {
			problems = append(problems, tier.Close())
		}
	}
	if s.lock != nil {
		problems = append(problems, s.lock.Release())
	}
	return errors.Join(problems...)
}

// stop makes Run end and returns the channel that says it has, nil when there was no Run.
func (s *Store) stop() (stopped <-chan struct{}, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false
	}
	s.closed = true
	s.queue.close()
	if s.stopRun != nil {
		s.stopRun()
	}
	return s.stopped, true
}

// Gatherer gives the TSDB's own metrics (prometheus_tsdb_...), for the hub to serve beside its own.
func (s *Store) Gatherer() prometheus.Gatherer {
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		s.dbMu.RLock()
		defer s.dbMu.RUnlock()
		if s.registry == nil {
			return nil, nil
		}
		return s.registry.Gather()
	})
}
