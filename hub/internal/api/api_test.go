package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	description "github.com/pulse-hub/pulse/hub/api"
	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/discover"
	"github.com/pulse-hub/pulse/hub/internal/download"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/nodes/nodestest"
	"github.com/pulse-hub/pulse/hub/internal/nodes/setuptoken"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
)

// views renders without anything kept between calls.
type views struct{}

func (views) State(s *inventory.Snapshot) ([]byte, error) { return v5.NewView().State(s, v5.Inputs{}) }
func (views) Summary(s *inventory.Snapshot) v5.Summary    { return v5.Summarize(s, v5.Inputs{}) }
func (views) List(s *inventory.Snapshot, f resources.Filter) ([]byte, error) {
	return resources.NewView().List(s, resources.Inputs{}, f)
}
func (views) Get(s *inventory.Snapshot, id string) (resources.Resource, bool) {
	return resources.NewView().Get(s, resources.Inputs{}, id)
}
func (views) Stats(s *inventory.Snapshot) resources.Stats {
	return resources.NewView().Stats(s, resources.Inputs{})
}

type scheduler struct{ health collect.Health }

func (s scheduler) Health() collect.Health { return s.health }

// hub is the API over a real inventory and a real, empty store of measured values.
type hub struct {
	http.Handler
	*crew
	routes    []route.Route
	inventory *inventory.Inventory
}

func start(t testing.TB) *hub {
	t.Helper()
	return startAt(t, nil)
}

// startAt starts a hub whose clock is given; nil is that of the system.
func startAt(t testing.TB, now func() time.Time) *hub {
	t.Helper()
	store, err := metrics.Open(metrics.Options{Dir: filepath.Join(t.TempDir(), "metrics")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	inv := inventory.New(inventory.Options{Now: now})
	around := newWall(t, config.SignIn{}, nil,
		auth.Token{ID: "all", Prefix: "c09e45", Suffix: "b7ff", Created: time.Now()}, auth.Token{ID: "other"},
		auth.Token{ID: "agent", Scopes: []auth.Scope{auth.ScopeHostReport}}, auth.Token{ID: "none", Scopes: []auth.Scope{"nothing:at-all"}},
	)
	at, crew := time.Now(), newCrew(t, inv, around.Tokens, now)
	handler, routes := behind(around, api.Parts{
		Build: api.Build{Version: "5.1.0", Deployment: "manual", Started: at}, Inventory: inv,
		Reports: crew.reports, HostTokens: crew.hosts, Fleet: crew.desk, Remote: crew.remote, State: views{}, Resources: views{}, Measurements: store,
		Nodes: nodestest.New(t, false), Discovery: discover.NewWatch(discover.New(discover.Options{}), discover.DefaultConfig(), hclog.NewNullLogger()),
		Programs:    download.New([]string{t.TempDir()}),
		SetupTokens: setuptoken.NewDesk(nil), Broadcast: &broadcasts{},
		Plugins: plugins{}, Publishers: publishers{}, PluginLogs: pluginLogs{}, Instances: instances{}, InstanceReports: setup.NewReports(),
		Scheduler: scheduler{collect.Health{At: at, Adaptive: true, Queue: collect.Queue{PerType: map[string]int{}}, Instances: []collect.InstanceHealth{{
			Source: inventory.SourceRef{Type: "pve", Name: "a", Address: "https://a"}, Staleness: 1, Failures: 6,
			LastError:  &collect.PollError{At: at, Message: "401", Permanent: true},
			Breaker:    collect.BreakerHealth{State: collect.BreakerOpen, Since: at, RetryAt: at, Failures: 6},
			DeadLetter: &collect.DeadLetter{Reason: collect.ReasonPermanent, NextRetry: at},
			Datasets: []collect.DatasetHealth{{Name: "status", Failures: 6, DeadLetter: &collect.DeadLetter{NextRetry: at},
				LastError: &collect.PollError{At: at, Message: "401", Permanent: true}}},
		}}}},
		Stream:      http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }),
		Description: description.Description(),
	})
	return &hub{crew: crew, routes: routes, inventory: inv, Handler: handler}
}

func (h *hub) call(method, target, token, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if token != "" {
		r.Header.Set("X-API-Token", token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// concrete fills the values of a declared path in.
func concrete(path string) string {
	return strings.NewReplacer("{id...}", "x", "{rest...}", "x", "{id}", "x", "{name}", "x", "{unknown}", "x", "{more}", "x").Replace(path)
}

func methods(r *route.Route) []string {
	if len(r.Methods) == 0 {
		return []string{http.MethodGet}
	}
	return r.Methods
}

const goodReport = `{"agent":{"id":"a1","version":"1.0","type":"unified","intervalSeconds":30},"host":{"id":"M-1","hostname":"web.example","displayName":"Web"},
	"metrics":{"cpuUsagePercent":12.5,"memory":{"totalBytes":100,"usedBytes":40}},"sensors":{}}`

func TestAnswersHaveTheirShape(t *testing.T) {
	h := start(t)
	if w := h.call("POST", "/api/agents/host/report", "agent", goodReport); w.Code != 200 {
		t.Fatalf("report gave %d %s", w.Code, w.Body)
	}
	tests := []struct {
		method, target, token, body string
		status                      int
		members                     string // that the JSON answer has at least
	}{
		{"GET", "/api/health", "", "", 200, "status timestamp uptime proxyInstallScriptAvailable"},
		{"GET", "/api/version", "", "", 200, "version isDocker isSourceBuild isDevelopment updateAvailable containerized runtime deploymentType channel"},
		{"GET", "/api/server/info", "", "", 200, "isDevelopment version"},
		{"GET", "/api/agent/version", "", "", 200, "version"},
		{"GET", "/api/config", "all", "", 200, "autoUpdateEnabled csrfProtection updateChannel"},
		{"GET", "/api/security/status", "", "", 200, "hasAuthentication requiresAuth apiTokenConfigured clientIP agentUrl oidcEnabled"},
		{"GET", "/api/state", "all", "", 200, "nodes vms hosts connectionHealth lastUpdate activeAlerts"},
		{"GET", "/api/state/summary", "all", "", 200, "hosts dockerHosts lastUpdate"},
		{"GET", "/api/resources?type=host", "all", "", 200, "resources count stats"},
		{"GET", "/api/resources/stats", "all", "", 200, "totalResources byType"},
		{"GET", "/api/resources/m-1", "all", "", 200, "id type lastSeen schemaVersion"},
		{"GET", "/api/charts?range=5m", "all", "", 200, "data hostData timestamp stats"},
		{"GET", "/api/storage-charts", "all", "", 200, ""},
		{"GET", "/api/storage/", "all", "", 200, "data timestamp"},
		{"GET", "/api/storage/none", "all", "", 404, "error code status_code type title detail"},
		{"GET", "/api/backups", "all", "", 200, "backups pveBackups pbsBackups"},
		{"GET", "/api/backups/unified", "all", "", 200, "backups pveBackups"},
		{"GET", "/api/backups/pve", "all", "", 200, "backups"},
		{"GET", "/api/backups/pbs", "all", "", 200, "instances"},
		{"GET", "/api/snapshots", "all", "", 200, "snapshots"},
		{"GET", "/api/metrics-store/stats", "all", "", 200, "enabled dbSize"},
		{"GET", "/api/metrics-store/history?resourceType=host&resourceId=m-1", "all", "", 200, "metrics start end"},
		{"GET", "/api/metrics-store/history?resourceType=host&resourceId=m-1&metric=cpu", "all", "", 200, "points metric"},
		{"GET", "/api/monitoring/scheduler/health", "all", "", 200, "updatedAt enabled queue deadLetter instances breakers staleness"},
		{"GET", "/api/plugins", "all", "", 200, "plugins"},
		{"GET", "/api/openapi.json", "all", "", 200, "openapi paths components"},
		{"GET", "/api/agents/host/lookup?hostname=WEB", "agent", "", 200, "success host"},
		{"GET", "/api/agents/host/lookup?id=m-1", "other", "", 403, "error code"},
		{"GET", "/api/agents/host/lookup?id=none", "agent", "", 404, "error code"},
		{"GET", "/api/agents/host/lookup", "agent", "", 400, "error code"},
		{"GET", "/api/agents/host/report", "agent", "", 405, "error code"},
		{"POST", "/api/agents/host/report", "agent", "{bad", 400, "error code details"},
		{"POST", "/api/agents/host/report", "agent", `{"host":{}}`, 400, "error code errors"},
		{"POST", "/api/agents/host/report", "agent", `{"tags":["` + strings.Repeat("x", 300<<10) + `"]}`, 413, "error code"},
	}
	for _, tt := range tests {
		w := h.call(tt.method, tt.target, tt.token, tt.body)
		if w.Code != tt.status || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s %s gave %d %q, want %d JSON: %.200s", tt.method, tt.target, w.Code, w.Header().Get("Content-Type"), tt.status, w.Body)
			continue
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(w.Body.Bytes(), &members); err != nil {
			t.Errorf("%s %s: %v", tt.method, tt.target, err)
		}
		for _, member := range strings.Fields(tt.members) {
			if _, ok := members[member]; !ok {
				t.Errorf("%s %s lacks %s", tt.method, tt.target, member)
			}
		}
	}
	for target, want := range map[string]string{
		"/api/metrics-store/history?resourceType=vm": "400 resourceType and resourceId are required\n",
		"/api/resources/nope":                        "404 Resource not found\n",
		"/api/resources/":                            "400 Resource ID is required\n",
	} {
		if w := h.call("GET", target, "all", ""); w.Body.String() != want[4:] || http.StatusText(w.Code) == "" || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s gave %d %q, want %q", target, w.Code, w.Body, want)
		}
	}
}

func TestHintIsForCallersOnly(t *testing.T) {
	h := start(t)
	if body := h.call("GET", "/api/security/status", "", "").Body.String(); !strings.Contains(body, `"apiTokenHint":""`) {
		t.Errorf("stranger is told %s", body)
	}
}

func TestUnknownWebsocketRequest(t *testing.T) {
	h := start(t)
	if w := h.call("GET", "/ws", "all", ""); w.Code != http.StatusUpgradeRequired {
		t.Errorf("plain request gave %d", w.Code)
	}
	if w := h.call("GET", "/ws", "all", "", "Upgrade", "websocket"); w.Code != http.StatusTeapot {
		t.Errorf("upgrade gave %d, want that of the stream", w.Code)
	}
	if w := h.call("GET", "/ws", "", "", "Upgrade", "websocket"); w.Code != 401 || w.Body.String() != "Authentication required\n" {
		t.Errorf("stranger got %d %q", w.Code, w.Body)
	}
}

func TestDocsNeedNothingElse(t *testing.T) {
	w := start(t).call("GET", "/api/docs", "all", "")
	page := w.Body.String()
	for _, want := range []string{"/api/agents/host/report", "host-agent:report", "curl -X POST", "resourceType", `id="schema-Problem"`} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %s", want)
		}
	}
	for _, unwanted := range []string{"<script", "http://", "https://", "<link"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("page holds %s, which the content security policy would block", unwanted)
		}
	}
}

func BenchmarkHostReport(b *testing.B) {
	h := start(b)
	raw, err := os.ReadFile("../report/testdata/host.json")
	if err != nil {
		b.Fatal(err)
	}
	before, after, found := strings.Cut(string(raw), "2026-11-23T05:29:53.39803031Z")
	if !found {
		b.Fatal("the sample has another time")
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Second)
		w := h.call("POST", "/api/agents/host/report", "agent", before+at.Format(time.RFC3339)+after)
		if w.Code != 200 {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}
