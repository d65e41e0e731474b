// Package inventory is the only live model of what Pulse watches: it takes
// observations in, one at a time and in one order, and publishes immutable
// snapshots and the changes between them.
//
// Readers take a Snapshot and never lock or wait. What an observation costs
// depends on how much it says, not on how many other sources there are:
// snapshots share all that did not change.
//
// Consumers subscribe to batches of changes. No batch is ever dropped: when a
// consumer's queue is full, observations wait for it until their context ends,
// and are then refused whole, so that whoever sent one can send it again.
package inventory

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// MaxClockSkew is how far ahead of the hub's clock a source may be before the
// time of arrival is taken instead of its own.
const MaxClockSkew = 5 * time.Minute

// MaxResources is how many resources one observation may name.
const MaxResources = 200_000

// sweepInterval is how often the clock is looked at for what has become stale.
const sweepInterval = time.Second

// The errors of Apply, Fail, Announce and Forget.
var (
	// ErrInvalid is wrapped by errors about the observation itself: sending it again is of no use.
	ErrInvalid = errors.New("invalid observation")
	// ErrBusy is returned when the context ended before the consumers had room:
	// nothing was applied, and it can be sent again.
	ErrBusy = errors.New("inventory is busy")
)

// Inventory holds the present. Create it with New; all methods may be called
// from any goroutine.
type Inventory struct {
	logger  hclog.Logger
	now     func() time.Time
	current atomic.Pointer[Snapshot]

	// writer holds one token: whoever has it may change what stands below.
	writer  chan struct{}
	sources map[string]*sourceState
	// settings are by the key of the resource.
	settings map[string]*Settings
	subs     []*Subscription
}

// Options configure an Inventory.
type Options struct {
	Logger hclog.Logger     // nil: silent
	Now    func() time.Time // nil: time.Now
}

// New returns an empty inventory.
func New(options Options) *Inventory {
	inv := &Inventory{
		logger:   options.Logger,
		now:      options.Now,
		writer:   make(chan struct{}, 1),
		sources:  map[string]*sourceState{},
		settings: map[string]*Settings{},
	}
	if inv.logger == nil {
		inv.logger = hclog.NewNullLogger()
	}
	if inv.now == nil {
		inv.now = time.Now
	}
	inv.current.Store(&Snapshot{trees: emptyTrees()})
	return inv
}

// Snapshot returns the newest snapshot. It never blocks.
func (inv *Inventory) Snapshot() *Snapshot { return inv.current.Load() }

// Run watches the clock until ctx ends, and marks as stale what was not
// confirmed in time.
func (inv *Inventory) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := inv.Sweep(ctx); err != nil && ctx.Err() == nil {
				inv.logger.Warn("stale check put off", "error", err)
			}
		}
	}
}

// Announce makes a source known before it has been observed.
func (inv *Inventory) Announce(ctx context.Context, ref SourceRef) error {
	return inv.change(ctx, func(tx *transaction) error {
		if err := checkSource(ref); err != nil {
			return err
		}
		state := tx.source(ref)
		tx.putSource(state)
		return nil
	})
}

// Fail records that an attempt to observe brought nothing. What is known of
// the source stays until it is stale.
func (inv *Inventory) Fail(ctx context.Context, failure Failure) error {
	return inv.change(ctx, func(tx *transaction) error {
		if err := checkSource(failure.Source); err != nil {
			return err
		}
		state := tx.source(failure.Source)
		state.dataset(failure.Dataset).failure = failure.Message
		state.failures++
		tx.putSource(state)
		return nil
	})
}

// Forget removes a source and everything it told. An unknown ID is no error.
func (inv *Inventory) Forget(ctx context.Context, sourceID string) error {
	return inv.change(ctx, func(tx *transaction) error {
		for entry := range tx.base.OfSource(sourceID) {
			tx.remove(entry)
		}
		delete(inv.sources, sourceID)
		tx.removeSource(sourceID)
		return nil
	})
}

// Sweep marks as stale what was not confirmed in time. Run calls it every second.
func (inv *Inventory) Sweep(ctx context.Context) error {
	return inv.change(ctx, func(tx *transaction) error {
		for id, state := range inv.sources {
			if !state.expire(tx.now) {
				continue
			}
			for entry := range tx.base.OfSource(id) {
				if state.dataset(entry.Dataset).expired && !entry.Stale {
					tx.markStale(entry)
				}
			}
			tx.putSource(state)
		}
		return nil
	})
}

// change runs edit as the only writer and publishes what it did. When edit
// returns an error, nothing is published; edit must then not have changed any state.
func (inv *Inventory) change(ctx context.Context, edit func(*transaction) error) error {
	select {
	case inv.writer <- struct{}{}:
		defer func() { <-inv.writer }()
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBusy, context.Cause(ctx))
	}
	if err := inv.waitForRoom(ctx); err != nil {
		return err
	}
	tx := newTransaction(inv)
	if err := edit(tx); err != nil {
		return err
	}
	tx.commit()
	return nil
}
