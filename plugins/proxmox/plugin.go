// Package proxmox is the plugin pulse.proxmox: it watches Proxmox VE, a
// stand-alone host or a whole cluster through any of its members.
package proxmox

import (
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// ID is the plugin's id.
const ID = "pulse.proxmox"

// The datasets.
const (
	datasetStatus      = "status"
	datasetGuests      = "guests"
	datasetStorage     = "storage"
	datasetBackups     = "backups"
	datasetSnapshots   = "snapshots"
	datasetReplication = "replication"
	datasetCeph        = "ceph"
	datasetHA          = "ha"
	datasetUpkeep      = "updates"
)

// New returns the plugin.
func New() *sdk.Plugin { return newPlugin(time.Now) }

// newPlugin returns the plugin with a clock of the caller's, which must be
// safe for concurrent use.
func newPlugin(now func() time.Time) *sdk.Plugin {
	p := sdk.New(ID, "1.0.0",
		sdk.Name("Proxmox VE"),
		sdk.About("Nodes, guests, storages, disks, Ceph, backups, snapshots and replication of Proxmox VE 7, 8 and 9, read over its API.", "", ""),
		sdk.Needs(manifest.Needs{Network: []string{"tcp:8006", "instance:url", "instance:endpoints"}}),
	)
	return sdk.DatasetSource(p, "pve", "Proxmox VE",
		func(c config) (*source, error) { return newSource(c, now) },
		sdk.Description("A Proxmox VE host or cluster with everything on it."),
		sdk.Category("virtualization"), sdk.Icon("proxmox"),
		sdk.Datasets(
			sdk.Dataset{Name: datasetStatus, Title: "Nodes, guests and storages", Interval: 10 * time.Second, MinInterval: 5 * time.Second, Timeout: 20 * time.Second},
			sdk.Dataset{Name: datasetGuests, Title: "Inside the guests", Interval: time.Minute, MinInterval: 30 * time.Second, Timeout: 55 * time.Second},
			sdk.Dataset{Name: datasetStorage, Title: "Disks and pools", Interval: time.Minute, MinInterval: 30 * time.Second, Timeout: 55 * time.Second},
			sdk.Dataset{Name: datasetBackups, Title: "Backups", Interval: 5 * time.Minute, MinInterval: time.Minute, Timeout: time.Minute},
			sdk.Dataset{Name: datasetSnapshots, Title: "Snapshots", Interval: 10 * time.Minute, MinInterval: time.Minute, Timeout: time.Minute},
			sdk.Dataset{Name: datasetReplication, Title: "Replication", Interval: time.Minute, MinInterval: 30 * time.Second, Timeout: 30 * time.Second},
			sdk.Dataset{Name: datasetCeph, Title: "Ceph", Interval: time.Minute, MinInterval: 30 * time.Second, Timeout: 30 * time.Second},
			sdk.Dataset{Name: datasetHA, Title: "High availability", Interval: 30 * time.Second, MinInterval: 10 * time.Second, Timeout: 20 * time.Second},
			sdk.Dataset{Name: datasetUpkeep, Title: "Updates, certificates and subscriptions", Interval: time.Hour, MinInterval: 10 * time.Minute, Timeout: time.Minute},
		),
	)
}
