package proxmox

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// changed returns the lab's set with rows of /cluster/resources changed.
func changed(t testing.TB, change func(row map[string]any)) *proxmoxtest.Set {
	t.Helper()
	set := load(t, "lab3-pve8")
	rows := proxmoxtest.Data[[]map[string]any](t, set, "/cluster/resources")
	for _, r := range rows {
		change(r)
	}
	return set.With(t, "/cluster/resources", rows)
}

// TestRatesGoByTheGuestsClock polls faster than the cluster tells anything new.
func TestRatesGoByTheGuestsClock(t *testing.T) {
	p, start := newPace(), time.Unix(1795400000, 0)
	for _, step := range []struct {
		name    string
		at      time.Duration
		uptime  time.Duration
		counted uint64
		want    float64 // -1: not known
	}{
		{"first", 0, 100 * time.Second, 1000, -1},
		{"the same sample", 10 * time.Second, 100 * time.Second, 1000, -1},
		{"two rounds later", 20 * time.Second, 120 * time.Second, 3000, 100},
		{"the same sample again", 30 * time.Second, 120 * time.Second, 3000, 100},
		{"idle", 40 * time.Second, 140 * time.Second, 3000, 0},
		{"nothing new for long", 140 * time.Second, 140 * time.Second, 3000, -1},
		{"restarted", 150 * time.Second, 5 * time.Second, 10, -1},
		{"goes on", 160 * time.Second, 15 * time.Second, 30, 2},
		{"counter lost, as after a migration", 170 * time.Second, 25 * time.Second, 3, -1},
	} {
		got := p.rates("qemu/1", sample{start.Add(step.at), step.uptime, resource.Traffic{NetIn: step.counted}})
		if (got == nil) != (step.want < 0) || got != nil && got.NetIn != step.want {
			t.Errorf("%s: got %+v, want %v", step.name, got, step.want)
		}
	}
}

func TestStorageMayBeUnknownForTwoPolls(t *testing.T) {
	l := watch(t, changed(t, func(r map[string]any) {
		if r["storage"] == "local" {
			r["status"] = "unknown"
		}
	}))
	for poll, want := range []resource.Status{
		resource.StatusUnknown, resource.StatusUnknown, resource.StatusOffline, resource.StatusOffline,
	} {
		if got := find(t, l.collect(t, datasetStatus), "storage/lab1/local").Status; got != want {
			t.Errorf("poll %d: %s, want %s", poll+1, got, want)
		}
	}
}

func TestStatesOfGuests(t *testing.T) {
	for status, want := range map[string]resource.Status{
		"running": resource.StatusRunning, "stopped": resource.StatusStopped, "paused": resource.StatusPaused,
		"prelaunch": resource.StatusPaused, "suspended": resource.StatusPaused, "io-error": resource.StatusDegraded,
		"unknown": resource.StatusUnknown, "": resource.StatusUnknown,
	} {
		l := watch(t, changed(t, func(r map[string]any) {
			if r["id"] == "qemu/100" {
				r["status"] = status
			}
		}))
		if got := find(t, l.collect(t, datasetStatus), "qemu/100").Status; got != want {
			t.Errorf("%q: %s, want %s", status, got, want)
		}
	}
}

func TestTemplatesAreSkipped(t *testing.T) {
	l := watch(t, load(t, "lab3-pve8"))
	for dataset, out := range l.collectAll(t) {
		for _, r := range out.Resources() {
			if r.ID == "qemu/9000" || r.ParentID == "qemu/9000" {
				t.Errorf("%s: %s", dataset, r.ID)
			}
		}
	}
	if n := l.Count("/nodes/lab1/qemu/9000/"); n != 0 {
		t.Errorf("a template was asked %d times", n)
	}
}

// TestMemoryNeverExceedsItsTotal plays a machine without a balloon driver.
func TestMemoryNeverExceedsItsTotal(t *testing.T) {
	l := watch(t, changed(t, func(r map[string]any) {
		if r["id"] == "qemu/100" {
			r["mem"], r["cpu"] = 9<<30, 1.04
		}
	}))
	guest := find(t, l.collect(t, datasetStatus), "qemu/100")
	if m := guest.Usage.Memory; m.Used != m.Total || m.Free != 0 || *guest.Usage.CPU != 1 {
		t.Errorf("memory %+v, processor %v", m, *guest.Usage.CPU)
	}
}

func TestContainersOfImagesAreTold(t *testing.T) {
	set := load(t, "solo-pve9")
	config := proxmoxtest.Data[map[string]any](t, set, "/nodes/pve/lxc/200/config")
	config["entrypoint"] = "/usr/bin/dns"
	l := watch(t, set.With(t, "/nodes/pve/lxc/200/config", config))
	l.collect(t, datasetGuests)
	out := l.collect(t, datasetStatus)
	for id, want := range map[string]bool{"lxc/200": true, "lxc/201": false} {
		if got := find(t, out, id).Detail.(*resource.Guest).OCI; got != want {
			t.Errorf("%s: OCI %v", id, got)
		}
	}
}

func TestEventsAreToldOnce(t *testing.T) {
	n := newNews()
	at := time.Unix(1795400000, 0)
	look := func(node string, online, quorate bool) *view {
		at = at.Add(10 * time.Second)
		return &view{
			at: at, name: "lab", quorate: quorate,
			nodes: []member{{name: "lab1", online: online}},
			rows:  []resourceRow{{ID: "qemu/100", Type: typeQEMU, Node: text(node), Name: "web01"}},
		}
	}
	for _, step := range []struct {
		name string
		view *view
		want []string
	}{
		{"first", look("lab1", true, true), nil},
		{"unchanged", look("lab1", true, true), nil},
		{"moved", look("lab2", true, true), []string{"web01 moved from lab1 to lab2"}},
		{"offline", look("lab2", false, false), []string{"node lab1 is offline", "cluster lab has lost its quorum"}},
		{"back", look("lab2", true, true), []string{"node lab1 is online again", "cluster lab has its quorum again"}},
	} {
		var got []string
		for _, e := range n.since(step.view) {
			got = append(got, e.Message)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
}

func TestQuorumAndManagersAreTrouble(t *testing.T) {
	set := load(t, "lab3-pve8")
	status := proxmoxtest.Data[[]map[string]any](t, set, "/cluster/status")
	status[0]["quorate"] = 0
	ha := []map[string]any{{"type": "lrm", "id": "lrm:lab2", "node": "lab2", "status": "lab2 (old timestamp - dead?, Mon Nov 23 02:13:12 2026)"}}
	l := watch(t, set.With(t, "/cluster/status", status).With(t, "/cluster/ha/status/current", ha))
	l.collect(t, datasetHA)
	out := l.collect(t, datasetStatus)
	for id, want := range map[string]string{
		"node/lab1": "the cluster has no quorum",
		"node/lab2": "the cluster has no quorum, high availability: no sign of life from its local resource manager",
	} {
		if got := find(t, out, id).StatusReason; got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

func TestDatasetsCanBeSwitchedOff(t *testing.T) {
	l := watch(t, load(t, "lab3-pve8"))
	c := l.config()
	c.Backups, c.Storage = false, false
	s, err := newSource(c, l.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for dataset, want := range map[string]bool{datasetBackups: false, datasetStorage: false, datasetSnapshots: true} {
		out := sdk.NewChanges(dataset)
		if err := s.CollectDataset(t.Context(), dataset, out); err != nil {
			t.Fatal(err)
		}
		if got := len(out.Resources()) > 0; got != want {
			t.Errorf("%s: %d resources", dataset, len(out.Resources()))
		}
	}
	if err := s.CollectDataset(t.Context(), "weather", sdk.NewChanges("weather")); err == nil {
		t.Error("an unknown dataset is collected")
	}
}

func TestFilesystems(t *testing.T) {
	fs := func(name, mount, kind string, used, total float64) filesystem {
		return filesystem{Name: text(name), Mountpoint: text(mount), Type: text(kind), Used: num(used), Total: num(total)}
	}
	for _, tt := range []struct {
		name string
		rows []filesystem
		want []resource.Capacity
	}{
		{"ordinary", []filesystem{fs("sda1", "/", "ext4", 4, 10), fs("sdb1", "/data", "xfs", 1, 5)}, []resource.Capacity{{Total: 10, Used: 4, Free: 6}, {Total: 5, Used: 1, Free: 4}}},
		{"bind mounts", []filesystem{fs("sda1", "/", "ext4", 4, 10), fs("sda1", "/srv/x", "ext4", 4, 10)}, []resource.Capacity{{Total: 10, Used: 4, Free: 6}}},
		{"no disks", []filesystem{
			fs("tmpfs", "/tmp", "tmpfs", 1, 2), fs("sr0", "/media", "iso9660", 3, 3), fs("loop1", "/snap/core", "squashfs", 3, 3),
			fs("overlay", "/var/lib/docker/overlay2/x", "overlay", 3, 9), fs("nas:/x", "/mnt", "nfs4", 3, 9), fs("devfs", "/dev", "devfs", 0, 1),
			fs("x", "System Reserved", "NTFS", 1, 2), fs("sdc", "/empty", "ext4", 0, 0),
		}, nil},
		{"datasets of a pool", []filesystem{
			fs("zroot/ROOT", "/", "zfs", 4, 10), fs("zroot/home", "/home", "zfs", 14, 20), fs("zroot/home", "/export", "zfs", 14, 20), fs("tank", "/tank", "zfs", 1, 3),
		}, []resource.Capacity{{Total: 24, Used: 18, Free: 6}, {Total: 3, Used: 1, Free: 2}}},
		{"subvolumes", []filesystem{fs("vda3", "/", "btrfs", 4, 10), fs("vda3", "/home", "btrfs", 4, 10)}, []resource.Capacity{{Total: 10, Used: 4, Free: 6}}},
	} {
		var got []resource.Capacity
		for _, f := range realFilesystems(tt.rows) {
			got = append(got, f.Capacity)
		}
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestAddresses(t *testing.T) {
	got := agentInterfaces([]agentInterface{
		{Name: "lo", IPs: []ip{{Address: "127.0.0.1"}}},
		{Name: "eth0", HWAddr: "bc:24:11:00:00:01", IPs: []ip{
			{"10.0.0.5", num(24)}, {"fe80::1%eth0", num(64)}, {"2001:db8::5", num(64)}, {"10.0.0.5", num(99)}, {"nonsense", num(1)},
		}},
	})
	want := []resource.Interface{{Name: "eth0", MAC: "bc:24:11:00:00:01", Addresses: []string{"10.0.0.5/24", "fe80::1/64", "2001:db8::5/64", "10.0.0.5"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"10.0.0.5", "2001:db8::5"}, addressesOf(got)); diff != "" {
		t.Error(diff)
	}
}

// TestEveryGuestHasItsTurn looks into more guests than one round may.
func TestEveryGuestHasItsTurn(t *testing.T) {
	size := proxmoxtest.Size{Nodes: 2, Guests: 130, Storages: 1}
	l := watch(t, proxmoxtest.NewCluster(size))
	l.source.limits.guests = 80
	const filesystems = "/agent/get-fsinfo"
	inside := func() map[string]int {
		asked := map[string]int{}
		for _, path := range l.Asked() {
			if strings.HasSuffix(path, filesystems) || strings.HasSuffix(path, "/interfaces") {
				asked[path]++
			}
		}
		return asked
	}
	l.collect(t, datasetGuests)
	first := len(inside())
	if first < 80 || first > 80+2*2*guestWorkers {
		t.Errorf("%d guests in the first round", first)
	}
	l.forward(time.Minute)
	l.collect(t, datasetGuests)
	if got := len(inside()); got != size.Guests {
		t.Errorf("%d guests of %d had their turn after two rounds", got, size.Guests)
	}
}

// TestDatasetsShareOneLook starts all datasets at the same time, as a hub does.
func TestDatasetsShareOneLook(t *testing.T) {
	l := watch(t, load(t, "lab3-pve8"))
	var collects sync.WaitGroup
	for _, dataset := range []string{datasetGuests, datasetStorage, datasetBackups, datasetSnapshots, datasetReplication, datasetUpkeep} {
		collects.Go(func() { l.collect(t, dataset) })
	}
	collects.Wait()
	if n := l.Count("/cluster/resources"); n != 1 {
		t.Errorf("the cluster was looked at %d times", n)
	}
}

// TestOneFailureLeavesTheRest plays a node that cannot tell its pools and updates.
func TestOneFailureLeavesTheRest(t *testing.T) {
	l := watch(t, load(t, "lab3-pve8"))
	l.Fail("/nodes/lab1/disks/zfs", proxmoxtest.Failing(500, "command 'zpool' failed"))
	l.Fail("/nodes/lab1/apt/update", proxmoxtest.Failing(500, "unable to lock"))
	seen := l.collectAll(t)
	for _, dataset := range []string{datasetStorage, datasetUpkeep} {
		wantProblems(t, seen[dataset], map[string]string{"node/lab1": proxmoxapi.CodeServerError})
	}
	find(t, seen[datasetStorage], "disk/lab1//dev/sda")
	node := find(t, seen[datasetStatus], "node/lab1")
	if node.Labels["subscription"] != "active" || node.Labels["updates"] != "" {
		t.Errorf("labels %v", node.Labels)
	}
	if pool := find(t, seen[datasetStatus], "storage/lab1/local-lvm"); len(pool.Metrics) != 1 {
		t.Errorf("metrics %v", pool.Metrics)
	}
}
