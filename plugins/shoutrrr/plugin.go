// Package shoutrrr is the plugin pulse.shoutrrr: it passes messages on to the
// services that the library of that name knows, each set up by one URL.
package shoutrrr

import (
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// ID is the plugin's id.
const ID = "pulse.shoutrrr"

// New returns the plugin. Each instance has a process of its own, because in
// one process only one message can be on its way, see trip.
func New() *sdk.Plugin {
	p := sdk.New(ID, "1.0.0",
		sdk.Name("Shoutrrr"),
		sdk.About("Messages to Matrix, Signal, Rocket.Chat, Zulip, OpsGenie and other services, each set up by one URL.", "", ""),
		sdk.OneProcessPerInstance(),
		sdk.Needs(manifest.Needs{Network: []string{"tcp:*"}}), // the port is part of a secret
	)
	return sdk.Notifier(p, "shoutrrr", "Shoutrrr",
		newNotifier,
		sdk.Description("Sends messages to one of many services, which its URL names."),
		sdk.Category("chat"), sdk.Icon("shoutrrr"))
}
