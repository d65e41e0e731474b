// Package pmg is the plugin pulse.pmg: it watches Proxmox Mail Gateway.
package pmg

import (
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// ID is the plugin's id.
const ID = "pulse.pmg"

// The datasets.
const (
	datasetStatus  = "status"
	datasetBackups = "backups"
)

// New returns the plugin.
func New() *sdk.Plugin { return newPlugin(time.Now) }

// newPlugin returns the plugin with a clock of the caller's, which must be
// safe for concurrent use.
func newPlugin(now func() time.Time) *sdk.Plugin {
	p := sdk.New(ID, "1.0.0",
		sdk.Name("Proxmox Mail Gateway"),
		sdk.About("Gateways, mail queues, mail statistics and quarantines of Proxmox Mail Gateway 7 to 9, read over its API.", "", ""),
		sdk.Needs(manifest.Needs{Network: []string{"instance:url", "instance:endpoints"}}),
	)
	return sdk.DatasetSource(p, "pmg", "Proxmox Mail Gateway",
		func(c config) (*source, error) { return newSource(c, now) },
		sdk.Description("A mail gateway or a cluster of them: nodes, queues, mail statistics, quarantine and configuration backups."),
		sdk.Category("mail"), sdk.Icon("proxmox"),
		sdk.Datasets(
			sdk.Dataset{Name: datasetStatus, Title: "Nodes, queues and mail", Interval: time.Minute, MinInterval: 15 * time.Second, Timeout: 50 * time.Second},
			sdk.Dataset{Name: datasetBackups, Title: "Configuration backups", Interval: time.Hour, MinInterval: 5 * time.Minute, Timeout: 50 * time.Second},
		),
	)
}
