package sender

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/internal/spool"
	"github.com/pulse-hub/pulse/agent/report"
)

// maxRefusals is how often the hub may call the same report malformed before it is dropped, as a report that can never
// be accepted would otherwise hold up all that follow.
const maxRefusals = 3

// lane is the way of one module's reports to one hub.
type lane struct {
	module module.Info
	target *Target
	reader *spool.Reader
	hear   func(module.Answer) error
	logger hclog.Logger

	refused  uint64 // the sequence refused last
	refusals int    // and how often
	probed   bool   // a report was sent before the hub had said what it understands

	mu    sync.Mutex
	stats Stats // Waiting is not kept here
	state state // the last thing that was logged
	ended bool
}

// state is what was last logged about the connection to the hub.
type state struct {
	verdict verdict
	status  int
	known   bool // false before the first attempt
}

// run sends what waits until the context ends or the hub wants no more.
func (l *lane) run(ctx context.Context) {
	var backOff backOff
	for {
		retry, failed := l.drain(ctx)
		var pause <-chan time.Time
		wake := l.reader.Wake()
		if failed {
			pause, wake = time.After(max(backOff.next(), retry)), nil
		} else {
			backOff.reset()
		}
		if ctx.Err() != nil || l.isEnded() {
			l.target.options.Client.CloseIdleConnections()
			return
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-pause:
		}
	}
}

// drain sends from the oldest on until nothing waits or a report fails. It returns how long the hub asked to be left
// alone, if it did.
func (l *lane) drain(ctx context.Context) (retry time.Duration, failed bool) {
	for {
		l.limitBacklog()
		record, ok := l.reader.Peek()
		if !ok || ctx.Err() != nil || l.target.pace(ctx) != nil {
			return 0, false
		}
		outcome := l.attempt(ctx, record)
		if ctx.Err() != nil && outcome.verdict != accepted {
			return 0, false
		}
		l.learn(outcome)
		l.settle(record, outcome)
		l.log(outcome)
		if l.tell(outcome) {
			return 0, false
		}
		again := outcome.verdict == accepted || outcome.verdict == misunderstood || outcome.verdict == forbidden && l.module.DropForbidden
		if !again {
			return outcome.retry, true
		}
	}
}

// limitBacklog gives up what a legacy hub is better not sent.
func (l *lane) limitBacklog() {
	features, known := l.target.Features()
	if !known || features.Replay {
		return
	}
	limit := LegacyBacklog
	if l.probed { // one of them was sent to find out
		l.probed, limit = false, limit-1
	}
	if dropped := l.reader.KeepNewest(limit); dropped > 0 {
		l.count(func(stats *Stats) { stats.Dropped += uint64(dropped) })
		l.logger.Warn("hub takes no late reports, the older ones are dropped", "dropped", dropped)
	}
}

// attempt sends a report in the form the hub understands.
func (l *lane) attempt(ctx context.Context, record spool.Record) outcome {
	features, known := l.target.Features()
	l.probed = !known
	body, err := l.bodyFor(features, record)
	if err != nil {
		return outcome{verdict: refused, err: err}
	}
	result := l.target.post(ctx, message{path: l.module.Path, userAgent: l.module.UserAgent, body: body, packed: features.Gzip, dated: features.Replay})
	if result.verdict == refused && result.features == nil && features != (report.Features{}) {
		result.verdict = misunderstood
	}
	return result
}

// bodyFor returns a spooled report as a hub with these features may see it.
func (l *lane) bodyFor(features report.Features, record spool.Record) ([]byte, error) {
	if features.Gzip && features.Sequence && features.Detail {
		return record.Body, nil
	}
	full, err := unpack(record.Body, l.module.MaxBytes)
	if err != nil {
		return nil, err
	}
	body, err := report.For(features, full)
	if err != nil || !features.Gzip {
		return body, err
	}
	return pack(body)
}

// learn notes what the answer says about what the hub understands. Of the answers without the header, acceptance and
// misunderstanding say that it understands nothing more; others may be a proxy's.
func (l *lane) learn(outcome outcome) {
	switch {
	case outcome.features != nil:
		l.target.learn(*outcome.features)
	case outcome.verdict == accepted || outcome.verdict == misunderstood:
		l.target.learn(report.Features{})
	}
}

// settle counts the outcome and acknowledges the report to the spool if it is done with.
func (l *lane) settle(record spool.Record, outcome outcome) {
	done, drop := outcome.verdict == accepted, false
	switch outcome.verdict {
	case forbidden:
		drop = l.module.DropForbidden
	case refused:
		if l.refused != record.Sequence {
			l.refused, l.refusals = record.Sequence, 0
		}
		l.refusals++
		drop = l.refusals >= maxRefusals
	}
	if done || drop {
		l.reader.Ack(record.Sequence)
	}
	l.count(func(stats *Stats) {
		if done {
			stats.Sent++
			return
		}
		stats.Failed++
		if drop {
			stats.Dropped++
		}
	})
}

// tell hands the answer to the module, and ends the lane if that says so.
func (l *lane) tell(outcome outcome) (ended bool) {
	if l.hear == nil || outcome.verdict != accepted && outcome.verdict != refused || outcome.status == 0 {
		return false
	}
	err := l.hear(module.Answer{Target: l.target.options.Place, Status: outcome.status, Body: outcome.body})
	switch {
	case errors.Is(err, module.ErrEnded):
		l.logger.Warn("hub wants no more reports", "error", err)
		l.reader.Close()
		l.mu.Lock()
		l.ended = true
		l.mu.Unlock()
		return true
	case err != nil:
		l.logger.Debug("answer was not understood", "error", err)
	}
	return false
}

// log tells a change of state: the hub is lost, found, or refuses for another reason. Repeats go to debug.
func (l *lane) log(outcome outcome) {
	now := state{verdict: outcome.verdict, status: outcome.status, known: true}
	l.mu.Lock()
	before := l.state
	l.state = now
	l.mu.Unlock()
	waiting := l.reader.Waiting()
	switch {
	case now == before:
		if outcome.err != nil {
			l.logger.Debug("report was not accepted again", "error", outcome.err, "waiting", waiting)
		}
	case outcome.verdict == accepted:
		l.logger.Info("hub accepts reports", "waiting", waiting)
	case outcome.verdict == forbidden:
		l.logger.Error("hub forbids the token to report", "error", outcome.err, "dropped", l.module.DropForbidden)
	case outcome.verdict == misunderstood:
		l.logger.Info("hub no longer understands additions, sending without", "error", outcome.err)
	default:
		l.logger.Warn("report was not accepted, keeping it", "error", outcome.err, "waiting", waiting)
	}
}

func (l *lane) isEnded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

func (l *lane) counts() Stats {
	waiting := l.reader.Waiting()
	l.mu.Lock()
	defer l.mu.Unlock()
	stats := l.stats
	stats.Waiting = waiting
	return stats
}

func (l *lane) count(change func(*Stats)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.stats)
}
