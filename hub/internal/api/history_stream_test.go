package api_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestStreamedChartsAreCompressed(t *testing.T) {
	h := start(t)
	hosts := make([]resource.Resource, 2200)
	for i := range hosts {
		hosts[i] = resource.Resource{ID: fmt.Sprint("h", i), Kind: resource.KindHost, Name: fmt.Sprint("h", i)}
	}
	h.observe(t, hosts...)
	plain := h.call("GET", "/api/charts", "all", "").Body.Len()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/charts", nil)
	r.Header.Set("X-API-Token", "all")
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	packed := w.Body.Len()
	unpacked, err := gzip.NewReader(w.Body)
	if err != nil || w.Header().Get("Content-Encoding") != "gzip" || packed > plain/4 {
		t.Fatalf("%v: %d bytes of %d, %v", err, packed, plain, w.Header())
	}
	var charts struct{ HostData map[string]any }
	if err := json.NewDecoder(unpacked).Decode(&charts); err != nil || len(charts.HostData) != len(hosts) {
		t.Errorf("%v, %d hosts, want %d", err, len(charts.HostData), len(hosts))
	}
}
