package api_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/discover"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

// broadcasts remembers what was broadcast, as "type data".
type broadcasts struct {
	mu   sync.Mutex
	list []string
}

func (b *broadcasts) Broadcast(kind string, data any) {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, kind+" "+string(text))
}

// take returns what was broadcast since the last time.
func (b *broadcasts) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list = nil
	return list
}

func TestChangesOfNodesAreBroadcast(t *testing.T) {
	h := startNodes(t, false)
	h.withThree(t)
	h.Answer = func(instance.Instance) supervise.TestResult {
		return supervise.TestResult{OK: true, Facts: map[string]string{"nodes": "a, b", "cluster": "lab"}}
	}
	const refused, refreshed, deleted = "/api/config/nodes/pbs-7", "/api/config/nodes/pve-0/refresh-cluster", "/api/config/nodes/pbs-0"
	tests := []struct {
		method, path, body string
		want               []string
	}{
		{"DELETE", refused, "", nil},
		{"POST", "/api/config/nodes/pbs-0/refresh-cluster", "", nil},
		{"POST", refreshed, "", []string{`nodes_updated {"nodeType":"pve","action":"cluster_refresh"}`}},
		{"DELETE", deleted, "", []string{`node_deleted {"nodeType":"pbs"}`}},
		{"POST", "/api/auto-register", `{"type":"pbs","host":"10.0.0.7","tokenId":"a@pbs!b","tokenValue":"secret","serverName":"vault"}`, []string{
			`node_auto_registered {"type":"pbs","host":"https://10.0.0.7:8007","name":"vault","tokenId":"a@pbs!b","hasToken":true,"verifySSL":false,"status":"connected"}`,
		}},
		{"POST", "/api/auto-register", `{"type":"pbs"}`, nil},
		{"POST", "/api/test-notification", "", []string{
			`node_auto_registered {"type":"pve","host":"https://test.example:8006","name":"test-node-08:00:00","tokenId":"pulse-monitor@pam!test","hasToken":true,"verifySSL":false,"status":"connected"}`,
		}},
		{"POST", "/api/discover", `{"subnet":"127.0.0.1"}`, []string{
			`discovery_started {"scanning":true,"subnet":"127.0.0.1/32","timestamp":1795420800}`,
			`discovery_progress {"progress":{"current_phase":"named","phase_number":1,"total_phases":1,"targets_in_phase":1,"processed_in_phase":1,"total_targets":1,"total_processed":1,"servers_found":0,"percentage":100},"timestamp":1795420800}`,
			`discovery_complete {"scanning":false,"subnet":"127.0.0.1/32","timestamp":1795420800,"servers":[],"errors":[]}`,
			`discovery_update {"servers":[],"errors":[],"timestamp":1795420800}`,
		}},
		// From here on something was discovered, to be compared with the nodes.
		{"DELETE", "/api/config/nodes/pmg-0", "", []string{`node_deleted {"nodeType":"pmg"}`, `discovery_update {"servers":[],"errors":[],"timestamp":1795420800}`}},
	}
	for _, tt := range tests {
		w := h.call(tt.method, tt.path, "all", tt.body)
		if diff := cmp.Diff(tt.want, h.told.take()); diff != "" || (w.Code < 300) != (tt.want != nil) {
			t.Errorf("%s %s gave %d %s and told\n%s", tt.method, tt.path, w.Code, w.Body, diff)
		}
	}
}

func TestServersThatAreFoundAreBroadcast(t *testing.T) {
	var told broadcasts
	at := time.Unix(1000, 0)
	networks := []discover.Network{{Prefix: netip.MustParsePrefix("10.0.0.0/24"), Own: true}, {Prefix: netip.MustParsePrefix("10.0.1.0/24"), Own: true}}
	server := discover.Server{Address: netip.MustParseAddr("10.0.0.9"), Port: 8006, Type: "pve", Version: "8.4.1", Hostname: "pve1", Release: "8.4"}
	result := &discover.Result{Servers: []discover.Server{server}, Problems: []string{"slow"}, At: at}
	for _, e := range []discover.Event{
		{Stage: discover.Found, Networks: networks, Server: server, At: at},
		{Stage: discover.Ended, Networks: networks, Result: result, At: at},
		{Stage: discover.Progressed, Networks: networks, At: at},
	} {
		api.TellDiscovery(&told, e)
	}
	const shown = `{"ip":"10.0.0.9","port":8006,"type":"pve","version":"8.4.1","hostname":"pve1","release":"8.4"}`
	want := []string{
		`discovery_server_found {"server":` + shown + `,"phase":"local","timestamp":1000}`,
		`discovery_complete {"scanning":false,"subnet":"10.0.0.0/24,10.0.1.0/24","timestamp":1000,"servers":[` + shown + `],"errors":["slow"]}`,
		`discovery_progress {"progress":{"current_phase":"local","phase_number":1,"total_phases":1,"targets_in_phase":0,"processed_in_phase":0,"total_targets":0,"total_processed":0,"servers_found":0,"percentage":0},"timestamp":1000}`,
	}
	if diff := cmp.Diff(want, told.take()); diff != "" {
		t.Error(diff)
	}
}

func TestAgentsAreInstalledByACommand(t *testing.T) {
	h := startNodes(t, false)
	w := h.callAs("pulse.example.com:7655", "POST", "/api/agent-install-command", `{"type":"pve"}`)
	var got api.InstallCommand
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		t.Fatalf("the answer is %d %s", w.Code, w.Body)
	}
	command := "curl -fsSL http://pulse.example.com:7655/install.sh | bash -s -- \\\n  --url http://pulse.example.com:7655 \\\n  --token " + got.Token + " \\\n  --enable-proxmox"
	if got.Command != command {
		t.Errorf("the command is %q, want %q", got.Command, command)
	}
	caller, err := h.around.Tokens.Recognize(got.Token)
	if err != nil || caller.Name() != "agent-pve-20261123-080000" || !caller.Has(auth.ScopeHostReport) || !caller.Has(auth.ScopeHostManage) || caller.Has(auth.ScopeMonitoringRead) {
		t.Errorf("the token is of %+v, %v", caller, err)
	}
	refused := []struct {
		token, body string
		status      int
		text        string
	}{
		{"all", `{`, 400, "Invalid request body"},
		{"all", `{"type":"pmg"}`, 400, `"errors":[{"field":"type","message":"must be pve or pbs"}]`},
		{"all", `{}`, 400, "type must be pve or pbs"},
		{"agent", `{"type":"pve"}`, 403, "settings:write"}, // a token makes none that may do more than itself
		{"writer", `{"type":"pve"}`, 403, "host-agent:manage"},
		{"", `{"type":"pve"}`, 401, "Authentication required"},
	}
	before := len(h.around.Issuer.List())
	for _, tt := range refused {
		if w := h.call("POST", "/api/agent-install-command", tt.token, tt.body); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.text) {
			t.Errorf("%s by %q gave %d %s", tt.body, tt.token, w.Code, w.Body)
		}
	}
	if w := h.callAs("$(id)", "POST", "/api/agent-install-command", `{"type":"pve"}`); w.Code != 400 {
		t.Errorf("a host header with a command gave %d %s", w.Code, w.Body)
	}
	if made := len(h.around.Issuer.List()) - before; made != 0 {
		t.Errorf("refused calls have made %d tokens", made)
	}
}
