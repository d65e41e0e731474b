package v5

import (
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestIDsAndBack(t *testing.T) {
	snap := viewtest.World(t).Snapshot()
	for _, test := range []struct{ key, resourceType, id string }{
		{"pve-lab/node/pve1", "node", "lab-cluster-pve1"},
		{"pve-lab/qemu/101", "vm", "lab:pve1:101"},
		{"pve-lab/qemu/101", "guest", "lab:pve1:101"},
		{"pve-lab/lxc/201", "container", "lab:pve2:201"},
		{"pve-lab/storage/pve1/local-zfs", "storage", "lab-pve1-local-zfs"},
		{"pve-lab/disk/pve1//dev/nvme0n1", "disk", "lab-pve1-/dev/nvme0n1"},
		{"pbs-vault/server", "pbs", "pbs-vault"},
		{"pmg-edge/gateway", "pmg", "pmg-edge"},
		{"agents/nas-01", "host", "nas-01"},
		{"agents/docker-01", "dockerHost", "docker-01"},
		{"agents/docker-01", "docker-host", "docker-01"},
		{"agents/docker-01/0123456789ab", "dockerContainer", "0123456789ab"},
		{"agents/k8s-prod", "k8s-cluster", "k8s-prod"},
		{"agents/k8s-prod/pod/p1", "pod", "uid-p1"},
	} {
		e, ok := snap.Get(test.key)
		if !ok {
			t.Fatalf("no %s", test.key)
		}
		if got := ID(snap, e); got != test.id {
			t.Errorf("ID(%s) = %q, want %q", test.key, got, test.id)
		}
		if got, ok := Find(snap, test.resourceType, test.id); !ok || got != e {
			t.Errorf("Find(%s, %s) = %v, %t; want %s", test.resourceType, test.id, got, ok, test.key)
		}
	}
}

func TestFindOtherSpellings(t *testing.T) {
	snap := viewtest.World(t).Snapshot()
	for _, test := range []struct {
		resourceType, id string
		found            bool
	}{
		{"vm", "lab-pve1-101", true},
		{"dockerContainer", "docker-01/0123456789ab", true},
		{"vm", "lab:pve2:101", false},
		{"vm", "lab:pve2:201", false},
		{"spaceship", "docker-01", false},
		{"host", "", false},
	} {
		if _, ok := Find(snap, test.resourceType, test.id); ok != test.found {
			t.Errorf("Find(%s, %s): found %t, want %t", test.resourceType, test.id, ok, test.found)
		}
	}
}

func TestStorageIDWhereTheInstanceIsTheNode(t *testing.T) {
	inv := viewtest.Inventory()
	viewtest.Apply(t, inv, inventory.SourceRef{ID: "s", Type: "pve", Name: "alone"}, resource.Resource{
		ID: "storage/alone/local", Kind: resource.KindStorage, Name: "local", Detail: &resource.Storage{Node: "alone", Enabled: true},
	})
	storage := Build(inv.Snapshot(), Inputs{}).Storage[0]
	if storage.ID != "alone-local" || storage.Status != "inactive" {
		t.Errorf("got id %q, status %q; want alone-local, inactive", storage.ID, storage.Status)
	}
}

func TestLastBackup(t *testing.T) {
	at := viewtest.Epoch()
	guest := func(vmid int) resource.Resource {
		return resource.Resource{ID: "qemu", Kind: resource.KindVM, Name: "g", Detail: &resource.Guest{Node: "n", VMID: vmid, LastBackup: at.Add(-72 * time.Hour)}}
	}
	server := func(namespace string) resource.Resource {
		return resource.Resource{ID: "b", Kind: resource.KindBackup, Detail: &resource.Backup{Type: "vm", BackupID: "100", At: at.Add(-time.Hour), Datastore: "d", Namespace: namespace}}
	}
	for name, test := range map[string]struct {
		second    int // VMID of a guest of another instance
		namespace string
		want      time.Time
	}{
		"a unique number":                        {second: 999, want: at.Add(-time.Hour)},
		"a number that two guests have":          {second: 100, want: at.Add(-72 * time.Hour)},
		"the namespace tells which one is meant": {second: 100, namespace: "One", want: at.Add(-time.Hour)},
		"the namespace tells it is the other":    {second: 100, namespace: "two", want: at.Add(-72 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			inv := viewtest.Inventory()
			viewtest.Apply(t, inv, inventory.SourceRef{ID: "1", Type: "pve", Name: "one"}, guest(100))
			viewtest.Apply(t, inv, inventory.SourceRef{ID: "2", Type: "pve", Name: "two"}, guest(test.second))
			viewtest.Apply(t, inv, inventory.SourceRef{ID: "3", Type: "pbs", Name: "pbs"}, server(test.namespace))
			if got := Build(inv.Snapshot(), Inputs{}).VMs[0].LastBackup; got != test.want.UnixMilli() {
				t.Errorf("got %s, want %s", time.UnixMilli(got).UTC(), test.want)
			}
		})
	}
}
