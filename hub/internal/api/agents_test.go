package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	wire "github.com/pulse-hub/pulse/agent/report"
)

// recorded is one exchange with the hub of Pulse v5.0.13.
type recorded struct {
	Request struct {
		Method, Path string
		Body         json.RawMessage
	}
	Response struct {
		Status      int
		ContentType string
		Body        map[string]any
	}
}

func recording(tb testing.TB, name string) recorded {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "agents", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	var r recorded
	if err := json.Unmarshal(raw, &r); err != nil {
		tb.Fatal(err)
	}
	return r
}

// reported is when the recorded agents report.
var reported = time.Date(2026, 11, 23, 5, 29, 54, 0, time.UTC)

// volatile are texts that are different each time: ids of commands, and moments.
var volatile = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|2026-\d\d-\d\dT[0-9:.]+Z`)

// lacks lists what the recorded value has and the other has not, or has in another way.
func lacks(path string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		var list []string
		for name, member := range want {
			if object[name] == nil && member != nil {
				list = append(list, path+"."+name+" is missing")
				continue
			}
			list = append(list, lacks(path+"."+name, member, object[name])...)
		}
		return list
	case []any:
		items, _ := got.([]any)
		if len(items) < len(want) {
			return []string{fmt.Sprintf("%s has %d items, want %d", path, len(items), len(want))}
		}
		var list []string
		for i := range want {
			list = append(list, lacks(fmt.Sprintf("%s[%d]", path, i), want[i], items[i])...)
		}
		return list
	case string:
		text, _ := got.(string)
		if volatile.ReplaceAllString(want, "#") != volatile.ReplaceAllString(text, "#") {
			return []string{fmt.Sprintf("%s is %q, want %q", path, text, want)}
		}
		return nil
	case float64:
		number, ok := got.(float64)
		if !ok || strings.HasSuffix(path, ".timestamp") || strings.HasSuffix(path, "At") || strings.HasSuffix(path, "lastChecked") {
			if !ok {
				return []string{path + " is no number"}
			}
			return nil
		}
		if diff := number - want; diff < -1e-9 || diff > 1e-9 {
			return []string{fmt.Sprintf("%s is %v, want %v", path, number, want)}
		}
		return nil
	}
	if !reflect.DeepEqual(want, got) {
		return []string{fmt.Sprintf("%s is %v, want %v", path, got, want)}
	}
	return nil
}

// replay sends a recorded request with the token, and expects the recorded
// answer. Edits are made to path and body: old, new, old, new, ….
func (h *hub) replay(t *testing.T, name, token string, edits ...string) map[string]any {
	t.Helper()
	r := recording(t, name)
	edit := strings.NewReplacer(edits...)
	body := string(r.Request.Body)
	switch body {
	case `"(see the matching *-report.json)"`:
		module, _, _ := strings.Cut(name, "-")
		body = string(recording(t, module+"-report").Request.Body)
	case `"{bad"`:
		body = "{bad"
	}
	w := h.call(r.Request.Method, edit.Replace(r.Request.Path), token, edit.Replace(body))
	contentType, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	if w.Code != r.Response.Status || contentType != r.Response.ContentType {
		t.Fatalf("%s: %d %s, want %d: %s", name, w.Code, contentType, r.Response.Status, w.Body)
	}
	got := decoded(t, w)
	for _, problem := range lacks("", any(r.Response.Body), any(got)) {
		t.Errorf("%s: %s", name, problem)
	}
	return got
}

func decoded(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return got
}

// startRecorded is a hub with the clock of the recordings.
func startRecorded(t *testing.T) (*hub, *time.Time) {
	now := reported
	return startAt(t, func() time.Time { return now }), &now
}

const demo = "11111111-2222-3333-4444-555555555555"

func TestRecordedHost(t *testing.T) {
	h, _ := startRecorded(t)
	h.replay(t, "host-report-response", "all")
	h.replay(t, "host-report-bad-json", "all")
	h.replay(t, "host-report-missing-hostname", "all")
	h.replay(t, "host-report-wrong-method", "all")
	h.replay(t, "host-lookup", "all")
	h.replay(t, "host-lookup-missing", "all")
	h.replay(t, "host-lookup-noparam", "all")
	h.replay(t, "host-lookup-other-token", "other")
	h.replay(t, "host-config-get", "all")
	h.replay(t, "host-config-patch-missing-scope", "agent")
	h.replay(t, "host-config-patch", "all")
	h.replay(t, "host-report-response-with-config", "all")
	h.replay(t, "host-unlink", "all")
	h.replay(t, "host-uninstall", "all")
	if w := h.call("POST", "/api/agents/host/uninstall", "other", `{"hostId":"`+demo+`"}`); w.Code != 200 {
		t.Errorf("uninstall gave %d", w.Code)
	}
	if w := h.call("GET", "/api/agents/host/lookup?id="+demo, "all", ""); w.Code != 200 {
		t.Error("a token removed another one's host by its word alone")
	}
	h.replay(t, "host-delete", "all")
	if w := h.call("GET", "/api/agents/host/lookup?id="+demo, "all", ""); w.Code != 404 {
		t.Errorf("a removed host gives %d", w.Code)
	}
	if diff := cmp.Diff([]string{"all"}, h.revoked.ids); diff != "" {
		t.Errorf("revoked tokens: %s", diff)
	}
	// No block: with a token that is still valid it is back at once, under its own id.
	h.replay(t, "host-report-response", "other")
}

func TestRecordedDocker(t *testing.T) {
	h, now := startRecorded(t)
	h.replay(t, "docker-report-response", "all")
	h.replay(t, "docker-display-name", "all")
	h.replay(t, "docker-report-token-conflict", "all", `"id": "`+demo+`",
    "version"`, `"id": "agent-two", "version"`)

	queued := h.replay(t, "docker-check-updates", "all")
	id := queued["commandId"].(string)
	if w := h.call("POST", "/api/agents/docker/hosts/"+demo+"/check-updates", "all", ""); w.Code != 400 || !strings.Contains(w.Body.String(), "already has a command in progress") {
		t.Errorf("a second command gave %d %s", w.Code, w.Body)
	}
	told := h.replay(t, "docker-report-response-with-command", "all")
	if got := told["commands"].([]any)[0].(map[string]any)["id"]; got != id {
		t.Errorf("told command %v, want %s", got, id)
	}
	// Until the agent has acknowledged it, the answer may have been lost.
	h.replay(t, "docker-report-response-with-command", "all")
	const recordedID = "667c1990-05fd-4db7-8ed1-084bed72e1c7"
	h.replay(t, "docker-command-ack-bad-status", "all", recordedID, id)
	h.replay(t, "docker-command-ack-unknown", "all")
	h.replay(t, "docker-command-ack", "all", recordedID, id)
	if answer := h.replay(t, "docker-report-response", "all"); answer["commands"] != nil {
		t.Errorf("a command that is done is told again: %v", answer["commands"])
	}

	h.replay(t, "docker-container-update", "all")
	h.replay(t, "docker-report-response", "all")
	h.replay(t, "host-report-response", "all")
	*now = now.Add(time.Second)
	h.compareState(t)
}

// compareState compares the state with the recorded one, whose lists were cut.
func (h *hub) compareState(t *testing.T) {
	t.Helper()
	if w := h.call("PATCH", "/api/agents/host/"+demo+"/config", "all", `{"commandsEnabled":true}`); w.Code != 200 {
		t.Fatal(w.Body)
	}
	state := decoded(t, h.call("GET", "/api/state", "all", ""))
	want := recording(t, "state-docker-host").Response.Body
	delete(want, "connectionHealth")
	// Ours tells the version as the agent does, and the agent's own setting of commands.
	for _, list := range []string{"dockerHosts", "hosts"} {
		one := want[list].([]any)[0].(map[string]any)
		delete(one, "agentVersion")
		delete(one, "tokenId")
		delete(one, "tokenName")
		delete(one, "commandsEnabled")
		for _, nic := range one["networkInterfaces"].([]any) {
			delete(nic.(map[string]any), "addresses")
		}
	}
	for _, problem := range lacks("", any(want), any(state)) {
		t.Errorf("state: %s", problem)
	}
}

func TestRecordedRemovalOfDocker(t *testing.T) {
	h, _ := startRecorded(t)
	h.replay(t, "docker-report-response", "all")
	two := []string{`"` + demo + `"`, `"agent-two"`, "demo-host", "two"}
	report := func() *httptest.ResponseRecorder {
		body := strings.NewReplacer(two...).Replace(string(recording(t, "docker-report").Request.Body))
		return h.call("POST", wire.DockerPath, "other", body)
	}
	if w := report(); w.Code != 200 || !strings.Contains(w.Body.String(), `"hostId":"agent-two"`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	h.replay(t, "docker-delete-hide-missing", "all")
	stop := h.replay(t, "docker-delete-online", "all")
	id := stop["command"].(map[string]any)["id"].(string)
	if w := report(); !strings.Contains(w.Body.String(), `"type":"stop"`) {
		t.Errorf("the agent is not told to stop: %s", w.Body)
	}
	h.replay(t, "docker-command-ack-stop", "all", "b236cb5a-c39b-4ce0-983e-ab45dd7f8f7b", id)
	if _, known := h.desk.Known("docker", "agent-two"); known {
		t.Error("an engine whose agent has stopped is still there")
	}
	if w := report(); w.Code != 200 { // no block after a stop
		t.Errorf("%d %s", w.Code, w.Body)
	}
	h.replay(t, "docker-force-delete", "all")
	got := decoded(t, report())
	want := recording(t, "docker-report-after-remove").Response.Body
	want["error"] = strings.Replace(want["error"].(string), "::token-90aecc2d-4149-4e0c-8e3c-002c86bb1e61", "", 1) // had a second token there
	for _, problem := range lacks("", any(want), any(got)) {
		t.Errorf("report after removal: %s", problem)
	}
	h.replay(t, "docker-allow-reenroll", "all")
	if w := report(); w.Code != 200 {
		t.Errorf("an engine that may enrol again got %d %s", w.Code, w.Body)
	}
	if diff := cmp.Diff([]string{"other", "other"}, h.revoked.ids); diff != "" {
		t.Errorf("revoked tokens: %s", diff)
	}
	if w := h.call("DELETE", "/api/agents/docker/hosts/none?force=true", "all", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "Docker host already removed") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := h.call("DELETE", "/api/agents/docker/hosts/none", "all", ""); w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestRecordedKubernetes(t *testing.T) {
	h, _ := startRecorded(t)
	h.replay(t, "kubernetes-report-response", "all")
	h.replay(t, "kubernetes-display-name", "all")
	state := decoded(t, h.call("GET", "/api/state", "all", ""))
	cluster := state["kubernetesClusters"].([]any)[0].(map[string]any)
	got := []any{
		cluster["customDisplayName"], cluster["version"], cluster["status"], cluster["intervalSeconds"],
		len(cluster["nodes"].([]any)), len(cluster["pods"].([]any)), len(cluster["deployments"].([]any)),
	}
	if diff := cmp.Diff([]any{"K", "v1.31.2", "online", 5.0, 2, 3, 1}, got); diff != "" {
		t.Error(diff)
	}
	h.replay(t, "kubernetes-delete", "all")
	h.replay(t, "kubernetes-report-after-delete", "all")
	h.replay(t, "kubernetes-allow-reenroll", "all")
	h.replay(t, "kubernetes-report-response", "all")
	if w := h.call("PUT", "/api/agents/kubernetes/clusters/none/unhide", "all", ""); w.Code != 404 || !strings.Contains(w.Body.String(), "kubernetes_cluster_not_found") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestFeaturesAreToldInEveryAnswer(t *testing.T) {
	h := start(t)
	for _, path := range []string{wire.HostPath, wire.UnifiedHostPath, wire.DockerPath, wire.KubernetesPath} {
		for token, want := range map[string]int{"": 401, "none": 403, "all": 400} {
			w := h.call("POST", path, token, "{}")
			if got := w.Header().Get(wire.FeaturesHeader); w.Code != want || got != "gzip, sequence, replay, detail" {
				t.Errorf("%s with token %q gave %d with features %q", path, token, w.Code, got)
			}
		}
	}
	w := h.call("POST", wire.UnifiedHostPath, "agent", goodReport)
	if w.Code != 200 || w.Header().Get(wire.FeaturesHeader) == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCompressedReports(t *testing.T) {
	h := start(t)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(goodReport))
	_ = z.Close()
	for _, tt := range []struct {
		path, body, encoding string
		want                 int
	}{
		{wire.HostPath, packed.String(), "gzip", 200},
		{wire.HostPath, packed.String(), "deflate", 415},
		{wire.HostPath, "no gzip", "gzip", 400},
		{wire.HostPath, strings.Repeat("x", wire.MaxHostBytes+1), "gzip", 400},
		{wire.HostPath, goodReport + strings.Repeat(" ", 10), "", 200},
	} {
		if w := h.call("POST", tt.path, "all", tt.body, "Content-Encoding", tt.encoding); w.Code != tt.want {
			t.Errorf("%s %q gave %d %s, want %d", tt.encoding, tt.body[:10], w.Code, w.Body, tt.want)
		}
	}
	if w := h.call("POST", wire.HostPath, "all", goodReport, wire.SentAtHeader, "yesterday"); w.Code != 400 {
		t.Errorf("a moment of sending that is none gave %d", w.Code)
	}
}

// TestAClockThatIsOffIsShown sends a report of an agent whose clock is an hour behind.
func TestAClockThatIsOffIsShown(t *testing.T) {
	h, now := startRecorded(t)
	sent := now.Add(-time.Hour)
	body := strings.Replace(goodReport, `"sensors"`, `"timestamp":"`+sent.Add(-5*time.Second).Format(time.RFC3339)+`","sensors"`, 1)
	w := h.call("POST", wire.HostPath, "all", body, wire.SentAtHeader, sent.Format(time.RFC3339))
	if got := decoded(t, w)["lastSeen"]; got != now.Add(-5*time.Second).Format(time.RFC3339) {
		t.Errorf("it is filed under %v", got)
	}
	data := decoded(t, h.call("GET", "/api/resources/m-1", "all", ""))["platformData"].(map[string]any)
	if data["clockSkewSeconds"] != 3600.0 {
		t.Errorf("the clock is off by %v", data["clockSkewSeconds"])
	}
}

// TestDetailIsShownAsItWasTold posts a report with everything that newer agents
// tell, and expects the same in the unified view.
func TestDetailIsShownAsItWasTold(t *testing.T) {
	raw, err := os.ReadFile("../report/testdata/host-detail.json")
	if err != nil {
		t.Fatal(err)
	}
	h := start(t)
	body := strings.Replace(goodReport, `"sensors":{}`, `"sensors":{"powerWatts":{"dram":3.5}},"detail":`+string(raw), 1)
	if w := h.call("POST", wire.HostPath, "all", body); w.Code != 200 {
		t.Fatal(w.Body)
	}
	data := decoded(t, h.call("GET", "/api/resources/m-1", "all", ""))["platformData"].(map[string]any)
	var want any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, data["detail"]); diff != "" {
		t.Errorf("(-told +shown):\n%s", diff)
	}
	if power := data["sensors"].(map[string]any)["powerWatts"]; !reflect.DeepEqual(power, map[string]any{"dram": 3.5}) {
		t.Errorf("power is %v", power)
	}
}

func TestTokenForAnEngine(t *testing.T) {
	h := start(t)
	if w := h.call("POST", "/api/diagnostics/docker/prepare-token", "all", `{}`); w.Code != 400 || !strings.Contains(w.Body.String(), "missing_host_id") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := h.call("POST", "/api/diagnostics/docker/prepare-token", "all", `{"hostId":"x"}`); w.Code != 404 || !strings.Contains(w.Body.String(), "host_not_found") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := h.call("POST", wire.DockerPath, "all", string(recording(t, "docker-report").Request.Body)); w.Code != 200 {
		t.Fatal(w.Body)
	}
	w := h.call("POST", "/api/diagnostics/docker/prepare-token", "all", `{"hostId":"`+demo+`"}`)
	got := decoded(t, w)
	if w.Code != 200 || len(got["token"].(string)) != 64 || !strings.Contains(got["installCommand"].(string), "--token "+got["token"].(string)) ||
		got["record"].(map[string]any)["name"] != "Docker host: demo-host" {
		t.Errorf("%d %v", w.Code, got)
	}
}

func TestConnectedAgents(t *testing.T) {
	h := start(t)
	if got := decoded(t, h.call("GET", "/api/ai/agents", "all", "")); got["agents"] != nil || got["count"] != 0.0 || got["note"] == "" {
		t.Errorf("%v", got)
	}
	if w := h.call("GET", "/api/agent/ws", "", ""); w.Code != http.StatusUpgradeRequired {
		t.Errorf("a plain request gave %d", w.Code)
	}
}

// shown returns a resource of the unified view.
func (h *hub) shown(t *testing.T, id string) map[string]any {
	t.Helper()
	w := h.call("GET", "/api/resources/"+id, "all", "")
	if w.Code != 200 {
		t.Fatalf("%s gives %d %s", id, w.Code, w.Body)
	}
	return decoded(t, w)
}

func object(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// withDetail adds what newer agents tell to a recorded report.
func withDetail(t *testing.T, name, detail string) string {
	t.Helper()
	body := strings.TrimSpace(string(recording(t, name).Request.Body))
	return strings.TrimSuffix(body, "}") + `,"detail":` + detail + "}"
}

func TestDetailOfContainersIsShown(t *testing.T) {
	h, _ := startRecorded(t)
	const exited = "0116e7e4ce5cd7dbb7dce7bd213ef387e90d2741a609f27aa3ad83ebc262c999"
	const detail = `{"id":"` + exited + `","oomKilled":true,"composeProject":"demo","composeService":"web","processes":7,"failingStreak":2,
		"network":{"rxBytes":10,"txBytes":20},"healthLog":[{"at":"2026-11-23T05:29:00Z","exitCode":1,"output":"no"}]}`
	if w := h.call("POST", wire.DockerPath, "all", withDetail(t, "docker-report", `{"containers":[`+detail+`],"degraded":[{"part":"swarm","reason":"no answer"}]}`)); w.Code != 200 {
		t.Fatal(w.Body)
	}
	container := h.shown(t, demo+"/"+exited)
	if diff := cmp.Diff(object(t, detail), container["platformData"].(map[string]any)["detail"]); diff != "" {
		t.Errorf("(-told +shown):\n%s", diff)
	}
	if container["statusReason"] != "it was ended for using too much memory" {
		t.Errorf("status is %v: %v", container["status"], container["statusReason"])
	}
	engine := h.shown(t, demo)["platformData"].(map[string]any)
	if diff := cmp.Diff(object(t, `[{"part":"swarm","reason":"no answer"}]`), engine["degraded"]); diff != "" {
		t.Error(diff)
	}
}

func TestDetailOfClustersIsShown(t *testing.T) {
	h, _ := startRecorded(t)
	const cluster = "19e9295370288d6f631cb5bdd3161a46e54f157de34966a6de9f3d3544016b63"
	const whole = `"namespaces":{"total":3},"volumePhases":{"Bound":2},"warnings":[{"kind":"Pod","name":"web","reason":"BackOff","count":4}]`
	const node = `"name":"worker-1","cpuCores":4,"addresses":["10.0.0.2"],"problems":[{"type":"DiskPressure","since":"2026-11-23T05:00:00Z"}]`
	body := withDetail(t, "kubernetes-report", `{`+whole+`,"nodes":[{`+node+`,"usage":{"cpuCores":1,"memoryBytes":2147483648}}],
		"podUsage":[{"namespace":"default","name":"web-crash","cpuCores":2,"memoryBytes":4294967296}]}`)
	if w := h.call("POST", wire.KubernetesPath, "all", body); w.Code != 200 {
		t.Fatal(w.Body)
	}
	if diff := cmp.Diff(object(t, "{"+whole+"}"), h.shown(t, cluster)["platformData"].(map[string]any)["detail"]); diff != "" {
		t.Errorf("cluster (-told +shown):\n%s", diff)
	}
	worker := h.shown(t, cluster+"/node/node-uid-1")
	if diff := cmp.Diff(object(t, "{"+node+"}"), worker["platformData"].(map[string]any)["detail"]); diff != "" {
		t.Errorf("node (-told +shown):\n%s", diff)
	}
	pod := h.shown(t, cluster+"/pod/uid-web-crash")
	for name, want := range map[string][2]float64{"cpu": {25, 50}, "memory": {25, 50}} {
		got := [2]any{worker[name].(map[string]any)["current"], pod[name].(map[string]any)["current"]}
		if got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%s of node and pod is %v, want %v", name, got, want)
		}
	}
	if worker["status"] != "degraded" || worker["statusReason"] != "DiskPressure" {
		t.Errorf("node is %v: %v", worker["status"], worker["statusReason"])
	}
}
