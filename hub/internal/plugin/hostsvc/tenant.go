package hostsvc

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
)

// tenant is what all processes of one plugin share, so that it takes its part
// of the hub and no more. It is safe for concurrent use.
type tenant struct {
	logger hclog.Logger
	calls  chan struct{} // one for each call that goes on
	lists  chan struct{} // one for each list in memory
	// writer is held for a write. A plugin's writes come one after another, so
	// that the hub's own wait for one of them at most.
	writer  chan struct{}
	reports *rate
	failing atomic.Bool // the last call failed because of the hub
}

func newTenant(logger hclog.Logger) *tenant {
	return &tenant{
		logger: logger, calls: make(chan struct{}, maxCalls), lists: make(chan struct{}, maxLists),
		writer: make(chan struct{}, 1), reports: newRate(ReportRate, ReportBurst),
	}
}

// acquire takes a place in a queue as soon as there is one. A plugin that
// waits for itself until its time is up has too many of what is queued.
func acquire(ctx context.Context, queue chan struct{}, what string) error {
	select {
	case queue <- struct{}{}:
		return nil
	case <-ctx.Done():
		if cause := context.Cause(ctx); !errors.Is(cause, errTimeout) {
			return cause
		}
		return tooMany(what)
	}
}

func release(queue chan struct{}) { <-queue }

// note logs when the hub begins to fail the plugin, and when it no longer does.
func (t *tenant) note(err error) {
	switch {
	case err != nil && !t.failing.Swap(true):
		t.logger.Warn("host service fails", "error", err)
	case err == nil && t.failing.Load() && t.failing.Swap(false):
		t.logger.Info("host service works again")
	}
}
