package proxmox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	"github.com/pulse-hub/pulse/plugins/internal/readmetest"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// dense is a small cluster with as many guests and storages on a node as the big one has.
var dense = proxmoxtest.Size{Nodes: 3, Guests: 300, Storages: 12}

// TestTheReadmeSaysWhatThePluginDoes measures what the plugin asks a cluster for.
func TestTheReadmeSaysWhatThePluginDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("polls for a while")
	}
	m, err := New().Manifest()
	if err != nil {
		t.Fatal(err)
	}
	readmetest.Check(t, map[string]string{
		"config": readmetest.ConfigTable(t, &m.Components[0]), "datasets": rhythmTable(t, m.Components[0].Datasets),
	}, *update)
}

func rhythmTable(t *testing.T, datasets []manifest.Dataset) string {
	t.Helper()
	what := map[string]string{
		datasetStatus:      "two calls about the cluster, the status of each node; every five minutes certificates of the members and definitions of storages",
		datasetGuests:      "guest agents: file systems every minute, addresses every two, configuration every ten, operating system every hour; swap of containers",
		datasetStorage:     "storages, ZFS and thin pools; disks every half hour",
		datasetBackups:     "backups of each storage, shared ones once; runs, jobs, guests without a job",
		datasetSnapshots:   "snapshots of each guest",
		datasetReplication: "jobs, and their state where there are any",
		datasetCeph:        "health and pools",
		datasetHA:          "state of services and managers",
		datasetUpkeep:      "pending updates, certificates, subscription",
	}
	out := "| dataset | every | what | of each node, per minute | of the cluster, per minute |\n|---|---|---|---|---|\n"
	var perNode, perCluster float64
	for _, d := range datasets {
		node, cluster := requests(t, d)
		perNode, perCluster = perNode+node, perCluster+cluster
		every := strings.Replace(strings.Replace(time.Duration(d.Interval).String(), "m0s", "m", 1), "h0m", "h", 1)
		out += fmt.Sprintf("| `%s` | %s | %s | %.1f | %.1f |\n", d.Name, every, what[d.Name], node, cluster)
	}
	return out + fmt.Sprintf("| together | | | %.0f | %.0f |\n", perNode, perCluster)
}

// requests returns how many requests per minute a dataset makes about a node
// and about the cluster, once it is under way.
func requests(t *testing.T, d manifest.Dataset) (node, cluster float64) {
	t.Helper()
	l := watch(t, proxmoxtest.NewCluster(dense))
	interval := time.Duration(d.Interval)
	l.collect(t, d.Name)
	before, start, span := l.source.client.Requests(), l.clock(), max(10*time.Minute, 2*interval)
	for l.clock().Sub(start) < span {
		l.forward(interval)
		l.collect(t, d.Name)
	}
	after, minutes := l.source.client.Requests(), l.clock().Sub(start).Minutes()
	return float64(after["node02"]-before["node02"]) / minutes, float64(after[""]-before[""]) / minutes
}
