package policy

import (
	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// A group is the kinds of resources that share defaults and flags.
type group uint8

const (
	others group = iota
	guests
	nodes
	hosts
	storages
	datastores
	backupServers
	mailGateways
	containerHosts
	containers
	services

	groups int = iota
)

// groupOf returns the group of a kind. What belongs to a resource goes with it: disks with nodes; backups, snapshots and
// replication with guests; jobs with backup servers.
func groupOf(kind resource.Kind) group {
	switch kind {
	case resource.KindVM, resource.KindContainer, resource.KindBackup, resource.KindBackupTask,
		resource.KindSnapshot, resource.KindReplication:
		return guests
	case resource.KindNode, resource.KindDisk:
		return nodes
	case resource.KindHost:
		return hosts
	case resource.KindStorage, resource.KindCeph:
		return storages
	case resource.KindDatastore:
		return datastores
	case resource.KindBackupServer, resource.KindBackupJob:
		return backupServers
	case resource.KindMailGateway:
		return mailGateways
	case resource.KindContainerHost:
		return containerHosts
	case resource.KindAppContainer:
		return containers
	case resource.KindService:
		return services
	}
	return others
}

// metrics returns the metrics that have limits in a group.
func (g group) metrics() metricSet {
	const usual = 1<<cpu | 1<<memory | 1<<disk
	switch g {
	case guests:
		return usual | 1<<diskRead | 1<<diskWrite | 1<<networkIn | 1<<networkOut
	case nodes:
		return usual | 1<<temperature
	case hosts:
		return usual | 1<<diskTemperature
	case containers:
		return usual
	case storages, datastores:
		return 1 << usage
	case backupServers:
		return 1<<cpu | 1<<memory
	}
	return 0
}

// newBases returns what applies in each group where no rule, override or tag says otherwise.
func newBases(c *Config) [groups]Thresholds {
	var bases [groups]Thresholds
	for i := range bases {
		g := group(i)
		t := Thresholds{
			PoweredOff: alert.Warning,
			Backup:     c.BackupDefaults, Snapshot: c.SnapshotDefaults, Docker: c.DockerDefaults, PMG: c.PMGDefaults,
		}
		newOverlay(defaultsOf(g, c), c.CriticalMargin, "defaults").over(&t, g)
		disabled, silent := flagsOf(g, c)
		t.Disabled = t.Disabled || disabled
		t.ConnectivityDisabled = t.ConnectivityDisabled || silent
		bases[i] = t
	}
	return bases
}

// defaultsOf returns the defaults of a group in the form that most have.
func defaultsOf(g group, c *Config) ThresholdConfig {
	switch g {
	case guests:
		return c.GuestDefaults
	case nodes:
		return c.NodeDefaults
	case hosts:
		return c.HostDefaults
	case storages, datastores:
		return ThresholdConfig{Usage: &c.StorageDefault}
	case backupServers:
		return c.PBSDefaults
	case containers, services:
		d := &c.DockerDefaults
		return ThresholdConfig{
			CPU: &d.CPU, Memory: &d.Memory, Disk: &d.Disk,
			DisableConnectivity: g == containers && d.StateDisableConnectivity,
			PoweredOffSeverity:  d.StatePoweredOffSeverity,
		}
	}
	return ThresholdConfig{}
}

// flagsOf returns the flags that switch off a group: all its alerts, and those of connectivity.
func flagsOf(g group, c *Config) (all, connectivity bool) {
	switch g {
	case guests:
		return c.DisableAllGuests, c.DisableAllGuestsOffline
	case nodes:
		return c.DisableAllNodes, c.DisableAllNodesOffline
	case hosts:
		return c.DisableAllHosts, c.DisableAllHostsOffline
	case storages:
		return c.DisableAllStorage, false
	case datastores:
		return c.DisableAllStorage || c.DisableAllPBS, false
	case backupServers:
		return c.DisableAllPBS, c.DisableAllPBSOffline
	case mailGateways:
		return c.DisableAllPMG, c.DisableAllPMGOffline
	case containerHosts:
		return c.DisableAllDockerHosts, c.DisableAllDockerHostsOffline
	case containers:
		return c.DisableAllDockerContainers, false
	case services:
		return c.DisableAllDockerServices, false
	}
	return false, false
}
