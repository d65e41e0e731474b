package v5

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func testInputs() Inputs {
	return Inputs{
		Revision:              1,
		ActiveAlerts:          []Alert{Alert(`{"id":"a1","type":"cpu","level":"warning"}`)},
		RemovedDockerHosts:    []RemovedDockerHost{{ID: "old", Hostname: "old", RemovedAt: 1000}},
		RemovedClusters:       []RemovedCluster{{ID: "gone", Name: "gone", RemovedAt: 1000}},
		TemperatureMonitoring: true,
	}
}

// world is the test world with what people have set on it.
func world(tb testing.TB) *inventory.Inventory {
	tb.Helper()
	inv := viewtest.World(tb)
	for key, settings := range map[string]*inventory.Settings{
		"agents/docker-01": {DisplayName: "Main engine", PendingUninstall: true, Command: &inventory.Command{
			ID: "c1", Type: "stop", Status: "queued", Created: time.UnixMilli(1000), Updated: time.UnixMilli(1000),
		}},
		"agents/k8s-prod": {DisplayName: "Production", Hidden: true},
	} {
		if err := inv.Annotate(tb.Context(), key, settings); err != nil {
			tb.Fatal(err)
		}
	}
	return inv
}

func mustState(tb testing.TB, view *View, snap *inventory.Snapshot, in Inputs) []byte {
	tb.Helper()
	state, err := view.State(snap, in)
	if err != nil {
		tb.Fatal(err)
	}
	return state
}

// TestStateGolden compares each member of the state with its golden file.
func TestStateGolden(t *testing.T) {
	state := mustState(t, NewView(), world(t).Snapshot(), testInputs())
	var members map[string]json.RawMessage
	if err := json.Unmarshal(state, &members); err != nil {
		t.Fatal(err)
	}
	for name, raw := range members {
		var got bytes.Buffer
		if err := json.Indent(&got, raw, "", "  "); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "golden", name+".json")
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestStateHasTheReferenceShape(t *testing.T) {
	state := mustState(t, NewView(), world(t).Snapshot(), testInputs())
	viewtest.CheckShape(t, "testdata/shapes/state.json", state,
		// Alerts are rendered elsewhere.
		"activeAlerts[].acknowledged", "activeAlerts[].instance", "activeAlerts[].message", "activeAlerts[].node",
		"activeAlerts[].resourceId", "activeAlerts[].resourceName", "activeAlerts[].startTime",
		"activeAlerts[].threshold", "activeAlerts[].value")
}

func TestStateIsTheJSONOfBuild(t *testing.T) {
	empty := viewtest.Inventory().Snapshot()
	for name, test := range map[string]struct {
		snap *inventory.Snapshot
		in   Inputs
	}{
		"world":            {world(t).Snapshot(), testInputs()},
		"world, no inputs": {world(t).Snapshot(), Inputs{}},
		"fleet":            {viewtest.NewFleet(t, 7, 3).Inventory.Snapshot(), Inputs{}},
		"empty":            {empty, Inputs{}},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := json.Marshal(Build(test.snap, test.in))
			if err != nil {
				t.Fatal(err)
			}
			got := mustState(t, NewView(), test.snap, test.in)
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-Build +State):\n%s", diff)
			}
		})
	}
}

// TestWarmStateEqualsCold changes the inventory in many ways; a view that has
// seen all of it must say the same as one that starts afresh.
func TestWarmStateEqualsCold(t *testing.T) {
	inv := world(t)
	warm := NewView()
	in := testInputs()
	check := func(what string) {
		t.Helper()
		snap := inv.Snapshot()
		if diff := cmp.Diff(string(mustState(t, NewView(), snap, in)), string(mustState(t, warm, snap, in))); diff != "" {
			t.Errorf("after %s (-cold +warm):\n%s", what, diff)
		}
	}
	check("start")
	later := viewtest.Epoch().Add(time.Minute)
	viewtest.ApplyAt(t, inv, inventory.SourceRef{ID: "host:x", Type: "host", Name: "x"}, later,
		resource.Resource{ID: "x", Kind: resource.KindHost, Name: "pve2", Detail: &resource.Host{Hostname: "pve2"}})
	check("a host agent on a node appears")
	viewtest.ApplyAt(t, inv, inventory.SourceRef{ID: "pbs-vault", Type: "pbs", Name: "vault"}, later)
	check("all backups of a server are gone")
	if err := inv.Annotate(t.Context(), "agents/docker-01", &inventory.Settings{DisplayName: "Other"}); err != nil {
		t.Fatal(err)
	}
	check("a container host is renamed")
	if err := inv.Annotate(t.Context(), "host:x/x", &inventory.Settings{Unlinked: true}); err != nil {
		t.Fatal(err)
	}
	check("a host agent is unlinked from its node")
	if err := inv.Forget(t.Context(), "agents"); err != nil {
		t.Fatal(err)
	}
	check("a source is forgotten")
}

func TestOnlyWhatChangedIsEncodedAgain(t *testing.T) {
	fleet := viewtest.NewFleet(t, 20, 3)
	view := NewView()
	mustState(t, view, fleet.Inventory.Snapshot(), Inputs{})
	before := view.cache.Encoded
	fleet.Report(t, 7)
	mustState(t, view, fleet.Inventory.Snapshot(), Inputs{})
	if got := view.cache.Encoded - before; got != 2 {
		t.Errorf("encoded %d entities again after one host and its engine reported, want 2", got)
	}
	if got, want := view.cache.Len(), 40; got != want {
		t.Errorf("cache holds %d fragments, want %d", got, want)
	}
}

func TestStateSurvivesNumbersThatJSONCannotSay(t *testing.T) {
	inv := viewtest.Inventory()
	nan := math.NaN()
	viewtest.Apply(t, inv, inventory.SourceRef{ID: "s", Type: "agents", Name: "s"},
		resource.Resource{
			ID: "h", Kind: resource.KindHost, Name: "h",
			Usage: resource.Usage{CPU: &nan, Rates: &resource.Rates{NetIn: math.Inf(1)}},
			Detail: &resource.Host{
				LoadAverage: []float64{nan, math.Inf(-1), 1},
				Sensors:     resource.Sensors{Temperatures: map[string]float64{"cpu": nan}},
			},
		},
		resource.Resource{
			ID: "n", Kind: resource.KindNode, Name: "n", SeenAt: time.Unix(1<<40, 0),
			Detail: &resource.Node{CPUMHz: nan, Temperatures: &resource.NodeTemperatures{CPUMax: nan, ReadAt: time.Unix(1<<40, 0)}},
		})
	mustState(t, NewView(), inv.Snapshot(), Inputs{})
}

func TestStaleMachinesAreOffline(t *testing.T) {
	now := viewtest.Epoch()
	inv := inventory.New(inventory.Options{Now: func() time.Time { return now }})
	observation := inventory.Observation{
		Source: inventory.SourceRef{ID: "a", Type: "agents", Name: "a"}, At: now, Complete: true, ValidFor: time.Minute,
		Resources: []resource.Resource{
			{ID: "h", Kind: resource.KindHost, Name: "h", Status: resource.StatusRunning},
			{ID: "d", Kind: resource.KindContainerHost, Name: "d", Status: resource.StatusRunning},
			{ID: "k", Kind: resource.KindCluster, Name: "k", Status: resource.StatusRunning},
			{ID: "n", Kind: resource.KindNode, Name: "n", Status: resource.StatusRunning},
		},
	}
	if _, err := inv.Apply(t.Context(), observation); err != nil {
		t.Fatal(err)
	}
	statuses := func() []string {
		s := Build(inv.Snapshot(), Inputs{})
		return []string{s.Hosts[0].Status, s.DockerHosts[0].Status, s.KubernetesClusters[0].Status, s.Nodes[0].Status, s.Nodes[0].ConnectionHealth}
	}
	if diff := cmp.Diff([]string{"online", "online", "online", "online", "healthy"}, statuses()); diff != "" {
		t.Errorf("fresh (-want +got):\n%s", diff)
	}
	now = now.Add(2 * time.Minute)
	if err := inv.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"offline", "offline", "offline", "offline", "error"}, statuses()); diff != "" {
		t.Errorf("stale (-want +got):\n%s", diff)
	}
	want := map[string]bool{"host-h": false, "docker-d": false, "kubernetes-k": false}
	if diff := cmp.Diff(want, Build(inv.Snapshot(), Inputs{}).ConnectionHealth); diff != "" {
		t.Errorf("connection health (-want +got):\n%s", diff)
	}
}

func TestCephClustersAreMergedByFSID(t *testing.T) {
	inv := world(t)
	viewtest.Apply(t, inv, inventory.SourceRef{ID: "host:c", Type: "host", Name: "c"}, resource.Resource{
		ID: "ceph", Kind: resource.KindCeph, Name: "small", Detail: &resource.Ceph{FSID: "00000000-0000-4000-8000-000000000001", Mons: 1},
	})
	clusters := Build(inv.Snapshot(), Inputs{}).CephClusters
	if len(clusters) != 1 || clusters[0].NumMons != 3 {
		t.Errorf("got %d clusters, want the one with 3 monitors: %+v", len(clusters), clusters)
	}
}

func TestSummary(t *testing.T) {
	got := Summarize(world(t).Snapshot(), testInputs())
	want := Summary{
		ActiveAlerts: 1, Nodes: 2, VMs: 2, Containers: 2, Storage: 2, Hosts: 2, KubernetesClusters: 1, DockerHostsTotal: 1,
		DockerHosts: []DockerHostSummary{{
			ID: "docker-01", Name: "Main engine", Status: "online", Containers: 1, UptimeSeconds: 3600, CPUUsagePercent: 30,
		}},
		LastUpdate: viewtest.Epoch(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	fleet := viewtest.NewFleet(t, 100, 1)
	encoded, err := json.Marshal(Summarize(fleet.Inventory.Snapshot(), Inputs{}))
	if err != nil {
		t.Fatal(err)
	}
	if len(encoded) > 5000 {
		t.Errorf("summary of 100 hosts has %d bytes, want at most 5000", len(encoded))
	}
}

func TestOtherEndpointsHaveTheReferenceShape(t *testing.T) {
	snap := world(t).Snapshot()
	detail, ok := StorageByID(snap, "lab-pve1-local-zfs")
	if !ok {
		t.Fatal("storage not found")
	}
	for file, value := range map[string]any{
		"backups":        BackupsOf(snap),
		"backups-pve":    map[string]any{"backups": StorageBackups(snap)},
		"backups-pbs":    map[string]any{"instances": BackupServers(snap)},
		"snapshots":      map[string]any{"snapshots": GuestSnapshots(snap)},
		"storage-detail": map[string]any{"data": detail, "timestamp": 1},
	} {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(file, func(t *testing.T) { viewtest.CheckShape(t, "testdata/shapes/"+file+".json", encoded) })
	}
	if detail.ZFSPool == nil || len(Storages(snap)) != 2 {
		t.Errorf("got pool %v and %d storages, want a pool and 2", detail.ZFSPool, len(Storages(snap)))
	}
	if _, ok := StorageByID(snap, "lab-pve2-nas"); !ok {
		t.Error("a shared storage is not found by its id on the second node")
	}
}
