package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/promapi"
)

// promHub serves the routes for Prometheus' clients over a store with one sample.
func promHub(t *testing.T) http.Handler {
	t.Helper()
	store, err := metrics.Open(metrics.Options{Dir: filepath.Join(t.TempDir(), "metrics")})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = store.Run(t.Context()) })
	t.Cleanup(func() { _ = store.Close(); running.Wait() })
	handle, err := store.Intern(metrics.Series{Name: metrics.Up, Resource: "lab/a"})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Append(t.Context(), []metrics.Sample{{Series: handle, At: time.Now().UnixMilli(), Value: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	values := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("pulse_up 1\n")) })
	routes := append(api.PromRoutes(promapi.New(promapi.Options{Queryable: store.Queryable()})), api.ScrapeRoutes(values)...)
	around := newWall(t, config.SignIn{}, nil,
		auth.Token{ID: "reads", Scopes: []auth.Scope{auth.ScopeMonitoringRead}}, auth.Token{ID: "agent", Scopes: []auth.Scope{auth.ScopeHostReport}})
	return route.New(route.Options{Routes: routes, Logger: hclog.NewNullLogger(), Page: http.NotFoundHandler(), Auth: around.Callers})
}

func TestPrometheusClientsNeedTheRightToRead(t *testing.T) {
	hub := promHub(t)
	// A span in which nothing was measured.
	form := url.Values{"query": {"pulse_up"}, "start": {"0"}, "end": {"60"}, "step": {"60"}, "match[]": {"pulse_up"}}.Encode()
	for _, tc := range []struct{ method, path, want string }{
		{"GET", "/api/v1/query", `"resultType":"vector","result":[{"metric":{"__name__":"pulse_up","resource":"lab/a"},"value":[`},
		{"POST", "/api/v1/query", `"resultType":"vector"`},
		{"GET", "/api/v1/query_range", `"resultType":"matrix"`},
		{"POST", "/api/v1/query_range", `"resultType":"matrix"`},
		{"GET", "/api/v1/series", `"data":[]`},
		{"POST", "/api/v1/series", `"data":[]`},
		{"GET", "/api/v1/labels", `["__name__","resource"]`},
		{"POST", "/api/v1/labels", `["__name__","resource"]`},
		{"GET", "/api/v1/label/resource/values", `["lab/a"]`},
		{"GET", "/api/v1/metadata", `"pulse_up":[{"type":"unknown"`},
		{"GET", "/api/v1/format_query", `"pulse_up"`},
		{"GET", "/api/v1/status/buildinfo", `"version":"3.`},
		{"GET", "/metrics", "pulse_up 1"},
	} {
		for token, status := range map[string]int{"reads": http.StatusOK, "agent": http.StatusForbidden, "": http.StatusUnauthorized} {
			path, body := tc.path, ""
			if tc.method == http.MethodGet && tc.path != "/metrics" {
				path += "?" + form
			} else {
				body = form
			}
			if tc.path == "/api/v1/label/resource/values" || tc.path == "/api/v1/labels" {
				path = tc.path // over all times
				body = ""
			}
			r := httptest.NewRequestWithContext(t.Context(), tc.method, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			hub.ServeHTTP(w, r)
			if w.Code != status {
				t.Errorf("%s %s as %q: %d, want %d: %s", tc.method, tc.path, token, w.Code, status, w.Body)
			}
			if got := w.Body.String(); status == http.StatusOK && !strings.Contains(got, tc.want) {
				t.Errorf("%s %s: %s lacks %s", tc.method, tc.path, got, tc.want)
			}
		}
	}
}

func TestLargeQueriesAreRefused(t *testing.T) {
	hub := promHub(t)
	body := "query=" + strings.Repeat("1", 2<<20)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/query", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer reads")
	w := httptest.NewRecorder()
	hub.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), `"errorType":"bad_data"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
