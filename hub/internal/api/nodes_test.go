package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"github.com/pulse-hub/pulse/hub/internal/wall"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/discover"
	"github.com/pulse-hub/pulse/hub/internal/nodes/nodestest"
	"github.com/pulse-hub/pulse/hub/internal/nodes/setuptoken"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

// nodeHub is the API over a world of nodes.
type nodeHub struct {
	*hub
	*nodestest.World
	now    time.Time
	told   *broadcasts
	around *wall.Wall
}

func startNodes(t *testing.T, mock bool, networks ...string) *nodeHub {
	t.Helper()
	h := &nodeHub{World: nodestest.New(t, mock), told: &broadcasts{}, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	now := func() time.Time { return h.now }
	around := newWall(t, config.SignIn{}, now, auth.Token{ID: "all"}, auth.Token{ID: "agent", Scopes: []auth.Scope{auth.ScopeHostReport}},
		auth.Token{ID: "writer", Scopes: []auth.Scope{auth.ScopeSettingsWrite}})
	own := func() ([]netip.Prefix, error) {
		if len(networks) == 0 {
			return nil, errors.New("no interfaces")
		}
		return nil, nil
	}
	handler, routes := behind(around, api.Parts{
		Build: api.Build{Version: "5.1.0", Started: h.now}, Nodes: h.World, Now: now,
		Discovery: discover.NewWatch(discover.New(discover.Options{
			Ports: []uint16{1}, Interfaces: own, Now: now, Tell: func(e discover.Event) { api.TellDiscovery(h.told, e) },
		}), discover.DefaultConfig(), hclog.NewNullLogger()),
		SetupTokens: setuptoken.NewDesk(now), Broadcast: h.told,
	})
	h.hub = &hub{routes: routes, Handler: handler}
	h.around = around
	return h
}

// callAs calls under another host name.
func (h *nodeHub) callAs(host, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = host
	r.Header.Set("X-API-Token", "all")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// withThree adds one node of each product.
func (h *nodeHub) withThree(t *testing.T) {
	t.Helper()
	for _, body := range []string{
		`{"type":"pve","name":"test-pve1","host":"127.0.0.1:1","tokenName":"pulse@pam!mon","tokenValue":"secret"}`,
		`{"type":"pbs","name":"pbs1","host":"127.0.0.1:2","tokenName":"pulse@pbs!mon","tokenValue":"secret"}`,
		`{"type":"pmg","name":"pmg1","host":"mail.example.invalid","user":"root","password":"secret"}`,
	} {
		if w := h.call("POST", "/api/config/nodes", "all", body); w.Code != http.StatusCreated {
			t.Fatalf("adding a node gave %d %s", w.Code, w.Body)
		}
	}
}

// contains says what is in want and not in got. A null in want means that
// there is nothing, or null.
func contains(want, got any, path string) []string {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{path + " is not an object"}
		}
		var missing []string
		for key, value := range want {
			missing = append(missing, contains(value, object[key], path+"/"+key)...)
		}
		return missing
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return []string{fmt.Sprintf("%s has not %d items", path, len(want))}
		}
		var missing []string
		for i := range want {
			missing = append(missing, contains(want[i], list[i], fmt.Sprintf("%s/%d", path, i))...)
		}
		return missing
	}
	if !reflect.DeepEqual(want, got) {
		return []string{fmt.Sprintf("%s is %v, want %v", path, got, want)}
	}
	return nil
}

// TestNodesAnswerAsRecorded: testdata/nodes.json holds what Pulse 5.0.13
// answered: each member there must be here, with the same value.
func TestNodesAnswerAsRecorded(t *testing.T) {
	text, err := os.ReadFile("testdata/nodes.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded []struct {
		Name, World, Method, Path, Token, ContentType, Text string
		Status                                              int
		Body                                                json.RawMessage
		JSON                                                any
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	for _, one := range recorded {
		t.Run(one.Name, func(t *testing.T) {
			h := startNodes(t, one.World == "mock")
			if one.World == "three" {
				h.withThree(t)
			}
			w := h.call(one.Method, one.Path, one.Token, string(one.Body))
			if w.Code != one.Status || w.Header().Get("Content-Type") != one.ContentType {
				t.Errorf("answer is %d %s, want %d %s", w.Code, w.Header().Get("Content-Type"), one.Status, one.ContentType)
			}
			if one.JSON == nil {
				if got := w.Body.String(); got != one.Text && (strings.HasSuffix(one.Text, "\n") || !strings.HasPrefix(got, one.Text)) {
					t.Errorf("text is %q, want %q", got, one.Text)
				}
				return
			}
			var got any
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			for _, missing := range contains(one.JSON, got, "") {
				t.Error(missing)
			}
			if strings.Contains(w.Body.String(), `"secret"`) {
				t.Error("the answer shows a secret")
			}
		})
	}
}

// TestNodeSentences: the wrong words of a draft, in the order in which they are looked at.
func TestNodeSentences(t *testing.T) {
	h := startNodes(t, false)
	tests := map[string]string{
		`{`:                         "Invalid request body",
		``:                          "Invalid request body",
		`{"name":5}`:                "Invalid request body",
		`{"type":"pve","host":"h"}`: "Name is required",
		`{"name":"n","host":"h"}`:   "Type is required",
		`{"name":"n","type":"pve"}`: "Host is required",
		`{"name":"n","type":"pve","host":"ftp://h"}`:                                         "Invalid host format",
		`{"name":"n","type":"pve","host":"10.0.0.256"}`:                                      "Invalid IP address",
		`{"name":"n","type":"pve","host":"[fe80::x]"}`:                                       "Invalid IPv6 address",
		`{"name":"n","type":"pbs","host":"-x"}`:                                              "Invalid hostname",
		`{"name":"n","type":"pve","host":"h:99999"}`:                                         "Invalid port number",
		`{"name":"n","type":"esx","host":"h"}`:                                               "Invalid node type",
		`{"name":"n","type":"pve","host":"h"}`:                                               "Authentication credentials required",
		`{"name":"n","type":"pmg","host":"h","tokenName":"a@b!c","tokenValue":"v"}`:          "Invalid configuration: Proxmox Mail Gateway has no API tokens: a user and a password are needed",
		`{"name":"n","type":"pve","host":"h","user":"u","password":"p","fingerprint":"xyz"}`: "Invalid configuration: /fingerprint: ",
		`{"name":"` + strings.Repeat("n", 33<<10) + `"}`:                                     "Invalid request body",
	}
	for body, want := range tests {
		w := h.call("POST", "/api/config/nodes", "all", body)
		if got := w.Body.String(); w.Code != 400 || !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 1 {
			t.Errorf("%.80s gave %d %q, want %q", body, w.Code, got, want)
		}
	}
	h.Missing = true
	w := h.call("POST", "/api/config/nodes", "all", `{"name":"n","type":"pve","host":"h","user":"u","password":"p"}`)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("without the plugin there is %d %s", w.Code, w.Body)
	}
	w = h.call("POST", "/api/config/nodes/test-config", "all", `{"type":"pve","host":"h","user":"u","password":"p"}`)
	if w.Code != 400 || !strings.Contains(w.Body.String(), `"message":"Failed to initialize connection"`) {
		t.Errorf("without the plugin a test gives %d %s", w.Code, w.Body)
	}
}

func TestNodesThatAnswerAreDescribed(t *testing.T) {
	h := startNodes(t, false)
	h.withThree(t)
	facts := map[string]map[string]string{
		"pve": {"version": "8.4.1", "nodes": "a, b", "cluster": "lab"}, "pbs": {"version": "3.4.1", "datastores": "2"}, "pmg": {"version": "8.2.0", "nodes": "1"},
	}
	h.Answer = func(one instance.Instance) supervise.TestResult {
		return supervise.TestResult{OK: true, Facts: facts[one.Type()]}
	}
	const draft = `{"type":"%s","host":"h","user":"u","password":"p"}`
	const root = "/api/config/nodes/"
	tests := []struct {
		path, body string
		want       string // in order, with commas between
	}{
		{"test-connection", fmt.Sprintf(draft, "pve"), `{"status":"success","message":"Successfully connected to 2 node(s)","isCluster":true,"nodeCount":2,"clusterNodeCount":2}`},
		{"test-connection", fmt.Sprintf(draft, "pbs"), `{"status":"success","message":"Successfully connected, 2 datastore(s)","datastoreCount":2}`},
		{"test-connection", fmt.Sprintf(draft, "pmg"), `{"status":"success","message":"Successfully connected to the mail gateway","version":"8.2.0","release":"8.2"}`},
		{"test-config", fmt.Sprintf(draft, "pbs"), `{"status":"success","message":"Successfully connected, 2 datastore(s)","latency":0}`},
		{"pmg-0/test", "", `{"status":"success","message":"Successfully connected to the mail gateway","latency":0,"version":"8.2.0","release":"8.2"}`},
		{"pve-0/refresh-cluster", "", `{"status":"success","clusterName":"lab","oldNodeCount":0,"newNodeCount":2,"nodesAdded":2,"clusterNodes":[{"NodeID":"","NodeName":"a"},{"NodeName":"b"}]}`},
	}
	for _, test := range tests {
		w := h.call("POST", root+test.path, "all", test.body)
		var want, got any
		if err := errors.Join(json.Unmarshal([]byte(test.want), &want), json.Unmarshal(w.Body.Bytes(), &got)); err != nil || w.Code != 200 {
			t.Fatalf("%s gave %d %s, %v", test.path, w.Code, w.Body, err)
		}
		if object, _ := got.(map[string]any); object["latency"] != nil {
			object["latency"] = 0.0
		}
		for _, missing := range contains(want, got, test.path) {
			t.Error(missing)
		}
	}
	w := h.call("POST", "/api/config/nodes", "all", `{"type":"pve","name":"n","host":"10.0.0.7","tokenName":"a@b!c","tokenValue":"v"}`)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"success":true,"merged":true,"cluster":"lab","existingNode":"test-pve1"`) || !strings.Contains(w.Body.String(), `"totalEndpoints":2`) {
		t.Errorf("a member of the cluster gave %d %s", w.Code, w.Body)
	}
}

// TestFailedTestsSayMore: beside the sentence there is the reason.
func TestFailedTestsSayMore(t *testing.T) {
	h := startNodes(t, false)
	h.withThree(t)
	w := h.call("POST", "/api/config/nodes/pbs-0/test", "all", "")
	if !strings.Contains(w.Body.String(), `"detail":"127.0.0.1: connection refused","errors":[{"path":"/url","message":"connection refused"}]`) {
		t.Errorf("the reason is missing: %s", w.Body)
	}
	h.Answer = func(instance.Instance) supervise.TestResult {
		return supervise.TestResult{OK: true, Facts: map[string]string{"cluster": "lab", "nodes": "a"}}
	}
	h.call("POST", "/api/config/nodes/pve-0/refresh-cluster", "all", "")
	h.Answer = nil
	if w := h.call("POST", "/api/config/nodes/pve-0/refresh-cluster", "all", ""); w.Code != http.StatusBadGateway {
		t.Errorf("a cluster that is down gave %d %s", w.Code, w.Body)
	}
}

func TestNodeChangesAreLimited(t *testing.T) {
	for _, r := range startNodes(t, false).routes {
		if !strings.HasPrefix(r.Path, "/api/config/nodes") {
			continue
		}
		want := 30
		if len(r.Methods) == 0 {
			want = 1000
		}
		if r.Limit.Requests != want || r.Limit.Window != time.Minute {
			t.Errorf("%v %s has the limit %+v", r.Methods, r.Path, r.Limit)
		}
	}
}

func TestDiscoveryAnswers(t *testing.T) {
	h := startNodes(t, false, "some")
	w := h.call("POST", "/api/discover", "all", `{"subnet":"127.0.0.1/31","use_cache":true}`)
	want := `{"servers":[],"errors":[],"environment":{"type":"native","confidence":1,"phases":[{"name":"named","subnets":["127.0.0.0/31"],"confidence":1}],"warnings":[],"metadata":{}},"cached":false,"scanning":false}`
	if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != want {
		t.Errorf("a scan gave %d %s", w.Code, got)
	}
	h.now = h.now.Add(5 * time.Second)
	for _, w := range []string{
		h.call("GET", "/api/discover", "all", "").Body.String(), h.call("POST", "/api/discover", "all", `{"use_cache":true}`).Body.String(),
	} {
		if !strings.Contains(w, `"cached":true`) || !strings.Contains(w, `"age":5`) || strings.Contains(w, "scanning") {
			t.Errorf("the answer from before is %s", w)
		}
	}
	if w := h.call("POST", "/api/discover", "all", `{"subnet":"lan"}`); w.Code != 400 || !strings.HasPrefix(w.Body.String(), "Invalid subnet: ") {
		t.Errorf("a bad network gave %d %s", w.Code, w.Body)
	}
	if w := startNodes(t, false).call("POST", "/api/discover", "all", `{"subnet":"auto"}`); w.Code != 500 {
		t.Errorf("a scan that cannot be gave %d %s", w.Code, w.Body)
	}
}

func TestSetupCommandsLeadToScripts(t *testing.T) {
	h := startNodes(t, false)
	w := h.call("POST", "/api/setup-script-url", "all", `{"type":"pve","host":"https://10.0.0.5:8006","backupPerms":true}`)
	var command api.SetupCommand
	if err := json.Unmarshal(w.Body.Bytes(), &command); err != nil || w.Code != 200 {
		t.Fatalf("%d %s, %v", w.Code, w.Body, err)
	}
	address := "http://example.com/api/setup-script?type=pve&host=https%3A%2F%2F10.0.0.5%3A8006&pulse_url=http%3A%2F%2Fexample.com&backup_perms=true&auth_token=" + command.SetupToken
	want := api.SetupCommand{
		URL: address, Command: `curl -fsSL "` + address + `" | PULSE_SETUP_TOKEN=` + command.SetupToken + " bash",
		CommandWithEnv:    `curl -fsSL "` + address + `" | PULSE_SETUP_TOKEN=` + command.SetupToken + " bash",
		CommandWithoutEnv: `curl -fsSL "` + address + `" | bash`, Expires: h.now.Add(5 * time.Minute).Unix(),
		SetupToken: command.SetupToken, TokenHint: command.SetupToken[:3] + "…" + command.SetupToken[29:],
	}
	if command != want {
		t.Errorf("command is %+v", command)
	}
	target, err := url.Parse(command.URL)
	if err != nil {
		t.Fatal(err)
	}
	w = h.call("GET", target.RequestURI(), "", "")
	if got := w.Body.String(); w.Code != 200 || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" ||
		!strings.HasPrefix(got, "#!/usr/bin/env bash\n") || !strings.Contains(got, "SETUP_TOKEN='"+command.SetupToken+"'") ||
		!strings.Contains(got, "BACKUPS='yes'") || !strings.Contains(got, "SERVER_URL='https://10.0.0.5:8006'") {
		t.Errorf("the script is %d %s", w.Code, got)
	}
}

func TestSetupRefusesWhatAShellWouldRun(t *testing.T) {
	h := startNodes(t, false)
	for _, query := range []string{
		"", "type=pmg", "type=pve&host=10.0.0.5", "type=pve&host=https://$(id)", "type=pve&pulse_url=ftp://x", "type=pve&pulse_url=https://x';id;'", "type=pve&auth_token=xyz",
	} {
		if w := h.call("GET", "/api/setup-script?"+strings.ReplaceAll(query, ";", "%3B"), "", ""); w.Code != 400 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s gave %d %s", query, w.Code, w.Body)
		}
	}
	for body, want := range map[string]int{`{"type":"pve","host":"https://h"}`: 200, `{"type":"pmg","host":"https://h"}`: 400, `{"type":"pve","host":"h"}`: 400, `{`: 400} {
		if w := h.call("POST", "/api/setup-script-url", "all", body); w.Code != want {
			t.Errorf("%s gave %d %s", body, w.Code, w.Body)
		}
	}
	if w := h.callAs("evil.example/$(id)", "POST", "/api/setup-script-url", `{"type":"pve","host":"https://h"}`); w.Code != 400 {
		t.Errorf("a host header with a command gave %d %s", w.Code, w.Body)
	}
}

func TestServersRegisterWithATokenOfEitherKind(t *testing.T) {
	const body = `{"type":"%s","host":"%s","tokenId":"a@pam!b","tokenValue":"v","serverName":"x","%s":"%s"}`
	h := startNodes(t, false)
	issue := func(typ string) string {
		var command api.SetupCommand
		if err := json.Unmarshal(h.call("POST", "/api/setup-script-url", "all", `{"type":"`+typ+`","host":"https://h"}`).Body.Bytes(), &command); err != nil {
			t.Fatal(err)
		}
		return command.SetupToken
	}
	first, other, late := issue("pve"), issue("pbs"), issue("pve")
	tests := []struct {
		name, body, token string
		status            int
		text              string
	}{
		{"setup token", fmt.Sprintf(body, "pve", "10.0.0.1", "authToken", first), "", 200, "auto-registered successfully"},
		{"again, same server", fmt.Sprintf(body, "pve", "https://10.0.0.1:8006/", "authToken", first), "", 200, "auto-registered successfully"},
		{"again, another server", fmt.Sprintf(body, "pve", "10.0.0.2", "authToken", first), "", 401, "Invalid or expired setup code"},
		{"token for another type", fmt.Sprintf(body, "pve", "10.0.0.2", "authToken", other), "", 401, "Invalid or expired setup code"},
		{"not complete", `{"type":"pbs","authToken":"` + other + `"}`, "", 400, "Missing required fields"},
		{"bad host", fmt.Sprintf(body, "pbs", "a b", "authToken", other), "", 400, "Invalid host format"},
		{"no product", fmt.Sprintf(body, "pmg", "10.0.0.2", "authToken", other), "", 400, "Invalid node type"},
		{"token of the hub", `{"type":"pbs","host":"h","requestToken":true,"tokenId":"a","tokenValue":"b"}`, "all", 400, "Tokens are made by the server"},
		{"not used up by mistakes", fmt.Sprintf(body, "pbs", "10.0.0.2", "setupCode", other), "", 200, "auto-registered successfully"},
		{"API token in the body", fmt.Sprintf(body, "pve", "10.0.0.3", "authToken", "agent"), "", 200, "auto-registered successfully"},
		{"wrong token in the body", fmt.Sprintf(body, "pve", "10.0.0.4", "authToken", "wrong"), "", 401, "Invalid or expired setup code"},
		{"nothing", fmt.Sprintf(body, "pve", "10.0.0.4", "x", ""), "", 401, "Pulse requires authentication"},
		{"no JSON", "{", "all", 400, "Invalid request body"},
	}
	for _, test := range tests {
		w := h.call("POST", "/api/auto-register", test.token, test.body)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.text) {
			t.Errorf("%s gave %d %s, want %d %s", test.name, w.Code, w.Body, test.status, test.text)
		}
	}
	h.now = h.now.Add(5 * time.Minute)
	if w := h.call("POST", "/api/auto-register", "", fmt.Sprintf(body, "pve", "10.0.0.4", "authToken", late)); w.Code != 401 {
		t.Errorf("a setup token that is too old gave %d %s", w.Code, w.Body)
	}
	// The one at 10.0.0.3 has the name and the token of that at 10.0.0.1: it has moved.
	if saved := h.Saved(t); len(saved) != 2 {
		t.Errorf("%d nodes were made, want 2", len(saved))
	}
}
