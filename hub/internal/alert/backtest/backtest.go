// Package backtest says which alerts there would have been: it lets the checks and the engine of the present decide on
// stored history, under any configuration.
//
// Where samples are kept, the outcome is that of the hub at the time, but for this:
//
//   - Every alert is decided about by itself. Those that another one explains, such as that of the node, count as told.
//   - Resources are taken as they are now, with their names, tags, places and present values, which custom rules may
//     choose them by. States that are not stored, such as the lock of a guest, are not known.
//   - Decisions are made when something was observed. What is due by time alone shows with the next observation or, while
//     there is none, within five minutes.
//   - Values are those that are stored, which are rounded: ratios to 0.006 percentage points.
//   - What is bad at the very beginning counts as an alert that began then.
//
// To be quick, it reads sums of an hour first, and looks closely only at hours in which something can happen. Where
// samples are not kept any more it looks at sums of five minutes instead, and says so.
//
// Nobody is told anything, and nothing is written.
package backtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// ErrBadRequest is returned for a time that ends before it begins, or that is longer than 90 days.
var ErrBadRequest = errors.New("time is not valid")

// longest is how much time can be looked at.
const longest = 91 * 24 * time.Hour

// Store is where history is; [metrics.Store] is one. It must be safe for concurrent use.
type Store interface {
	Select(ctx context.Context, q metrics.Query) ([]metrics.Result, error)
	// Stats says since when samples are kept as they came.
	Stats() metrics.Stats
}

// Request says what to look at. Store, Snapshot, Policy, From and To are needed.
type Request struct {
	Store    Store
	Snapshot *inventory.Snapshot
	Policy   *policy.Policy
	// From and To bound the samples, both included.
	From, To time.Time
	// Types are the only types of alerts to look at, Keys the only resources, by the keys of their entries, and Resource
	// the only one, by its id in the API. Empty: all.
	Types    []alert.Type
	Keys     []string
	Resource string
	// Events asks for all events. It takes longer: without them it is enough to look every hour at an alert that goes
	// on.
	Events bool
	// Progress is told how many of the resources are done; nil: nobody is. It is not called by two goroutines at a time.
	Progress func(done, total int)
}

// Run looks at history. It fails with ErrBadRequest, with the error of ctx, and as the store does.
func Run(ctx context.Context, r Request) (*Report, error) {
	if r.To.Before(r.From) || r.To.Sub(r.From) > longest {
		return nil, ErrBadRequest
	}
	subjects := choose(&r)
	read := reader{store: r.Store, from: r.From.UnixMilli(), to: r.To.UnixMilli(), rawSince: rawSince(r.Store.Stats())}
	report, err := runAll(ctx, &r, read, subjects)
	if err != nil {
		return nil, fmt.Errorf("look at history: %w", err)
	}
	return report, nil
}

// rawSince is from which time on samples are kept as they came, in Unix milliseconds: the hour of the oldest, because
// what is kept begins with an hour.
func rawSince(stats metrics.Stats) int64 {
	if stats.OldestRaw.IsZero() {
		return 0
	}
	return stats.OldestRaw.Truncate(time.Hour).UnixMilli()
}
