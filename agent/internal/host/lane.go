package host

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// freshFor is for how many rhythms what a part learned is reported after it stopped learning more.
const freshFor = 3

// leaveGrace is how long a part may take to return once its time is up, for what it asked to be killed.
const leaveGrace = 4 * time.Second

// fill adds what a part learned to a report. It runs within a collection and must not block.
type fill func(into *report.Host)

// part is a piece of the collection that is slow or may hang, such as asking an outside program.
type part struct {
	name string
	// every is the pause between two runs, limit the time one run may take.
	every, limit time.Duration
	// after delays the first run.
	after time.Duration
	// collect may return what it learned together with an error.
	collect func(ctx context.Context) (fill, error)
}

// lane runs one part on its own rhythm and keeps the newest it learned, so that a part that hangs costs nothing but
// itself. It is safe for concurrent use.
type lane struct {
	part
	onOutcome func(before, now Outcome) // called after each run

	mu      sync.Mutex
	busy    bool // a run goes on, if only because it hangs
	last    Outcome
	ran     bool
	learned fill
	at      time.Time // when it was learned
}

// run runs the part until the context ends.
func (l *lane) run(ctx context.Context) {
	timer := time.NewTimer(l.after)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			l.once(ctx)
			timer.Reset(l.every)
		}
	}
}

// result is what one run of a part came back with.
type result struct {
	fill fill
	err  error
}

// once runs the part and waits for it no longer than its limit. A run that does not come back is left behind with its
// goroutine, and until it is back there is no other one.
func (l *lane) once(ctx context.Context) {
	if !l.begin() {
		return
	}
	began := time.Now()
	limited, cancel := context.WithTimeoutCause(ctx, l.limit, command.ErrTimeout)
	defer cancel()
	back := make(chan result, 1)
	go func() {
		defer l.end()
		back <- attemptPart(limited, l.collect)
	}()
	came, ok := await(limited, back)
	if !ok {
		came.err = fmt.Errorf("%w for %s", ErrStuck, time.Since(began).Round(time.Second))
	}
	if ctx.Err() == nil { // what was cut off by the end of the agent says nothing
		l.learn(came, time.Since(began))
	}
}

func attemptPart(ctx context.Context, collect func(ctx context.Context) (fill, error)) (got result) {
	defer recovered(&got.err)
	got.fill, got.err = collect(ctx)
	return got
}

// await waits for the result, once the context has ended no longer than the grace.
func await(ctx context.Context, back <-chan result) (result, bool) {
	select {
	case came := <-back:
		return came, true
	case <-ctx.Done():
	}
	grace := time.NewTimer(leaveGrace)
	defer grace.Stop()
	select {
	case came := <-back:
		return came, true
	case <-grace.C:
		return result{}, false
	}
}

func (l *lane) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return false
	}
	l.busy = true
	return true
}

func (l *lane) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = false
}

// learn keeps the result. A run that learned nothing and says so leaves nothing of earlier ones; one that failed leaves
// what was known until it is stale.
func (l *lane) learn(came result, took time.Duration) {
	now := outcome.Of(l.name, came.err, took)
	l.mu.Lock()
	before := l.last
	l.last, l.ran = now, true
	if came.fill != nil || now.State == outcome.OK || now.State == outcome.Unavailable {
		l.learned, l.at = came.fill, time.Now()
	}
	l.mu.Unlock()
	l.onOutcome(before, now)
}

// report adds the newest that is known to a report, unless it is stale.
func (l *lane) report(into *report.Host) {
	l.mu.Lock()
	learned, age := l.learned, time.Since(l.at)
	l.mu.Unlock()
	if learned != nil && age <= freshFor*l.every+l.limit {
		learned(into)
	}
}

// outcome returns how the last run went and whether there was one.
func (l *lane) outcome() (Outcome, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, l.ran
}
