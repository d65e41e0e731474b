// Package approve lets a command run on a machine only after somebody who may
// run commands has agreed to that very command.
package approve

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/oklog/ulid/v2"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// Reasons why an approval is not given, or not taken.
var (
	// ErrFull: MaxPending approvals are open, or MaxPerCaller of the caller's.
	ErrFull = errors.New("too many commands wait for approval")
	// ErrUnknown: no approval has the id, or it was redeemed, or its time is over.
	ErrUnknown = errors.New("no such approval")
	// ErrDecided: somebody has decided already.
	ErrDecided = errors.New("approval is decided already")
	// ErrForbidden: the caller may not decide about commands.
	ErrForbidden = errors.New("caller may not approve commands")
	// ErrOwn: the caller is a program, and the request is its own or its owner's.
	ErrOwn = errors.New("an own request is only approved by a person")
	// ErrNotAllowed: nobody has agreed, or somebody has refused.
	ErrNotAllowed = errors.New("command is not approved")
	// ErrNotYours: somebody else has asked for the command.
	ErrNotYours = errors.New("approval is of another caller")
	// ErrMismatch: what was approved is another command.
	ErrMismatch = errors.New("command is not the one that was approved")
)

const (
	// MaxPending bounds the approvals that are open, decided or not.
	MaxPending = 256
	// MaxPerCaller bounds those of one caller, so that nobody keeps the others out.
	MaxPerCaller = 32
	// Lifetime is how long an approval is open where nothing else is said.
	Lifetime = 5 * time.Minute

	sweepInterval = 15 * time.Second
)

// State is how far an approval has come.
type State string

// The states. A redeemed approval is gone.
const (
	Pending State = "pending"
	Allowed State = "allowed"
	Denied  State = "denied"
)

// Draft is a command that somebody wants to run.
type Draft struct {
	Command Command
	// Reason is for whoever decides; may be empty.
	Reason string
	// By is who will run it, and nobody else can.
	By *auth.Principal
}

// Approval is a command that waits for a decision, or for being run.
type Approval struct {
	ID string
	// Digest is SHA-256 of the command and its caller, in hex.
	Digest string
	// Command has its defaults filled in.
	Command     Command
	Reason      string
	RequestedBy string
	Requested   time.Time
	// Expires is when it is void, whatever was decided.
	Expires time.Time
	State   State
	// DecidedBy and Decided are empty while it is pending.
	DecidedBy string
	Decided   time.Time
}

// Audit is where it is written down who asked for what, and who agreed.
type Audit interface {
	Add(ctx context.Context, event audit.Event) error
}

// Options are what a Desk is built from. Audit is needed.
type Options struct {
	// Audit is told of everything first: what it cannot write down does not happen.
	Audit Audit
	// Logger may be nil.
	Logger hclog.Logger
	// Lifetime is how long an approval is open; 0: the constant of that name.
	Lifetime time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Desk keeps the approvals that are open, in memory only: a restart of the hub
// makes all of them void. It is safe for concurrent use.
type Desk struct {
	options Options

	mu   sync.Mutex
	open map[string]*entry // by id
}

// entry is an approval that is open.
type entry struct {
	Approval
	caller string // see the functions of these names
	user   string
	digest [sha256.Size]byte
	// busy is set while a change of it is being written down.
	busy bool
}

// New returns a desk without approvals.
func New(options Options) *Desk {
	if options.Logger == nil {
		options.Logger = hclog.NewNullLogger()
	}
	if options.Lifetime <= 0 {
		options.Lifetime = Lifetime
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Desk{options: options, open: map[string]*entry{}}
}

// Request asks for the approval of a command. The error is ErrForbidden for a
// draft of nobody, ErrCommand, ErrTarget, ErrReason, ErrFull, or one of the audit.
func (d *Desk) Request(ctx context.Context, draft Draft) (Approval, error) {
	if draft.By == nil {
		return Approval{}, ErrForbidden
	}
	command, err := draft.Command.complete()
	if err != nil {
		return Approval{}, err
	}
	if len(draft.Reason) > MaxReason || !shown(draft.Reason) {
		return Approval{}, ErrReason
	}
	d.sweep(ctx)
	now, who := d.options.Now(), caller(draft.By)
	asked := &entry{caller: who, user: user(draft.By), digest: digest(command, who), busy: true}
	asked.Approval = Approval{
		ID: ulid.Make().String(), Digest: hex.EncodeToString(asked.digest[:]), Command: command, Reason: draft.Reason,
		RequestedBy: draft.By.Name(), Requested: now, Expires: now.Add(d.options.Lifetime), State: Pending,
	}
	approval := asked.Approval // the entry is of whoever holds the lock
	if err := d.add(asked); err != nil {
		return Approval{}, err
	}
	err = d.note(ctx, approval, draft.By, "requested", nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		delete(d.open, approval.ID)
		return Approval{}, err
	}
	asked.busy = false
	return approval, nil
}

func (d *Desk) add(asked *entry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	own := 0
	for _, e := range d.open {
		if e.caller == asked.caller {
			own++
		}
	}
	if len(d.open) >= MaxPending || own >= MaxPerCaller {
		return ErrFull
	}
	d.open[asked.ID] = asked
	return nil
}

// List returns the approvals that are open, the newest first. The slice is the caller's.
func (d *Desk) List() []Approval {
	now := d.options.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]Approval, 0, len(d.open))
	for _, e := range d.open {
		if e.live(now) {
			list = append(list, e.Approval)
		}
	}
	slices.SortFunc(list, func(a, b Approval) int {
		return cmp.Or(b.Requested.Compare(a.Requested), cmp.Compare(b.ID, a.ID))
	})
	return list
}

// Get returns an approval that is open.
func (d *Desk) Get(id string) (Approval, bool) {
	now := d.options.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.open[id]
	if e == nil || !e.live(now) {
		return Approval{}, false
	}
	return e.Approval, true
}

func (e *entry) live(now time.Time) bool { return now.Before(e.Expires) }

// Run makes approvals void when their time is over, until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			d.sweep(ctx)
		}
	}
}

// sweep removes what is over. That nobody used an approval is told.
func (d *Desk) sweep(ctx context.Context) {
	for _, over := range d.removeOver() {
		if over.State == Denied {
			continue // was told
		}
		if err := d.note(ctx, over, nil, "expired", nil); err != nil {
			d.options.Logger.Warn("end of an approval not written down", "approval_id", over.ID, "error", err)
		}
	}
}

func (d *Desk) removeOver() []Approval {
	now := d.options.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	var over []Approval
	for id, e := range d.open {
		if !e.live(now) {
			delete(d.open, id)
			over = append(over, e.Approval)
		}
	}
	return over
}
