package transfer_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/transfer"
	"github.com/pulse-hub/pulse/hub/internal/transfer/transfertest"
)

// v5Bundle returns a bundle of version 5 as it was before encryption: the published vector with other members.
func v5Bundle(t *testing.T, members map[string]string) string {
	t.Helper()
	text, err := os.ReadFile("bundle/testdata/v5.json")
	if err != nil {
		t.Fatal(err)
	}
	object := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		if value == "" {
			delete(object, name)
			continue
		}
		object[name] = json.RawMessage(value)
	}
	plain, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return sealV5(t, plain)
}

func importV5(t *testing.T, w *transfertest.World, members map[string]string) *transfer.Outcome {
	t.Helper()
	outcome, err := w.Import(t.Context(), bundled(v5Bundle(t, members)))
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

func TestTheVectorOfVersion5IsImported(t *testing.T) {
	w := transfertest.New(t)
	outcome, err := w.Import(t.Context(), bundled(transfertest.Vector(t)))
	if err != nil || len(outcome.Warnings) > 0 || outcome.Version != "4.1" || outcome.Format != "v5" || outcome.ExportedAt.Year() != 2026 {
		t.Fatalf("got %+v, %v", outcome, err)
	}
	list, err := w.Nodes.List(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("got %+v, %v", list, err)
	}
	on := new(true)
	for i := range list {
		list[i].InstanceID, list[i].StatusReason = "", ""
		if got := mustList(t, w)[i].Secrets["/token_secret"]; got != "secret" {
			t.Errorf("%s has the secret %q", list[i].Name, got)
		}
	}
	want := []nodes.Node{
		{
			ID: "pve-0", Type: "pve", Name: "test-pve1", Host: "https://127.0.0.1:1", TokenName: "pulse@pam!mon", HasToken: true,
			Monitors:             nodes.Monitors{MonitorVMs: on, MonitorContainers: on, MonitorStorage: on},
			TemperatureTransport: "ssh-blocked", Status: nodes.Disconnected,
		},
		{
			ID: "pbs-0", Type: "pbs", Name: "pbs1", Host: "https://127.0.0.1:2", TokenName: "pulse@pbs!mon", HasToken: true,
			TemperatureTransport: "ssh-blocked", Status: nodes.Disconnected,
		},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	checkChannels(t, w)
	checkAlerts(t, w)
	token, err := store.GetJSON[auth.Token](t.Context(), w.Store, store.Tokens, "8e42cf43-2edb-45da-8601-1278fe4ad01c")
	if err != nil || token.Name != "Primary token" || token.Scopes[0] != auth.ScopeAll || token.Created.Minute() != 29 ||
		token.Hash != "f2b7ef62a3fdcbd212f5494cbf8ae4d79957a8e8da951148750e54a4a742bda8" {
		t.Errorf("the token is %+v, %v", token, err)
	}
	note, err := store.GetJSON[map[string]any](t.Context(), w.Store, store.Metadata, "guest/inst:node:100")
	if err != nil || note["customUrl"] != "https://app.example.com" {
		t.Errorf("the note is %v, %v", note, err)
	}
	system, err := store.GetJSON[map[string]any](t.Context(), w.Store, store.Settings, "system")
	if err != nil || system["theme"] != "dark" || system["connectionTimeout"] != 10.0 {
		t.Errorf("the settings are %v, %v", system, err)
	}
}

// checkChannels compares what is set up to tell people with the vector.
func checkChannels(t *testing.T, w *transfertest.World) {
	t.Helper()
	email, err := w.Channels.Email(t.Context())
	if err != nil || email.Enabled || email.Port != 587 || !email.TLS || email.StartTLS {
		t.Errorf("email is %+v, %v", email, err)
	}
	apprise, err := w.Channels.Apprise(t.Context())
	if err != nil || apprise.Enabled || apprise.Mode != "cli" || apprise.CLIPath != "apprise" || apprise.APIKeyHeader != "X-API-KEY" {
		t.Errorf("apprise is %+v, %v", apprise, err)
	}
	if hooks, err := w.Channels.Webhooks(t.Context()); err != nil || len(hooks) > 0 {
		t.Errorf("webhooks are %v, %v", hooks, err)
	}
}

// checkAlerts compares some of the configuration of alerts with the vector.
func checkAlerts(t *testing.T, w *transfertest.World) {
	t.Helper()
	config := w.Alerts.Config()
	got := []any{
		config.Enabled, *config.GuestDefaults.CPU, *config.NodeDefaults.Temperature, config.StorageDefault, config.SnapshotDefaults.CriticalDays,
		config.TimeThresholds["guest"], config.DockerDefaults.RestartCount, config.FlappingEnabled,
	}
	want := []any{true, policy.Threshold{Trigger: 80, Clear: 75}, policy.Threshold{Trigger: 80, Clear: 75}, policy.Threshold{Trigger: 85, Clear: 80}, 45.0, 5}
	if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
		t.Error(diff)
	}
}

func TestServersKeepTheirIdentity(t *testing.T) {
	w := transfertest.New(t)
	w.Fill(t)
	before := mustList(t, w)
	servers := `{"pveInstances":[{"Name":"lab again","Host":"192.0.2.1:8006","TokenName":"pulse@pam!mon","TokenValue":"hush-new","MonitorVMs":true}],
		"pbsInstances":[],"pmgInstances":[{"Name":"mail","Host":"https://192.0.2.3:8006","User":"pulse@pmg","Password":"hush-pmg"}]}`
	outcome := importV5(t, w, map[string]string{"nodes": servers})
	list, err := w.Nodes.List(t.Context())
	if err != nil || len(list) != 2 || list[0].Name != "lab again" || list[1].Name != "mail" {
		t.Fatalf("got %+v, %v", list, err)
	}
	byName := map[string]instance.Instance{}
	for _, one := range before {
		byName[one.Name] = one
	}
	if list[0].InstanceID != byName["lab"].ID || list[1].InstanceID != byName["mail"].ID {
		t.Error("a server got another id")
	}
	told := w.Known(list[0].InstanceID)
	if told.Secrets["/token_secret"] != "hush-new" || told.Revision != byName["lab"].Revision+1 {
		t.Errorf("the plugin was told %+v", told)
	}
	if text, err := json.Marshal(outcome); err != nil || strings.Contains(string(text), "hush") {
		t.Errorf("the outcome shows a secret: %s", text)
	}
	removed := map[string]bool{}
	for _, one := range outcome.Removed {
		removed[one.Name] = true
	}
	if !removed["vault"] || !removed["chat"] || !removed["dashboard"] {
		t.Errorf("removed are %+v", outcome.Removed)
	}
	if config := w.Alerts.Config(); config.CertificateDays != 21 || len(config.QueryRules) != 1 || len(config.Overrides) != 0 || len(config.GuestTagBlacklist) != 0 {
		t.Errorf("what version 5 knows nothing of has changed, or what it knows has not: %+v", config)
	}
}

func TestRulesOfVersions(t *testing.T) {
	const tokens = `[{"id":"new","name":"new","hash":"` + hash + `","createdAt":"2026-01-01T00:00:00Z","scopes":[]}]`
	vectorNotes := []string{"guest/inst:node:100"}
	tests := map[string]struct {
		members map[string]string
		tokens  []string
		oidc    string
		notes   []string
	}{
		"4.1":              {map[string]string{"apiTokens": tokens, "oidc": `{"enabled":true,"clientSecret":"hush"}`}, []string{"new"}, "hush", vectorNotes},
		"4.1 without":      {map[string]string{"apiTokens": ""}, nil, "", vectorNotes},
		"4.0":              {map[string]string{"version": `"4.0"`, "apiTokens": tokens}, []string{"t1"}, "", vectorNotes},
		"unknown":          {map[string]string{"version": `"9"`, "apiTokens": tokens}, []string{"t1"}, "", vectorNotes},
		"senseless scope":  {map[string]string{"apiTokens": strings.Replace(tokens, "[]", `["root"]`, 1)}, nil, "", vectorNotes},
		"senseless oidc":   {map[string]string{"oidc": `{"enabled":"hush"}`, "version": `"4.0"`}, []string{"t1"}, "", vectorNotes},
		"no guest details": {map[string]string{"guestMetadata": "", "version": `"4.0"`}, []string{"t1"}, "", nil},
	}
	for name, tt := range tests {
		w := transfertest.New(t)
		w.Fill(t)
		outcome := importV5(t, w, tt.members)
		var ids []string
		list, err := w.Store.List(t.Context(), store.Tokens, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			ids = append(ids, one.Key)
		}
		if diff := cmp.Diff(tt.tokens, ids); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		settings, _ := store.GetJSON[map[string]any](t.Context(), w.Store, store.SignIn, "oidc/default")
		if secret, _ := settings["clientSecret"].(string); secret != tt.oidc || secret != "" && settings["id"] != "default" {
			t.Errorf("%s: sign-in is %v", name, settings)
		}
		if unknown := strings.Contains(strings.Join(outcome.Warnings, ""), `version "9"`); unknown != (name == "unknown") {
			t.Errorf("%s: warnings are %v", name, outcome.Warnings)
		}
		var notes []string
		list, err = w.Store.List(t.Context(), store.Metadata, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			notes = append(notes, one.Key)
		}
		if diff := cmp.Diff(tt.notes, notes); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPartsOfVersion5ThatAreRefusedAreLeftOut(t *testing.T) {
	w := transfertest.New(t)
	w.Fill(t)
	before, err := w.Channels.Email(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.Refuse = func(one instance.Instance) []supervise.FieldError {
		if one.Component == "notifier/email" {
			return []supervise.FieldError{{Path: "/server", Message: "is not liked"}}
		}
		return nil
	}
	outcome := importV5(t, w, map[string]string{
		"email":   `{"enabled":true,"server":"other.example","from":"a@example.com","colour":1}`,
		"apprise": `{"enabled":true,"mode":"cli","targets":["json://a"],"cliPath":"apprise","timeoutSeconds":15}`,
		"webhooks": `[{"id":"w1","name":"good","url":"https://a.example/x","method":"POST","enabled":true,"service":"generic"},
			{"id":"w/2","name":"slash","url":"https://a.example/x"},{"id":"w1","name":"twin","url":"https://a.example/x"},7]`,
		"nodes": `{"pveInstances":[{"Name":"one","Host":"192.0.2.7","User":"root@pam","Password":"p","IsCluster":true,"ClusterName":"lab","SSHPort":2222},
			{"Name":"two","Host":"192.0.2.8","User":"root@pam","Password":"p","IsCluster":true,"ClusterName":"lab","TemperatureProxyURL":"https://x"},
			{"Name":"nobody","Host":"192.0.2.9"}],"pmgInstances":[{"Name":"mail","Host":"192.0.2.3","TokenName":"a@pmg!b","TokenValue":"c"}]}`,
		"alerts": `{"guestDefaults":{"cpu":"hot"}}`,
	})
	all := strings.Join(outcome.Warnings, "\n")
	for _, want := range []string{
		"email is left out", "email.colour is not known", `webhooks[1], "slash", is left out`, `webhooks[2], "twin", is left out`, "webhooks[3] is left out",
		`node "nobody" is left out`, `node "mail" is left out`, `node "two" is of the cluster "lab"`, `node "one": its SSH port`, `node "two": its temperature proxy`,
		"the configuration of alerts is left out",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning has %q in\n%s", want, all)
		}
	}
	if email, err := w.Channels.Email(t.Context()); err != nil || !cmp.Equal(email, before) {
		t.Errorf("email became %+v, %v", email, err)
	}
	hooks, err := w.Channels.Webhooks(t.Context())
	if err != nil || len(hooks) != 1 || hooks[0].Name != "good" || !hooks[0].Enabled {
		t.Errorf("webhooks are %+v, %v", hooks, err)
	}
	list, err := w.Nodes.List(t.Context())
	if err != nil || len(list) != 1 || list[0].ClusterName != "lab" {
		t.Errorf("nodes are %+v, %v", list, err)
	}
	if config := w.Alerts.Config(); config.GuestDefaults.CPU.Trigger != 71 {
		t.Errorf("alerts became %+v", config)
	}
}

func TestWithoutItsPluginsVersion5IsNotImported(t *testing.T) {
	w := transfertest.New(t)
	w.Fill(t)
	before := w.State(t)
	hook := map[string]string{"webhooks": `[{"name":"good","url":"https://a.example/x","enabled":true}]`}
	for _, plugin := range []string{"pulse.proxmox", "pulse.pbs", "pulse.webhook"} {
		w.Missing = map[string]bool{plugin: true}
		_, err := w.Import(t.Context(), bundled(v5Bundle(t, hook)))
		if !errors.Is(err, transfer.ErrPlugin) || !strings.Contains(err.Error(), plugin) {
			t.Errorf("without %s: got %v", plugin, err)
		}
	}
	if diff := cmp.Diff(before, w.State(t)); diff != "" {
		t.Error(diff)
	}
	w.Missing = map[string]bool{"pulse.pmg": true, "pulse.apprise": true} // of which the vector has none
	if _, err := w.Import(t.Context(), bundled(transfertest.Vector(t))); err != nil {
		t.Error(err)
	}
}
