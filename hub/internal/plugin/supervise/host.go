package supervise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// Options are what a Host needs.
type Options struct {
	// Plugins are those that may run.
	Plugins  []Plugin
	Launcher Launcher
	// Timing holds the numbers; the zero value means DefaultTiming().
	Timing Timing
	// HubVersion is told to the plugins.
	HubVersion string
	Logger     hclog.Logger
	// Random returns a number from 0 to 1 and spreads the waits; nil means a good one.
	Random func() float64
}

// Host runs all plugins of a hub. Its methods may be called by several
// goroutines, before and during Run; Run is called once.
type Host struct {
	launcher    Launcher
	supervisors map[string]*supervisor
	tests       atomic.Uint64
}

// NewHost returns a host that runs nothing yet.
func NewHost(options Options) *Host {
	if options.Timing == (Timing{}) {
		options.Timing = DefaultTiming()
	}
	if options.Random == nil {
		options.Random = rand.Float64
	}
	h := &Host{launcher: options.Launcher, supervisors: map[string]*supervisor{}}
	slots := make(chan struct{}, max(options.Timing.ParallelStarts, 1))
	for _, plugin := range options.Plugins {
		h.supervisors[plugin.ID] = newSupervisor(plugin, options, slots)
	}
	return h
}

// Run keeps the plugins running until the context is done, ends their
// processes, and returns when all are gone. An error of the launcher does not
// end it: it stands in the Status of the plugins and is returned at the end.
func (h *Host) Run(ctx context.Context) error {
	// The launcher ends last: on some systems its end is the end of all processes.
	launching, stopLauncher := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLauncher()
	ended := make(chan error, 1)
	go func() { ended <- h.launcher.Run(launching) }()

	var running sync.WaitGroup
	for _, s := range h.supervisors {
		running.Go(func() { s.run(ctx) })
	}
	running.Wait()
	stopLauncher()
	if err := <-ended; err != nil {
		return fmt.Errorf("launch plugins: %w", err)
	}
	return nil
}

// Configure adds or replaces an instance; one that is not enabled is removed.
// If the plugin runs it is told at once and a refusal returned as *ConfigError;
// otherwise it is told at its start, and Status says how that went. A refused
// instance stays and shows as failed.
func (h *Host) Configure(ctx context.Context, one instance.Instance) error {
	s, err := h.find(one.Plugin)
	if err != nil {
		return err
	}
	if !one.Enabled {
		return s.remove(ctx, one.ID)
	}
	return s.configure(ctx, one)
}

// Remove ends an instance. One that is not there is not an error.
func (h *Host) Remove(ctx context.Context, plugin, instance string) error {
	s, err := h.find(plugin)
	if err != nil {
		return err
	}
	return s.remove(ctx, instance)
}

// TestResult is what trying a configuration brought.
type TestResult struct {
	OK      bool
	Summary string
	// Fields are faults that belong to fields.
	Fields []FieldError
	// Facts are what was found, for people: {"version": "8.2.2"}.
	Facts map[string]string
}

// Test tries a configuration that is not saved, starting the plugin if need be.
func (h *Host) Test(ctx context.Context, one instance.Instance) (TestResult, error) {
	s, err := h.find(one.Plugin)
	if err != nil {
		return TestResult{}, err
	}
	mask := "test " + strconv.FormatUint(h.tests.Add(1), 10)
	s.journal.Mask(mask, secretsOf(one))
	defer s.journal.Mask(mask, nil)

	ctx, cancel := context.WithTimeoutCause(ctx, s.timing.Test, errTestTimeout)
	defer cancel()
	request := configureRequest(one)
	request.InstanceId = ""
	var result TestResult
	err = s.useProcess(ctx, func(ctx context.Context, clients *transport.Client) error {
		response, err := clients.Plugin.Test(ctx, request)
		result = TestResult{
			OK: response.GetOk(), Summary: s.journal.Text(response.GetSummary()),
			Fields: fieldErrors(response.GetErrors(), s.journal.Text), Facts: response.GetFacts(),
		}
		return err
	})
	return result, err
}

// Use calls fn with the clients of the plugin that an instance belongs to,
// which is started if need be and knows the instance then. The context must have a deadline. Errors are *fault.Error; one with the code
// CodeDown says that the process did not run or ended during the call.
func (h *Host) Use(ctx context.Context, plugin, instance string, fn func(context.Context, *transport.Client) error) error {
	s, err := h.find(plugin)
	if err != nil {
		return err
	}
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeoutCause(ctx, s.timing.Call, errCallTimeout)
		defer cancel()
		ctx = limited
	}
	return s.useInstance(ctx, instance, fn)
}

// Collect asks an instance for one dataset and calls each with every chunk of
// the answer, until there are no more or each returns an error, which Collect
// then returns as it is. Deadline and other errors are as those of Use.
func (h *Host) Collect(ctx context.Context, call Call, each func(*pluginv1.CollectChunk) error) error {
	var refused error // of each: it goes back as it came
	err := h.Use(ctx, call.Plugin, call.Instance, func(ctx context.Context, clients *transport.Client) error {
		ctx, cancel := context.WithCancel(ctx) // ends the stream when it is left early
		defer cancel()
		stream, err := clients.Source.Collect(ctx, collectRequest(ctx, call))
		if err != nil {
			return err
		}
		for {
			chunk, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if refused = each(chunk); refused != nil {
				return nil
			}
		}
	})
	return cmp.Or(refused, err)
}

// Call names one dataset of one instance of a plugin.
type Call struct{ Plugin, Instance, Dataset string }

func collectRequest(ctx context.Context, call Call) *pluginv1.CollectRequest {
	request := &pluginv1.CollectRequest{InstanceId: call.Instance, Dataset: call.Dataset}
	if deadline, ok := ctx.Deadline(); ok {
		request.Deadline = durationpb.New(time.Until(deadline))
	}
	return request
}

// Restart ends the plugin's process and starts a new one, at once and with its
// failures forgotten. A plugin that nobody needs stays idle.
func (h *Host) Restart(plugin string) error {
	s, err := h.find(plugin)
	if err != nil {
		return err
	}
	if s.status().State != StateIdle {
		note(s.restart)
	}
	return nil
}

// Status returns what is known of every plugin, ordered by id.
func (h *Host) Status() []Status {
	list := make([]Status, 0, len(h.supervisors))
	for _, s := range h.supervisors {
		list = append(list, s.status())
	}
	slices.SortFunc(list, func(a, b Status) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Lines returns up to n of the last lines of a plugin's output, the oldest first.
func (h *Host) Lines(plugin string, n int) ([]journal.Line, error) {
	s, err := h.find(plugin)
	if err != nil {
		return nil, err
	}
	return s.journal.Tail(n), nil
}

func (h *Host) find(plugin string) (*supervisor, error) {
	s, ok := h.supervisors[plugin]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrUnknownPlugin, plugin)
	}
	return s, nil
}
