package v5

import (
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// ID returns the id under which v5 clients know a resource. Ids of hosts,
// container hosts and clusters are the resource's own; the others are made of
// the instance (the source's name) and the resource's place, so that of a
// guest changes when it migrates.
func ID(snap *inventory.Snapshot, e *inventory.Entry) string {
	return idIn(instanceOf(snap, e), e)
}

func idIn(instance string, e *inventory.Entry) string {
	switch e.Kind {
	case resource.KindNode:
		return nodeID(instance, e)
	case resource.KindVM, resource.KindContainer:
		return guestID(instance, e)
	case resource.KindStorage:
		return storageID(instance, e)
	case resource.KindDisk:
		return diskID(instance, e)
	case resource.KindCeph:
		return instance + "-ceph"
	case resource.KindBackupServer:
		return pbsID(instance)
	case resource.KindMailGateway:
		return pmgID(instance)
	case resource.KindAppContainer:
		return ContainerID(e)
	case resource.KindService:
		return ServiceID(e)
	case resource.KindClusterNode, resource.KindPod, resource.KindDeployment:
		return K8sUID(e)
	}
	return e.ID
}

// instanceOf returns the name of the entry's source.
func instanceOf(snap *inventory.Snapshot, e *inventory.Entry) string {
	if source, ok := snap.Source(e.Source); ok && source.Name != "" {
		return source.Name
	}
	return e.Source
}

func nodeID(instance string, e *inventory.Entry) string {
	if detail, _ := e.Detail.(*resource.Node); detail != nil && detail.ClusterName != "" {
		return detail.ClusterName + "-" + e.Name
	}
	return instance + "-" + e.Name
}

func guestID(instance string, e *inventory.Entry) string {
	detail := guestOf(e)
	return instance + ":" + detail.Node + ":" + strconv.Itoa(detail.VMID)
}

func storageID(instance string, e *inventory.Entry) string {
	node := storageOf(e).Node
	if node == "" || node == instance {
		return instance + "-" + e.Name
	}
	return instance + "-" + node + "-" + e.Name
}

func diskID(instance string, e *inventory.Entry) string {
	detail, _ := e.Detail.(*resource.Disk)
	if detail == nil {
		return instance + "-" + e.ID
	}
	return instance + "-" + detail.Node + "-" + detail.Device
}

func pbsID(instance string) string { return "pbs-" + instance }

func pmgID(instance string) string { return "pmg-" + instance }

// ContainerID returns the engine's id of an application container.
func ContainerID(e *inventory.Entry) string { return belowParent(e) }

// ServiceID returns the Swarm's id of a service.
func ServiceID(e *inventory.Entry) string {
	return strings.TrimPrefix(belowParent(e), "service/")
}

// belowParent returns the part of the entry's ID after its parent's.
func belowParent(e *inventory.Entry) string {
	if rest, ok := strings.CutPrefix(e.ID, e.ParentID); ok && e.ParentID != "" && len(rest) > 1 && rest[0] == '/' {
		return rest[1:]
	}
	return e.ID
}

// K8sUID returns the uid of a Kubernetes node, pod or deployment.
func K8sUID(e *inventory.Entry) string {
	uid := ""
	switch detail := e.Detail.(type) {
	case *resource.ClusterNode:
		uid = detail.UID
	case *resource.Pod:
		uid = detail.UID
	case *resource.Deployment:
		uid = detail.UID
	}
	return orElse(uid, lastPart(e.ID))
}

func jobID(e *inventory.Entry) string { return orElse(lastPart(e.ID), e.Name) }

func lastPart(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// Kinds returns what a resource type of the API covers: the type names of the
// metrics store, of the unified resources, and some that clients use besides.
// An unknown name gives nil.
func Kinds(resourceType string) []resource.Kind {
	switch resourceType {
	case "vm", "qemu":
		return []resource.Kind{resource.KindVM}
	case "container", "lxc", "oci-container":
		return []resource.Kind{resource.KindContainer}
	case "guest":
		return []resource.Kind{resource.KindVM, resource.KindContainer}
	case "dockerHost", "docker-host":
		return []resource.Kind{resource.KindContainerHost}
	case "dockerContainer", "docker-container", "docker":
		return []resource.Kind{resource.KindAppContainer}
	case "node", "host", "storage", "datastore", "pbs", "pmg", "disk", "ceph", "k8s-cluster", "k8s-node", "pod":
		return []resource.Kind{resource.Kind(resourceType)}
	}
	return nil
}

// Find returns the resource that a client names by type and v5 id. A guest is
// also found by the id that mock data uses, joined by dashes, and a container
// by "<host>/<container>".
func Find(snap *inventory.Snapshot, resourceType, id string) (*inventory.Entry, bool) {
	for _, kind := range Kinds(resourceType) {
		for e := range snap.OfKind(kind) {
			if hasID(snap, e, id) {
				return e, true
			}
		}
	}
	return nil, false
}

// hasID avoids building ids that cannot match: most are recognised by their end.
func hasID(snap *inventory.Snapshot, e *inventory.Entry, id string) bool {
	switch e.Kind {
	case resource.KindVM, resource.KindContainer:
		return hasGuestID(snap, e, id)
	case resource.KindNode, resource.KindStorage:
		return strings.HasSuffix(id, e.Name) && ID(snap, e) == id
	case resource.KindAppContainer:
		return e.ID == id || ContainerID(e) == id || e.ParentID+"/"+ContainerID(e) == id
	}
	return e.ID == id || ID(snap, e) == id
}

func hasGuestID(snap *inventory.Snapshot, e *inventory.Entry, id string) bool {
	vmid := strconv.Itoa(guestOf(e).VMID)
	if !strings.HasSuffix(id, vmid) {
		return false
	}
	colons := ID(snap, e)
	return colons == id || strings.ReplaceAll(colons, ":", "-") == id
}
