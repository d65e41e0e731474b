package approval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/lockfile"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/hub/internal/plugin/vault"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Records is what a Desk needs of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Inbox opens what is offered, as package inbox does.
type Inbox interface {
	Open(name string) (*archive.Source, error)
}

// Vault keeps what was approved, as package vault does.
type Vault interface {
	Admit(ctx context.Context, source *archive.Source, ref vault.Ref) (*archive.Content, error)
	Verify(ctx context.Context, ref vault.Ref) (*archive.Content, error)
	Executable(ctx context.Context, ref vault.Ref, platform string) (*vault.Executable, error)
	Prune(ctx context.Context, id string, keep ...vault.Ref) error
	Sweep(ctx context.Context, keep []vault.Ref) error
}

// Judge says whose signature it is, as trust.Ring does.
type Judge interface {
	Judge(ctx context.Context, message, signature []byte) (trust.Verdict, error)
}

// Options are the parts of a Desk. All are required but Lock.
type Options struct {
	Records Records
	Inbox   Inbox
	Vault   Vault
	Judge   Judge
	Events  Events
	Host    Host
	// DataRoot holds the plugins' own folders, <id> each.
	DataRoot string
	// Lock, if there is one, names the only packages that may be approved, and
	// approves them: it is the operator's word.
	Lock *lockfile.File
}

// Desk is where decisions about plugins are made. It is safe for concurrent
// use; one decision is made at a time, and waiting for it ends with the context.
type Desk struct {
	Options
	busy chan struct{}
}

// NewDesk returns the desk of its parts.
func NewDesk(options Options) *Desk { return &Desk{Options: options, busy: make(chan struct{}, 1)} }

// begin waits until no other decision is being made. The caller ends it.
func (d *Desk) begin(ctx context.Context) error {
	select {
	case d.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *Desk) end() { <-d.busy }

// List returns all plugins that are offered or decided about, ordered by id.
func (d *Desk) List(ctx context.Context) ([]Record, error) {
	var byID map[string]Record
	err := d.Records.View(ctx, func(reader store.Reader) (err error) {
		byID, err = store.ListJSON[Record](ctx, reader, store.Plugins, "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list plugins: %w", err)
	}
	return slices.SortedFunc(maps.Values(byID), func(a, b Record) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// Get returns the record of a plugin or ErrUnknown.
func (d *Desk) Get(ctx context.Context, id string) (Record, error) {
	var record Record
	err := d.Records.View(ctx, func(reader store.Reader) (err error) {
		record, err = store.GetJSON[Record](ctx, reader, store.Plugins, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Record{}, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	if err != nil {
		return Record{}, fmt.Errorf("read plugin: %w", err)
	}
	return record, nil
}

// save writes a record and then tells what happened.
func (d *Desk) save(ctx context.Context, record *Record, event Event) error {
	event.At, event.Plugin = time.Now().UTC(), record.ID
	record.Changed, record.ChangedBy = event.At, event.Actor
	err := d.Records.Update(ctx, func(tx store.Tx) error {
		return store.PutJSON(ctx, tx, store.Plugins, record.ID, record)
	})
	if err != nil {
		return fmt.Errorf("write plugin: %w", err)
	}
	d.Events.Happened(ctx, event)
	return nil
}

// forget deletes a record and then tells what happened.
func (d *Desk) forget(ctx context.Context, id string, event Event) error {
	err := d.Records.Update(ctx, func(tx store.Tx) error { return tx.Delete(ctx, store.Plugins, id) })
	if err != nil {
		return fmt.Errorf("delete plugin: %w", err)
	}
	event.At, event.Plugin = time.Now().UTC(), id
	d.Events.Happened(ctx, event)
	return nil
}

// Tidy removes from the vault what no record names. It is for the start.
func (d *Desk) Tidy(ctx context.Context) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.end()
	records, err := d.List(ctx)
	if err != nil {
		return err // and remove nothing
	}
	var keep []vault.Ref
	for _, record := range records {
		keep = append(keep, record.refs()...)
	}
	return d.Vault.Sweep(ctx, keep)
}

// ExportLock returns the lock file of what is approved on this platform. What
// base, which may be nil, knows of other platforms is taken over.
func (d *Desk) ExportLock(ctx context.Context, base *lockfile.File) (*lockfile.File, error) {
	records, err := d.List(ctx)
	if err != nil {
		return nil, err
	}
	file := &lockfile.File{Lock: lockfile.FormatVersion, Plugins: []lockfile.Plugin{}}
	for _, record := range records {
		if !record.Current.stored() || record.State == Quarantined {
			continue
		}
		known := base.With(record.ID, record.Current.Version, d.Host.Platform, record.Current.Digest)
		for _, plugin := range known.Plugins {
			if plugin.ID == record.ID {
				file.Plugins = append(file.Plugins, plugin)
			}
		}
	}
	return file, nil
}
