// Package fleet keeps what is decided about machines with agents: who they
// are, whether they may report, what people call them, and what their agents
// are told to do.
//
// All changes are made by one writer and are durable before anybody sees them.
// What people have set is also shown as settings of the resource in the inventory.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Kind says what sort of agent module a member has.
type Kind string

// The kinds. Their names are the types of sources in the inventory.
const (
	Docker     Kind = "docker"
	Kubernetes Kind = "kubernetes"
	Host       Kind = "host"
)

// SourceID returns the id of a member's source in the inventory.
func SourceID(kind Kind, id string) string { return string(kind) + ":" + id }

// BlockTime is how long a removed engine or cluster may not report.
const BlockTime = 24 * time.Hour

// maxMembers bounds how many members are kept; a stranger beyond it is refused.
const maxMembers = 100_000

// Reasons why something is not done.
var (
	// ErrUnknown: there is no such member.
	ErrUnknown = errors.New("no such machine is known")
	// ErrFull: there are too many members for one more.
	ErrFull = errors.New("too many machines are known")
	// ErrNotLinked: the host does not exist or runs on no node.
	ErrNotLinked = errors.New("host not found or not linked to a node")
)

// Records is what is needed of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Inventory is where members are shown.
type Inventory interface {
	Snapshot() *inventory.Snapshot
	Annotate(ctx context.Context, key string, settings *inventory.Settings) error
	Forget(ctx context.Context, sourceID string) error
}

// Tokens revokes API tokens, as auth.Issuer does.
type Tokens interface {
	RevokeMade(ctx context.Context, id string) (auth.Token, error)
}

// Hosts knows which host agent reports with which token, as hostid.Registry does.
type Hosts interface {
	Token(id string) (token string, known bool)
	Users(tokenID string) int
	Release(ctx context.Context, id string) error
}

// Options are the parts of a Desk. All are needed but Now and NewID.
type Options struct {
	Records   Records
	Inventory Inventory
	Tokens    Tokens
	Hosts     Hosts
	Logger    hclog.Logger
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// NewID makes ids of commands; nil: random UUIDs.
	NewID func() string
}

// Desk is where the fleet is managed. Create it with New and call Load before
// anything else; it is safe for concurrent use.
type Desk struct {
	Options
	// writer holds one token: whoever has it may change the members.
	writer  chan struct{}
	members atomic.Pointer[members]
}

// New returns a desk that knows nobody.
func New(options Options) *Desk {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.NewID == nil {
		options.NewID = newUUID
	}
	d := &Desk{Options: options, writer: make(chan struct{}, 1)}
	d.members.Store(newMembers(0, map[key]*Member{}))
	return d
}

// Load reads the members and shows their settings.
func (d *Desk) Load(ctx context.Context) error {
	var saved map[string]Member
	err := d.Records.View(ctx, func(reader store.Reader) (err error) {
		saved, err = store.ListJSON[Member](ctx, reader, store.Sources, recordPrefix)
		return err
	})
	if err != nil {
		return fmt.Errorf("load fleet: %w", err)
	}
	byKey := make(map[key]*Member, len(saved))
	for _, member := range saved {
		byKey[member.key()] = &member
	}
	d.members.Store(newMembers(1, byKey))
	for _, member := range byKey {
		if err := d.show(ctx, member); err != nil {
			return err
		}
	}
	return nil
}

// Run puts an end to what has run out, until ctx ends: blocks of removed
// members, and commands that nobody has carried out.
func (d *Desk) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		err := d.sweep(ctx)
		if (err != nil) != failing && ctx.Err() == nil {
			failing = err != nil
			d.Logger.Warn("sweep of the fleet", "failing", failing, "error", err)
		}
	}
}

// sweepInterval is how often the clock is looked at.
const sweepInterval = 15 * time.Second

func (d *Desk) sweep(ctx context.Context) error {
	now := d.Now()
	for _, member := range d.members.Load().byKey {
		if !member.over(now) {
			continue
		}
		err := d.change(ctx, func(tx *draft) error {
			one := tx.get(member.Kind, member.ID)
			if one == nil || !one.over(now) {
				return nil
			}
			if one.forgotten(now) {
				tx.drop(one)
				return nil
			}
			one.expire(now)
			tx.put(one)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// revoke voids a token. One of the configuration, or one that is gone, cannot be revoked.
func (d *Desk) revoke(ctx context.Context, tokenID string) error {
	if tokenID == "" {
		return nil
	}
	_, err := d.Tokens.RevokeMade(ctx, tokenID)
	if errors.Is(err, auth.ErrUnknownToken) {
		d.Logger.Info("token of a removed machine was not made at run time and stays valid", "token_id", tokenID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	return nil
}
