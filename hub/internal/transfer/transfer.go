// Package transfer takes the configuration of a hub out as one encrypted text, and takes such texts in, also those of
// hubs of version 5.
//
// What is to become of the hub is planned on paper first: an import that is only tried shows the plan, and a real one
// writes it in one transaction and then has the parts of the hub take it up. If one of them does not, everything is put
// back.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/transfer/bundle"
	"github.com/pulse-hub/pulse/hub/internal/transfer/v5"
)

// Reasons why nothing is exported or imported. Test with [errors.Is]. Those of packages bundle and transfer/v5 come
// besides.
var (
	// ErrNoPassphrase says that the passphrase is missing.
	ErrNoPassphrase = errors.New("passphrase is missing")
	// ErrShortPassphrase says that the passphrase of an export has less than MinPassphrase bytes.
	ErrShortPassphrase = errors.New("passphrase is too short")
	// ErrNoData says that there is no bundle.
	ErrNoData = errors.New("import data is missing")
	// ErrDocument says that a bundle of ours does not hold a configuration.
	ErrDocument = errors.New("the bundle does not hold a configuration that can be read")
	// ErrNewer says that a newer hub has made the bundle.
	ErrNewer = errors.New("a newer version of Pulse made the bundle; update this hub first")
	// ErrPlugin says that a plugin is needed to take over a configuration of version 5, and does not run here.
	ErrPlugin = errors.New("a plugin that the configuration needs does not run on this hub")
	// ErrTooLarge says that there is more configured than a bundle can hold.
	ErrTooLarge = errors.New("there is more configured than a bundle can hold")
	// ErrChanged says that somebody changed the configuration while it was being replaced.
	ErrChanged = errors.New("the configuration was changed meanwhile; try again")
)

const (
	// MinPassphrase is the least length of the passphrase of an export, in bytes.
	MinPassphrase = 12
	// MaxData bounds the text of a bundle, in bytes.
	MaxData = bundle.MaxData
	// maxInstances bounds the instances of a hub, as package plugin/setup has it.
	maxInstances = 2000
	// maxID bounds ids, in bytes.
	maxID = 200
)

// Records is what is needed of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Checker asks a plugin whether it takes a configuration that is not kept, as channel.Channels does. An error that wraps
// *supervise.ConfigError says that it does not; any other that it cannot be asked.
type Checker interface {
	Check(ctx context.Context, one instance.Instance) error
}

// Host runs instances, as supervise.Host does.
type Host interface {
	Configure(ctx context.Context, one instance.Instance) error
	Remove(ctx context.Context, plugin, instance string) error
}

// Scheduler polls sources, as collect.Scheduler does.
type Scheduler interface {
	Add(ctx context.Context, source collect.Source) error
	Remove(ctx context.Context, id string) error
}

// Alerts is where alerts are configured, as desk.Desk does.
type Alerts interface {
	Config() policy.Config
	SetConfig(ctx context.Context, body []byte, by string) (policy.Config, error)
}

// Part is a part of the hub that keeps what is stored in its memory.
type Part struct {
	// Name is for the log and for errors: "tokens".
	Name string
	// Reload has it read again what is stored. It changes nothing if it fails.
	Reload func(ctx context.Context) error
}

// Options are what a Desk is built from. All are needed but Parts, Version and Now.
type Options struct {
	Records   Records
	Plugins   plugins.Plugins
	Checker   Checker
	Host      Host
	Scheduler Scheduler
	// Kept deletes what plugins keep for instances that are gone.
	Kept   plugins.Forgetter
	Alerts Alerts
	// Parts are told when what is stored was replaced, in order.
	Parts []Part
	// Version is that of the hub.
	Version string
	Logger  hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Desk exports and imports. It is safe for concurrent use; one thing is done at a time, and waiting for it ends with the
// context.
type Desk struct {
	Options
	busy chan struct{}
}

// New returns a desk.
func New(options Options) *Desk {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Desk{Options: options, busy: make(chan struct{}, 1)}
}

func (d *Desk) begin(ctx context.Context) error {
	select {
	case d.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *Desk) end() { <-d.busy }

// Export is what somebody wants to take out.
type Export struct {
	// Passphrase encrypts it; whoever has both has every secret of the hub.
	Passphrase string
	// Users says that people who may sign in are part of it, with the hashes of their passwords and their second factors.
	Users bool
}

// Export returns the configuration as the text of a bundle. The error is ErrNoPassphrase, ErrShortPassphrase, ErrTooLarge
// or an inner one.
func (d *Desk) Export(ctx context.Context, wanted Export) (string, error) {
	switch {
	case wanted.Passphrase == "":
		return "", ErrNoPassphrase
	case len(wanted.Passphrase) < MinPassphrase:
		return "", ErrShortPassphrase
	}
	if err := d.begin(ctx); err != nil {
		return "", err
	}
	defer d.end()
	whole, err := current(ctx, d.Records)
	if err != nil {
		return "", err
	}
	plain, err := d.encode(whole, wanted)
	if err != nil {
		return "", err
	}
	data, err := bundle.Seal(plain, wanted.Passphrase)
	if errors.Is(err, bundle.ErrTooLarge) {
		return "", ErrTooLarge
	}
	return data, err
}

// current returns everything that is configured.
func current(ctx context.Context, kept Records) (d *document, err error) {
	err = kept.View(ctx, func(r store.Reader) error {
		d, err = read(ctx, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return d, nil
}

// Import is what somebody wants to take in.
type Import struct {
	// Data is the text of a bundle, Passphrase the one that it was made with, of any length.
	Data, Passphrase string
	// Actor is who does it.
	Actor string
}

// Preview returns what an import would change, and changes nothing. Errors are those of Import.
func (d *Desk) Preview(ctx context.Context, wanted Import) (*Outcome, error) {
	if err := d.begin(ctx); err != nil {
		return nil, err
	}
	defer d.end()
	opened, err := open(wanted)
	if err != nil {
		return nil, err
	}
	p, err := d.plan(ctx, opened)
	if err != nil {
		return nil, err
	}
	return p.outcome(), nil
}

// Import replaces what is configured by what is in a bundle, and returns what has changed. Parts that the bundle does not
// have stay as they are. What this hub would refuse if somebody entered it is left out, with a warning. On an error
// everything is as it was before: ErrNoPassphrase, ErrNoData, ErrDocument, ErrNewer, ErrPlugin, ErrChanged, those of the
// packages bundle and v5, or what a part of the hub has against it.
func (d *Desk) Import(ctx context.Context, wanted Import) (*Outcome, error) {
	if err := d.begin(ctx); err != nil {
		return nil, err
	}
	defer d.end()
	opened, err := open(wanted)
	if err != nil {
		return nil, err
	}
	outcome, err := d.replaceBy(ctx, opened, wanted.Actor)
	for range maxRetries {
		if !errors.Is(err, ErrChanged) {
			break
		}
		outcome, err = d.replaceBy(ctx, opened, wanted.Actor)
	}
	if err != nil {
		return nil, err
	}
	d.Logger.Info("configuration is imported", "by", wanted.Actor, "format", string(outcome.Format),
		"added", len(outcome.Added), "changed", len(outcome.Changed), "removed", len(outcome.Removed), "warnings", len(outcome.Warnings))
	return outcome, nil
}

// maxRetries is how often an import is planned anew because something was changed meanwhile.
const maxRetries = 2

// replaceBy plans an import and carries it out.
func (d *Desk) replaceBy(ctx context.Context, opened bundle.Opened, actor string) (*Outcome, error) {
	p, err := d.plan(ctx, opened)
	if err != nil {
		return nil, err
	}
	outcome := p.outcome()
	if err := d.carryOut(ctx, p, actor); err != nil {
		return nil, err
	}
	return outcome, nil
}

// open opens the bundle of an import.
func open(wanted Import) (bundle.Opened, error) {
	switch {
	case wanted.Passphrase == "":
		return bundle.Opened{}, ErrNoPassphrase
	case wanted.Data == "":
		return bundle.Opened{}, ErrNoData
	}
	return bundle.Open(wanted.Data, wanted.Passphrase)
}

// plan is what an import is to do.
type plan struct {
	format        bundle.Format
	version       string
	exportedAt    time.Time
	before, after *document
	warnings      []string
}

// plan works out what the hub is to be.
func (d *Desk) plan(ctx context.Context, opened bundle.Opened) (*plan, error) {
	before, err := current(ctx, d.Records)
	if err != nil {
		return nil, err
	}
	p := &plan{format: opened.Format, before: before}
	if opened.Format == bundle.FormatV5 {
		err = d.planV5(ctx, p, opened.Plain)
	} else {
		err = p.decode(opened.Plain)
	}
	if err != nil {
		return nil, err
	}
	if err := d.vet(ctx, p); err != nil {
		return nil, err
	}
	rebase(p.after, p.before)
	return p, nil
}

func (p *plan) decode(plain []byte) (err error) {
	p.after, p.warnings, err = decodeDocument(plain)
	if err != nil {
		return err
	}
	p.version, p.exportedAt = fmt.Sprint(p.after.Version), p.after.ExportedAt
	return nil
}

func (d *Desk) planV5(ctx context.Context, p *plan, plain []byte) error {
	c, warnings, err := v5.Decode(plain)
	if err != nil {
		return err
	}
	p.version, p.exportedAt = c.Version, c.ExportedAt
	var more []string
	p.after, more, err = d.adopt(ctx, p.before, c)
	p.warnings = append(warnings, more...)
	return err
}
