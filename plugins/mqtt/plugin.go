// Package mqtt is the plugin pulse.mqtt: it publishes alerts to an MQTT broker.
package mqtt

import (
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// ID is the plugin's id.
const ID = "pulse.mqtt"

// New returns the plugin.
func New() *sdk.Plugin {
	p := sdk.New(ID, "1.0.0",
		sdk.Name("MQTT"),
		sdk.About("Alerts as messages of MQTT 5, with discovery for Home Assistant.", "", ""),
		sdk.Needs(manifest.Needs{Network: []string{"instance:url"}, Host: []string{"kv"}}),
	)
	return sdk.Notifier(p, "mqtt", "MQTT", newNotifier,
		sdk.Description("Publishes each alert to a broker, and shows resources with alerts in Home Assistant."),
		sdk.Category("automation"), sdk.Icon("mqtt"))
}
