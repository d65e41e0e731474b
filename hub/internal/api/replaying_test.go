package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// TestHistorySaysThatItIsBeingReadBack asks a hub whose store is not open yet.
func TestHistorySaysThatItIsBeingReadBack(t *testing.T) {
	store, err := metrics.New(metrics.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	inv := inventory.New(inventory.Options{})
	_, err = inv.Apply(t.Context(), inventory.Observation{Source: inventory.SourceRef{ID: "s"}, Resources: []resource.Resource{
		{ID: "a", Kind: resource.KindHost, Name: "a"}, {ID: "b", Kind: resource.KindStorage, Name: "b"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	around := newWall(t, config.SignIn{}, nil,
		auth.Token{ID: "all"},
	)
	handler, _ := behind(around, api.Parts{Inventory: inv, Measurements: store})
	h := handler
	get := func(path string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("X-API-Token", "all")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, path := range []string{"/api/charts", "/api/storage-charts"} {
		w := get(path)
		var problem route.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
			t.Fatalf("%s gave %d %s: %v", path, w.Code, w.Body, err)
		}
		if w.Code != http.StatusServiceUnavailable || problem.Code != "replaying" || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s gave %d %s, want 503 with the code replaying", path, w.Code, w.Body)
		}
	}
	var stats struct{ Engine struct{ Replaying bool } }
	w := get("/api/metrics-store/stats")
	if err := json.Unmarshal(w.Body.Bytes(), &stats); err != nil || w.Code != http.StatusOK || !stats.Engine.Replaying {
		t.Errorf("statistics gave %d %s: %v", w.Code, w.Body, err)
	}
}
