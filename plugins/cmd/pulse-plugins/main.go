// Command pulse-plugins holds every bundled plugin; the first argument is the
// id of the one to be.
package main

import (
	"github.com/pulse-hub/pulse/plugins/demo"
	"github.com/pulse-hub/pulse/plugins/pbs"
	"github.com/pulse-hub/pulse/plugins/pmg"
	"github.com/pulse-hub/pulse/plugins/proxmox"
	"github.com/pulse-hub/pulse/sdk"
)

func main() {
	sdk.MainOf(map[string]func() *sdk.Plugin{
		demo.ID:    demo.New,
		pbs.ID:     pbs.New,
		pmg.ID:     pmg.New,
		proxmox.ID: proxmox.New,
	})
}
