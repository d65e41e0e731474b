package nodes

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// ClusterEndpoint is one member of a cluster. Clients know its keys with
// capitals, unlike all others.
type ClusterEndpoint struct {
	NodeID                       string
	NodeName                     string
	Host                         string
	GuestURL                     string
	IP                           string
	Fingerprint                  string
	Online                       bool
	LastSeen                     time.Time
	PulseReachable               *bool
	LastPulseCheck               *time.Time
	PulseError                   string
	TemperatureProxyControlToken string
}

// cluster is what is known of the cluster of a node. Its name is empty if the
// node stands alone.
type cluster struct {
	Name      string
	Endpoints []ClusterEndpoint
}

// clusterOf returns what the inventory knows of the cluster of a node, by the
// record if it was not polled yet.
func clusterOf(snapshot *inventory.Snapshot, e *entry) cluster {
	found := cluster{Name: e.record.Cluster}
	source, _ := snapshot.Source(e.instance.ID)
	for one := range snapshot.OfSource(e.instance.ID) {
		detail, _ := one.Detail.(*resource.Node)
		if one.Kind != resource.KindNode || detail == nil {
			continue
		}
		if detail.ClusterName == "" {
			return cluster{}
		}
		found.Name = detail.ClusterName
		found.Endpoints = append(found.Endpoints, endpointOf(one, detail, source))
	}
	return found
}

func endpointOf(one *inventory.Entry, detail *resource.Node, source *inventory.Source) ClusterEndpoint {
	member := ClusterEndpoint{
		NodeID: one.ID, NodeName: one.Name, Host: detail.Host, GuestURL: detail.GuestURL,
		Online: one.Status == resource.StatusRunning || one.Status == resource.StatusDegraded, LastSeen: one.SeenAt.UTC(),
	}
	if ip, err := netip.ParseAddr(hostOf(detail.Host)); err == nil {
		member.IP = ip.String()
	}
	if !member.Online {
		member.PulseError = one.StatusReason
	}
	if source == nil || source.LastSeen.IsZero() {
		return member
	}
	checked, reachable := source.LastSeen.UTC(), detail.Connection != "error" && member.Online
	member.LastPulseCheck, member.PulseReachable = &checked, &reachable
	return member
}

// Refreshed is what looking at a cluster again brought.
type Refreshed struct {
	Status       string            `json:"status"`
	ClusterName  string            `json:"clusterName"`
	OldNodeCount int               `json:"oldNodeCount"`
	NewNodeCount int               `json:"newNodeCount"`
	NodesAdded   int               `json:"nodesAdded"`
	ClusterNodes []ClusterEndpoint `json:"clusterNodes"`
}

// Refresh asks a node for the members of its cluster. The error is ErrNotPVE,
// ErrNoCluster, *FailedError, or one of finding the node.
func (d *Directory) Refresh(ctx context.Context, id string) (Refreshed, error) {
	if err := d.begin(ctx); err != nil {
		return Refreshed{}, err
	}
	defer d.end()
	one, _, err := d.find(ctx, id)
	if err != nil {
		return Refreshed{}, err
	}
	if one.product.typ != "pve" {
		return Refreshed{}, ErrNotPVE
	}
	known := clusterOf(d.Inventory.Snapshot(), &one)
	tried, err := d.trySaved(ctx, &one)
	switch {
	case err != nil && known.Name == "":
		return Refreshed{}, ErrNoCluster // as far as anybody knows
	case err != nil:
		return Refreshed{}, err
	case tried.Cluster == "":
		return Refreshed{}, ErrNoCluster
	}
	if err := d.records.change(ctx, one.instance.ID, func(r *record) { r.Cluster = tried.Cluster }); err != nil {
		return Refreshed{}, err
	}
	refreshed := Refreshed{
		Status: "success", ClusterName: tried.Cluster, OldNodeCount: len(known.Endpoints),
		NewNodeCount: tried.Nodes, NodesAdded: max(0, tried.Nodes-len(known.Endpoints)), ClusterNodes: known.Endpoints,
	}
	for _, name := range tried.NodeNames {
		if !slices.ContainsFunc(known.Endpoints, func(e ClusterEndpoint) bool { return e.NodeName == name }) {
			refreshed.ClusterNodes = append(refreshed.ClusterNodes, ClusterEndpoint{NodeName: name})
		}
	}
	return refreshed, nil
}
