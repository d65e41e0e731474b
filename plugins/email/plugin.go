// Package email is the plugin pulse.email: it delivers messages by mail.
package email

import (
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// ID is the plugin's id.
const ID = "pulse.email"

// New returns the plugin.
func New() *sdk.Plugin { return newPlugin(time.Now) }

// newPlugin returns the plugin with a clock of the caller's, which must be
// safe for concurrent use.
func newPlugin(now func() time.Time) *sdk.Plugin {
	p := sdk.New(ID, "1.0.0",
		sdk.Name("Email"),
		sdk.About("Messages by mail, over any SMTP server.", "", ""),
		// The first two are the ports a configuration stands for that names none.
		sdk.Needs(manifest.Needs{Network: []string{"tcp:587", "tcp:465", "instance:port"}}),
	)
	return sdk.Notifier(p, "email", "Email",
		func(c config) (*notifier, error) { return newNotifier(c, now) },
		sdk.Description("Sends messages by mail, as text and as a page."),
		sdk.Category("mail"), sdk.Icon("email"))
}
