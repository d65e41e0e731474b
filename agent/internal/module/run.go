package module

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/report"
)

// Bounds of the pause before an unavailable module is asked again.
const (
	firstPause   = 5 * time.Second
	longestPause = 5 * time.Minute
)

// Options configures [Run].
type Options struct {
	Module Module
	// Interval is the time between two reports.
	Interval time.Duration
	// Put takes each report. Its errors are logged.
	Put func(report.Report) error
	// Tried is called after each collection, whatever came of it. May be nil.
	Tried func()
	// Logger is required.
	Logger hclog.Logger
}

// Run collects at once and then at every interval until the context ends, or the module ends for good. It returns nil
// either way.
func Run(ctx context.Context, options Options) error {
	rhythm := rhythm{options: options, wait: time.NewTimer(0)}
	defer rhythm.wait.Stop()
	var nudge <-chan struct{}
	if nudger, ok := options.Module.(Nudger); ok {
		nudge = nudger.Nudge()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-rhythm.wait.C:
		case <-nudge:
		}
		began := time.Now()
		err := rhythm.collect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrEnded) {
			options.Logger.Warn("module ends for good", "error", err)
			return nil
		}
		rhythm.wait.Reset(rhythm.pause(err) - time.Since(began))
	}
}

// rhythm is when a module is asked next.
type rhythm struct {
	options Options
	wait    *time.Timer
	away    time.Duration // the last pause while unavailable; zero while it is there
	failed  bool          // the last collection had no report
}

// collect makes one report and hands it on.
func (r *rhythm) collect(ctx context.Context) error {
	began := time.Now()
	result, err := r.options.Module.Collect(ctx)
	if err == nil {
		err = r.options.Put(result)
	}
	if ctx.Err() != nil || errors.Is(err, ErrEnded) {
		return err
	}
	r.log(err, time.Since(began))
	if r.options.Tried != nil {
		r.options.Tried()
	}
	return err
}

// log tells when reports stop and when they come again.
func (r *rhythm) log(err error, duration time.Duration) {
	logger := r.options.Logger
	switch {
	case err == nil && r.failed:
		logger.Info("module reports again")
	case err == nil:
		logger.Debug("collected", "duration", duration)
	case r.failed:
		logger.Debug("still no report", "error", err)
	case errors.Is(err, ErrUnavailable):
		logger.Warn("module waits for what it watches", "error", err)
	default:
		logger.Error("module has no report", "error", err)
	}
	r.failed = err != nil
}

// pause returns the time from the beginning of one collection to the next.
func (r *rhythm) pause(err error) time.Duration {
	if !errors.Is(err, ErrUnavailable) {
		r.away = 0
		return r.options.Interval
	}
	r.away = min(max(2*r.away, firstPause), longestPause)
	return r.away
}
