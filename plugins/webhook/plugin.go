// Package webhook is the plugin pulse.webhook: it delivers messages to
// webhooks, in the form that the service behind each one reads.
package webhook

import (
	"net"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// ID is the plugin's id.
const ID = "pulse.webhook"

// New returns the plugin.
func New() *sdk.Plugin { return newPlugin(surroundings{now: time.Now}) }

// surroundings are what a channel takes from the machine.
type surroundings struct {
	now      func() time.Time // safe for concurrent use
	resolver *net.Resolver    // nil: that of the system
}

func newPlugin(around surroundings) *sdk.Plugin {
	p := sdk.New(ID, "1.0.0",
		sdk.Name("Webhook"),
		sdk.About("Messages to Discord, Slack, Teams, Telegram, PagerDuty, Pushover, Gotify, ntfy, Mattermost or any URL.", "", ""),
		// The URL is a secret, may lead to any port, and may be redirected.
		sdk.Needs(manifest.Needs{Network: []string{"tcp:*"}}),
	)
	return sdk.Notifier(p, "webhook", "Webhook",
		func(c config) (*channel, error) { return newChannel(c, around) },
		sdk.Description("Posts each message to a URL, as JSON of a template or of the service behind it."),
		sdk.Category("chat"), sdk.Icon("webhook"),
	)
}
