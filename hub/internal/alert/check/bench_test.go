package check

import (
	"fmt"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// tenThousand returns 10,000 resources of all kinds in the proportions of a large installation: 20 nodes with 100 guests
// each, 100 machines with 50 containers each, and what belongs to them.
func tenThousand(tb testing.TB) *lab {
	tb.Helper()
	l := newLab(tb)
	var list []resource.Resource
	for n := range 20 {
		node := fmt.Sprintf("pve%02d", n)
		list = append(list, aNode(node), aStorage("local", node, false), aStorage("nas", node, true))
		for disk := range 4 {
			list = append(list, resource.Resource{
				ID: fmt.Sprintf("disk/%s/%d", node, disk), Kind: resource.KindDisk, Name: "/dev/sda", ParentID: "node/" + node,
				Detail: &resource.Disk{Node: node, Device: fmt.Sprintf("/dev/sd%d", disk), Health: "PASSED", LifeLeft: new(0.9)},
			})
		}
		for g := range 100 {
			vmid := 1000 + 100*n + g
			guest := aGuest(fmt.Sprint(vmid), vmid, node)
			guest.Tags = []string{"prod", "web"}
			guest.Detail.(*resource.Guest).Filesystems = []resource.Filesystem{
				{Mountpoint: "/", Type: "ext4", Capacity: capacity(100, 30)}, {Mountpoint: "/var", Type: "ext4", Capacity: capacity(100, 40)},
			}
			if g%2 == 0 {
				list = append(list, task(vmid, "OK", ago(day)))
			}
			list = append(list, guest, resource.Resource{
				ID: fmt.Sprintf("snapshot/%d", vmid), Kind: resource.KindSnapshot, Name: "before", ParentID: guest.ID,
				Detail: &resource.Snapshot{Node: node, GuestType: "qemu", VMID: vmid, At: ago(day)},
			})
		}
	}
	l.tells(pveSource, list...)
	list = []resource.Resource{aServer(resource.StatusRunning, "healthy")}
	for vmid := range 2000 {
		list = append(list, servedBackup(1000+vmid, ago(day)))
	}
	l.tells(pbsSource, list...)
	l.tells(pmgSource, aGateway(resource.MailGateway{Counts: after(22, 100, 100, 100)}))
	fleetOf(l, 50, 50)
	return l
}

// fleetOf adds machines, each with containers.
func fleetOf(l *lab, machines, containers int) {
	l.Helper()
	for m := range machines {
		name := fmt.Sprintf("machine-%d", m)
		l.tells(inventory.SourceRef{ID: "host:" + name, Type: "host", Name: name}, resource.Resource{
			ID: name, Kind: resource.KindHost, Name: name, Status: resource.StatusRunning,
			Usage:  resource.Usage{CPU: new(0.2), Memory: capacity(100, 30)},
			Detail: &resource.Host{Hostname: name, Filesystems: []resource.Filesystem{{Mountpoint: "/", Capacity: capacity(100, 30)}}},
		})
		list := []resource.Resource{{
			ID: name, Kind: resource.KindContainerHost, Name: name, Status: resource.StatusRunning, Detail: &resource.ContainerHost{Hostname: name},
		}}
		for c := range containers {
			list = append(list, resource.Resource{
				ID: fmt.Sprintf("%s/%064d", name, c), Kind: resource.KindAppContainer, Name: fmt.Sprintf("app-%d", c), ParentID: name,
				Status: resource.StatusRunning, Usage: resource.Usage{CPU: new(0.1), Memory: capacity(100, 20)},
				Detail: &resource.AppContainer{Image: "app:1", State: "running", Health: "healthy"},
			})
		}
		l.tells(inventory.SourceRef{ID: "docker:" + name, Type: "docker", Name: name}, list...)
	}
}

// BenchmarkAll is one round over 10,000 resources that are well: with the work that is done once for all of them, and
// with every alert of backups and snapshots switched on.
func BenchmarkAll(b *testing.B) {
	l := tenThousand(b)
	wantsBackups(&l.config)
	l.config.SnapshotDefaults.Enabled = true
	snap, now := l.inventory.Snapshot(), viewtest.Epoch()
	p, err := policy.New(l.config)
	if err != nil {
		b.Fatal(err)
	}
	for _, open := range []bool{false, true} {
		b.Run(fmt.Sprintf("open=%v", open), func(b *testing.B) {
			checker := New()
			b.ReportAllocs()
			b.ReportMetric(float64(snap.Len()), "resources")
			for b.Loop() {
				checker.All(NewWorld(snap, p, now, l.started, func(string) bool { return open }))
			}
		})
	}
}
