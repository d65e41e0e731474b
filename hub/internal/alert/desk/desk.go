// Package desk runs alerting: it has everything checked that changes, lets the engine decide, keeps what was decided,
// tells whoever listens, and takes the orders of people.
package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/check"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// roundInterval is how often what has changed is checked.
	roundInterval = time.Second
	// fullInterval is how often everything is: much gets worse by time alone.
	fullInterval = 10 * time.Second
	// queueSize is how many batches of changes may wait; they are only noted down.
	queueSize = 4096
	// lastTry is how long the end of Run may take.
	lastTry = 5 * time.Second
	// maxUnkept bounds the events that wait for room on the disk.
	maxUnkept = 10_000
)

// Records is what a Desk needs of the store.
type Records interface {
	store.Reader
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Inventory is where the present is.
type Inventory interface {
	Snapshot() *inventory.Snapshot
	Subscribe(name string, size int) *inventory.Subscription
}

// Finder looks at something that is not in the inventory. Each key it returns must begin with its Prefix; one that it
// does not return any more is gone.
type Finder interface {
	// Prefix ends with a slash.
	Prefix() string
	// Find is called every ten seconds and must not block.
	Find(now time.Time, p *policy.Policy) []alert.Checked
}

// Options are the parts of a Desk. All are needed but Validate, Finders, Listen and Now.
type Options struct {
	Inventory Inventory
	Journal   *journal.Journal
	Records   Records
	Finders   []Finder
	// Validate says what is wrong with a configuration that only others can tell, as a *policy.FieldError.
	Validate func(c *policy.Config) error
	// Listen is told of every event once it is kept, in order. It must not block, nor call the Desk.
	Listen []func(events []alert.Event)
	Logger hclog.Logger
	Now    func() time.Time
}

// Desk runs alerting. Make it with New, then Load, then Run; it is safe for concurrent use.
type Desk struct {
	Options
	started time.Time
	checker *check.Checker // only Run uses it

	// present is what is active, for those who show it.
	present atomic.Pointer[Present]

	mu     sync.Mutex
	engine *engine.Engine
	policy *policy.Policy
	unkept []alert.Event // events that could not be written yet
	failed bool          // the newest write failed
}

// New returns a Desk that knows nothing yet.
func New(options Options) *Desk {
	if options.Now == nil {
		options.Now = time.Now
	}
	d := &Desk{Options: options, started: options.Now(), checker: check.New()}
	d.present.Store(noPresent())
	return d
}

// Load reads the configuration and brings back what was going on. It is called once, before anything else.
func (d *Desk) Load(ctx context.Context) error {
	p, err := d.loadPolicy(ctx)
	if err != nil {
		return err
	}
	state, err := d.Journal.Load(ctx)
	if err != nil {
		return fmt.Errorf("load alerts: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy, d.engine = p, engine.New(state)
	d.publishLocked()
	return nil
}

// Run checks and decides until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	changes := d.Inventory.Subscribe("alerts", queueSize)
	defer changes.Close()
	defer d.keepRest(ctx)
	tick := time.NewTicker(roundInterval)
	defer tick.Stop()
	changed, full := map[string]struct{}{}, time.Time{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case batch, open := <-changes.Batches():
			if !open {
				return nil
			}
			note(changed, batch)
		case <-tick.C:
			now := d.Now()
			if now.Sub(full) >= fullInterval || now.Before(full) {
				d.checkAll(ctx, now)
				full = now
			} else {
				d.checkSome(ctx, now, changed)
			}
			clear(changed)
		}
	}
}

// note remembers what a batch has changed. What came late says nothing about the present.
func note(changed map[string]struct{}, batch *inventory.Batch) {
	if batch.Late {
		return
	}
	for i := range batch.Changes {
		if after := batch.Changes[i].After; after != nil {
			changed[after.Key] = struct{}{}
		}
	}
}

// checkAll looks at everything there is.
func (d *Desk) checkAll(ctx context.Context, now time.Time) {
	w := d.world(now)
	checked := d.checker.All(w)
	found := map[string]struct{}{}
	for _, finder := range d.Finders {
		for _, one := range finder.Find(now, w.Policy) {
			found[one.Key] = struct{}{}
			checked = append(checked, one)
		}
	}
	d.decide(ctx, &engine.Round{Now: now, Policy: w.Policy, Checked: checked, Gone: func(key string) bool {
		return d.gone(w, key, found)
	}})
}

// gone says that what a key names does not exist any more.
func (d *Desk) gone(w *check.World, key string, found map[string]struct{}) bool {
	for _, finder := range d.Finders {
		if strings.HasPrefix(key, finder.Prefix()) {
			_, exists := found[key]
			return !exists
		}
	}
	return !w.Exists(key)
}

// checkSome looks at what has changed.
func (d *Desk) checkSome(ctx context.Context, now time.Time, changed map[string]struct{}) {
	var checked []alert.Checked
	p := d.currentPolicy()
	if len(changed) > 0 {
		w := d.world(now)
		for _, key := range sortedKeys(changed) {
			e, exists := w.Get(key)
			if !exists {
				continue
			}
			if one, any := d.checker.Entry(w, e); any {
				checked = append(checked, one)
			}
		}
	}
	d.decide(ctx, &engine.Round{Now: now, Policy: p, Checked: checked})
}

func (d *Desk) world(now time.Time) *check.World {
	return check.NewWorld(d.Inventory.Snapshot(), d.currentPolicy(), now, d.started, d.open)
}

// open says whether a resource has alerts, or waits for some. Only Run changes that for the worse, so that an answer
// holds while it checks.
func (d *Desk) open(key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.engine.Open(key)
}

// decide lets the engine decide, keeps what it decided, and tells it.
func (d *Desk) decide(ctx context.Context, round *engine.Round) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keepLocked(ctx, d.engine.Evaluate(round))
	d.publishLocked()
}

// keepLocked writes events down and passes them on. On a full disk they are passed on nevertheless, and written as soon
// as there is room.
func (d *Desk) keepLocked(ctx context.Context, events []alert.Event) {
	d.unkept = append(d.unkept, events...)
	if excess := len(d.unkept) - maxUnkept; excess > 0 {
		d.unkept = slices.Delete(d.unkept, 0, excess)
	}
	err := d.Journal.Append(ctx, d.engine.State(), d.unkept)
	switch {
	case err == nil:
		d.unkept = nil
		if d.failed {
			d.Logger.Info("alert events are kept again")
		}
	case !d.failed:
		d.Logger.Error("alert events cannot be kept, trying again", "error", err)
	}
	d.failed = err != nil
	if len(events) == 0 {
		return
	}
	for _, listen := range d.Listen {
		listen(events)
	}
}

// keepRest tries once more to write what could not be written, now that Run ends.
func (d *Desk) keepRest(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTry)
	defer cancel()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keepLocked(ctx, nil)
}

func (d *Desk) currentPolicy() *policy.Policy {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.policy
}

func sortedKeys(set map[string]struct{}) []string {
	keys := make([]string, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
