package world

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// noon is an ordinary moment; tests that must hold at any time use moments.
var noon = time.Date(2026, 11, 23, 12, 7, 31, 0, time.UTC)

// moments are times of the day and of the week at which different things happen.
func moments() []time.Time {
	var list []time.Time
	for _, d := range []time.Duration{0, 97 * time.Minute, 5 * time.Hour, 10*time.Hour + 13*time.Second, 14 * time.Hour, 37 * time.Hour, 61 * time.Hour, 40 * 24 * time.Hour} {
		list = append(list, noon.Add(d))
	}
	return append(list,
		time.Date(2026, 11, 24, 4, 2, 30, 0, time.UTC), // backups run
		time.Date(2020, 2, 29, 23, 59, 59, 0, time.UTC))
}

// source is all that one instance of the plugin would report at one moment.
type source struct {
	name      string
	resources []resource.Resource
}

func sources(w *World, at time.Time) []source {
	var all []source
	for _, s := range w.sites {
		list := append(s.Status(at), s.Storage(at)...)
		list = append(list, s.Backups(at)...)
		all = append(all, source{s.name, append(list, s.Replication(at)...)})
	}
	for _, s := range w.servers {
		all = append(all, source{s.name, append(s.Status(at), s.Backups(at)...)})
	}
	for _, g := range w.gateways {
		all = append(all, source{g.name, g.Status(at)})
	}
	list := append(w.fleet.Hosts(at), w.fleet.Containers(at)...)
	return append(all, source{"agents", append(list, w.fleet.Kubernetes(at)...)})
}

func everything(w *World, at time.Time) []resource.Resource {
	var all []resource.Resource
	for _, s := range sources(w, at) {
		all = append(all, s.resources...)
	}
	return all
}

func TestSameSeedAndTimeGiveTheSameWorld(t *testing.T) {
	a, b := New(Defaults()), New(Defaults())
	for _, at := range moments() {
		everything(b, at.Add(3*time.Hour)) // what was asked before must not matter
		if diff := cmp.Diff(sources(a, at), sources(b, at), cmp.AllowUnexported(source{})); diff != "" {
			t.Fatalf("at %v:\n%s", at, diff)
		}
	}
	other := Defaults()
	other.Seed = 2
	if cmp.Equal(everything(a, noon), everything(New(other), noon)) {
		t.Error("another seed gives the same world")
	}
	if cmp.Equal(everything(a, noon), everything(a, noon.Add(10*time.Second))) {
		t.Error("nothing has changed after ten seconds")
	}
}

func TestObservationIsSound(t *testing.T) {
	w := New(Defaults())
	for _, at := range moments() {
		for _, s := range sources(w, at) {
			checkSource(t, s, at)
		}
	}
}

func checkSource(t *testing.T, s source, at time.Time) {
	t.Helper()
	ids := map[string]bool{}
	for _, r := range s.resources {
		if ids[r.ID] {
			t.Errorf("%s at %v: %s occurs twice", s.name, at, r.ID)
		}
		ids[r.ID] = true
	}
	for _, r := range s.resources {
		if r.ID == "" || r.Name == "" || r.Detail == nil {
			t.Errorf("%s: %+v lacks id, name or detail", s.name, r)
		}
		if r.ParentID != "" && !ids[r.ParentID] {
			t.Errorf("%s at %v: parent %s of %s is unknown", s.name, at, r.ParentID, r.ID)
		}
		if got, want := fmt.Sprintf("%T", r.Detail), detailOf(r.Kind); got != want {
			t.Errorf("%s: detail is %s, want %s", r.ID, got, want)
		}
		if (r.Status == resource.StatusDegraded || r.Status == resource.StatusOffline) && r.StatusReason == "" && r.Kind != resource.KindBackup {
			t.Errorf("%s: %v without a reason", r.ID, r.Status)
		}
		checkUsage(t, r, at)
	}
}

func checkUsage(t *testing.T, r resource.Resource, at time.Time) {
	t.Helper()
	cores := r.Kind == resource.KindAppContainer || r.Kind == resource.KindPod // without a limit
	if cpu := r.Usage.CPU; cpu != nil && (!(*cpu >= 0) || (*cpu > 1 && !cores)) {
		t.Errorf("%s at %v: cpu %v", r.ID, at, *cpu)
	}
	for name, c := range map[string]resource.Capacity{"memory": r.Usage.Memory, "swap": r.Usage.Swap, "disk": r.Usage.Disk} {
		if c.Used+c.Free != c.Total {
			t.Errorf("%s at %v: %s %+v does not add up", r.ID, at, name, c)
		}
	}
	if r.Uptime < 0 || r.SeenAt.After(at) {
		t.Errorf("%s at %v: uptime %v, seen at %v", r.ID, at, r.Uptime, r.SeenAt)
	}
	running := r.Status != resource.StatusStopped && r.Status != resource.StatusOffline
	if !running && r.Kind != resource.KindHost && (r.Uptime != 0 || (r.Usage.CPU != nil && *r.Usage.CPU != 0)) {
		t.Errorf("%s at %v: %v, yet up for %v", r.ID, at, r.Status, r.Uptime)
	}
}

func detailOf(k resource.Kind) string {
	return "*resource." + map[resource.Kind]string{
		resource.KindNode: "Node", resource.KindVM: "Guest", resource.KindContainer: "Guest", resource.KindStorage: "Storage",
		resource.KindDisk: "Disk", resource.KindCeph: "Ceph", resource.KindReplication: "Replication", resource.KindBackup: "Backup",
		resource.KindBackupTask: "BackupTask", resource.KindSnapshot: "Snapshot", resource.KindBackupServer: "BackupServer",
		resource.KindDatastore: "Datastore", resource.KindBackupJob: "BackupJob", resource.KindMailGateway: "MailGateway",
		resource.KindHost: "Host", resource.KindContainerHost: "ContainerHost", resource.KindAppContainer: "AppContainer",
		resource.KindService: "Service", resource.KindCluster: "Cluster", resource.KindClusterNode: "ClusterNode",
		resource.KindPod: "Pod", resource.KindDeployment: "Deployment",
	}[k]
}

func TestCountersOnlyGrowWhileTheThingRuns(t *testing.T) {
	w := New(Defaults())
	type seen struct {
		up time.Duration
		t  resource.Traffic
	}
	last := map[string]seen{}
	grown := 0
	for step := range 200 {
		at := noon.Add(time.Duration(step) * 11 * time.Minute)
		for _, s := range sources(w, at) {
			for _, r := range s.resources {
				if r.Usage.Counters == nil {
					continue
				}
				key, now := s.name+" "+r.ID, *r.Usage.Counters
				before, known := last[key]
				if known && r.Uptime > before.up {
					grown++
					if now.NetIn < before.t.NetIn || now.NetOut < before.t.NetOut || now.DiskRead < before.t.DiskRead || now.DiskWrite < before.t.DiskWrite {
						t.Fatalf("%s at %v: counters fell from %+v to %+v", key, at, before.t, now)
					}
				}
				last[key] = seen{r.Uptime, now}
			}
		}
	}
	if grown < 10000 {
		t.Errorf("only %d steps were compared", grown)
	}
}

func TestSizesFollowTheOptions(t *testing.T) {
	count := func(o Options) map[resource.Kind]int {
		n := map[resource.Kind]int{}
		for _, r := range everything(New(o), noon) {
			n[r.Kind]++
		}
		return n
	}
	scaled := Defaults()
	scaled.Scale = 3
	tests := []struct {
		name    string
		options Options
		want    map[resource.Kind]int
	}{
		{"defaults", Defaults(), map[resource.Kind]int{
			resource.KindNode: 5, resource.KindVM: 25, resource.KindContainer: 40, resource.KindHost: 8, resource.KindContainerHost: 3,
			resource.KindAppContainer: 36, resource.KindService: 4, resource.KindCluster: 2, resource.KindClusterNode: 8, resource.KindPod: 60,
			resource.KindDeployment: 24, resource.KindBackupServer: 2, resource.KindMailGateway: 2, resource.KindCeph: 1,
		}},
		{"scaled", scaled, map[resource.Kind]int{
			resource.KindNode: 11, resource.KindVM: 55, resource.KindContainer: 88, resource.KindHost: 20, resource.KindContainerHost: 9,
			resource.KindAppContainer: 108, resource.KindPod: 180, resource.KindClusterNode: 24, resource.KindDeployment: 72,
		}},
		{"nothing", Options{}, map[resource.Kind]int{resource.KindNode: 2, resource.KindVM: 0, resource.KindHost: 0, resource.KindPod: 0}},
		{"one of each", Options{ClusterNodes: 1, VMsPerNode: 1, LXCsPerNode: 1, Hosts: 1, Engines: 1, Containers: 1, Kubernetes: 1, KubeNodes: 1, Pods: 1, Deployments: 1}, map[resource.Kind]int{
			resource.KindNode: 3, resource.KindVM: 3, resource.KindContainer: 3, resource.KindHost: 2, resource.KindAppContainer: 1, resource.KindPod: 1,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := count(tt.options)
			for kind, want := range tt.want {
				if got[kind] != want {
					t.Errorf("%s: got %d, want %d", kind, got[kind], want)
				}
			}
			for _, s := range sources(New(tt.options), noon) {
				checkSource(t, s, noon)
			}
		})
	}
}

func TestStoppedRatioIsObeyed(t *testing.T) {
	o := Defaults()
	o.Scale = 10
	stopped, all := 0, 0
	for _, g := range New(o).sites[0].guests {
		all++
		if g.off {
			stopped++
		}
	}
	if part := float64(stopped) / float64(all); part < 0.13 || part > 0.27 {
		t.Errorf("%d of %d guests are off, want about a fifth", stopped, all)
	}
}

func BenchmarkCollect10k(b *testing.B) {
	o := Defaults()
	o.Scale = 22
	w := New(o)
	at := noon
	for _, bench := range []struct {
		name    string
		collect func(time.Time) int
	}{
		{"everything", func(at time.Time) int { return len(everything(w, at)) }},
		{"cluster-status", func(at time.Time) int { return len(w.sites[0].Status(at)) }},
		{"cluster-storage", func(at time.Time) int { return len(w.sites[0].Storage(at)) }},
		{"cluster-backups", func(at time.Time) int { return len(w.sites[0].Backups(at)) }},
		{"hosts", func(at time.Time) int { return len(w.fleet.Hosts(at)) }},
		{"containers", func(at time.Time) int { return len(w.fleet.Containers(at)) }},
		{"kubernetes", func(at time.Time) int { return len(w.fleet.Kubernetes(at)) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				at = at.Add(10 * time.Second)
				n = bench.collect(at)
			}
			b.ReportMetric(float64(n), "resources")
		})
	}
}
