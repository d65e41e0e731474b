package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/view/alerts"
)

// measured answers every query with the same samples, or an error.
type measured struct {
	points []metrics.Point
	err    error
}

func (m *measured) Select(_ context.Context, q metrics.Query) ([]metrics.Result, error) {
	return []metrics.Result{{Series: metrics.Series{Name: q.Names[0]}, Points: m.points}}, m.err
}

func (m *measured) Stats() metrics.Stats { return metrics.Stats{} }

// alarm is the API over real alerts: what its journal says happened.
type alarm struct {
	http.Handler
	desk     *desk.Desk
	measured *measured
	start    time.Time
}

// The alerts that go on. Their ids have what ids can have.
const (
	nodeDown  = "node-offline-lab-pve1"
	guestDown = "guest-powered-off-lab:pve1:100"
	diskFull  = "host:a/disk:/var-disk"
)

// newAlarm starts with three alerts that go on and one that is over; the node that is down explains the guest.
func newAlarm(t testing.TB) *alarm {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	start := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	remember(t, db, start)
	d := desk.New(desk.Options{
		Inventory: inventory.New(inventory.Options{}), Journal: journal.New(db, hclog.NewNullLogger()), Records: db, Logger: hclog.NewNullLogger(),
	})
	if err := d.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := &measured{}
	around := newWall(t, config.SignIn{}, nil,
		auth.Token{ID: "all", Name: "alice"},
		auth.Token{ID: "reader", Scopes: []auth.Scope{auth.ScopeMonitoringRead}},
		auth.Token{ID: "writer", Scopes: []auth.Scope{auth.ScopeMonitoringWrite}},
	)
	handler, _ := behind(around, api.Parts{Alerts: d, Measurements: m})
	return &alarm{desk: d, measured: m, start: start, Handler: handler}
}

// remember writes down what happened before.
func remember(t testing.TB, records journal.Records, start time.Time) {
	t.Helper()
	state := engine.NewState()
	var events []alert.Event
	happen := func(e alert.Event) {
		e.Number, e.Identity = uint64(len(events)+1), e.Alert.Identity
		if e.Kind == alert.Fired {
			e.Alert.Number = e.Number
		}
		state.Apply(&e)
		events = append(events, e)
	}
	begin := func(minute int, a alert.Alert) *alert.Alert {
		a.Began = start.Add(time.Duration(minute) * time.Minute)
		a.FiredAt = a.Began.Add(5 * time.Second)
		happen(alert.Event{At: a.FiredAt, Kind: alert.Fired, Alert: &a})
		return &a
	}
	down := alert.Alert{
		Identity: "node/1\tconnectivity\t", ID: nodeDown, Type: alert.Connectivity, Level: alert.Critical, Message: "Node pve1 is offline",
		Subject: alert.Subject{Key: "node/1", ID: "lab-pve1", Name: "pve1", Node: "pve1", Instance: "lab"},
	}
	over := begin(0, down)
	happen(alert.Event{At: over.FiredAt.Add(time.Minute), Kind: alert.Resolved, Alert: over, Ending: alert.Cleared})
	begin(20, down)
	begin(21, alert.Alert{
		Identity: "vm/100\tpowered-off\t", ID: guestDown, Type: alert.PoweredOff, Level: alert.Warning, HiddenBy: down.Identity,
		Subject: alert.Subject{Key: "vm/100", ID: "lab:pve1:100", Name: "web"},
	})
	begin(22, alert.Alert{
		Identity: "host/a\tdisk\t/var", ID: diskFull, Type: alert.CPU, Level: alert.Warning, Value: 92, Trigger: 90, Clear: 85, Rule: "override", Numeric: true,
		Subject: alert.Subject{Key: "host/a", ID: "host:a/disk:/var", Name: "a"}, Message: "Host disk at 92.0%",
	})
	j := journal.New(records, hclog.NewNullLogger())
	if _, err := j.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(t.Context(), state, events); err != nil {
		t.Fatal(err)
	}
}

func (h *alarm) call(method, target, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("X-API-Token", token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// ask calls with every scope and decodes the answer.
func asked[T any](t *testing.T, h *alarm, method, target, body string) T {
	t.Helper()
	w := h.call(method, target, "all", body)
	var answer T
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s %s gave %d %s: %v", method, target, w.Code, w.Body, err)
	}
	return answer
}

// TestAlertAnswers has one row after the other change what goes on.
func TestAlertAnswers(t *testing.T) {
	h := newAlarm(t)
	const ok = `{"success":true}`
	long := strings.Repeat("x", 501)
	tests := []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"POST", "acknowledge", `{"id":"` + nodeDown + `"}`, 200, ok},
		{"POST", "unacknowledge", `{"id":"` + nodeDown + `","user":"x"}`, 200, ok},
		{"POST", "acknowledge", `{"id":"nope"}`, 404, "alert not found: nope\n"},
		{"POST", "unacknowledge", `{"id":"nope"}`, 404, "alert not found: nope\n"},
		{"POST", "clear", `{"id":"nope"}`, 404, "Alert not found\n"},
		{"POST", "acknowledge", `{}`, 400, "Alert ID is required\n"},
		{"POST", "clear", `{"id":""}`, 400, "Alert ID is required\n"},
		{"POST", "acknowledge", `{"id":7}`, 400, "Invalid request body\n"},
		{"POST", "acknowledge", `{`, 400, "Invalid request body\n"},
		{"POST", "acknowledge", ``, 400, "Invalid request body\n"},
		{"POST", "acknowledge", `{"id":" a"}`, 400, "Invalid alert ID\n"},
		{"POST", "acknowledge", `{"id":"a\tb"}`, 400, "Invalid alert ID\n"},
		{"POST", "acknowledge", `{"id":"../a"}`, 400, "Invalid alert ID\n"},
		{"POST", "clear", `{"id":"a/.."}`, 400, "Invalid alert ID\n"},
		{"POST", "clear", `{"id":"` + long + `"}`, 400, "Invalid alert ID\n"},
		{"POST", "acknowledge", `{"id":"büro"}`, 404, "alert not found: büro\n"},

		{"POST", url.PathEscape(diskFull) + "/acknowledge", ``, 200, ok},
		{"POST", diskFull + "/unacknowledge", ``, 200, ok},
		{"POST", url.PathEscape(diskFull+"x") + "/acknowledge", ``, 404, "alert not found: " + diskFull + "x\n"},
		{"POST", "nope/clear", ``, 404, "Alert not found\n"},
		{"POST", "/acknowledge", ``, 400, "Invalid alert ID\n"},
		{"POST", "%20/acknowledge", ``, 400, "Invalid alert ID\n"},

		{"POST", "bulk/acknowledge", `{"alertIds":["` + guestDown + `","nope","nope"]}`, 200,
			`{"results":[{"alertId":"` + guestDown + `","success":true},{"alertId":"nope","success":false,"error":"alert not found: nope"}]}`},
		{"POST", "bulk/clear", `{"ids":["nope","` + guestDown + `"]}`, 200,
			`{"results":[{"alertId":"nope","success":false,"error":"alert not found"},{"alertId":"` + guestDown + `","success":true}]}`},
		{"POST", "bulk/clear", `{"alertIds":["` + guestDown + `"]}`, 200, `{"results":[{"alertId":"` + guestDown + `","success":false,"error":"alert not found"}]}`},
		{"POST", "bulk/acknowledge", `{"alertIds":[]}`, 400, "No alert IDs provided\n"},
		{"POST", "bulk/clear", `{}`, 400, "No alert IDs provided\n"},
		{"POST", "bulk/clear", `[]`, 400, "Invalid request body\n"},
		{"POST", "bulk/acknowledge", `{"alertIds":["` + strings.Repeat("x", 32<<10) + `"]}`, 400, "Invalid request body\n"},

		{"PUT", "config", `{`, 400, "unexpected end of JSON input\n"},
		{"PUT", "config", `{"enabled":"yes"}`, 400, "enabled: string where true or false is expected\n"},
		{"PUT", "config", `{"customRules":"` + strings.Repeat("x", 64<<10) + `"}`, 400, "http: request body too large\n"},
		{"PUT", "config", `{"minimumDelta":3}`, 200, `{"success":true,"message":"Alert configuration updated successfully"}`},

		{"GET", "history?limit=-1", ``, 400, "limit must be non-negative\n"},
		{"GET", "history?offset=-1", ``, 400, "offset must be non-negative\n"},
		{"GET", "history?startTime=yesterday", ``, 400, "invalid startTime parameter\n"},
		{"GET", "history?endTime=1", ``, 400, "invalid endTime parameter\n"},
		{"GET", "history?startTime=2026-01-02T00:00:00Z&endTime=2026-01-01T00:00:00Z", ``, 400, "endTime must be after startTime\n"},
		{"GET", "history?resourceId=nope", ``, 200, "[]"},

		{"GET", "incidents", ``, 400, "Missing alert_id or resource_id\n"},
		{"GET", "incidents?alert_id=nope", ``, 200, "null"},
		{"GET", "incidents?resource_id=nope", ``, 200, "null"},
		{"GET", "incidents?alert_id=a&started_at=x", ``, 400, "Invalid started_at time\n"},
		{"GET", "incidents?alert_id=a&start_time=x", ``, 400, "Invalid started_at time\n"},
		{"POST", "incidents/note", `{"note":"x"}`, 400, "alert_id or incident_id is required\n"},
		{"POST", "incidents/note", `{"alert_id":"` + nodeDown + `","note":" "}`, 400, "note is required\n"},
		{"POST", "incidents/note", `{"alert_id":"../x","note":"x"}`, 400, "Invalid alert ID\n"},
		{"POST", "incidents/note", `{"alert_id":"nope","note":"x"}`, 400, "Failed to save note\n"},
		{"POST", "incidents/note", `{"incident_id":"inc-20260101000000-1","note":"x"}`, 400, "Failed to save note\n"},
		{"POST", "incidents/note", `{"note":"` + strings.Repeat("x", 8<<10) + `"}`, 400, "Invalid request body\n"},
		{"POST", "incidents/note", `{"alert_id":"` + guestDown + `","note":"was me"}`, 200, ok},

		{"GET", "nope/explain", ``, 404, "Alert not found\n"},
		{"GET", "%20/explain", ``, 400, "Invalid alert ID\n"},
		{"GET", "", ``, 404, "Not found\n"},
		{"GET", "nope", ``, 404, "Not found\n"},
		{"POST", "a/silence", ``, 404, "Not found\n"},
		{"POST", "nope", ``, 404, "Not found\n"},
		{"PUT", "nope", ``, 404, "Not found\n"},
		{"DELETE", "a/b", ``, 404, "Not found\n"},
		{"PATCH", "nope", ``, 404, "Not found\n"},
		{"PUT", "active", ``, 404, "Not found\n"},
		{"GET", "acknowledge", ``, 404, "Not found\n"},
		{"POST", "config", ``, 404, "Not found\n"},

		{"DELETE", "history", ``, 200, `{"status":"success","message":"Alert history cleared"}`},
		{"GET", "history?resourceId=lab:pve1:100", ``, 200, "[]"},
	}
	for _, tt := range tests {
		w := h.call(tt.method, "/api/alerts/"+tt.target, "all", tt.body)
		media := "application/json"
		if strings.HasSuffix(tt.want, "\n") {
			media = "text/plain; charset=utf-8"
		}
		if w.Code != tt.status || w.Body.String() != tt.want || w.Header().Get("Content-Type") != media {
			t.Errorf("%s %s %.60s gave %d %s %q, want %d %q", tt.method, tt.target, tt.body, w.Code, w.Header().Get("Content-Type"), w.Body, tt.status, tt.want)
		}
	}
}

func TestAlertPermissions(t *testing.T) {
	h := newAlarm(t)
	for _, tt := range []struct {
		method, target string
		reader, writer bool
	}{
		{"GET", "active", true, false}, {"GET", "history", true, false}, {"GET", "config", true, false}, {"GET", "incidents?alert_id=x", true, false},
		{"GET", "x/explain", true, false}, {"GET", "x", true, false},
		{"PUT", "config", false, true}, {"DELETE", "history", false, true}, {"POST", "activate", false, true}, {"POST", "acknowledge", false, true},
		{"POST", "unacknowledge", false, true}, {"POST", "clear", false, true}, {"POST", "bulk/acknowledge", false, true}, {"POST", "bulk/clear", false, true},
		{"POST", "incidents/note", false, true}, {"POST", "x/acknowledge", false, true}, {"POST", "x/unacknowledge", false, true}, {"POST", "x/clear", false, true},
	} {
		for token, admitted := range map[string]bool{"reader": tt.reader, "writer": tt.writer, "": false} {
			code := h.call(tt.method, "/api/alerts/"+tt.target, token, "").Code
			want := http.StatusForbidden
			if token == "" {
				want = http.StatusUnauthorized
			}
			if (code == want) == admitted {
				t.Errorf("%s %s gave the token %q %d", tt.method, tt.target, token, code)
			}
		}
	}
}

func TestActiveAlertsAreWhatTheyAreSaidToBe(t *testing.T) {
	h := newAlarm(t)
	active := asked[[]alerts.Alert](t, h, "GET", "/api/alerts/active", "")
	var ids []string
	for _, a := range active {
		ids = append(ids, a.ID)
	}
	if got := strings.Join(ids, " "); got != guestDown+" "+diskFull+" "+nodeDown {
		t.Errorf("active are %s", got)
	}
	for _, id := range ids {
		asked[api.OrderDone](t, h, "POST", "/api/alerts/clear", `{"id":"`+id+`"}`)
	}
	if w := h.call("GET", "/api/alerts/active", "all", ""); w.Body.String() != "[]" {
		t.Errorf("of nothing there is %s", w.Body)
	}
}

func TestWhoCallsIsWhoDidIt(t *testing.T) {
	h := newAlarm(t)
	asked[api.BulkDone](t, h, "POST", "/api/alerts/bulk/acknowledge", `{"alertIds":["`+guestDown+`"],"user":"bob"}`)
	asked[api.OrderDone](t, h, "POST", "/api/alerts/acknowledge", `{"id":"`+nodeDown+`","user":"bob"}`)
	asked[api.OrderDone](t, h, "POST", "/api/alerts/incidents/note", `{"alert_id":"`+nodeDown+`","note":"a look","user":"bob"}`)
	for _, a := range asked[[]alerts.Alert](t, h, "GET", "/api/alerts/active", "") {
		if a.Acknowledged != (a.ID != diskFull) || a.Acknowledged && a.AckUser != "alice" {
			t.Errorf("%s is acknowledged by %q", a.ID, a.AckUser)
		}
	}
	for id, want := range map[string]string{
		guestDown: "alert_fired <nil> <nil>, alert_acknowledged alice <nil>, note alice Acknowledged for bob",
		nodeDown:  "alert_fired <nil> <nil>, alert_acknowledged alice <nil>, note alice a look",
	} {
		var got []string
		for _, e := range asked[alerts.Incident](t, h, "GET", "/api/alerts/incidents?alert_id="+url.QueryEscape(id), "").Events {
			got = append(got, fmt.Sprint(e.Type, " ", e.Details["user"], " ", e.Details["note"]))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %v", id, got)
		}
	}
}

func TestHistoryIsFilteredBeforeItIsCut(t *testing.T) {
	h := newAlarm(t)
	began := func(minutes int) string {
		return url.QueryEscape(h.start.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339))
	}
	for query, want := range map[string]string{
		"":                                   "5 4 3 1",
		"limit=0":                            "5 4 3 1",
		"limit=many&offset=x":                "5 4 3 1",
		"limit=2":                            "5 4",
		"limit=1&offset=1&severity=critical": "1",
		"limit=1&offset=1&severity=all":      "4",
		"severity=bad":                       "5 4 3 1",
		"resourceId=lab-pve1&limit=1":        "3",
		"startTime=" + began(20):             "5 4 3",
		"endTime=" + began(20) + "&limit=1":  "3",
		"startTime=" + began(1) + "&endTime=" + began(20): "3",
	} {
		var got []string
		for _, past := range asked[[]alerts.Past](t, h, "GET", "/api/alerts/history?"+query, "") {
			number := past.IncidentID[strings.LastIndexByte(past.IncidentID, '-')+1:]
			got = append(got, number)
			if (past.ResolvedAt != nil) != (number == "1") {
				t.Errorf("%s was resolved at %v", past.IncidentID, past.ResolvedAt)
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q: got %s, want %s", query, g, want)
		}
	}
}

func TestIncidentsOfAnAlertAndOfAResource(t *testing.T) {
	h := newAlarm(t)
	of := "/api/alerts/incidents?alert_id=" + nodeDown
	near := url.QueryEscape(h.start.Add(2 * time.Minute).Format(time.RFC3339))
	for target, want := range map[string]string{of: "open", of + "&started_at=" + near: "resolved", of + "&start_time=" + near: "resolved"} {
		if got := asked[alerts.Incident](t, h, "GET", target, ""); got.Status != want || len(got.Events) == 0 {
			t.Errorf("%s gave %+v", target, got)
		}
	}
	list := asked[[]alerts.Incident](t, h, "GET", "/api/alerts/incidents?resource_id=lab-pve1", "")
	if len(list) != 2 || list[0].Status != "open" || len(list[1].Events) != 2 {
		t.Errorf("of the resource there are %+v", list)
	}
	if list = asked[[]alerts.Incident](t, h, "GET", "/api/alerts/incidents?resource_id=lab-pve1&limit=1", ""); len(list) != 1 {
		t.Errorf("limited to one there are %d", len(list))
	}
}

func TestActivationSaysSinceWhen(t *testing.T) {
	h := newAlarm(t)
	first := asked[api.AlertsActivated](t, h, "POST", "/api/alerts/activate", "")
	again := asked[api.AlertsActivated](t, h, "POST", "/api/alerts/activate", "{}")
	if first.Message != "Alert notifications activated" || first.State != "active" || !first.Success || time.Since(first.ActivationTime) > time.Minute {
		t.Errorf("first: %+v", first)
	}
	want := first
	want.Message = "Alerts already activated"
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
	if state := asked[policy.Config](t, h, "GET", "/api/alerts/config", "").ActivationState; state != policy.Active {
		t.Errorf("the state is %s", state)
	}
}

func TestAbsentMembersOfTheConfigurationAreKept(t *testing.T) {
	h := newAlarm(t)
	want := asked[policy.Config](t, h, "GET", "/api/alerts/config", "")
	asked[api.AlertConfigSaved](t, h, "PUT", "/api/alerts/config", `{"nodeDefaults":{"cpu":{"trigger":70,"clear":60}},"aggregation":true}`)
	got := asked[policy.Config](t, h, "GET", "/api/alerts/config", "")
	want.NodeDefaults.CPU.Trigger, want.NodeDefaults.CPU.Clear = 70, 60
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestExplanation(t *testing.T) {
	h := newAlarm(t)
	h.measured.points = []metrics.Point{{At: 1000, Avg: 0.5}, {At: 2000, Avg: 0.92}}
	disk := asked[alerts.Explanation](t, h, "GET", "/api/alerts/"+url.PathEscape(diskFull)+"/explain", "")
	began := h.start.Add(22 * time.Minute)
	if diff := cmp.Diff(alerts.Evidence{
		Value: 92, Threshold: 90, Clear: 85, Rule: "override", Began: began, FiredAt: began.Add(5 * time.Second), Samples: []alerts.Sample{{1000, 50}, {2000, 92}},
	}, disk.Evidence); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	if disk.Withheld == nil || disk.Withheld.Reason != "not-activated" || len(disk.Timeline) != 1 || disk.Alert.ID != diskFull {
		t.Errorf("explanation is %+v", disk)
	}

	asked[api.AlertsActivated](t, h, "POST", "/api/alerts/activate", "")
	node := asked[alerts.Explanation](t, h, "GET", "/api/alerts/"+nodeDown+"/explain", "")
	guest := asked[alerts.Explanation](t, h, "GET", "/api/alerts/"+guestDown+"/explain", "")
	if node.Withheld != nil || len(node.Hidden) != 1 || node.Hidden[0] != guestDown || node.HiddenBy != "" || len(node.Evidence.Samples) != 0 {
		t.Errorf("the node's is %+v", node)
	}
	if guest.Withheld == nil || guest.Withheld.Reason != "dependency" || guest.HiddenBy != nodeDown || len(guest.Hidden) != 0 {
		t.Errorf("the guest's is %+v", guest)
	}

	asked[api.OrderDone](t, h, "POST", "/api/alerts/clear", `{"id":"`+nodeDown+`"}`)
	over := asked[alerts.Explanation](t, h, "GET", "/api/alerts/"+nodeDown+"/explain", "")
	if n := len(over.Timeline); n != 2 || over.Timeline[1].Type != "alert_resolved" || over.Withheld != nil {
		t.Errorf("of what is over it is %+v", over)
	}
	for err, want := range map[error]string{
		metrics.ErrReplaying: "history is being read back after a restart", errors.New("secret path"): "history cannot be read now",
	} {
		h.measured.err = err
		if got := asked[alerts.Explanation](t, h, "GET", "/api/alerts/"+diskFull+"/explain", "").Evidence; got.SamplesMissing != want || got.Samples == nil {
			t.Errorf("without history it is %+v", got)
		}
	}
}

// broken fails to keep anything.
type broken struct{ *desk.Desk }

func (broken) SetConfig(context.Context, []byte, string) (policy.Config, error) {
	return policy.Config{}, store.ErrNoSpace
}
func (broken) Acknowledge(context.Context, string, string) error { return store.ErrNoSpace }
func (broken) ForgetHistory(context.Context) error               { return store.ErrNoSpace }
func (broken) Note(context.Context, desk.Note) error             { return store.ErrNoSpace }

func TestFailuresOfTheStoreAreNotTheCallers(t *testing.T) {
	around := newWall(t, config.SignIn{}, nil,
		auth.Token{ID: "all"},
	)
	handler, _ := behind(around, api.Parts{Alerts: broken{newAlarm(t).desk}, Measurements: &measured{}})
	h := &alarm{Handler: handler}
	for _, tt := range []struct{ method, target, body string }{
		{"PUT", "config", `{}`}, {"POST", "acknowledge", `{"id":"` + nodeDown + `"}`}, {"POST", "bulk/acknowledge", `{"ids":["` + nodeDown + `"]}`},
		{"DELETE", "history", ``}, {"POST", "incidents/note", `{"alert_id":"` + nodeDown + `","note":"x"}`},
	} {
		if w := h.call(tt.method, "/api/alerts/"+tt.target, "all", tt.body); w.Code != http.StatusInternalServerError {
			t.Errorf("%s %s gave %d %s", tt.method, tt.target, w.Code, w.Body)
		}
	}
}
