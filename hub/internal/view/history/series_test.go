package history

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/record"
	"github.com/pulse-hub/pulse/hub/internal/view/live"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// third is a resource of a kind that a plugin invented.
func third(measured ...resource.Metric) resource.Resource {
	return resource.Resource{ID: "one", Kind: "ups", Name: "one", Status: resource.StatusRunning, Metrics: measured}
}

// shelf returns an inventory with one resource of a third party, and a store with a point of each of its metrics.
func shelf(t *testing.T, measured ...resource.Metric) (*inventory.Snapshot, *memory) {
	t.Helper()
	inv := viewtest.Inventory()
	viewtest.Apply(t, inv, inventory.SourceRef{ID: "src", Type: "acme", Name: "acme"}, third(measured...))
	store := &memory{}
	for i := range measured {
		m := &measured[i]
		labels := labelsOf(m.Labels, false)
		slices.SortFunc(labels, func(a, b metrics.Label) int { return strings.Compare(a.Name, b.Name) })
		store.add("src/one", "ups", record.SeriesName(m), viewtest.Epoch().Add(-time.Minute), m.Value, labels...)
	}
	return inv.Snapshot(), store
}

func readAll(t *testing.T, store Store, snap *inventory.Snapshot, query Query) map[string][]SeriesPoint {
	t.Helper()
	answer, err := ReadHistory(t.Context(), store, snap, viewtest.Epoch(), query)
	if err != nil {
		t.Fatal(err)
	}
	return answer.(*History).Metrics
}

// TestOwnMetricsHaveTheKeysOfTheLiveFeed: the page looks up the history of what it shows by the key it has it under.
func TestOwnMetricsHaveTheKeysOfTheLiveFeed(t *testing.T) {
	measured := []resource.Metric{
		{Name: "battery_charge", Value: 0.123456, Unit: resource.UnitRatio},
		{Name: "mails", Value: 7, Counter: true, Labels: map[string]string{"queue": "in", "b": "x", "empty": ""}},
		{Name: "mails", Value: 8, Counter: true, Labels: map[string]string{"queue": "out"}},
	}
	snap, store := shelf(t, measured...)
	got := readAll(t, store, snap, Query{ResourceType: "ups", ResourceID: "src/one"})
	e, _ := snap.Get("src/one")
	fragment, err := live.Encode(resources.NewProjector(snap, resources.Inputs{}, nil), e)
	if err != nil {
		t.Fatal(err)
	}
	shown := fragment.JSON
	var fed struct {
		Metrics map[string]struct{ Value float64 }
	}
	if err := json.Unmarshal(shown, &fed); err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for key, m := range fed.Metrics {
		values[key] = m.Value
	}
	stored := map[string]float64{}
	for key, points := range got {
		stored[key] = points[0].Value
	}
	if len(values) != len(measured) {
		t.Fatalf("the feed has %s", shown)
	}
	if diff := cmp.Diff(values, stored); diff != "" {
		t.Errorf("(-feed +history):\n%s", diff)
	}
}

func TestDocumentedNamesAreNotTaken(t *testing.T) {
	snap, store := shelf(t, resource.Metric{Name: "cpu", Value: 5})
	store.add("src/one", "ups", metrics.CPUUsageRatio, viewtest.Epoch().Add(-time.Minute), 0.5)
	got := readAll(t, store, snap, Query{ResourceType: "ups", ResourceID: "one"})
	if len(got) != 1 || got["cpu"][0].Value != 50 {
		t.Errorf("got %+v, want the documented cpu alone", got)
	}
}

func TestOneAnswerIsBounded(t *testing.T) {
	measured := make([]resource.Metric, 2*maxOwn)
	for i := range measured {
		measured[i] = resource.Metric{Name: fmt.Sprintf("m%d", i), Value: float64(i)}
	}
	snap, store := shelf(t, measured...)
	if got := readAll(t, store, snap, Query{ResourceType: "ups", ResourceID: "src/one"}); len(got) != maxOwn {
		t.Errorf("got %d metrics, want %d", len(got), maxOwn)
	}
	last := measured[len(measured)-1]
	answer, err := ReadHistory(t.Context(), store, snap, viewtest.Epoch(), Query{ResourceType: "ups", ResourceID: "src/one", Metric: last.Name})
	if err != nil {
		t.Fatal(err)
	}
	if points := answer.(*MetricHistory).Points; len(points) != 1 || points[0].Value != last.Value {
		t.Errorf("the last one by its name: got %+v", points)
	}
	if names := store.asked[len(store.asked)-1].Names; len(names) != 1 {
		t.Errorf("asked for %v to tell one", names)
	}
}

func TestResourceTypes(t *testing.T) {
	snap := viewtest.World(t).Snapshot()
	p := resources.NewProjector(snap, resources.Inputs{}, nil)
	seen := map[string]bool{}
	for e := range snap.All() {
		if !p.Shown(e) {
			continue
		}
		if got, ok := find(snap, string(e.Kind), p.ID(e)); !ok || got != e {
			t.Errorf("%s %s is not found by its unified id", e.Kind, p.ID(e))
		}
		seen[string(e.Kind)] = true
	}
	for _, kind := range []string{"vm", "container", "node", "storage", "host", "datastore", "docker-host", "docker-container", "k8s-cluster", "k8s-node", "pod", "k8s-deployment"} {
		if !seen[kind] {
			t.Errorf("no %s was looked for, only %v", kind, slices.Sorted(maps.Keys(seen)))
		}
	}
	for _, test := range []struct{ resourceType, id, want string }{
		{"guest", "lab:pve1:101", "pve-lab/qemu/101"}, {"guest", "lab:pve2:201", "pve-lab/lxc/201"},
		{"docker", "docker-01/0123456789ab", ""}, {"docker", "docker-01", ""}, {"storage", "lab-pve1-local-zfs", "pve-lab/storage/pve1/local-zfs"},
	} {
		if e, ok := find(snap, test.resourceType, test.id); !ok || test.want != "" && e.Key != test.want {
			t.Errorf("%s %s: got %+v", test.resourceType, test.id, e)
		}
	}
}

func TestAnOwnIDThatTwoHaveFindsNone(t *testing.T) {
	inv := viewtest.Inventory()
	for _, source := range []string{"a", "b"} {
		viewtest.Apply(t, inv, inventory.SourceRef{ID: source, Type: "acme", Name: source}, third())
	}
	if e, ok := find(inv.Snapshot(), "ups", "one"); ok {
		t.Errorf("found %s, which is one of two", e.Key)
	}
	if e, ok := find(inv.Snapshot(), "ups", "b/one"); !ok || e.Key != "b/one" {
		t.Errorf("found %v by its unified id", e)
	}
}
