// Package collect decides when each instance of a source is asked for each of
// its datasets, asks, and hands over what comes back.
//
// Failures are data here: every one reaches the sink, so that nothing that
// could not be looked at is shown as fresh, and every one counts for the waits
// before the next attempts.
package collect

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// Errors of collecting.
var (
	// ErrTooLarge says that an answer passes MaxResources or MaxBytes.
	ErrTooLarge = errors.New("the answer is too large")
	// ErrNoDataset says that a source has no dataset, or one without a name or interval.
	ErrNoDataset = errors.New("the source has no usable dataset")
)

// Causes for which a poll ends.
var (
	errPollTimeout  = errors.New("no complete answer in time")
	errApplyTimeout = errors.New("the inventory took too long")
	errRemoved      = errors.New("the source was removed or changed")
	errStopping     = errors.New("the hub is stopping")
)

// Bounds of one answer.
const (
	MaxResources = inventory.MaxResources
	MaxBytes     = 256 << 20 // as encoded by the plugin
)

const (
	applyTimeout = 10 * time.Second // of handing over one answer or failure
	drainTimeout = 2 * time.Second  // of the polls that go on when Run is to end
	maxPoll      = time.Minute      // of one call, whatever the dataset says
	minValid     = time.Minute      // in which data stays fresh, whatever its interval
	jitter       = 0.05             // of the intervals, in both directions
)

// Sink takes what was seen and what could not be.
type Sink interface {
	Apply(ctx context.Context, observation inventory.Observation) (inventory.Outcome, error)
	Fail(ctx context.Context, failure inventory.Failure) error
	Announce(ctx context.Context, source inventory.SourceRef) error
	Forget(ctx context.Context, sourceID string) error
}

// Caller asks plugins. The context has a deadline; errors are judged by fault.Of.
type Caller interface {
	Collect(ctx context.Context, call supervise.Call, each func(*pluginv1.CollectChunk) error) error
}

// Source is one instance to collect from. Its Ref.ID is the instance's ID,
// Ref.Plugin its plugin.
type Source struct {
	Ref      inventory.SourceRef
	Datasets []Dataset
}

// Dataset is what is collected at one rhythm.
type Dataset struct {
	Name string
	// Interval is the time from one poll to the next.
	Interval time.Duration
	// MinInterval is the shortest time between two polls, however intervals adapt; 0: as Adaptive says.
	MinInterval time.Duration
	// Timeout bounds one poll further than Interval and one minute do; 0: it does not.
	Timeout time.Duration
}

// deadline returns the longest time for one poll.
func (d Dataset) deadline() time.Duration {
	limit := min(d.Interval, maxPoll)
	if d.Timeout > 0 {
		limit = min(limit, d.Timeout)
	}
	return limit
}

// Options are what a Scheduler needs.
type Options struct {
	Sink   Sink
	Caller Caller
	Logger hclog.Logger
	// Workers bounds the polls that go on at the same time; 0 means 16.
	Workers int
	// Adaptive makes intervals follow how things go; the zero value keeps them.
	Adaptive Adaptive
	// Retry holds the numbers of failure handling; the zero value means those
	// that go with Adaptive, usually DefaultRetry().
	Retry Retry
	// Random returns a number from 0 to 1 and spreads the polls; nil means a good one.
	Random func() float64
}

// Scheduler polls sources. Its methods may be called by several goroutines,
// before and during Run; Run is called once.
type Scheduler struct {
	sink     Sink
	caller   Caller
	logger   hclog.Logger
	workers  int
	adaptive Adaptive
	retry    Retry
	random   func() float64
	wake     chan struct{} // holds one note that the queue has changed

	mu      sync.Mutex
	targets map[string]*target
	queue   queue // the tasks that wait
	running int   // the tasks that do not
}

// target is one source with what its polls have brought. The scheduler's mutex guards it.
type target struct {
	source  Source
	breaker breaker
	tasks   []*task
	removed bool
}

// New returns a scheduler without sources.
func New(options Options) *Scheduler {
	if options.Workers <= 0 {
		options.Workers = 16
	}
	options.Adaptive = options.Adaptive.withDefaults()
	if options.Retry == (Retry{}) {
		options.Retry = options.Adaptive.retry()
	}
	if options.Random == nil {
		options.Random = rand.Float64
	}
	return &Scheduler{
		sink: options.Sink, caller: options.Caller, logger: options.Logger, workers: options.Workers,
		adaptive: options.Adaptive, retry: options.Retry, random: options.Random, wake: make(chan struct{}, 1), targets: map[string]*target{},
	}
}

// Add makes the scheduler poll a source, at once for the first time. A source
// of the same ID is replaced and all its failures are forgotten; Add waits for
// the end of its polls.
func (s *Scheduler) Add(ctx context.Context, source Source) error {
	if err := check(source); err != nil {
		return err
	}
	if err := s.drop(ctx, source.Ref.ID); err != nil {
		return err
	}
	if err := s.sink.Announce(ctx, source.Ref); err != nil {
		return fmt.Errorf("announce source: %w", err)
	}
	added := &target{source: source, breaker: newBreaker(s.retry)}
	s.mu.Lock()
	s.targets[source.Ref.ID] = added
	for _, dataset := range source.Datasets {
		t := &task{target: added, dataset: dataset, rhythm: steady(&dataset), due: time.Now()}
		added.tasks = append(added.tasks, t)
		s.queue.add(t)
	}
	s.mu.Unlock()
	s.note()
	return nil
}

// Remove ends the polls of a source and forgets what it brought.
func (s *Scheduler) Remove(ctx context.Context, id string) error {
	if err := s.drop(ctx, id); err != nil {
		return err
	}
	if err := s.sink.Forget(ctx, id); err != nil {
		return fmt.Errorf("forget source: %w", err)
	}
	return nil
}

// Retry makes every dataset of a source due now, whatever its failures; one
// that is being polled is polled again right after.
func (s *Scheduler) Retry(id string) {
	s.mu.Lock()
	if found, ok := s.targets[id]; ok {
		found.breaker.allow(time.Now())
		for _, t := range found.tasks {
			t.due = time.Now()
			t.again = t.running()
			s.queue.fix(t)
		}
	}
	s.mu.Unlock()
	s.note()
}

// drop takes a source out of the schedule and waits for its polls to end.
func (s *Scheduler) drop(ctx context.Context, id string) error {
	var ends []<-chan struct{}
	s.mu.Lock()
	if found, ok := s.targets[id]; ok {
		delete(s.targets, id)
		found.removed = true
		for _, t := range found.tasks {
			s.queue.remove(t)
			if t.running() {
				t.cancel(errRemoved)
				ends = append(ends, t.ended)
			}
		}
	}
	s.mu.Unlock()
	for _, ended := range ends {
		select {
		case <-ended:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func (s *Scheduler) note() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func check(source Source) error {
	if len(source.Datasets) == 0 {
		return fmt.Errorf("%w: %s", ErrNoDataset, source.Ref.ID)
	}
	for _, dataset := range source.Datasets {
		if dataset.Name == "" || dataset.Interval <= 0 {
			return fmt.Errorf("%w: %s", ErrNoDataset, source.Ref.ID)
		}
	}
	return nil
}
