// Package sender delivers the reports of a module to every hub, in order and through outages.
//
// An [Outbox] encodes, numbers and packs each report once and appends it to the module's spool. For each hub, a lane takes
// the reports out of the spool oldest first and sends them one at a time; the lanes know nothing of each other. After a
// failure a lane backs off, with jitter, so that agents do not return to a hub all at once.
//
// What a hub understands beyond the published format it says in its answers ([report.Features]). Before it has, and if it
// never does, it gets what the old agent would send: plain bodies, no additions, and after an outage at most the newest
// [LegacyBacklog] reports.
package sender

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/internal/spool"
	"github.com/pulse-hub/pulse/agent/report"
)

// LegacyBacklog is the greatest number of reports that are sent after an outage to a hub that would count each of them as
// of the moment it arrives: half an hour at the default interval.
const LegacyBacklog = 60

// Errors of the package.
var (
	// ErrTooLarge means that a report is larger than the hub accepts.
	ErrTooLarge = errors.New("report is larger than the hub accepts")
	// ErrUnreadableAnswer means that something answered with success but not as a hub does.
	ErrUnreadableAnswer = errors.New("the answer is not one of a hub")
)

// Options configures an [Outbox].
type Options struct {
	// Module is whose reports they are.
	Module module.Info
	// Spool takes the reports. Its readers must be those of Targets, in their order. Run closes it.
	Spool *spool.Log
	// Targets are the hubs.
	Targets []*Target
	// Hear is told the answers, from a goroutine for each hub; see module.Module. May be nil.
	Hear func(module.Answer) error
	// Logger receives failures and recoveries, on change of state only. Required.
	Logger hclog.Logger
}

// Stats counts what became of reports since the start, for one hub or for all together.
type Stats struct {
	// Sent counts reports the hub accepted.
	Sent uint64
	// Failed counts attempts that did not end with acceptance.
	Failed uint64
	// Dropped counts reports that were given up: refused for good, or too many for a legacy hub.
	Dropped uint64
	// Waiting is the number of reports that wait now.
	Waiting int
}

// Outbox delivers the reports of one module. Put must be called by one goroutine, Run once; Stats by any.
type Outbox struct {
	options Options
	lanes   []*lane
}

// New returns an outbox that has sent nothing. It starts no goroutine.
func New(options Options) *Outbox {
	outbox := &Outbox{options: options}
	for i, target := range options.Targets {
		outbox.lanes = append(outbox.lanes, &lane{
			module: options.Module, target: target, reader: options.Spool.Reader(i), hear: options.Hear,
			logger: options.Logger.With("target", target.Name()),
		})
	}
	return outbox
}

// Put numbers a report and adds it to the spool. It does not wait for any hub. The error is ErrTooLarge, that of encoding,
// or module.ErrEnded when no hub wants reports any more.
func (o *Outbox) Put(value report.Report) error {
	if o.ended() {
		return fmt.Errorf("no hub is left: %w", module.ErrEnded)
	}
	sequence := o.options.Spool.Next()
	body, err := report.Encode(value, sequence)
	if err != nil {
		return err
	}
	if len(body) > o.options.Module.MaxBytes {
		return fmt.Errorf("%w: %d of %d bytes", ErrTooLarge, len(body), o.options.Module.MaxBytes)
	}
	packed, err := pack(body)
	if err != nil {
		return err
	}
	return o.options.Spool.Append(spool.Record{Sequence: sequence, At: report.Taken(value), Body: packed})
}

// ended reports whether every hub has said that it wants no more.
func (o *Outbox) ended() bool {
	for _, lane := range o.lanes {
		if !lane.isEnded() {
			return false
		}
	}
	return true
}

// Stats returns the counts up to now for each hub, in the order of the options.
func (o *Outbox) Stats() []Stats {
	list := make([]Stats, 0, len(o.lanes))
	for _, lane := range o.lanes {
		list = append(list, lane.counts())
	}
	return list
}

// Spool returns how the spool stands.
func (o *Outbox) Spool() spool.Stats { return o.options.Spool.Stats() }

// Run delivers until the context ends, and closes the spool then. What waits is delivered after the next start. It
// returns nil, or what went wrong with the closing.
func (o *Outbox) Run(ctx context.Context) error {
	var wait sync.WaitGroup
	wait.Go(func() { _ = o.options.Spool.Run(ctx) }) // it has no errors
	for _, lane := range o.lanes {
		wait.Go(func() { lane.run(ctx) })
	}
	wait.Wait()
	if err := o.options.Spool.Close(); err != nil {
		return fmt.Errorf("close spool: %w", err)
	}
	return nil
}
