package write

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	// pollInterval is how often the log is looked at for more.
	pollInterval = 500 * time.Millisecond
	// saveInterval is how often the position is written down; what was sent since is sent again after a kill.
	saveInterval = 10 * time.Second
	// firstPause and lastPause bound how long a target that does not answer is left alone; the time doubles in between.
	firstPause, lastPause = time.Second, time.Minute
	// lateBatch is how many late samples a request has at most: receivers that take a request as a whole or not at all
	// then refuse fewer of them.
	lateBatch = 500
	// maxSplits bounds how often one batch is halved to find what a target refuses in it.
	maxSplits = 16
)

// A forwarder passes the log on to one target. It runs once.
type forwarder struct {
	target  Target
	log     hclog.Logger
	tail    *tail
	queue   *spool
	sender  *sender
	encoder *encoder
	tally   *tally
	saved   string // the file of the position

	at    position // up to which everything is sent or queued
	dirty bool     // at is newer than the file
	batch []sample // reused from batch to batch
	late  []sample // the same
}

func newForwarder(target Target, options Options, count *tally) (*forwarder, error) {
	target = target.withDefaults()
	client, err := target.Client(target.Timeout)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(options.Dir, target.folder())
	queue, err := openSpool(filepath.Join(dir, "queue"), target.QueueBytes)
	if err != nil {
		return nil, err
	}
	saved := filepath.Join(dir, "position.json")
	at, err := loadPosition(saved)
	if err != nil {
		return nil, err
	}
	log := options.Logger.With("target", target.Name())
	return &forwarder{
		target: target, log: log, tail: newTail(options.Log, at, log), queue: queue, tally: count, saved: saved, at: at,
		sender:  &sender{client: client, address: target.URL, protocol: target.Protocol, agent: options.Agent, timeout: target.Timeout},
		encoder: newEncoder(target.Protocol, target.extra(), options.Describe),
	}, nil
}

// run passes on what is written until ctx ends.
func (f *forwarder) run(ctx context.Context) {
	defer f.sender.client.CloseIdleConnections()
	defer f.tail.close()
	var draining sync.WaitGroup
	draining.Go(func() { f.drain(ctx) })
	defer draining.Wait()
	defer f.save()
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	save := time.NewTicker(saveInterval)
	defer save.Stop()
	failing := false
	for {
		more, err := f.pass(ctx)
		if ctx.Err() != nil {
			return
		}
		if failed := err != nil; failed != failing {
			failing = failed
			f.reportReading(err)
		}
		select {
		case <-save.C:
			f.save()
		default:
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}

func (f *forwarder) reportReading(err error) {
	if err != nil {
		f.log.Warn("samples cannot be passed on, trying again", "error", err)
		return
	}
	f.log.Info("samples are passed on again")
}

// pass reads one batch and sends or queues it. It says whether there may be more.
func (f *forwarder) pass(ctx context.Context) (more bool, err error) {
	gaps := f.tail.gaps
	f.batch, err = f.tail.read(f.batch[:0], f.target.Batch)
	if f.tail.gaps > gaps {
		f.log.Warn("the log went on without us: samples may be missing at the target")
	}
	f.tally.read(f.tail)
	if len(f.batch) == 0 {
		f.advance()
		return false, err
	}
	splits := maxSplits
	for _, part := range f.split(f.batch) {
		if handErr := f.hand(ctx, part, &splits); handErr != nil {
			return false, errors.Join(err, handErr)
		}
	}
	f.advance()
	return true, err
}

func (f *forwarder) advance() {
	if f.tail.loaded && f.at != f.tail.at {
		f.at, f.dirty = f.tail.at, true
	}
}

// save writes the position down if it has changed.
func (f *forwarder) save() {
	if !f.dirty {
		return
	}
	if err := f.at.save(f.saved); err != nil {
		f.log.Debug("position not saved, so that some samples may be sent twice", "error", err)
		return
	}
	f.dirty = false
}

// split puts samples that are not newer than what was sent of their series into requests of their own, oldest first:
// receivers that refuse a late sample refuse everything that comes with it.
func (f *forwarder) split(batch []sample) [][]sample {
	inOrder := batch[:0]
	f.late = f.late[:0]
	for _, s := range batch {
		if s.at <= s.series.newest {
			f.late = append(f.late, s)
			continue
		}
		s.series.newest = s.at
		inOrder = append(inOrder, s)
	}
	slices.SortStableFunc(f.late, func(a, b sample) int { return int(a.at - b.at) })
	var parts [][]sample
	for part := range slices.Chunk(inOrder, f.target.Batch) { // a checkpoint is read as a whole
		parts = append(parts, part)
	}
	for part := range slices.Chunk(f.late, lateBatch) {
		parts = append(parts, part)
	}
	return parts
}

// hand sends samples or queues them behind others, and tries until one of the two works or ctx ends. Some targets refuse
// a request because of one sample; then its halves are sent, as long as there are splits left.
func (f *forwarder) hand(ctx context.Context, part []sample, splits *int) error {
	r := request{f.encoder.encode(part), len(part)}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if f.queue.empty() {
			err := f.sender.send(ctx, r)
			if isBad(err) && len(part) > 1 && *splits > 0 {
				*splits--
				middle := len(part) / 2
				return errors.Join(f.hand(ctx, part[:middle], splits), f.hand(ctx, part[middle:], splits))
			}
			if f.settle(ctx, r, err) == nil {
				return nil
			}
		}
		if ctx.Err() != nil {
			return ctx.Err() // not queued: it is read from the log again at the next start
		}
		err := f.queue.put(r)
		if err == nil {
			return nil
		}
		f.tally.trouble(err)
		if err := rest(ctx, pause); err != nil {
			return err
		}
	}
}

// settle counts how a request ended. Nil means that it is done with: taken, or refused for good.
func (f *forwarder) settle(ctx context.Context, r request, err error) error {
	if ctx.Err() != nil && err != nil {
		return err
	}
	var refused *refusal
	final := errors.As(err, &refused) && !refused.retry
	switch change := f.tally.answered(r.samples, err, final); {
	case final && change:
		f.log.Error("the target refuses samples, which are lost for it", "samples", r.samples, "error", err)
	case err != nil && change:
		f.log.Warn("the target does not take samples, they wait on disk", "error", err)
	case err == nil && change:
		f.log.Info("the target takes samples")
	}
	if final {
		return nil
	}
	return err
}

// drain sends what is queued, oldest first, until ctx ends.
func (f *forwarder) drain(ctx context.Context) {
	pause := firstPause
	for {
		r, number, ok := f.queue.oldest()
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-f.queue.filled:
			}
			continue
		}
		err := f.settle(ctx, r, f.sender.send(ctx, r))
		if err == nil {
			err = f.queue.done(number)
			pause = firstPause
		}
		if err == nil {
			continue
		}
		if rest(ctx, max(pause, pauseOf(err))) != nil {
			return
		}
		pause = min(2*pause, lastPause)
	}
}

// pauseOf returns how long the target wants peace.
func pauseOf(err error) time.Duration {
	var refused *refusal
	if errors.As(err, &refused) {
		return refused.pause
	}
	return 0
}

// rest waits, or fails when ctx ends first.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait: %w", ctx.Err())
	}
}
