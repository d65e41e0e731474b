package backtest

import (
	"context"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/check"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

const (
	// maxAhead is how many windows are looked at closely at once.
	maxAhead = 6
	// tick is how often it is looked at an alert of which nothing is seen, in milliseconds.
	tick = fiveMinutes
)

// A walker goes through the history of one measure, in order of time, and keeps to the parts in which something can
// happen. It is not safe for concurrent use.
type walker struct {
	measure *check.Measure
	policy  *policy.Policy
	reader  reader
	tally   *tally
	// every says that each observation counts, not only those that change something.
	every bool
	// endsWhenDown says that alerts end when the resource stops.
	endsWhenDown bool

	engine *engine.Engine
	// seenAt is the moment of the newest round, in Unix milliseconds.
	seenAt   int64
	checked  [1]alert.Checked
	findings [1]alert.Finding
}

func newWalker(s *subject, m *check.Measure, r *Request, read reader, t *tally) *walker {
	return &walker{
		measure: m, policy: r.Policy, reader: read, tally: t, every: r.Events, endsWhenDown: s.endsWhenDown(), engine: engine.New(nil),
	}
}

// walk goes on through windows that follow those it has seen.
func (w *walker) walk(ctx context.Context, windows []window) error {
	for len(windows) > 0 {
		one := &windows[0]
		switch {
		case w.idle() && one.max < w.measure.Limit.Trigger, one.end <= w.reader.from:
		case w.steady(one):
			w.pass(one.at)
			w.take(sample{at: min(one.end-1, w.reader.to), value: one.avg})
		default:
			n := w.unsettled(windows)
			if err := w.look(ctx, windows[:n]); err != nil {
				return err
			}
			windows = windows[n:]
			continue
		}
		windows = windows[1:]
	}
	return nil
}

// finish lets the time pass until the end.
func (w *walker) finish() { w.pass(w.reader.to) }

// idle says that there is neither an alert nor a wait for one.
func (w *walker) idle() bool {
	state := w.engine.State()
	return len(state.Active) == 0 && len(state.Waiting) == 0
}

// active returns the alert; nil if there is none.
func (w *walker) active() *alert.Alert {
	return w.engine.State().Active[w.measure.Outline().Identity]
}

// steady says that an alert goes on through a window. Then it is enough to look once, for what is due by time: its level
// has no part in what is counted.
func (w *walker) steady(one *window) bool {
	return !w.every && w.active() != nil && w.holds(one)
}

// holds says that an alert cannot end in a window.
func (w *walker) holds(one *window) bool {
	return !one.empty() && !one.down && one.min > w.measure.Limit.Clear
}

// unsettled returns how many of the windows to look at closely: up to where nothing is open any
// more, or what is goes on.
func (w *walker) unsettled(windows []window) int {
	limit := &w.measure.Limit
	for n := 1; n < min(len(windows), maxAhead); n++ {
		before, next := &windows[n-1], &windows[n]
		over := before.max < limit.Trigger && before.min <= limit.Clear
		if over && next.max < limit.Trigger || !w.every && w.holds(next) {
			return n
		}
	}
	return min(len(windows), maxAhead)
}

// look looks closely at windows: at samples or, where they are not kept any more, at shorter sums.
func (w *walker) look(ctx context.Context, windows []window) error {
	q := span{from: windows[0].at, to: windows[len(windows)-1].end - 1, step: fiveMinutes}
	for i := range windows {
		q.doubtful = q.doubtful || windows[i].down
	}
	if old := q; old.from < w.reader.rawSince {
		old.to = min(old.to, w.reader.rawSince-1)
		if err := w.lookAtSums(ctx, old); err != nil {
			return err
		}
		if q.from = w.reader.rawSince; q.from > q.to {
			return nil
		}
	}
	samples, err := w.reader.samples(ctx, w.measure, q)
	if err != nil {
		return err
	}
	for _, one := range samples {
		if !w.idle() || one.value >= w.measure.Limit.Trigger && !one.down {
			w.observe(one)
		}
	}
	return nil
}

func (w *walker) lookAtSums(ctx context.Context, q span) error {
	w.tally.guessed = true
	read, err := w.reader.sums(ctx, []*check.Measure{w.measure}, q)
	if err != nil {
		return err
	}
	windows := read.windows(nil, w.measure)
	for i := range windows {
		one := &windows[i]
		if one.end > w.reader.from && (!w.idle() || one.max >= w.measure.Limit.Trigger) {
			w.guess(one)
		}
	}
	return nil
}

// guess observes a window of which only the sum is left. What must hold for a while is taken to be the average all the
// time, what counts at once to have reached the maximum; and an alert ends if the value was low enough at any time.
func (w *walker) guess(one *window) {
	if one.down {
		w.observe(sample{at: one.at, down: true})
	}
	if one.empty() {
		return
	}
	value := one.max
	if w.measure.Outline().Delay > 0 {
		value = one.avg
	}
	w.observe(sample{at: one.at, value: value})
	w.observe(sample{at: one.end - 2, value: value})
	if one.min <= w.measure.Limit.Clear {
		w.observe(sample{at: one.end - 1, value: one.min})
	}
}

// observe lets the engine decide on a sample, and before it on the time without any.
func (w *walker) observe(one sample) {
	w.pass(one.at)
	w.take(one)
}

func (w *walker) take(one sample) {
	at := time.UnixMilli(one.at).UTC()
	key := w.measure.Outline().Subject.Key
	w.checked[0] = alert.Checked{Key: key, Unseen: !w.endsWhenDown}
	if !one.down {
		w.findings[0] = w.measure.Find(at, one.value)
		w.checked[0].Findings = w.findings[:]
	}
	w.decide(one.at)
}

// pass lets time go by in which nothing is seen.
func (w *walker) pass(until int64) {
	for w.active() != nil && w.seenAt+tick < until {
		w.checked[0] = alert.Checked{Key: w.measure.Outline().Subject.Key, Unseen: true}
		w.decide(w.seenAt + tick)
	}
}

func (w *walker) decide(at int64) {
	w.seenAt = max(at, w.seenAt)
	events := w.engine.Evaluate(&engine.Round{Now: time.UnixMilli(at).UTC(), Policy: w.policy, Checked: w.checked[:]})
	for i := range events {
		w.tally.note(&events[i])
	}
}
