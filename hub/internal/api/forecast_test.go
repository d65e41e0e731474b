package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func (h *hub) observe(t *testing.T, resources ...resource.Resource) {
	t.Helper()
	if _, err := h.inventory.Apply(t.Context(), inventory.Observation{
		Source: inventory.SourceRef{ID: "a", Type: "pve", Name: "lab"}, Dataset: "all", At: time.Now(), Complete: true, Resources: resources,
	}); err != nil {
		t.Fatal(err)
	}
}

func TestForecastOfOneAndOfAll(t *testing.T) {
	h := start(t)
	h.observe(t,
		resource.Resource{ID: "s1", Kind: resource.KindDatastore, Name: "s1", Usage: resource.Usage{Disk: resource.Capacity{Total: 10, Used: 10}}},
		resource.Resource{ID: "s2", Kind: resource.KindDatastore, Name: "s2", Usage: resource.Usage{Disk: resource.Capacity{Total: 10, Used: 1, Free: 9}}})
	for target, want := range map[string]string{
		"/api/forecast":                            "s1 full, s2 too_little_history",
		"/api/forecast?resourceId=pbs-lab%2Fs2":    "s2 too_little_history",
		"/api/forecast?resourceId=pbs-lab%2Fother": "404",
	} {
		w := h.call("GET", target, "all", "")
		var answer struct {
			Forecasts []struct{ Name, Reason string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, f := range answer.Forecasts {
			told = append(told, f.Name+" "+f.Reason)
		}
		if w.Code != 200 {
			told = []string{fmt.Sprint(w.Code)}
		}
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("%s: got %s, want %s: %s", target, got, want, w.Body)
		}
	}
}

func TestChartsOfVeryManyAreStreamed(t *testing.T) {
	h := start(t)
	hosts := make([]resource.Resource, 2200)
	for i := range hosts {
		hosts[i] = resource.Resource{ID: fmt.Sprint("h", i), Kind: resource.KindHost, Name: fmt.Sprint("h", i)}
	}
	h.observe(t, hosts...)
	w := h.call("GET", "/api/charts", "all", "")
	var charts struct{ HostData map[string]any }
	if err := json.Unmarshal(w.Body.Bytes(), &charts); err != nil {
		t.Fatal(err)
	}
	if w.Code != 200 || len(charts.HostData) != len(hosts) || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("ETag") != "" {
		t.Errorf("got %d with %d hosts and %v", w.Code, len(charts.HostData), w.Header())
	}
	if w := h.call("HEAD", "/api/charts", "all", ""); w.Code != 200 || w.Body.Len() > 0 {
		t.Errorf("HEAD gave %d and %d bytes", w.Code, w.Body.Len())
	}
}
