package v5

import (
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/fragment"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Inputs is what the state shows that is not in the inventory. The zero value is valid.
type Inputs struct {
	// Revision must change whenever anything below does.
	Revision uint64
	// ActiveAlerts are encoded alerts, in compact JSON.
	ActiveAlerts []Alert
	// Removed hosts and clusters may not report again.
	RemovedDockerHosts []RemovedDockerHost
	RemovedClusters    []RemovedCluster
	// TemperatureMonitoring says that node temperatures are being collected.
	TemperatureMonitoring bool
}

// facts is what goes into an entity besides its entry. It is compared to
// decide whether an encoded entity still holds.
type facts struct {
	instance, address, clusterName string
	// link is the id of the node of the same machine for a host, and of the host for a node.
	link       string
	lastBackup int64
	// source stands for everything below an entity that is rendered with what
	// is below it: the inventory makes a new one when anything of a source
	// changes, so nothing below has to be looked at to know that it is the same.
	source *inventory.Source
}

type inputs = fragment.Inputs[facts]

// projection is one pass over a snapshot, with the indexes that links between
// entities need.
type projection struct {
	snap        *inventory.Snapshot
	in          Inputs
	sources     map[string]*inventory.Source
	links       Links
	backups     *backupIndex
	clusterName map[string]string // by source ID
	scratch     []*inventory.Entry
}

func newProjection(snap *inventory.Snapshot, in Inputs) *projection {
	p := &projection{snap: snap, in: in, sources: map[string]*inventory.Source{}, clusterName: map[string]string{}}
	for source := range snap.Sources() {
		p.sources[source.ID] = source
	}
	for e := range snap.OfKind(resource.KindNode) {
		if detail, _ := e.Detail.(*resource.Node); detail != nil && detail.ClusterName != "" {
			p.clusterName[e.Source] = detail.ClusterName
		}
	}
	p.links = NewLinks(snap)
	return p
}

// about returns the facts of the entry's source.
func (p *projection) about(e *inventory.Entry) facts {
	source := p.sources[e.Source]
	if source == nil {
		return facts{instance: e.Source}
	}
	return facts{instance: orElse(source.Name, source.ID), address: source.Address}
}

// Links knows which host agent runs on which Proxmox node: they have the same
// host name, compared without case and domain.
type Links struct {
	nodeIDs, hostIDs map[string]string // by short host name
}

// NewLinks finds the links in a snapshot. A name that two nodes or two hosts
// have links nothing.
func NewLinks(snap *inventory.Snapshot) Links {
	links := Links{nodeIDs: map[string]string{}, hostIDs: map[string]string{}}
	for e := range snap.OfKind(resource.KindNode) {
		addUnique(links.nodeIDs, LinkName(e), ID(snap, e))
	}
	if len(links.nodeIDs) == 0 {
		return links
	}
	for e := range snap.OfKind(resource.KindHost) {
		name := LinkName(e)
		if links.nodeIDs[name] != "" {
			addUnique(links.hostIDs, name, e.ID)
		}
	}
	return links
}

// addUnique keeps an empty id for a name that stands for several.
func addUnique(ids map[string]string, name, id string) {
	if name == "" {
		return
	}
	if _, taken := ids[name]; taken {
		id = ""
	}
	ids[name] = id
}

// NodeID returns the v5 id of the node that the host's agent runs on, or "".
func (l Links) NodeID(host *inventory.Entry) string {
	name := LinkName(host)
	if name == "" || l.hostIDs[name] == "" {
		return ""
	}
	return l.nodeIDs[name]
}

// HostID returns the id of the host agent on the node, or "".
func (l Links) HostID(node *inventory.Entry) string {
	if detail, _ := node.Detail.(*resource.Node); detail != nil && detail.LinkedHostAgent != "" {
		return detail.LinkedHostAgent
	}
	name := LinkName(node)
	if l.nodeIDs[name] == "" {
		return ""
	}
	return l.hostIDs[name]
}

// LinkName returns the name by which a host or node is linked: that of the
// node, if the host's agent knows it runs on one, else the host name without
// the domain, in lower case. A host that people have unlinked, or that is a
// guest itself, has none.
func LinkName(e *inventory.Entry) string {
	if e.Settings != nil && e.Settings.Unlinked {
		return ""
	}
	if detail, _ := e.Detail.(*resource.Host); detail != nil && detail.Proxmox != nil {
		switch told := detail.Proxmox; {
		case told.NodeName != "":
			return shortName(told.NodeName)
		case told.VMID != 0:
			return ""
		}
	}
	return shortName(hostname(e))
}

func hostname(e *inventory.Entry) string {
	if detail, _ := e.Detail.(*resource.Host); detail != nil && detail.Hostname != "" {
		return detail.Hostname
	}
	return e.Name
}

func shortName(name string) string {
	short, _, _ := strings.Cut(name, ".")
	return strings.ToLower(short)
}

// connectionHealth says of everything that is connected whether it answers.
func (p *projection) connectionHealth() map[string]bool {
	health := map[string]bool{}
	for id, source := range p.sources {
		name, well := orElse(source.Name, id), source.Health == inventory.HealthOK || source.Health == inventory.HealthDegraded
		switch source.Type {
		case "pve":
			health[name] = well
		case "pbs", "pmg":
			health[source.Type+"-"+name] = well
		}
	}
	for kind, prefix := range map[resource.Kind]string{
		resource.KindHost: "host-", resource.KindContainerHost: "docker-", resource.KindCluster: "kubernetes-",
	} {
		for e := range p.snap.OfKind(kind) {
			health[prefix+e.ID] = onlineOrOffline(e) == "online"
		}
	}
	return health
}
