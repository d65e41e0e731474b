// Package channel says which channels there are to tell people by, and hands messages to them: each is an instance of a
// notifier plugin.
package channel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/oklog/ulid/v2"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/transport"
	"github.com/pulse-hub/pulse/sdk/wire"
)

// Errors of channels.
var (
	// ErrUnknown says that there is no channel with that id.
	ErrUnknown = errors.New("no such channel")
	// ErrDisabled says that a channel is switched off.
	ErrDisabled = errors.New("channel is switched off")
)

// Instances says what plugins were set up for, as the office of package plugin/setup does.
type Instances interface {
	List(ctx context.Context) ([]instance.Instance, error)
	Get(ctx context.Context, id string) (instance.Instance, error)
}

// Host runs plugins, as supervise.Host does.
type Host interface {
	Configure(ctx context.Context, one instance.Instance) error
	Remove(ctx context.Context, plugin, instance string) error
	Use(ctx context.Context, plugin, instance string, fn func(context.Context, *transport.Client) error) error
}

// Options are the parts of Channels. All are needed.
type Options struct {
	Instances Instances
	Host      Host
	Logger    hclog.Logger
}

// Channels is all channels. It is safe for concurrent use.
type Channels struct{ Options }

// New returns the channels of a hub.
func New(options Options) *Channels { return &Channels{options} }

// kind is the kind of components that are channels.
const kind = "notifier"

// Send hands a message to a channel. The error says that the channel was not asked, or did not answer: ErrUnknown,
// ErrDisabled, one that wraps *supervise.ConfigError, or a *fault.Error that says whether trying again can help.
// A context without a deadline gets that of the plugin host.
func (c *Channels) Send(ctx context.Context, id string, message *notification.Message) (notification.Result, error) {
	one, err := c.Instances.Get(ctx, id)
	switch {
	case errors.Is(err, instance.ErrNotFound), err == nil && one.Kind() != kind:
		return notification.Result{}, fmt.Errorf("%w: %s", ErrUnknown, id)
	case err != nil:
		return notification.Result{}, err
	case !one.Enabled:
		return notification.Result{}, fmt.Errorf("%w: %s", ErrDisabled, id)
	}
	return c.send(ctx, one.Plugin, id, message)
}

func (c *Channels) send(ctx context.Context, plugin, id string, message *notification.Message) (notification.Result, error) {
	var result notification.Result
	err := c.Host.Use(ctx, plugin, id, func(ctx context.Context, client *transport.Client) error {
		response, err := client.Notifier.Send(ctx, wire.EncodeNotification(id, message))
		if err != nil {
			return err
		}
		result = wire.DecodeSendResult(response)
		return nil
	})
	return result, err
}

// removeTimeout bounds how long a channel that was only tried is taken leave of.
const removeTimeout = 5 * time.Second

// Try hands a message to a channel that is not kept, with the secrets it was given. Errors are those of Send.
func (c *Channels) Try(ctx context.Context, one instance.Instance, message *notification.Message) (notification.Result, error) {
	var result notification.Result
	err := c.with(ctx, one, func(id string) error {
		var err error
		result, err = c.send(ctx, one.Plugin, id, message)
		return err
	})
	return result, err
}

// Check asks a plugin whether it takes a configuration, which is not kept. An error that wraps *supervise.ConfigError
// says that it does not, and why; any other that it cannot be asked.
func (c *Channels) Check(ctx context.Context, one instance.Instance) error {
	return c.with(ctx, one, func(id string) error {
		return c.Host.Use(ctx, one.Plugin, id, func(context.Context, *transport.Client) error { return nil })
	})
}

// with calls fn while the plugin knows an instance under an id that no other has ever had.
func (c *Channels) with(ctx context.Context, one instance.Instance, fn func(id string) error) error {
	one.ID, one.Enabled = "trial-"+ulid.Make().String(), true
	defer func() {
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
		defer cancel()
		err := c.Host.Remove(leaving, one.Plugin, one.ID)
		if err != nil && !errors.Is(err, supervise.ErrUnknownPlugin) { // the process forgets it at its end
			c.Logger.Warn("channel that was tried is not removed", "plugin", one.Plugin, "error", err)
		}
	}()
	if err := c.Host.Configure(ctx, one); err != nil {
		return err
	}
	return fn(one.ID)
}
