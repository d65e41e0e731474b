package api_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/write"
)

func TestRemoteWriteIsToldToThoseWhoMayReadSettings(t *testing.T) {
	store, err := metrics.New(metrics.Options{Dir: filepath.Join(t.TempDir(), "metrics")})
	if err != nil {
		t.Fatal(err)
	}
	around := newWall(t, config.SignIn{}, nil,
		auth.Token{ID: "all"},
		auth.Token{ID: "settings", Scopes: []auth.Scope{auth.ScopeSettingsRead}},
		auth.Token{ID: "monitoring", Scopes: []auth.Scope{auth.ScopeMonitoringRead}},
	)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	some := func() []write.Status {
		return []write.Status{
			{
				Target: "a.example/api/v1/write", Sent: 10, Failed: 1, Dropped: 2, Retries: 3, QueuedSamples: 4, QueuedBytes: 500, Gaps: 1,
				LastSent: at, Error: "status 503",
			},
			{Target: "b.example"},
		}
	}
	const told = `{"targets":[{"target":"a.example/api/v1/write","sent":10,"failed":1,"dropped":2,"retries":3,"queuedSamples":4,` +
		`"queuedBytes":500,"gaps":1,"lastSent":"2026-03-01T12:00:00Z","error":"status 503"},` +
		`{"target":"b.example","sent":0,"failed":0,"dropped":0,"retries":0,"queuedSamples":0,"queuedBytes":0,"gaps":0,"lastSent":null}]}`
	for _, tt := range []struct {
		name   string
		status func() []write.Status
		token  string
		code   int
		body   string
	}{
		{"all rights", some, "all", http.StatusOK, told},
		{"settings", some, "settings", http.StatusOK, told},
		{"monitoring only", some, "monitoring", http.StatusForbidden, ""},
		{"nobody", some, "", http.StatusUnauthorized, ""},
		{"without a writer", nil, "all", http.StatusOK, `{"targets":[]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			handler, _ := behind(around, api.Parts{
				Inventory: inventory.New(inventory.Options{}), Measurements: store, RemoteWrite: tt.status,
			})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/metrics-store/remote", nil)
			if tt.token != "" {
				r.Header.Set("X-API-Token", tt.token)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != tt.code || tt.body != "" && strings.TrimSpace(w.Body.String()) != tt.body {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, tt.code, tt.body)
			}
		})
	}
}
