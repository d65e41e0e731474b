// Command pulse-plugins holds every bundled plugin; the first argument is the
// id of the one to be.
package main

import (
	"github.com/pulse-hub/pulse/plugins/apprise"
	"github.com/pulse-hub/pulse/plugins/demo"
	"github.com/pulse-hub/pulse/plugins/email"
	"github.com/pulse-hub/pulse/plugins/mqtt"
	"github.com/pulse-hub/pulse/plugins/pbs"
	"github.com/pulse-hub/pulse/plugins/pmg"
	"github.com/pulse-hub/pulse/plugins/proxmox"
	"github.com/pulse-hub/pulse/plugins/shoutrrr"
	"github.com/pulse-hub/pulse/plugins/webhook"
	"github.com/pulse-hub/pulse/sdk"
)

func main() {
	sdk.MainOf(map[string]func() *sdk.Plugin{
		apprise.ID:  apprise.New,
		demo.ID:     demo.New,
		email.ID:    email.New,
		mqtt.ID:     mqtt.New,
		pbs.ID:      pbs.New,
		pmg.ID:      pmg.New,
		proxmox.ID:  proxmox.New,
		shoutrrr.ID: shoutrrr.New,
		webhook.ID:  webhook.New,
	})
}
