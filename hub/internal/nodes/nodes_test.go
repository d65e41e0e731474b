package nodes_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/nodes/nodestest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// token is the draft of a node with a token.
func token(typ, name, host string) *nodes.Draft {
	return &nodes.Draft{Type: typ, Name: name, Host: host, TokenName: "pulse@pam!mon", TokenValue: "geheim"}
}

func add(t *testing.T, w *nodestest.World, draft *nodes.Draft) {
	t.Helper()
	if merged, err := w.Add(t.Context(), draft, "anna"); err != nil || merged != nil {
		t.Fatalf("Add gave %v, %v", merged, err)
	}
}

func list(t *testing.T, w *nodestest.World) []nodes.Node {
	t.Helper()
	all, err := w.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].InstanceID, all[i].StatusReason = "", ""
	}
	return all
}

func config(t *testing.T, one instance.Instance) map[string]any {
	t.Helper()
	var values map[string]any
	if err := json.Unmarshal(one.Config, &values); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestDraftsAreCheckedInOrder(t *testing.T) {
	tests := []struct {
		name  string
		draft nodes.Draft
		want  error
	}{
		{"nothing", nodes.Draft{}, nodes.ErrNoName},
		{"name", nodes.Draft{Name: "n"}, nodes.ErrNoType},
		{"unknown type without a host", nodes.Draft{Name: "n", Type: "xyz"}, nodes.ErrNoHost},
		{"blank host", nodes.Draft{Name: "n", Type: "pve", Host: "  "}, nodes.ErrNoHost},
		{"scheme", nodes.Draft{Name: "n", Type: "pve", Host: "ftp://h"}, nodes.ErrHost},
		{"only a scheme", nodes.Draft{Name: "n", Type: "pve", Host: "https://"}, nodes.ErrHost},
		{"only a port", nodes.Draft{Name: "n", Type: "pve", Host: ":8006"}, nodes.ErrHost},
		{"user in the URL", nodes.Draft{Name: "n", Type: "pve", Host: "https://u:p@h"}, nodes.ErrHost},
		{"blank within", nodes.Draft{Name: "n", Type: "pve", Host: "a b"}, nodes.ErrHost},
		{"after the bracket", nodes.Draft{Name: "n", Type: "pve", Host: "[::1]x"}, nodes.ErrHost},
		{"four numbers too large", nodes.Draft{Name: "n", Type: "pve", Host: "10.0.0.300"}, nodes.ErrIPv4},
		{"begins with a digit", nodes.Draft{Name: "n", Type: "pve", Host: "3com.lan"}, nodes.ErrIPv4},
		{"IPv6", nodes.Draft{Name: "n", Type: "pve", Host: "fd00::zz"}, nodes.ErrIPv6},
		{"IPv6 in brackets", nodes.Draft{Name: "n", Type: "pve", Host: "[fd00::zz]:8006"}, nodes.ErrIPv6},
		{"open bracket", nodes.Draft{Name: "n", Type: "pve", Host: "[fd00::1"}, nodes.ErrIPv6},
		{"host name of a backup server", nodes.Draft{Name: "n", Type: "pbs", Host: "back_up.lan"}, nodes.ErrHostname},
		{"host name of a node", nodes.Draft{Name: "n", Type: "pve", Host: "no_de.lan"}, nodes.ErrCredentials},
		{"port", nodes.Draft{Name: "n", Type: "pve", Host: "h:0"}, nodes.ErrPort},
		{"large port", nodes.Draft{Name: "n", Type: "pve", Host: "h:65536"}, nodes.ErrPort},
		{"word for a port", nodes.Draft{Name: "n", Type: "pve", Host: "h:https"}, nodes.ErrPort},
		{"empty port", nodes.Draft{Name: "n", Type: "pve", Host: "h:"}, nodes.ErrPort},
		{"bad port comes before bad type", nodes.Draft{Name: "n", Type: "xyz", Host: "h:0"}, nodes.ErrPort},
		{"type", nodes.Draft{Name: "n", Type: "xyz", Host: "h", User: "u", Password: "p"}, nodes.ErrType},
		{"no credentials", nodes.Draft{Name: "n", Type: "pve", Host: "h"}, nodes.ErrCredentials},
		{"half of a login", nodes.Draft{Name: "n", Type: "pve", Host: "h", User: "u", TokenValue: "v"}, nodes.ErrCredentials},
	}
	w := nodestest.New(t, false)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := w.Add(t.Context(), &test.draft, "anna"); !errors.Is(err, test.want) {
				t.Errorf("Add of %+v gave %v, want %v", test.draft, err, test.want)
			}
		})
	}
	if saved := w.Saved(t); len(saved) != 0 {
		t.Errorf("%d instances were made", len(saved))
	}
}

func TestHostsAreNormalized(t *testing.T) {
	tests := map[string]struct{ typ, host, want string }{
		"name":          {"pve", "PVE.lan", "https://pve.lan:8006"},
		"backup server": {"pbs", "b-1.lan", "https://b-1.lan:8007"},
		"gateway":       {"pmg", "mail.example.invalid", "https://mail.example.invalid:8006"},
		"port":          {"pve", "127.0.0.1:1", "https://127.0.0.1:1"},
		"path":          {"pve", " https://pve.lan/api2?x=1#frag ", "https://pve.lan:8006"},
		"plain HTTP":    {"pve", "http://pve.lan:80", "http://pve.lan:80"},
		"IPv6":          {"pbs", "fd00::1", "https://[fd00::1]:8007"},
		"IPv6 and port": {"pve", "[FD00::1]:443", "https://[fd00::1]:443"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := nodestest.New(t, false)
			draft := &nodes.Draft{Type: test.typ, Name: "n", Host: test.host, User: "u", Password: "p"}
			add(t, w, draft)
			if got := list(t, w)[0].Host; got != test.want {
				t.Errorf("host %q became %q, want %q", test.host, got, test.want)
			}
		})
	}
}

func TestNodesAreListed(t *testing.T) {
	w := nodestest.New(t, false)
	add(t, w, &nodes.Draft{Type: "pmg", Name: "pmg1", Host: "mail.example.invalid", User: "root", Password: "geheim"})
	add(t, w, token("pve", "one", "10.0.0.1"))
	add(t, w, token("pbs", "store", "127.0.0.1:2"))
	add(t, w, token("pve", "two", "10.0.0.2"))
	saved := w.Saved(t)
	w.Polled(saved[1].ID, nil)
	w.Polled(saved[3].ID, errors.New("401"))
	on := new(true)
	ofPVE := nodes.Monitors{MonitorVMs: on, MonitorContainers: on, MonitorStorage: on, MonitorBackups: on}
	want := []nodes.Node{
		{ID: "pve-0", Type: "pve", Name: "one", Host: "https://10.0.0.1:8006", TokenName: "pulse@pam!mon", HasToken: true, Monitors: ofPVE, TemperatureTransport: "ssh-blocked", Status: "connected"},
		{ID: "pve-1", Type: "pve", Name: "two", Host: "https://10.0.0.2:8006", TokenName: "pulse@pam!mon", HasToken: true, Monitors: ofPVE, TemperatureTransport: "ssh-blocked", Status: "disconnected"},
		{ID: "pbs-0", Type: "pbs", Name: "store", Host: "https://127.0.0.1:2", TokenName: "pulse@pam!mon", HasToken: true, TemperatureTransport: "ssh-blocked", Status: "disconnected"},
		{ID: "pmg-0", Type: "pmg", Name: "pmg1", Host: "https://mail.example.invalid:8006", User: "root@pmg", HasPassword: true, Monitors: nodes.Monitors{MonitorMailStats: on}, TemperatureTransport: "ssh-blocked", Status: "disconnected"},
	}
	if diff := cmp.Diff(want, list(t, w)); diff != "" {
		t.Error(diff)
	}
	raw, err := w.List(t.Context())
	if err != nil || raw[0].StatusReason != "" || raw[1].StatusReason != "401" || !strings.HasPrefix(raw[2].StatusReason, "not watched") {
		t.Errorf("the reasons are %q, %q, %q, %v", raw[0].StatusReason, raw[1].StatusReason, raw[2].StatusReason, err)
	}
	text, err := json.Marshal(list(t, w))
	if err != nil || strings.Contains(string(text), "geheim") {
		t.Errorf("the list shows a secret: %s, %v", text, err)
	}
	for _, one := range saved {
		if config(t, one)["verify"] != false || strings.Contains(string(one.Config), "geheim") {
			t.Errorf("configuration of %s is %s", one.Name, one.Config)
		}
	}
}

func TestLoginsGetTheirRealm(t *testing.T) {
	tests := map[string]struct {
		draft              nodes.Draft
		user, tokenID      string // in the configuration
		shownUser, shownID string
	}{
		"pve password":   {nodes.Draft{Type: "pve", User: "root", Password: "p"}, "root@pam", "", "root@pam", ""},
		"pbs password":   {nodes.Draft{Type: "pbs", User: "root", Password: "p"}, "root@pbs", "", "root@pbs", ""},
		"own realm":      {nodes.Draft{Type: "pbs", User: "root@pam", Password: "p"}, "root@pam", "", "root@pam", ""},
		"whole token":    {nodes.Draft{Type: "pve", TokenName: "a@pve!b", TokenValue: "v"}, "", "a@pve!b", "", "a@pve!b"},
		"parted token":   {nodes.Draft{Type: "pve", User: "a", TokenName: "b", TokenValue: "v"}, "", "a@pam!b", "a@pam", "b"},
		"both":           {nodes.Draft{Type: "pve", User: "a@pve", Password: "p", TokenName: "b", TokenValue: "v"}, "", "a@pve!b", "a@pve", "b"},
		"both, no token": {nodes.Draft{Type: "pmg", User: "a", Password: "p", TokenName: "b", TokenValue: "v"}, "a@pmg", "", "a@pmg", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := nodestest.New(t, false)
			test.draft.Name, test.draft.Host = "n", "h"
			add(t, w, &test.draft)
			values, shown := config(t, w.Saved(t)[0]), list(t, w)[0]
			if user, _ := values["user"].(string); user != test.user {
				t.Errorf("user is %q, want %q", user, test.user)
			}
			if id, _ := values["token_id"].(string); id != test.tokenID {
				t.Errorf("token is %q, want %q", id, test.tokenID)
			}
			if shown.User != test.shownUser || shown.TokenName != test.shownID {
				t.Errorf("shown as %q, %q, want %q, %q", shown.User, shown.TokenName, test.shownUser, test.shownID)
			}
		})
	}
	w := nodestest.New(t, false)
	var invalid *setup.InvalidError
	if _, err := w.Add(t.Context(), token("pmg", "n", "h"), "anna"); !errors.As(err, &invalid) {
		t.Errorf("a gateway with a token gave %v", err)
	}
}

func TestDuplicatesAreRefusedAndNamesKeptApart(t *testing.T) {
	w := nodestest.New(t, false)
	add(t, w, token("pve", "pve", "10.0.0.1"))
	if _, err := w.Add(t.Context(), token("pve", "other", "https://10.0.0.1:8006/"), "anna"); !errors.Is(err, nodes.ErrExists) {
		t.Errorf("the same address gave %v", err)
	}
	add(t, w, token("pve", "pve", "10.0.0.2"))
	add(t, w, token("pbs", "pve", "10.0.0.1:8006")) // another product
	var names []string
	for _, one := range list(t, w) {
		names = append(names, one.Name)
	}
	if diff := cmp.Diff([]string{"pve", "pve (10.0.0.2)", "pve"}, names); diff != "" {
		t.Error(diff)
	}
	if err := w.Change(t.Context(), "pve-1", &nodes.Draft{Host: "10.0.0.1"}, "anna"); !errors.Is(err, nodes.ErrExists) {
		t.Errorf("moving to an address that is taken gave %v", err)
	}
}

func TestChangesSayOnlyWhatChanges(t *testing.T) {
	off, on := new(false), new(true)
	first := func() *nodes.Draft {
		draft := token("pve", "one", "10.0.0.1")
		draft.GuestURL, draft.Fingerprint = "https://link", strings.Repeat("ab", 32)
		draft.MonitorPhysicalDisks, draft.TemperatureMonitoringEnabled = off, off
		return draft
	}
	ofPVE := nodes.Monitors{
		MonitorVMs: on, MonitorContainers: on, MonitorStorage: on, MonitorBackups: on,
		MonitorPhysicalDisks: off, TemperatureMonitoringEnabled: off,
	}
	before := nodes.Node{
		ID: "pve-0", Type: "pve", Name: "one", Host: "https://10.0.0.1:8006", TokenName: "pulse@pam!mon", HasToken: true,
		Monitors: ofPVE, TemperatureTransport: "disabled", Status: "disconnected",
	}
	tests := map[string]struct {
		change  nodes.Draft
		want    func(*nodes.Node)
		secrets map[string]string
	}{
		"nothing":     {nodes.Draft{}, func(*nodes.Node) {}, map[string]string{"/token_secret": "geheim"}},
		"name":        {nodes.Draft{Name: "two"}, func(n *nodes.Node) { n.Name = "two" }, map[string]string{"/token_secret": "geheim"}},
		"host":        {nodes.Draft{Host: "h"}, func(n *nodes.Node) { n.Host = "https://h:8006" }, map[string]string{"/token_secret": "geheim"}},
		"links":       {nodes.Draft{GuestURL: "https://x"}, func(n *nodes.Node) { n.GuestURL = "https://x" }, map[string]string{"/token_secret": "geheim"}},
		"certificate": {nodes.Draft{VerifySSL: on}, func(n *nodes.Node) { n.VerifySSL = true }, map[string]string{"/token_secret": "geheim"}},
		"switch":      {nodes.Draft{Monitors: nodes.Monitors{MonitorBackups: off}}, func(n *nodes.Node) { n.MonitorBackups = nil }, map[string]string{"/token_secret": "geheim"}},
		"value":       {nodes.Draft{TokenValue: "neu"}, func(*nodes.Node) {}, map[string]string{"/token_secret": "neu"}},
		"token":       {nodes.Draft{TokenName: "a@pve!b"}, func(n *nodes.Node) { n.TokenName = "a@pve!b" }, map[string]string{"/token_secret": "geheim"}},
		"password": {nodes.Draft{User: "root", Password: "p"}, func(n *nodes.Node) {
			n.User, n.HasPassword, n.TokenName, n.HasToken = "root@pam", true, "", false
		}, map[string]string{"/password": "p"}},
		"disks": {nodes.Draft{Monitors: nodes.Monitors{MonitorPhysicalDisks: on}}, func(n *nodes.Node) { n.MonitorPhysicalDisks = on }, map[string]string{"/token_secret": "geheim"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := nodestest.New(t, false)
			add(t, w, first())
			if err := w.Change(t.Context(), "pve-0", &test.change, "anna"); err != nil {
				t.Fatal(err)
			}
			want := before
			test.want(&want)
			if diff := cmp.Diff([]nodes.Node{want}, list(t, w)); diff != "" {
				t.Error(diff)
			}
			saved := w.Saved(t)[0]
			if diff := cmp.Diff(test.secrets, saved.Secrets); diff != "" {
				t.Error(diff)
			}
			if shown := list(t, w)[0]; config(t, saved)["storage"] != (shown.MonitorPhysicalDisks == nil || *shown.MonitorPhysicalDisks) {
				t.Errorf("the plugin is told %v of disks", config(t, saved)["storage"])
			}
			if config(t, saved)["backups"] != (list(t, w)[0].MonitorBackups != nil) {
				t.Errorf("the plugin is told %v of backups", config(t, saved)["backups"])
			}
		})
	}
}

func TestSwitchingToATokenNeedsItsValue(t *testing.T) {
	w := nodestest.New(t, false)
	add(t, w, &nodes.Draft{Type: "pve", Name: "n", Host: "h", User: "root", Password: "p"})
	if err := w.Change(t.Context(), "pve-0", &nodes.Draft{TokenName: "a@pve!b"}, "anna"); !errors.Is(err, nodes.ErrCredentials) {
		t.Errorf("a token without a value gave %v", err)
	}
	if err := w.Change(t.Context(), "pve-0", &nodes.Draft{TokenName: "b", TokenValue: "v"}, "anna"); err != nil {
		t.Fatal(err)
	}
	shown := list(t, w)[0]
	if shown.HasPassword || !shown.HasToken || shown.User != "root@pam" || shown.TokenName != "b" {
		t.Errorf("the node is %+v", shown)
	}
}

func TestBackupServersNameTheirHostAtEachChange(t *testing.T) {
	w := nodestest.New(t, false)
	draft := token("pbs", "store", "h")
	draft.MonitorDatastores = new(true)
	add(t, w, draft)
	if err := w.Change(t.Context(), "pbs-0", &nodes.Draft{Name: "x"}, "anna"); !errors.Is(err, nodes.ErrNoHost) {
		t.Errorf("a change without a host gave %v", err)
	}
	if err := w.Change(t.Context(), "pbs-0", &nodes.Draft{Host: "i_i"}, "anna"); !errors.Is(err, nodes.ErrHostname) {
		t.Errorf("a change to a bad host gave %v", err)
	}
	if err := w.Change(t.Context(), "pbs-0", &nodes.Draft{Host: "i"}, "anna"); err != nil {
		t.Fatal(err)
	}
	shown := list(t, w)[0]
	if shown.Name != "store" || shown.Host != "https://i:8007" || shown.MonitorBackups != nil || shown.MonitorDatastores == nil {
		t.Errorf("the node is %+v", shown)
	}
}

func TestGatewaysWatchMailUnlessToldWhat(t *testing.T) {
	w := nodestest.New(t, false)
	add(t, w, &nodes.Draft{Type: "pmg", Name: "n", Host: "h", User: "u", Password: "p", Monitors: nodes.Monitors{MonitorQueues: new(true)}})
	if shown := list(t, w)[0]; shown.MonitorMailStats != nil || shown.MonitorQueues == nil {
		t.Errorf("the node is %+v", shown)
	}
}

func TestRemovingMovesIDsAndLeavesNothing(t *testing.T) {
	w := nodestest.New(t, false)
	add(t, w, token("pve", "one", "10.0.0.1"))
	add(t, w, token("pve", "two", "10.0.0.2"))
	for id, want := range map[string]error{"abc": nodes.ErrID, "xyz-0": nodes.ErrID, "pve-": nodes.ErrID, "pve--1": nodes.ErrID, "pve-2": nodes.ErrUnknown, "pbs-0": nodes.ErrUnknown} {
		if err := w.Remove(t.Context(), id, "anna"); !errors.Is(err, want) {
			t.Errorf("Remove(%q) gave %v, want %v", id, err, want)
		}
	}
	if err := w.Remove(t.Context(), "pve-0", "anna"); err != nil {
		t.Fatal(err)
	}
	left := list(t, w)
	if len(left) != 1 || left[0].ID != "pve-0" || left[0].Name != "two" {
		t.Errorf("left is %+v", left)
	}
	records, err := w.Store.List(t.Context(), store.Settings, "node/")
	if err != nil || len(records) != 1 {
		t.Errorf("%d records are left, %v", len(records), err)
	}
}

// TestInstancesMadeElsewhereAreNodes: the list shows them with what is usual.
func TestInstancesMadeElsewhereAreNodes(t *testing.T) {
	w := nodestest.New(t, false)
	draft := setup.Draft{Plugin: "pulse.proxmox", Component: "source/pve", Name: "n", Enabled: true, Config: json.RawMessage(
		`{"url":"https://h:8006","token_id":"a@b!c","token_secret":"s","backups":false,"verify":true}`)}
	if _, err := w.Office.Create(t.Context(), draft, "anna"); err != nil {
		t.Fatal(err)
	}
	on := new(true)
	want := []nodes.Node{{
		ID: "pve-0", Type: "pve", Name: "n", Host: "https://h:8006", TokenName: "a@b!c", HasToken: true, VerifySSL: true,
		Monitors:             nodes.Monitors{MonitorVMs: on, MonitorContainers: on, MonitorStorage: on},
		TemperatureTransport: "ssh-blocked", Status: "disconnected",
	}}
	if diff := cmp.Diff(want, list(t, w)); diff != "" {
		t.Error(diff)
	}
}

func TestNothingIsMadeWithoutThePlugin(t *testing.T) {
	w := nodestest.New(t, false)
	w.Missing = true
	if _, err := w.Add(t.Context(), token("pve", "n", "h"), "anna"); !errors.Is(err, registry.ErrNoComponent) {
		t.Errorf("Add gave %v", err)
	}
	var failed *nodes.FailedError
	if _, err := w.TryDraft(t.Context(), token("pve", "n", "h")); !errors.As(err, &failed) || !failed.Initial {
		t.Errorf("TryDraft gave %v", err)
	}
}

func TestMadeUpNodesCannotBeChanged(t *testing.T) {
	w := nodestest.New(t, true)
	_, added := w.Add(t.Context(), token("pve", "n", "h"), "anna")
	_, registered := w.Register(t.Context(), &nodes.Registration{Type: "pve", Host: "h", TokenID: "a@b!c", TokenValue: "v"}, "anna")
	refused := []error{
		added, registered, w.Change(t.Context(), "pve-0", &nodes.Draft{}, "anna"), w.Remove(t.Context(), "pve-0", "anna"),
	}
	for i, err := range refused {
		if !errors.Is(err, nodes.ErrMock) {
			t.Errorf("change %d gave %v", i, err)
		}
	}
	w.Members(t, "preset-pve", "mock", "pve1", "pve2")
	all := list(t, w)
	if len(all) != 3 || !all[0].IsCluster || len(all[0].ClusterEndpoints) != 2 || all[0].Host == "" || !all[0].HasToken || !all[0].HasPassword {
		t.Errorf("made-up nodes are %+v", all)
	}
}

func TestTrialsTellWhatIsThere(t *testing.T) {
	facts := map[string]map[string]string{
		"pve": {"version": "8.4.1", "nodes": "a, b, c", "cluster": "lab", "missing_privileges": "VM.Monitor"},
		"pbs": {"version": "3.4.1-1", "datastores": "4"},
		"pmg": {"version": "8.2", "nodes": "1"},
	}
	want := map[string]nodes.Trial{
		"pve": {Type: "pve", Version: "8.4.1", Release: "8.4", Cluster: "lab", Nodes: 3, NodeNames: []string{"a", "b", "c"}, Warnings: []string{"The account lacks privileges: VM.Monitor"}},
		"pbs": {Type: "pbs", Version: "3.4.1-1", Release: "3.4", Nodes: 1, Datastores: 4},
		"pmg": {Type: "pmg", Version: "8.2", Release: "8.2", Nodes: 1},
	}
	w := nodestest.New(t, false)
	w.Answer = func(one instance.Instance) supervise.TestResult {
		return supervise.TestResult{OK: true, Facts: facts[one.Type()]}
	}
	for typ := range facts {
		got, err := w.TryDraft(t.Context(), &nodes.Draft{Type: typ, Host: "h", User: "u", Password: "p"})
		if err != nil {
			t.Fatal(err)
		}
		got.Latency, got.Facts = 0, nil
		if diff := cmp.Diff(want[typ], got); diff != "" {
			t.Errorf("%s: %s", typ, diff)
		}
	}
	if saved := w.Saved(t); len(saved) != 0 {
		t.Error("trying has saved something")
	}
	add(t, w, &nodes.Draft{Type: "pbs", Name: "n", Host: "h", User: "u", Password: "geheim"})
	if _, err := w.Try(t.Context(), "pbs-0"); err != nil {
		t.Fatal(err)
	}
	tested := w.Tested()
	if got := tested[len(tested)-1].Secrets["/password"]; got != "geheim" {
		t.Errorf("a saved node was tried with the password %q", got)
	}
	w.Answer = nil
	var failed *nodes.FailedError
	if _, err := w.Try(t.Context(), "pbs-0"); !errors.As(err, &failed) || failed.Initial || len(failed.Fields) != 1 {
		t.Errorf("a server that is down gave %v", err)
	}
}

func TestMembersOfOneClusterAreOneNode(t *testing.T) {
	w := nodestest.New(t, false)
	w.Answer = func(instance.Instance) supervise.TestResult {
		return supervise.TestResult{OK: true, Facts: map[string]string{"cluster": "lab", "nodes": "a,b"}}
	}
	add(t, w, token("pve", "one", "10.0.0.1"))
	for i, host := range []string{"10.0.0.2", "10.0.0.2", "10.0.0.3", "10.0.0.4"} {
		merged, err := w.Add(t.Context(), token("pve", "other", host), "anna")
		if err != nil {
			t.Fatal(err)
		}
		want := nodes.Merged{Cluster: "lab", ExistingNode: "one", TotalEndpoints: []int{2, 2, 3, 3}[i]} // the plugin takes two more
		if diff := cmp.Diff(&want, merged); diff != "" {
			t.Errorf("%s: %s", host, diff)
		}
	}
	saved := w.Saved(t)
	if len(saved) != 1 || saved[0].Secrets["/token_secret"] != "geheim" {
		t.Fatalf("saved is %+v", saved)
	}
	if diff := cmp.Diff([]any{"https://10.0.0.2:8006", "https://10.0.0.3:8006"}, config(t, saved[0])["endpoints"]); diff != "" {
		t.Error(diff)
	}
	// Setting a second member up renews the token that both have in common.
	for _, test := range []struct{ id, want string }{{"another@pam!mon", "geheim"}, {"pulse@pam!mon", "neu"}} {
		draft := token("pve", "other", "10.0.0.3")
		draft.TokenName, draft.TokenValue = test.id, "neu"
		if _, err := w.Add(t.Context(), draft, "anna"); err != nil {
			t.Fatal(err)
		}
		if got := w.Saved(t)[0].Secrets["/token_secret"]; got != test.want {
			t.Errorf("after a member with the token %s the secret is %q, want %q", test.id, got, test.want)
		}
	}
}

// TestStrangersAreNotTakenIntoClusters: a server that registers itself becomes
// a way to a cluster only if the cluster knows its token, for the hub will show
// it the token for the cluster.
func TestStrangersAreNotTakenIntoClusters(t *testing.T) {
	for value, want := range map[string]int{"known": 1, "made up": 2} {
		w := nodestest.New(t, false)
		w.Answer = func(one instance.Instance) supervise.TestResult {
			if strings.Contains(string(one.Config), "10.0.0.1") && one.Secrets["/token_secret"] == "made up" {
				return nodestest.Down()
			}
			return supervise.TestResult{OK: true, Facts: map[string]string{"cluster": "lab", "nodes": "a,b"}}
		}
		add(t, w, token("pve", "one", "10.0.0.1"))
		r := &nodes.Registration{Type: "pve", Host: "10.0.0.2", TokenID: "pulse@pam!other", TokenValue: value, Name: "two", Source: "script"}
		if _, err := w.Register(t.Context(), r, "script"); err != nil {
			t.Fatal(err)
		}
		saved := w.Saved(t)
		if len(saved) != want || strings.Contains(string(saved[0].Config), "10.0.0.2") != (want == 1) || saved[0].Secrets["/token_secret"] != "geheim" {
			t.Errorf("with a token that is %s, %d nodes were made, the first is %s", value, len(saved), saved[0].Config)
		}
	}
}

func TestClustersAreRefreshed(t *testing.T) {
	w := nodestest.New(t, false)
	add(t, w, token("pve", "one", "10.0.0.1"))
	add(t, w, token("pbs", "store", "10.0.0.2"))
	for id, want := range map[string]error{"pbs-0": nodes.ErrNotPVE, "pve-0": nodes.ErrNoCluster, "pve-1": nodes.ErrUnknown} {
		if _, err := w.Refresh(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("Refresh(%q) gave %v, want %v", id, err, want)
		}
	}
	w.Members(t, w.Saved(t)[0].ID, "lab", "a", "b")
	var failed *nodes.FailedError
	if _, err := w.Refresh(t.Context(), "pve-0"); !errors.As(err, &failed) {
		t.Errorf("a cluster that is down gave %v", err)
	}
	w.Answer = func(instance.Instance) supervise.TestResult {
		return supervise.TestResult{OK: true, Facts: map[string]string{"cluster": "lab", "nodes": "a, b, c"}}
	}
	got, err := w.Refresh(t.Context(), "pve-0")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, member := range got.ClusterNodes {
		names = append(names, member.NodeName)
	}
	slices.Sort(names)
	if got.ClusterName != "lab" || got.OldNodeCount != 2 || got.NewNodeCount != 3 || got.NodesAdded != 1 || !slices.Equal(names, []string{"a", "b", "c"}) {
		t.Errorf("refreshed is %+v", got)
	}
	shown := list(t, w)[0]
	if !shown.IsCluster || shown.ClusterName != "lab" || shown.ClusterEndpoints[0].IP != "10.0.0.1" || !*shown.ClusterEndpoints[0].PulseReachable {
		t.Errorf("the node is %+v", shown)
	}
}

func TestServersRegisterThemselves(t *testing.T) {
	registration := func(edit func(*nodes.Registration)) *nodes.Registration {
		r := &nodes.Registration{Type: "pve", Host: "https://pve.lan:8006", TokenID: "pulse-monitor@pam!pulse-hub", TokenValue: "neu", Name: "pve", Source: "script"}
		edit(r)
		return r
	}
	tests := map[string]struct {
		registration *nodes.Registration
		want         error
		host         string
		nodes        int
	}{
		"new":              {registration(func(r *nodes.Registration) { r.Host, r.Name = "10.0.0.9", "x" }), nil, "https://10.0.0.9:8006", 2},
		"another product":  {registration(func(r *nodes.Registration) { r.Type, r.Host = "pbs", "pve.lan" }), nil, "https://pve.lan:8007", 2},
		"same host":        {registration(func(r *nodes.Registration) { r.Name, r.TokenID = "x", "a@b!c" }), nil, "https://pve.lan:8006", 1},
		"same name, token": {registration(func(r *nodes.Registration) { r.Host = "10.0.0.9" }), nil, "https://10.0.0.9:8006", 1},
		"same machine":     {registration(func(r *nodes.Registration) { r.Host, r.Name, r.Source = "10.0.0.1", "x", "agent" }), nil, "https://pve.lan:8006", 1},
		"only for agents":  {registration(func(r *nodes.Registration) { r.Host, r.Name = "10.0.0.1", "x" }), nil, "https://10.0.0.1:8006", 2},
		"no token":         {registration(func(r *nodes.Registration) { r.TokenValue = "" }), nodes.ErrIncomplete, "", 1},
		"no type":          {registration(func(r *nodes.Registration) { r.Type = "" }), nodes.ErrIncomplete, "", 1},
		"mail gateway":     {registration(func(r *nodes.Registration) { r.Type = "pmg" }), nodes.ErrType, "", 1},
		"bad host":         {registration(func(r *nodes.Registration) { r.Host = "a b" }), nodes.ErrHost, "", 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := nodestest.New(t, false)
			w.Names = map[string][]string{"pve.lan": {"10.0.0.1"}, "10.0.0.1": {"10.0.0.1"}, "10.0.0.9": {"10.0.0.9"}}
			first := token("pve", "pve", "pve.lan")
			first.TokenName, first.GuestURL, first.MonitorVMs = "pulse-monitor@pam!pulse-hub", "https://link", new(false)
			add(t, w, first)
			host, err := w.Register(t.Context(), test.registration, "anna")
			if !errors.Is(err, test.want) || host != test.host {
				t.Errorf("Register gave %q, %v, want %q, %v", host, err, test.host, test.want)
			}
			all := list(t, w)
			if len(all) != test.nodes {
				t.Fatalf("there are %d nodes, want %d", len(all), test.nodes)
			}
			if err == nil && test.nodes == 1 {
				secret := w.Saved(t)[0].Secrets["/token_secret"]
				if all[0].Host != test.host || all[0].GuestURL != "https://link" || all[0].MonitorVMs != nil || secret != "neu" || all[0].Name != "pve" {
					t.Errorf("the node is %+v, its secret %q", all[0], secret)
				}
			}
			if err == nil && test.nodes == 2 && all[1].Source != test.registration.Source {
				t.Errorf("registered by %q", all[1].Source)
			}
		})
	}
}
