// Package demo is the plugin pulse.demo: a made-up data centre that lives. It
// is what the hub's mock mode shows, over the same road as real data.
package demo

import (
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/world"
	"github.com/pulse-hub/pulse/sdk"
)

// ID is the plugin's id.
const ID = "pulse.demo"

// New returns the plugin. Instances with the same seed and sizes share one
// made-up world, so what one of them says of the other is true.
func New() *sdk.Plugin { return newPlugin(time.Now) }

// newPlugin returns the plugin with a clock of the caller's, which must be
// safe for concurrent use.
func newPlugin(now func() time.Time) *sdk.Plugin {
	d := &demo{now: now, worlds: &worlds{}}
	p := sdk.New(ID, "1.0.0",
		sdk.Name("Demonstration"),
		sdk.About("A made-up data centre for trying Pulse out. Nothing is ever contacted.", "", ""),
	)
	sdk.DatasetSource(p, "pve", "Proxmox VE (made up)", d.pve,
		sdk.Description("A cluster of three nodes and two stand-alone nodes with guests, storages, Ceph, backups and replication."),
		sdk.Category("demonstration"), sdk.Icon("proxmox"),
		sdk.Datasets(
			dataset("status", "Nodes and guests", 10*time.Second),
			dataset("storage", "Storages, disks and Ceph", time.Minute),
			dataset("backups", "Backups, tasks and snapshots", 5*time.Minute),
			dataset("replication", "Replication", time.Minute),
		),
		sdk.Preset(world.DemoCluster, `{"site":"demo-cluster","host":"https://10.20.0.11:8006"}`),
		sdk.Preset(world.Standalone1, `{"site":"standalone1","host":"https://10.30.0.11:8006"}`),
		sdk.Preset(world.Standalone2, `{"site":"standalone2","host":"https://10.40.0.11:8006"}`),
	)
	sdk.DatasetSource(p, "pbs", "Proxmox Backup Server (made up)", d.pbs,
		sdk.Description("Backup servers whose backups are those of the made-up guests."),
		sdk.Category("demonstration"), sdk.Icon("proxmox"),
		sdk.Datasets(
			dataset("status", "Server, datastores and jobs", time.Minute),
			dataset("backups", "Backups", 5*time.Minute),
		),
		sdk.Preset(world.PBSMain, `{"server":"pbs-main","host":"https://10.20.0.30:8007"}`),
		sdk.Preset(world.PBSOffsite, `{"server":"pbs-offsite","host":"https://10.50.0.30:8007"}`),
	)
	sdk.DatasetSource(p, "pmg", "Proxmox Mail Gateway (made up)", d.pmg,
		sdk.Description("Mail gateways, one of them with a long queue."),
		sdk.Category("demonstration"), sdk.Icon("proxmox"),
		sdk.Datasets(dataset("status", "Gateway and its backups", time.Minute)),
		sdk.Preset(world.PMGMain, `{"gateway":"pmg-main","host":"https://10.20.0.35:8006"}`),
		sdk.Preset(world.PMGEdge, `{"gateway":"pmg-edge","host":"https://10.30.0.35:8006"}`),
	)
	return sdk.DatasetSource(p, "agents", "Hosts, containers and Kubernetes (made up)", d.agents,
		sdk.Description("Machines of each kind, Docker and Podman hosts and Kubernetes clusters, as agents report them."),
		sdk.Category("demonstration"), sdk.Icon("server"),
		sdk.Datasets(
			dataset("hosts", "Hosts", 10*time.Second),
			dataset("containers", "Container hosts", 10*time.Second),
			dataset("kubernetes", "Kubernetes clusters", 15*time.Second),
		),
		sdk.Preset("demo-agents", `{}`),
	)
}

func dataset(name, title string, interval time.Duration) sdk.Dataset {
	return sdk.Dataset{Name: name, Title: title, Interval: interval, Timeout: 30 * time.Second}
}
