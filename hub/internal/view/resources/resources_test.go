package resources

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func mustList(tb testing.TB, view *View, snap *inventory.Snapshot, filter Filter) []byte {
	tb.Helper()
	page, err := view.List(snap, Inputs{}, filter)
	if err != nil {
		tb.Fatal(err)
	}
	return page
}

func listedIDs(tb testing.TB, page []byte) []string {
	tb.Helper()
	var decoded struct {
		Resources []struct{ ID string }
		Count     int
	}
	if err := json.Unmarshal(page, &decoded); err != nil {
		tb.Fatalf("%v in %s", err, page)
	}
	var ids []string
	for _, r := range decoded.Resources {
		ids = append(ids, r.ID)
	}
	if decoded.Count != len(ids) {
		tb.Errorf("count is %d, want %d", decoded.Count, len(ids))
	}
	return ids
}

func TestListGolden(t *testing.T) {
	page := mustList(t, NewView(), viewtest.World(t).Snapshot(), Filter{})
	var got bytes.Buffer
	if err := json.Indent(&got, page, "", "  "); err != nil {
		t.Fatal(err)
	}
	const file = "testdata/list.json"
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestListHasTheReferenceShape(t *testing.T) {
	view, snap := NewView(), viewtest.World(t).Snapshot()
	viewtest.CheckShape(t, "testdata/shapes/resources.json", mustList(t, view, snap, Filter{}))
	one, ok := view.Get(snap, Inputs{}, "k8s-prod/pod/uid-p1")
	if !ok {
		t.Fatal("pod not found")
	}
	encoded, err := json.Marshal(one)
	if err != nil {
		t.Fatal(err)
	}
	viewtest.CheckShape(t, "testdata/shapes/resources-one.json", encoded)
	encoded, err = json.Marshal(view.Stats(snap, Inputs{}))
	if err != nil {
		t.Fatal(err)
	}
	viewtest.CheckShape(t, "testdata/shapes/resources-stats.json", encoded)
}

func TestFilters(t *testing.T) {
	view, snap := NewView(), viewtest.World(t).Snapshot()
	for query, want := range map[string][]string{
		"type=vm":                      {"lab:pve1:102", "lab:pve1:101"},
		"type=pbs,pmg":                 {"pbs-vault", "pmg-edge"},
		"platform=kubernetes&type=pod": {"k8s-prod/pod/uid-p1"},
		"status=stopped":               {"lab:pve1:102"},
		"parent=docker-01":             {"docker-01/0123456789ab", "docker-01/service/svc1"},
		"type=nothing":                 nil,
		"alerts=true":                  nil,
		"infrastructure=true&type=vm":  {"agent-pve1", "docker-01", "k8s-prod", "k8s-prod/node/uid-n1", "nas-01", "lab-cluster-pve2"},
		"workloads=true&infrastructure=false&type": {"docker-01/0123456789ab", "k8s-prod/pod/uid-p1", "lab:pve2:201", "lab:pve2:202", "lab:pve1:101", "lab:pve1:102"},
	} {
		parameters := map[string]string{}
		for part := range strings.SplitSeq(query, "&") {
			name, value, _ := strings.Cut(part, "=")
			parameters[name] = value
		}
		page := mustList(t, view, snap, ParseFilter(func(name string) string { return parameters[name] }))
		got, expected := map[string]bool{}, map[string]bool{}
		for _, id := range listedIDs(t, page) {
			got[id] = true
		}
		for _, id := range want {
			expected[id] = true
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
		if want == nil && !bytes.HasPrefix(page, []byte(`{"resources":null,`)) {
			t.Errorf("%s: got %.40s, want null", query, page)
		}
	}
}

func TestANodeWithAnAgentIsToldByTheAgent(t *testing.T) {
	view, snap := NewView(), viewtest.World(t).Snapshot()
	stats := view.Stats(snap, Inputs{})
	if stats.SuppressedResources != 2 { // the node, and the shared storage on its second node
		t.Errorf("suppressed %d, want 2", stats.SuppressedResources)
	}
	node, ok := view.Get(snap, Inputs{}, "lab-cluster-pve1")
	if !ok {
		t.Fatal("the suppressed node is not found by its id")
	}
	if data := node.PlatformData.(*NodeData); data.LinkedHostAgentID != "agent-pve1" {
		t.Errorf("node is linked to %q, want agent-pve1", data.LinkedHostAgentID)
	}
	host, _ := view.Get(snap, Inputs{}, "agent-pve1")
	if data := host.PlatformData.(*HostData); data.LinkedNodeID != "lab-cluster-pve1" {
		t.Errorf("host is linked to %q, want lab-cluster-pve1", data.LinkedNodeID)
	}
}

// TestSharedStorageIsToldByWhoReachesIt looks at a storage that one of three
// nodes has lost, and at one that is on a node which is away.
func TestSharedStorageIsToldByWhoReachesIt(t *testing.T) {
	nas := func(node string, active bool) resource.Resource {
		r := resource.Resource{
			ID: "storage/" + node + "/nas", Kind: resource.KindStorage, Name: "nas", ParentID: "node/" + node, Status: resource.StatusOffline,
			StatusReason: "the node cannot reach it", Detail: &resource.Storage{Node: node, Shared: true, Enabled: true, Active: active},
		}
		if active {
			r.Status, r.StatusReason, r.Usage.Disk = resource.StatusRunning, "", resource.Capacity{Total: 100, Used: 25, Free: 75}
		}
		return r
	}
	node := func(name string, status resource.Status) resource.Resource {
		return resource.Resource{ID: "node/" + name, Kind: resource.KindNode, Name: name, Status: status}
	}
	for _, tt := range []struct {
		name, status, reason string
		first, second        bool
		firstNode            resource.Status
		total                uint64
	}{
		{"all reach it", "online", "", true, true, resource.StatusRunning, 100},
		{"lost by the second", "degraded", "not reachable from b", true, false, resource.StatusRunning, 100},
		{"lost by the first", "degraded", "not reachable from a", false, true, resource.StatusRunning, 100},
		{"the first is away", "online", "", false, true, resource.StatusOffline, 100},
		{"lost by all", "offline", "the node cannot reach it", false, false, resource.StatusRunning, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inv := viewtest.Inventory()
			viewtest.Apply(t, inv, inventory.SourceRef{ID: "lab", Type: "pve", Name: "lab"},
				node("a", tt.firstNode), node("b", resource.StatusRunning), nas("a", tt.first), nas("b", tt.second))
			got, ok := NewView().Get(inv.Snapshot(), Inputs{}, "lab-a-nas")
			if !ok || got.Status != tt.status || got.StatusReason != tt.reason {
				t.Errorf("found %t: %s (%s), want %s (%s)", ok, got.Status, got.StatusReason, tt.status, tt.reason)
			}
			if total := got.Disk; (total == nil) != (tt.total == 0) || total != nil && total.Total != tt.total {
				t.Errorf("size is %+v, want %d", total, tt.total)
			}
		})
	}
}

func TestIDsAreUniqueAndFound(t *testing.T) {
	inv := viewtest.World(t)
	viewtest.Apply(t, inv, inventory.SourceRef{ID: "host:docker-01", Type: "host", Name: "docker-01"},
		resource.Resource{ID: "docker-01", Kind: resource.KindHost, Name: "docker-01"})
	view, snap := NewView(), inv.Snapshot()
	seen := map[string]bool{}
	p := NewProjector(snap, Inputs{}, nil)
	for e := range snap.All() {
		if !p.Shown(e) {
			continue
		}
		id := p.ID(e)
		if seen[id] {
			t.Errorf("id %s is there twice", id)
		}
		seen[id] = true
		if got, ok := view.Get(snap, Inputs{}, id); !ok || got.Name == "" {
			t.Errorf("Get(%s) = %+v, %t", id, got, ok)
		}
		if parent := p.parentID(e); parent != "" && !seen[parent] {
			if _, ok := p.Find(parent); !ok {
				t.Errorf("%s has parent %s, which is not found", id, parent)
			}
		}
	}
	if !seen["docker:docker-01"] {
		t.Errorf("the engine has no id of its own beside the host: %v", seen)
	}
	if _, ok := view.Get(snap, Inputs{}, "nope"); ok {
		t.Error("found what is not there")
	}
}

func TestWarmListEqualsCold(t *testing.T) {
	inv := viewtest.World(t)
	view := NewView()
	mustList(t, view, inv.Snapshot(), Filter{})
	later := viewtest.Epoch().Add(time.Minute)
	steps := []inventory.SourceRef{{ID: "host:x", Type: "host", Name: "x"}, {ID: "pbs-vault", Type: "pbs", Name: "vault2"}}
	viewtest.ApplyAt(t, inv, steps[0], later, resource.Resource{ID: "docker-01", Kind: resource.KindHost, Name: "pve2"})
	for range 2 {
		snap := inv.Snapshot()
		if diff := cmp.Diff(string(mustList(t, NewView(), snap, Filter{})), string(mustList(t, view, snap, Filter{}))); diff != "" {
			t.Errorf("(-cold +warm):\n%s", diff)
		}
		feed, err := view.Feed(snap, Inputs{})
		if err != nil {
			t.Fatal(err)
		}
		var live []map[string]any
		if err := json.Unmarshal(feed, &live); err != nil {
			t.Fatal(err)
		}
		_, hasVersion := live[0]["schemaVersion"]
		if _, isNumber := live[0]["lastSeen"].(float64); hasVersion || !isNumber {
			t.Errorf("feed encoding is wrong: %v", live[0])
		}
		viewtest.ApplyAt(t, inv, steps[1], later)
	}
}

func TestAlertsAndPluginKinds(t *testing.T) {
	inv := viewtest.Inventory()
	viewtest.Apply(t, inv, inventory.SourceRef{ID: "ups", Type: "ups", Name: "ups"},
		resource.Resource{ID: "one", Kind: "ups", Name: "one", Status: resource.StatusDegraded, Detail: &resource.Generic{JSON: `{"battery":0.5}`}},
		resource.Resource{ID: "two", Kind: "ups", Name: "two", Detail: &resource.Generic{JSON: `{broken`}})
	in := Inputs{Revision: 1, Alerts: map[string][]Alert{"ups/one": {{ID: "a", Level: "critical"}}}}
	view := NewView()
	page, err := view.List(inv.Snapshot(), in, Filter{WithAlerts: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ups/one"}, listedIDs(t, page)); diff != "" {
		t.Errorf("with alerts (-want +got):\n%s", diff)
	}
	for _, part := range []string{`"platformData":{"battery":0.5}`, `"platformType":"ups"`, `"status":"degraded"`, `"withAlerts":1`, `"level":"critical"`} {
		if !bytes.Contains(page, []byte(part)) {
			t.Errorf("%s is missing in %s", part, page)
		}
	}
}

func BenchmarkList(b *testing.B) {
	fleet := viewtest.NewFleet(b, 500, 10)
	view := NewView()
	mustList(b, view, fleet.Inventory.Snapshot(), Filter{})
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		fleet.Report(b, i%500)
		b.SetBytes(int64(len(mustList(b, view, fleet.Inventory.Snapshot(), Filter{}))))
	}
}
