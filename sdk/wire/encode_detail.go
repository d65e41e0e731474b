package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// encodeDetail puts the detail into the message. A nil pointer counts as no detail.
func encodeDetail(message *pluginv1.Resource, detail resource.Detail) {
	switch v := detail.(type) {
	case *resource.Node:
		if v != nil {
			message.Detail = &pluginv1.Resource_Node{Node: encodeNode(v)}
		}
	case *resource.Guest:
		if v != nil {
			message.Detail = &pluginv1.Resource_Guest{Guest: encodeGuest(v)}
		}
	case *resource.Storage:
		if v != nil {
			message.Detail = &pluginv1.Resource_Storage{Storage: encodeStorage(v)}
		}
	case *resource.Disk:
		if v != nil {
			message.Detail = &pluginv1.Resource_Disk{Disk: encodeDisk(v)}
		}
	case *resource.Ceph:
		if v != nil {
			message.Detail = &pluginv1.Resource_Ceph{Ceph: encodeCeph(v)}
		}
	case *resource.Replication:
		if v != nil {
			message.Detail = &pluginv1.Resource_Replication{Replication: encodeReplication(v)}
		}
	case *resource.Backup:
		if v != nil {
			message.Detail = &pluginv1.Resource_Backup{Backup: encodeBackup(v)}
		}
	case *resource.BackupTask:
		if v != nil {
			message.Detail = &pluginv1.Resource_BackupTask{BackupTask: encodeBackupTask(v)}
		}
	case *resource.Snapshot:
		if v != nil {
			message.Detail = &pluginv1.Resource_Snapshot{Snapshot: encodeSnapshot(v)}
		}
	case *resource.BackupServer:
		if v != nil {
			message.Detail = &pluginv1.Resource_BackupServer{BackupServer: encodeBackupServer(v)}
		}
	case *resource.Datastore:
		if v != nil {
			message.Detail = &pluginv1.Resource_Datastore{Datastore: encodeDatastore(v)}
		}
	case *resource.BackupJob:
		if v != nil {
			message.Detail = &pluginv1.Resource_BackupJob{BackupJob: encodeBackupJob(v)}
		}
	case *resource.MailGateway:
		if v != nil {
			message.Detail = &pluginv1.Resource_MailGateway{MailGateway: encodeMailGateway(v)}
		}
	case *resource.Host:
		if v != nil {
			message.Detail = &pluginv1.Resource_Host{Host: encodeHost(v)}
		}
	case *resource.ContainerHost:
		if v != nil {
			message.Detail = &pluginv1.Resource_ContainerHost{ContainerHost: encodeContainerHost(v)}
		}
	case *resource.AppContainer:
		if v != nil {
			message.Detail = &pluginv1.Resource_AppContainer{AppContainer: encodeAppContainer(v)}
		}
	case *resource.Service:
		if v != nil {
			message.Detail = &pluginv1.Resource_Service{Service: encodeService(v)}
		}
	case *resource.Cluster:
		if v != nil {
			message.Detail = &pluginv1.Resource_Cluster{Cluster: encodeCluster(v)}
		}
	case *resource.ClusterNode:
		if v != nil {
			message.Detail = &pluginv1.Resource_ClusterNode{ClusterNode: encodeClusterNode(v)}
		}
	case *resource.Pod:
		if v != nil {
			message.Detail = &pluginv1.Resource_Pod{Pod: encodePod(v)}
		}
	case *resource.Deployment:
		if v != nil {
			message.Detail = &pluginv1.Resource_Deployment{Deployment: encodeDeployment(v)}
		}
	case *resource.Generic:
		if v != nil {
			message.Detail = &pluginv1.Resource_Generic{Generic: &pluginv1.Generic{Json: v.JSON}}
		}
	}
}
