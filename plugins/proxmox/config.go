package proxmox

import (
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
)

// config is the configuration of an instance.
type config struct {
	proxmoxapi.Connection
	GuestURL string `json:"guest_url" title:"Address for people" description:"What links lead to, if another than the address." format:"uri" max:"300" x-pulse-group:"Shown as"`

	Guests      bool `json:"guests" title:"Inside the guests" description:"Asks guest agents for file systems, addresses and operating systems." default:"true" x-pulse-group:"What to watch"`
	Storage     bool `json:"storage" title:"Disks and pools" description:"Disks with their health, ZFS pools, LVM thin pools." default:"true" x-pulse-group:"What to watch"`
	Backups     bool `json:"backups" title:"Backups" description:"Backups on the storages, backup jobs and their runs." default:"true" x-pulse-group:"What to watch"`
	Snapshots   bool `json:"snapshots" title:"Snapshots" default:"true" x-pulse-group:"What to watch"`
	Replication bool `json:"replication" title:"Replication" default:"true" x-pulse-group:"What to watch"`
	Ceph        bool `json:"ceph" title:"Ceph" default:"true" x-pulse-group:"What to watch"`
	HA          bool `json:"ha" title:"High availability" default:"true" x-pulse-group:"What to watch"`
	Updates     bool `json:"updates" title:"Updates, certificates and subscriptions" default:"true" x-pulse-group:"What to watch"`

	Instance sdk.Instance `json:"-"`
}

// off returns the datasets that are switched off.
func (c config) off() map[string]bool {
	return map[string]bool{
		datasetGuests: !c.Guests, datasetStorage: !c.Storage, datasetBackups: !c.Backups,
		datasetSnapshots: !c.Snapshots, datasetReplication: !c.Replication, datasetCeph: !c.Ceph,
		datasetHA: !c.HA, datasetUpkeep: !c.Updates,
	}
}
