// Package host collects what a report says about the machine the agent runs on.
//
// A [Collector] runs a list of small sub-collectors, each of which fills one part of the report. Duration and last error
// of each are recorded here, outside of them; a sub-collector that fails leaves its part empty and never costs the
// report. The package wraps gopsutil, which no other package of the agent imports.
package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/report"
)

// Errors of the package.
var (
	// ErrNoHostname means that the system has no name and none was configured; the hub would refuse the report.
	ErrNoHostname = errors.New("the system has no hostname, configure one")
	// ErrStuck means that a call of the operating system did not come back in time.
	ErrStuck = errors.New("no answer from the operating system")
)

// Limits of one collection.
const (
	// collectTimeout bounds a whole collection.
	collectTimeout = 10 * time.Second
	// maxListed bounds each list of a report (disks, devices, interfaces, sensors of a kind), which keeps the report far
	// below the hub's limit on machines with very many of something. What comes later in the system's order is left out.
	maxListed = 128
)

// Options configures a [Collector].
type Options struct {
	// Hostname replaces the system's name when not empty.
	Hostname string
	// AgentID replaces the machine id as the agent's id when not empty.
	AgentID string
	// ReportIP and Tags are passed on in each report.
	ReportIP string
	Tags     []string
	// DiskExclude are patterns of mount points and devices to leave out: a path, "prefix*" or "*contains*".
	DiskExclude []string
	// Logger receives failures of sub-collectors, on change of state only. Required.
	Logger hclog.Logger
}

// Outcome is how the last run of one sub-collector went.
type Outcome struct {
	// Name is the sub-collector's, such as "cpu".
	Name string
	// Duration is how long it took.
	Duration time.Duration
	// Err is nil after a success.
	Err error
}

// source is one sub-collector. It fills its part of the report and may keep state between two calls; calls never
// overlap.
type source struct {
	name    string
	collect func(ctx context.Context, into *report.Host) error
}

// Collector collects host reports. Collect must not be called concurrently with itself; Outcomes may be called at any
// time.
type Collector struct {
	sources  []source
	identity *identity
	tags     []string
	logger   hclog.Logger

	mu       sync.Mutex
	outcomes []Outcome // in the order of sources; empty before the first collection
}

// New returns a collector and touches nothing of the system.
func New(options Options) *Collector {
	identity := newIdentity(options)
	return &Collector{
		identity: identity,
		tags:     options.Tags,
		logger:   options.Logger,
		sources: []source{
			{"identity", identity.collect},
			{"cpu", newProcessor().collect},
			{"load", collectLoad},
			{"memory", newMemory().collect},
			{"disks", newFileSystems(options.DiskExclude).collect},
			{"disk_io", newDevices().collect},
			{"network", newInterfaces().collect},
			{"sensors", newSensors().collect},
		},
	}
}

// Collect returns a report with everything but its sequence and the agent's version, type and interval. It takes at
// most about ten seconds. The error is ErrNoHostname, or the context's when that ended; failures of sub-collectors are
// logged and in [Collector.Outcomes].
func (c *Collector) Collect(ctx context.Context) (*report.Host, error) {
	limited, cancel := context.WithTimeoutCause(ctx, collectTimeout, fmt.Errorf("collection: %w", ErrStuck))
	defer cancel()
	result := &report.Host{Tags: c.tags, Timestamp: time.Now().UTC()}
	outcomes := make([]Outcome, 0, len(c.sources))
	for _, source := range c.sources {
		outcomes = append(outcomes, run(limited, source, result))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.record(outcomes)
	if result.Host.Hostname == "" {
		return nil, ErrNoHostname
	}
	return result, nil
}

// Outcomes returns how the last run of each sub-collector went, in their order; empty before the first collection.
// The slice must not be changed.
func (c *Collector) Outcomes() []Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.outcomes
}

// run runs and measures one sub-collector.
func run(ctx context.Context, source source, into *report.Host) Outcome {
	began := time.Now()
	err := attempt(ctx, source, into)
	return Outcome{Name: source.name, Duration: time.Since(began), Err: err}
}

func attempt(ctx context.Context, source source, into *report.Host) (err error) {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	defer recovered(&err)
	return source.collect(ctx, into)
}

// record publishes the outcomes and logs which sub-collectors began or stopped failing.
func (c *Collector) record(outcomes []Outcome) {
	c.mu.Lock()
	previous := c.outcomes
	c.outcomes = outcomes
	c.mu.Unlock()

	for i, outcome := range outcomes {
		failedBefore := i < len(previous) && previous[i].Err != nil
		switch {
		case outcome.Err != nil && !failedBefore:
			c.logger.Warn("part of the collection fails", "collector", outcome.Name, "error", outcome.Err, "duration", outcome.Duration)
		case outcome.Err == nil && failedBefore:
			c.logger.Info("part of the collection works again", "collector", outcome.Name)
		}
	}
}

// capped cuts a list to the greatest length a report may carry.
func capped[T any](list []T) []T { return list[:min(len(list), maxListed)] }

// size converts a size of the system to the wire's signed form.
func size(bytes uint64) int64 { return int64(min(bytes, 1<<63-1)) }

// percent returns part/whole in percent 0–100; zero for an empty whole.
func percent(part, whole float64) float64 {
	if !(whole > 0) { // also not a number
		return 0
	}
	return min(max(part/whole*100, 0), 100)
}
