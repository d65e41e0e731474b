// Package host collects what a report says about the machine the agent runs on.
//
// A [Collector] runs a list of small sub-collectors, each of which fills one part of the report. What is slow or may hang,
// above all outside programs, is none of them but a part that [Collector.Run] runs on a rhythm of its own; a report takes
// the newest such a part knows. Duration and last error of each are recorded here, outside of them; one that fails leaves
// its share empty, is named in the report, and never costs the report. The package wraps gopsutil, which no other package
// of the agent imports.
package host

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
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
	// maxCores bounds the list of processors.
	maxCores = 512
	// maxReason bounds the text about a part that fails, in bytes.
	maxReason = 200
	// defaultInterval is the rhythm of quick parts when none is given.
	defaultInterval = 30 * time.Second
)

// Options configures a [Collector].
type Options struct {
	// Hostname replaces the system's name when not empty.
	Hostname string
	// AgentID is the agent's id; empty: the host's, or else its name.
	AgentID string
	// HostID and MachineID are those of the machine; empty where it has none.
	HostID, MachineID string
	// ReportIP and Tags are passed on in each report.
	ReportIP string
	Tags     []string
	// DiskExclude are patterns of mount points and devices to leave out: a path, "prefix*" or "*contains*".
	DiskExclude []string
	// Interval is the time between two reports, at which parts that are quick but may hang are measured; zero means 30
	// seconds.
	Interval time.Duration
	// Run runs outside programs; nil means those of the system, in the bounds of package command.
	Run command.Run
	// Root is the folder that holds /sys, /proc, /etc and /run of Linux; empty means "/". Figures that come from a library
	// are always those of the system.
	Root string
	// Logger receives failures of sub-collectors and parts, on change of state only. Required.
	Logger hclog.Logger

	detect func() string // finds out the virtualization; nil means the system's
}

// Outcome is how the last run of one sub-collector or part went.
type Outcome = outcome.Outcome

// source is one sub-collector. It fills its part of the report and may keep state between two calls; calls never
// overlap.
type source struct {
	name    string
	collect func(ctx context.Context, into *report.Host) error
}

// Collector collects host reports. Collect must not be called concurrently with itself, and Probe not while Run or Collect
// does; Outcomes may be called at any time.
type Collector struct {
	sources []source
	lanes   []*lane
	tags    []string
	logger  hclog.Logger

	mu       sync.Mutex
	outcomes []Outcome // in the order of sources; empty before the first collection
}

// New returns a collector and touches nothing of the system.
func New(options Options) *Collector {
	options = options.withDefaults()
	files := newFileSystems(options.DiskExclude)
	collector := &Collector{
		tags:   options.Tags,
		logger: options.Logger,
	}
	for _, each := range newSources(options, files) {
		if slices.Contains(each.systems, runtime.GOOS) {
			collector.sources = append(collector.sources, each.source)
		}
	}
	for _, each := range newParts(options, files) {
		if slices.Contains(each.systems, runtime.GOOS) {
			collector.lanes = append(collector.lanes, &lane{part: each.part, onOutcome: collector.tell})
		}
	}
	return collector
}

// Run runs the parts with a rhythm of their own until the context ends, waits for all it started, and returns nil. Reports
// collected while it does not run lack these parts.
func (c *Collector) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, each := range c.lanes {
		all.Go(func() { each.run(ctx) })
	}
	all.Wait()
	return nil
}

// Probe runs everything once, all parts at the same time, and returns how it went. It takes as long as the slowest part,
// which may be minutes when something hangs, or until the context ends; parts that are not done by then have failed.
func (c *Collector) Probe(ctx context.Context) []Outcome {
	var all sync.WaitGroup
	for _, each := range c.lanes {
		all.Go(func() { each.once(ctx) })
	}
	_, err := c.Collect(ctx)
	all.Wait()
	outcomes := c.Outcomes()
	for _, each := range c.lanes {
		if _, ran := each.outcome(); !ran {
			outcomes = append(outcomes, outcome.Of(each.name, ErrStuck, 0))
		}
	}
	if err != nil {
		outcomes = append(outcomes, outcome.Of("report", err, 0))
	}
	return outcomes
}

// Collect returns a report with everything but its sequence and the agent's version, type and interval. It takes at
// most about ten seconds. The error is ErrNoHostname, or the context's when that ended; failures of sub-collectors are
// logged, in [Collector.Outcomes] and in the report.
func (c *Collector) Collect(ctx context.Context) (*report.Host, error) {
	limited, cancel := context.WithTimeoutCause(ctx, collectTimeout, fmt.Errorf("collection: %w", ErrStuck))
	defer cancel()
	result := &report.Host{Tags: c.tags, Timestamp: time.Now().UTC(), Detail: &report.HostDetail{}}
	outcomes := make([]Outcome, 0, len(c.sources))
	for _, source := range c.sources {
		outcomes = append(outcomes, run(limited, source, result))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, each := range c.lanes {
		each.report(result)
	}
	c.record(outcomes)
	result.Detail.Degraded = degraded(c.Outcomes())
	if result.Host.Hostname == "" {
		return nil, ErrNoHostname
	}
	return result, nil
}

// Outcomes returns how the last run of each sub-collector and part went, in their order, without those that have not run.
// The caller owns the slice.
func (c *Collector) Outcomes() []Outcome {
	c.mu.Lock()
	list := slices.Clone(c.outcomes)
	c.mu.Unlock()
	for _, each := range c.lanes {
		if last, ran := each.outcome(); ran {
			list = append(list, last)
		}
	}
	return list
}

// degraded lists what ought to work and does not.
func degraded(outcomes []Outcome) []report.DegradedPart {
	var list []report.DegradedPart
	for _, each := range outcomes {
		if each.Err != nil {
			list = append(list, report.DegradedPart{Part: each.Name, Reason: strings.ToValidUTF8(each.Reason[:min(len(each.Reason), maxReason)], "")})
		}
	}
	return list
}

// run runs and measures one sub-collector.
func run(ctx context.Context, source source, into *report.Host) Outcome {
	began := time.Now()
	err := attempt(ctx, source, into)
	return outcome.Of(source.name, err, time.Since(began))
}

func attempt(ctx context.Context, source source, into *report.Host) (err error) {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	defer recovered(&err)
	return source.collect(ctx, into)
}

// record publishes the outcomes of the sub-collectors.
func (c *Collector) record(outcomes []Outcome) {
	c.mu.Lock()
	previous := c.outcomes
	c.outcomes = outcomes
	c.mu.Unlock()

	for i, now := range outcomes {
		var before Outcome
		if i < len(previous) {
			before = previous[i]
		}
		c.tell(before, now)
	}
}

// tell logs that a sub-collector or part began or stopped failing.
func (c *Collector) tell(before, now Outcome) {
	switch {
	case now.Err != nil && before.Err == nil:
		c.logger.Warn("part of the collection fails", "collector", now.Name, "error", now.Reason, "duration", now.Duration)
	case now.Err == nil && before.Err != nil:
		c.logger.Info("part of the collection works again", "collector", now.Name)
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
