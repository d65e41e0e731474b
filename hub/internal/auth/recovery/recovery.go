// Package recovery lets the owner of a hub in when there is no other way: with
// the bootstrap token at the first run, with recovery tokens, and with the
// recovery mode, in which callers on the hub's own machine need no credentials.
package recovery

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Reasons why a Desk refuses.
var (
	// ErrToken: the recovery token is unknown, used, in use, or its time is over.
	ErrToken = errors.New("recovery token is not valid")
	// ErrTooManyTokens: MaxTokens are valid already.
	ErrTooManyTokens = errors.New("there are too many recovery tokens")
	// ErrOff: recovery mode cannot be turned off because it is not on.
	ErrOff = errors.New("recovery mode is not enabled")
)

// Audit is where it is written down what became of tokens and of the mode.
type Audit interface {
	Add(ctx context.Context, event audit.Event) error
}

// Options are what a Desk is built from. All are needed but Now.
type Options struct {
	// Records is the hub's store; the Desk uses its sealed bucket SignIn.
	Records store.Tx
	// Dir is the data folder. The file ".auth_recovery" in it shows that recovery
	// mode is on; whoever makes it turns the mode on, and whoever removes it, off.
	Dir    string
	Audit  Audit
	Logger hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Desk gives out recovery tokens and keeps the recovery mode. It is safe for
// concurrent use once Load has returned.
type Desk struct {
	options Options
	path    string
	// turn holds one value while somebody changes something.
	turn chan struct{}
	mode mode                      // of whoever has the turn
	on   atomic.Pointer[time.Time] // when the mode ends; nil: it is off

	mu     sync.Mutex
	tokens []token // never changed in place
	held   map[string]struct{}
}

// New returns a desk without tokens and with the mode off. Load reads what is kept.
func New(options Options) *Desk {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Desk{
		options: options, path: filepath.Join(options.Dir, modeName),
		turn: make(chan struct{}, 1), held: map[string]struct{}{},
	}
}

// Load reads the tokens and the mode that are kept. The mode is on from here on
// when it was on and its time is not over, and when its file is there.
func (d *Desk) Load(ctx context.Context) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.done()
	if err := d.loadTokens(ctx); err != nil {
		return err
	}
	kept, err := store.GetJSON[mode](ctx, d.options.Records, store.SignIn, modeKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("read recovery mode: %w", err)
	}
	d.resume(kept)
	return d.look(ctx)
}

// Run ends the mode when its time is over, and follows its file, until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		text := ""
		if err := d.follow(ctx); err != nil && ctx.Err() == nil {
			text = err.Error()
		}
		if text != said && text != "" {
			d.options.Logger.Warn("recovery mode is not kept up with", "error", text)
		}
		said = text
	}
}

func (d *Desk) follow(ctx context.Context) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.done()
	return d.look(ctx)
}

// begin waits for the turn to change something; done gives it back.
func (d *Desk) begin(ctx context.Context) error {
	select {
	case d.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *Desk) done() { <-d.turn }

// tell writes down what happened. It has happened, whether or not that works.
func (d *Desk) tell(ctx context.Context, subject, what, detail string) {
	event := audit.Event{Kind: "recovery", Subject: subject, What: what, Detail: detail, At: d.options.Now().UTC()}
	if err := d.options.Audit.Add(ctx, event); err != nil {
		d.options.Logger.Warn("use of the recovery not written down", "subject", subject, "what", what, "error", err)
	}
}
