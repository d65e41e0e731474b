// Package pbs is the plugin pulse.pbs: it watches Proxmox Backup Server.
package pbs

import (
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// ID is the plugin's id.
const ID = "pulse.pbs"

// The datasets.
const (
	datasetStatus     = "status"
	datasetDatastores = "datastores"
	datasetJobs       = "jobs"
	datasetBackups    = "backups"
)

// New returns the plugin.
func New() *sdk.Plugin { return newPlugin(time.Now) }

// newPlugin returns the plugin with a clock of the caller's, which must be
// safe for concurrent use.
func newPlugin(now func() time.Time) *sdk.Plugin {
	p := sdk.New(ID, "1.0.0",
		sdk.Name("Proxmox Backup Server"),
		sdk.About("Servers, datastores, backups and jobs of Proxmox Backup Server 2 to 4, read over its API.", "", ""),
		sdk.Needs(manifest.Needs{Network: []string{"instance:url", "instance:endpoints"}}),
	)
	return sdk.DatasetSource(p, "pbs", "Proxmox Backup Server",
		func(c config) (*source, error) { return newSource(c, now) },
		sdk.Description("A backup server with its datastores, the backups in them, and its jobs."),
		sdk.Category("backup"), sdk.Icon("proxmox"),
		sdk.Datasets(
			sdk.Dataset{Name: datasetStatus, Title: "Server", Interval: 15 * time.Second, MinInterval: 5 * time.Second, Timeout: 25 * time.Second},
			sdk.Dataset{Name: datasetDatastores, Title: "Datastores", Interval: time.Minute, Timeout: 50 * time.Second},
			sdk.Dataset{Name: datasetJobs, Title: "Jobs and tasks", Interval: time.Minute, Timeout: 50 * time.Second},
			sdk.Dataset{Name: datasetBackups, Title: "Backups", Interval: 5 * time.Minute, MinInterval: time.Minute, Timeout: 4 * time.Minute},
		),
	)
}
