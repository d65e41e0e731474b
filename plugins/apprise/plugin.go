// Package apprise is the plugin pulse.apprise: it passes messages on to
// Apprise, a server or a program that knows many services.
package apprise

import (
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// ID is the plugin's id.
const ID = "pulse.apprise"

// New returns the plugin.
func New() *sdk.Plugin {
	p := sdk.New(ID, "1.0.0",
		sdk.Name("Apprise"),
		sdk.About("Messages to the many services that Apprise knows, over its server or with its program.", "", ""),
		// What the program connects to is up to its targets.
		sdk.Needs(manifest.Needs{Network: []string{"instance:serverUrl", "tcp:*"}, Exec: true}),
	)
	return sdk.Notifier(p, "apprise", "Apprise",
		newNotifier,
		sdk.Description("Passes messages on to an Apprise server, or to the apprise program if the operator allows it."),
		sdk.Category("chat"), sdk.Icon("apprise"))
}
