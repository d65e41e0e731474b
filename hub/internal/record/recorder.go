// Package record turns what is measured into series: each batch of changes of
// the inventory becomes samples in the metrics store.
package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Store keeps series; [metrics.Store] is one.
type Store interface {
	Intern(series metrics.Series) (*metrics.Handle, error)
	Append(ctx context.Context, batch []metrics.Sample) error
}

// errDrain is the cause when the last samples could not be written in time.
var errDrain = errors.New("no time left to write the last samples")

// Recorder writes samples. Make it with New and run it once; it holds the
// series of the resources that exist, and forgets them with their resource.
type Recorder struct {
	store   Store
	logger  hclog.Logger
	known   map[string]*seriesSet  // by the entry's key
	samples []metrics.Sample       // of the batch being written, empty once it is
	mounted []*resource.Filesystem // empty, to be used again
	refused bool                   // a series was refused in the batch before
	busy    bool                   // the store was busy the last time
}

// New returns a Recorder that writes to the store.
func New(store Store, logger hclog.Logger) *Recorder {
	return &Recorder{store: store, logger: logger, known: map[string]*seriesSet{}}
}

// drainTime is how long Run may take, once its context has ended, to write
// what has been observed before.
const drainTime = 5 * time.Second

// Run writes every batch until ctx ends or the channel is closed. While the
// store has no room it waits, and with it whoever observes: nothing is dropped.
// When ctx ends it writes what is in the queue, for at most five seconds; the
// store must live until Run returns. It returns the store's error if that is closed.
func (r *Recorder) Run(ctx context.Context, batches <-chan *inventory.Batch) error {
	for {
		select {
		case <-ctx.Done():
			return r.drain(ctx, batches)
		case batch, open := <-batches:
			if !open {
				return nil
			}
			err := r.Record(ctx, batch)
			if err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// drain writes what was being written when ctx ended, and the batches in the queue.
func (r *Recorder) drain(ctx context.Context, queue <-chan *inventory.Batch) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), drainTime, errDrain)
	defer cancel()
	if err := r.write(ctx); err != nil {
		return err
	}
	for {
		select {
		case batch, open := <-queue:
			if !open {
				return nil
			}
			if err := r.Record(ctx, batch); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// Record writes the samples of one batch. It retries while the store is busy
// and fails when ctx ends or the store is closed. It must not be called while
// Run is.
func (r *Recorder) Record(ctx context.Context, batch *inventory.Batch) error {
	if !batch.Measured {
		r.forget(batch)
		return nil
	}
	failure := error(nil)
	for i := range batch.Changes {
		change := &batch.Changes[i]
		if change.After == nil {
			delete(r.known, change.Before.Key)
			continue
		}
		if err := r.add(batch, change.After); err != nil {
			failure = err
		}
	}
	r.tellRefused(failure)
	return r.write(ctx)
}

func (r *Recorder) forget(batch *inventory.Batch) {
	for i := range batch.Changes {
		if change := &batch.Changes[i]; change.After == nil && change.Before != nil {
			delete(r.known, change.Before.Key)
		}
	}
}

// add gathers the samples of one entry. Those of a late batch leave no trace
// in what is known of the present.
func (r *Recorder) add(batch *inventory.Batch, e *inventory.Entry) error {
	if !isMeasured(e.Kind) {
		return nil
	}
	set := r.known[e.Key]
	if set == nil || set.kind != e.Kind {
		set = &seriesSet{key: e.Key, kind: e.Kind}
		if !batch.Late {
			r.known[e.Key] = set
		}
	}
	w := sampler{store: r.store, set: set, out: r.samples, mounted: r.mounted}
	w.at = batch.At.UnixMilli()
	w.up(e)
	// Values are as old as the resource's last touch with its source, and are told once.
	w.at = e.SeenAt.UnixMilli()
	if batch.Late || w.at > set.last {
		w.usage(e)
		w.extra(e)
		w.filesystems(e)
		set.last = max(set.last, w.at)
	}
	clear(w.mounted)
	r.samples, r.mounted = w.out, w.mounted[:0]
	return w.err
}

// tellRefused logs when series begin to be refused, and when that has ended.
func (r *Recorder) tellRefused(failure error) {
	if failure != nil && !r.refused {
		r.logger.Warn("some measured values cannot be stored", "error", failure)
	}
	r.refused = failure != nil
}

// retryPause is how long to wait after the store has been busy for its own patience.
const retryPause = 100 * time.Millisecond

func (r *Recorder) write(ctx context.Context) error {
	for len(r.samples) > 0 {
		err := r.store.Append(ctx, r.samples)
		if err == nil {
			r.samples = r.samples[:0]
			break
		}
		if !errors.Is(err, metrics.ErrBusy) {
			return fmt.Errorf("append samples: %w", err)
		}
		if !r.busy {
			r.logger.Warn("metrics store is busy, observations wait for it", "error", err)
			r.busy = true
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("append samples: %w", context.Cause(ctx))
		case <-time.After(retryPause):
		}
	}
	if r.busy {
		r.logger.Info("metrics store has room again")
		r.busy = false
	}
	return nil
}

// Known returns the number of resources whose series are held.
func (r *Recorder) Known() int { return len(r.known) }
