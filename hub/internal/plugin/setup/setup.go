// Package setup is where instances of plugins are made, changed and removed:
// it checks their configuration, keeps their secrets apart, and has them
// stored, configured and polled.
package setup

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// Errors of instances.
var (
	// ErrPreset says that a made-up instance cannot be changed.
	ErrPreset = errors.New("a made-up instance cannot be changed")
	// ErrTooMany says that no more instances are kept.
	ErrTooMany = errors.New("too many instances")
	// ErrMoved says that an instance cannot become one of another component.
	ErrMoved = errors.New("an instance stays with its component")
	// ErrTaken says that another instance has the id.
	ErrTaken = errors.New("an instance has that id")
)

const (
	// maxInstances bounds the instances of a hub.
	maxInstances = 2000
	// maxName bounds the name of an instance, in bytes.
	maxName = 200
)

// InvalidError says what is wrong with single fields of a draft.
type InvalidError struct{ Fields []schema.FieldError }

// Error names the first field.
func (e *InvalidError) Error() string {
	if len(e.Fields) == 0 {
		return "configuration is not valid"
	}
	return "configuration is not valid: " + e.Fields[0].Error()
}

// Draft is what somebody wants an instance to be.
type Draft struct {
	// Plugin and Component say of what: "acme.nas", "source/nas". They cannot be changed.
	Plugin    string
	Component string
	Name      string
	// Config is one JSON object with the secrets in their places. A secret that
	// is {"set": true} stays what it is.
	Config  json.RawMessage
	Enabled bool
}

// Plugins says what can be set up.
type Plugins interface {
	// Component returns a component of a plugin that may run, or an error.
	Component(ctx context.Context, plugin, component string) (*manifest.Component, error)
}

// Host runs instances, as supervise.Host does.
type Host interface {
	Configure(ctx context.Context, one instance.Instance) error
	Remove(ctx context.Context, plugin, instance string) error
	Test(ctx context.Context, one instance.Instance) (supervise.TestResult, error)
}

// Scheduler polls sources, as collect.Scheduler does.
type Scheduler interface {
	Add(ctx context.Context, source collect.Source) error
	Remove(ctx context.Context, id string) error
}

// Forgetter deletes what a plugin keeps for an instance.
type Forgetter interface {
	ForgetInstance(ctx context.Context, plugin, instance string) error
}

// Chronicle is where changes are written down, as package audit does.
type Chronicle interface {
	Add(ctx context.Context, event audit.Event) error
}

// Options are the parts of an Office. All are needed but Presets.
type Options struct {
	Repository *instance.Repository
	Plugins    Plugins
	Host       Host
	Scheduler  Scheduler
	Kept       Forgetter
	Chronicle  Chronicle
	// Presets are made-up instances, which are shown and run and never stored.
	Presets []instance.Instance
	Logger  hclog.Logger
}

// Office sets up instances. It is safe for concurrent use; one change is made
// at a time, and waiting for it ends with the context.
type Office struct {
	Options
	busy chan struct{}
}

// New returns the office of its parts.
func New(options Options) *Office { return &Office{Options: options, busy: make(chan struct{}, 1)} }

func (o *Office) begin(ctx context.Context) error {
	select {
	case o.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (o *Office) end() { <-o.busy }

// told returns what is written down of an instance, which has no secrets in it; nil: there is none.
func told(one *instance.Instance) any {
	if one == nil {
		return nil
	}
	return one
}

// record writes down what was changed. The change stands whether or not that succeeds.
func (o *Office) record(ctx context.Context, actor, what string, before, after *instance.Instance) {
	one := after
	if one == nil {
		one = before
	}
	event := audit.Event{
		At: time.Now().UTC(), Actor: actor, Kind: "instance", Subject: one.ID, What: what,
		Detail: one.Name + ", " + one.Component + " of " + one.Plugin,
	}
	event.Before, event.After = audit.Difference(told(before), told(after))
	if before != nil && after != nil && !maps.Equal(before.Secrets, after.Secrets) {
		event.Detail += "; secrets changed"
	}
	if err := o.Chronicle.Add(ctx, event); err != nil {
		o.Logger.Error("change not written down", "instance", one.ID, "what", what, "error", err)
	}
}
