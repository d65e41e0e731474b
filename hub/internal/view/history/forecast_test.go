package history

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/forecast"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestForecasts(t *testing.T) {
	const giB = 1 << 30
	inv, now, store := viewtest.Inventory(), viewtest.Epoch(), &memory{}
	grows := func(name string, used uint64, perDay float64) resource.Resource {
		for h := range 30 * 24 {
			at := now.Add(time.Duration(h-30*24) * time.Hour)
			store.add("src/"+name, "datastore", metrics.DiskUsedBytes, at, float64(used)-perDay*float64(30*24-h)/24)
		}
		return resource.Resource{ID: name, Kind: resource.KindDatastore, Name: name, Usage: resource.Usage{
			Disk: resource.Capacity{Total: 210 * giB, Used: used, Free: 200*giB - used},
		}}
	}
	viewtest.Apply(t, inv, inventory.SourceRef{ID: "src", Type: "pbs", Name: "pbs"},
		grows("slow", 100*giB, giB), grows("fast", 100*giB, 2*giB), grows("still", 50*giB, 0),
		resource.Resource{ID: "new", Kind: resource.KindDatastore, Name: "new", Usage: resource.Usage{Disk: resource.Capacity{Total: 10, Used: 1, Free: 9}}},
		resource.Resource{ID: "vm", Kind: resource.KindVM, Name: "vm", Usage: resource.Usage{Disk: resource.Capacity{Total: 4}}, Detail: &resource.Guest{DiskUnknown: "no-agent"}},
		resource.Resource{ID: "pod", Kind: resource.KindPod, Name: "pod"})
	forecaster := forecast.New(store)
	answer, found, err := ReadForecasts(t.Context(), forecaster, inv.Snapshot(), now, "")
	if err != nil || !found {
		t.Fatal(found, err)
	}
	var names []string
	for _, f := range answer.Forecasts {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"fast", "slow", "new", "still"}) {
		t.Fatalf("got %v", names)
	}
	encoded, err := json.Marshal(answer.Forecasts[:3])
	if err != nil {
		t.Fatal(err)
	}
	const want = `[` +
		`{"resourceId":"pbs-pbs/fast","type":"datastore","name":"fast","metric":"disk","usedBytes":107374182400,"totalBytes":225485783040,"bytesPerDay":2147483648,` +
		`"daysUntilFull":50,"fullAt":"2026-04-20T12:00:00Z","confidence":"high","reason":"growing","basedOn":{"from":"2026-01-30T12:00:00Z","to":"2026-03-01T12:00:00Z","points":720}},` +
		`{"resourceId":"pbs-pbs/slow","type":"datastore","name":"slow","metric":"disk","usedBytes":107374182400,"totalBytes":225485783040,"bytesPerDay":1073741824,` +
		`"daysUntilFull":100,"fullAt":"2026-06-09T12:00:00Z","confidence":"medium","reason":"growing","basedOn":{"from":"2026-01-30T12:00:00Z","to":"2026-03-01T12:00:00Z","points":720}},` +
		`{"resourceId":"pbs-pbs/new","type":"datastore","name":"new","metric":"disk","usedBytes":1,"totalBytes":10,"bytesPerDay":0,` +
		`"daysUntilFull":null,"fullAt":null,"confidence":"low","reason":"too_little_history","basedOn":{"from":null,"to":null,"points":0}}]`
	if diff := cmp.Diff(want, string(encoded)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	one, found, err := ReadForecasts(t.Context(), forecaster, inv.Snapshot(), now, "pbs-pbs/slow")
	if err != nil || !found || len(one.Forecasts) != 1 || one.Forecasts[0].Name != "slow" {
		t.Errorf("one: got %+v, %v, %v", one, found, err)
	}
	if _, found, err := ReadForecasts(t.Context(), forecaster, inv.Snapshot(), now, "nobody"); err != nil || found {
		t.Errorf("an unknown one is found: %v, %v", found, err)
	}
}

func TestForecastsOfFilesystems(t *testing.T) {
	const giB = 1 << 30
	inv, now, store := viewtest.Inventory(), viewtest.Epoch(), &memory{}
	size := resource.Capacity{Total: 100 * giB, Used: 50 * giB, Free: 50 * giB}
	for h := range 30 * 24 {
		at := now.Add(time.Duration(h-30*24) * time.Hour)
		store.add("src/m", "host", metrics.DiskUsedBytes, at, 50*giB)
		store.add("src/m", "host", metrics.FilesystemUsedBytes, at, 50*giB-giB*float64(30*24-h)/24, mountLabels("/var")...)
	}
	viewtest.Apply(t, inv, inventory.SourceRef{ID: "src", Type: "host", Name: "m"}, resource.Resource{
		ID: "m", Kind: resource.KindHost, Name: "m", Usage: resource.Usage{Disk: size},
		Detail: &resource.Host{Filesystems: []resource.Filesystem{{Mountpoint: "/", Capacity: size}, {Mountpoint: "/var", Capacity: size}}},
	})
	answer, found, err := ReadForecasts(t.Context(), forecast.New(store), inv.Snapshot(), now, "")
	if err != nil || !found {
		t.Fatal(found, err)
	}
	var got []string
	for _, f := range answer.Forecasts {
		got = append(got, f.Mount+" "+f.Metric+" "+f.Reason)
	}
	want := []string{"/var filesystemused{mount=/var} growing", " disk not_growing", "/ filesystemused{mount=/} too_little_history"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// What fills up has a history under the name that is told.
	query := Query{ResourceType: "host", ResourceID: answer.Forecasts[0].ResourceID, Metric: answer.Forecasts[0].Metric, Range: "24h"}
	told, err := ReadHistory(t.Context(), store, inv.Snapshot(), now, query)
	if err != nil {
		t.Fatal(err)
	}
	one, ok := told.(*MetricHistory)
	if !ok || len(one.Points) < 23 || one.Points[0].Value < 49*giB*0.99 || one.Points[0].Value > 50*giB {
		t.Errorf("history of %s: %+v", query.Metric, told)
	}
}
