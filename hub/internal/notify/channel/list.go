package channel

import (
	"context"

	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// List returns all channels, sorted by id. The slice is the caller's and never nil.
func (c *Channels) List(ctx context.Context) ([]notify.Channel, error) {
	all, err := c.Instances.List(ctx)
	if err != nil {
		return nil, err
	}
	channels := []notify.Channel{}
	for _, one := range all {
		if one.Kind() == kind {
			channels = append(channels, Of(one))
		}
	}
	return channels, nil
}

// Of returns the channel that an instance is.
func Of(one instance.Instance) notify.Channel {
	out := notify.Channel{ID: one.ID, Name: one.Name, Kind: kindOf(one.Plugin), Enabled: one.Enabled}
	// What cannot be read has no service: the plugin says what is wrong with it.
	if config, err := schema.DecodeObject(one.Config); err == nil {
		out.Service, _ = config["service"].(string)
	}
	return out
}

// kindOf returns the kind of a plugin's channels: of the bundled ones their own, of all others the same.
func kindOf(plugin string) notify.ChannelKind {
	switch plugin {
	case "pulse.email":
		return notify.Email
	case "pulse.webhook":
		return notify.Webhook
	case "pulse.apprise":
		return notify.Apprise
	case "pulse.mqtt":
		return notify.MQTT
	}
	return notify.Other
}
