package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func decodeDetail(message *pluginv1.Resource) resource.Detail {
	switch p := message.GetDetail().(type) {
	case *pluginv1.Resource_Node:
		return orNil(decodeNode(p.Node))
	case *pluginv1.Resource_Guest:
		return orNil(decodeGuest(p.Guest))
	case *pluginv1.Resource_Storage:
		return orNil(decodeStorage(p.Storage))
	case *pluginv1.Resource_Disk:
		return orNil(decodeDisk(p.Disk))
	case *pluginv1.Resource_Ceph:
		return orNil(decodeCeph(p.Ceph))
	case *pluginv1.Resource_Replication:
		return orNil(decodeReplication(p.Replication))
	case *pluginv1.Resource_Backup:
		return orNil(decodeBackup(p.Backup))
	case *pluginv1.Resource_BackupTask:
		return orNil(decodeBackupTask(p.BackupTask))
	case *pluginv1.Resource_Snapshot:
		return orNil(decodeSnapshot(p.Snapshot))
	case *pluginv1.Resource_BackupServer:
		return orNil(decodeBackupServer(p.BackupServer))
	case *pluginv1.Resource_Datastore:
		return orNil(decodeDatastore(p.Datastore))
	case *pluginv1.Resource_BackupJob:
		return orNil(decodeBackupJob(p.BackupJob))
	case *pluginv1.Resource_MailGateway:
		return orNil(decodeMailGateway(p.MailGateway))
	case *pluginv1.Resource_Host:
		return orNil(decodeHost(p.Host))
	case *pluginv1.Resource_ContainerHost:
		return orNil(decodeContainerHost(p.ContainerHost))
	case *pluginv1.Resource_AppContainer:
		return orNil(decodeAppContainer(p.AppContainer))
	case *pluginv1.Resource_Service:
		return orNil(decodeService(p.Service))
	case *pluginv1.Resource_Cluster:
		return orNil(decodeCluster(p.Cluster))
	case *pluginv1.Resource_ClusterNode:
		return orNil(decodeClusterNode(p.ClusterNode))
	case *pluginv1.Resource_Pod:
		return orNil(decodePod(p.Pod))
	case *pluginv1.Resource_Deployment:
		return orNil(decodeDeployment(p.Deployment))
	case *pluginv1.Resource_Generic:
		return &resource.Generic{JSON: p.Generic.GetJson()}
	}
	return nil
}

// detail is a pointer to one of the detail types.
type detail[T any] interface {
	*T
	resource.Detail
}

// orNil keeps a nil pointer from becoming an interface that is not nil.
func orNil[T any, P detail[T]](value P) resource.Detail {
	if value == nil {
		return nil
	}
	return value
}
