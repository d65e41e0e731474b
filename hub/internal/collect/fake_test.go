package collect_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
)

var (
	errNetwork = &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: errors.New("connection refused")}
	errAuth    = &fault.Error{Origin: fault.OriginRemote, Code: fault.CodeAuth, Err: errors.New("token refused")}
	errDown    = &fault.Error{Origin: fault.OriginPlugin, Code: supervise.CodeDown, Transient: true, Err: supervise.ErrDown}
)

// fakeCaller answers calls as told.
type fakeCaller struct {
	took   time.Duration // of each call
	chunks []*pluginv1.CollectChunk

	mu      sync.Mutex
	fail    error
	calls   []time.Time
	going   map[supervise.Call]int
	most    int // greatest number of calls at the same time
	overlap bool
}

func (c *fakeCaller) Collect(ctx context.Context, call supervise.Call, each func(*pluginv1.CollectChunk) error) error {
	fail := c.begin(call)
	defer c.end(call)
	select {
	case <-time.After(c.took):
	case <-ctx.Done():
		return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: context.Cause(ctx)}
	}
	if fail != nil {
		return fail
	}
	for _, chunk := range c.chunks {
		if err := each(chunk); err != nil {
			return err
		}
	}
	return nil
}

func (c *fakeCaller) begin(call supervise.Call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.going == nil {
		c.going = map[supervise.Call]int{}
	}
	c.calls = append(c.calls, time.Now())
	c.going[call]++
	c.overlap = c.overlap || c.going[call] > 1
	c.most = max(c.most, c.totalLocked())
	return c.fail
}

func (c *fakeCaller) end(call supervise.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.going[call]--
}

func (c *fakeCaller) totalLocked() int {
	total := 0
	for _, n := range c.going {
		total += n
	}
	return total
}

func (c *fakeCaller) failWith(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = err
}

func (c *fakeCaller) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls)
}

func (c *fakeCaller) atOnce() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most
}

func (c *fakeCaller) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.most = 0
}

func (c *fakeCaller) overlapped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.overlap
}

// times returns when calls began, since a moment, in whole seconds.
func (c *fakeCaller) times(since time.Time) []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	var seconds []int
	for _, at := range c.calls {
		seconds = append(seconds, int(at.Sub(since).Round(time.Second).Seconds()))
	}
	return seconds
}

// fakeSink remembers what it was told.
type fakeSink struct {
	took time.Duration // of each Apply

	mu           sync.Mutex
	observations []inventory.Observation
	failures     []inventory.Failure
	told         []string
}

func (s *fakeSink) Apply(ctx context.Context, observation inventory.Observation) (inventory.Outcome, error) {
	select {
	case <-time.After(s.took):
	case <-ctx.Done():
		return inventory.Outcome{}, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observations = append(s.observations, observation)
	s.told = append(s.told, "apply "+observation.Source.ID)
	return inventory.Outcome{}, nil
}

func (s *fakeSink) Fail(_ context.Context, failure inventory.Failure) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, failure)
	s.told = append(s.told, "fail "+failure.Source.ID)
	return nil
}

func (s *fakeSink) Announce(_ context.Context, source inventory.SourceRef) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, "announce "+source.ID)
	return nil
}

func (s *fakeSink) Forget(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, "forget "+id)
	return nil
}

func (s *fakeSink) seen() []inventory.Observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.observations)
}

func (s *fakeSink) failed() []inventory.Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.failures)
}

func (s *fakeSink) log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told)
}

// fixture is a running scheduler in a synctest bubble.
type fixture struct {
	*testing.T
	caller    *fakeCaller
	sink      *fakeSink
	scheduler *collect.Scheduler
	start     time.Time
	stop      func()
}

// inBubble runs a test with a scheduler whose random number is always 0.5: no spread.
func inBubble(t *testing.T, caller *fakeCaller, sink *fakeSink, test func(f *fixture)) {
	inBubbleWith(t, collect.Options{}, caller, sink, test)
}

// inBubbleWith is inBubble with further options.
func inBubbleWith(t *testing.T, options collect.Options, caller *fakeCaller, sink *fakeSink, test func(f *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{T: t, caller: caller, sink: sink, start: time.Now()}
		options.Sink, options.Caller, options.Logger, options.Workers = sink, caller, hclog.NewNullLogger(), 4
		options.Random = func() float64 { return 0.5 }
		f.scheduler = collect.New(options)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- f.scheduler.Run(ctx) }()
		f.stop = sync.OnceFunc(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("run ended with %v", err)
			}
		})
		defer f.stop()
		test(f)
	})
}

func (f *fixture) add(id string, datasets ...collect.Dataset) {
	f.Helper()
	ref := inventory.SourceRef{ID: id, Type: "pve", Name: id, Plugin: "test.fake"}
	if err := f.scheduler.Add(f.Context(), collect.Source{Ref: ref, Datasets: datasets}); err != nil {
		f.Fatal(err)
	}
}

// after lets time pass and returns the health of the first source.
func (f *fixture) after(wait time.Duration) collect.InstanceHealth {
	time.Sleep(wait)
	synctest.Wait()
	health := f.scheduler.Health()
	if len(health.Instances) == 0 {
		return collect.InstanceHealth{}
	}
	return health.Instances[0]
}

func every(interval time.Duration) collect.Dataset {
	return collect.Dataset{Name: "status", Interval: interval}
}
