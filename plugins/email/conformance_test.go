package email

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/plugins/internal/readmetest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/plugintest"
)

// asPlugin makes the test binary be the plugin.
const asPlugin = "PULSE_EMAIL_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asPlugin) != "" {
		sdk.Main(New())
		return
	}
	os.Exit(m.Run())
}

// TestThePluginConforms runs the plugin as a program against real mail servers.
func TestThePluginConforms(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	sample := func() json.RawMessage {
		return settings(t, (&mailServer{encryption: "starttls", mechanisms: []string{"PLAIN"}}).start(t))
	}
	report := conformance.Run(t.Context(), conformance.Options{
		Command: []string{os.Args[0]}, Env: []string{asPlugin + "=1"}, ManifestPath: manifestFile(t), Level: conformance.LevelQuick,
		Samples: map[string]conformance.Sample{"notifier/email": {
			Config: sample(), Variants: []json.RawMessage{sample()}, Secrets: map[string]string{"/password": testPassword}, Idempotent: true,
		}},
	})
	var table strings.Builder
	if err := report.WriteTAP(&table); err != nil {
		t.Fatal(err)
	}
	t.Log(table.String())
	if !report.Conforms {
		t.Error("the plugin does not conform")
	}
}

// settings is the configuration for a server, as a hub keeps it.
func settings(t *testing.T, server *mailServer) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(map[string]any{
		"server": "127.0.0.1", "port": server.port, "startTLS": true, "username": testUser,
		"from": "pulse@example.com", "to": []string{"ops@example.com"}, "caCertificate": server.certificate,
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func manifestFile(t *testing.T) string {
	t.Helper()
	m, err := New().Manifest()
	if err != nil {
		t.Fatal(err)
	}
	m.Exec = map[string]manifest.Executable{"any": {Path: "plugin"}}
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), manifest.FileName)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheReadmeSaysWhatThePluginIs(t *testing.T) {
	m, err := New().Manifest()
	if err != nil {
		t.Fatal(err)
	}
	readmetest.Check(t, map[string]string{"config": readmetest.ConfigTable(t, &m.Components[0])}, *update)
}

// TestTheHubHearsWhatBecomesOfAMessage runs the plugin as a hub does.
func TestTheHubHearsWhatBecomesOfAMessage(t *testing.T) {
	server := (&mailServer{encryption: "starttls", mechanisms: []string{"PLAIN"}}).start(t)
	h := plugintest.Start(t, New())
	if tested := h.Test("notifier/email", settings(t, server), map[string]string{"/password": testPassword}); !tested.GetOk() {
		t.Errorf("test: %v", tested)
	}
	right := h.Configure("notifier/email", settings(t, server), map[string]string{"/password": testPassword})
	if got := h.Send(right, grouped()); got.Outcome != notification.OutcomeDelivered || got.Status != 250 || got.ProviderID == "" {
		t.Errorf("got %+v", got)
	}
	wrong := h.Configure("notifier/email", settings(t, server), map[string]string{"/password": "a wrong password"})
	if got := h.Send(wrong, grouped()); got.Outcome != notification.OutcomeRejected || got.Status != 535 {
		t.Errorf("got %+v", got)
	}
	if len(server.taken()) != 1 {
		t.Errorf("got %d mails, want 1", len(server.taken()))
	}
}

func TestFaultyConfigurationsAreRefused(t *testing.T) {
	h := plugintest.Start(t, New())
	for _, tt := range []struct{ name, config, path string }{
		{"no server", `{"from":"a@example.com"}`, "/server"},
		{"no host name", `{"server":"a b","from":"a@example.com"}`, "/server"},
		{"no sender", `{"server":"mail"}`, "/from"},
		{"sender without a domain", `{"server":"mail","from":"pulse"}`, "/from"},
		{"sender with a second header", `{"server":"mail","from":"Pulse\r\nBcc: b@example.com <a@example.com>"}`, "/from"},
		{"sender with an encoded header", `{"server":"mail","from":"=?utf-8?q?a=0D=0ABcc:_b?= <a@example.com>"}`, "/from"},
		{"recipient with a line break", `{"server":"mail","from":"a@example.com","to":["b@example.com","c@example.com\n"]}`, "/to/1"},
		{"no such port", `{"server":"mail","from":"a@example.com","port":70000}`, "/port"},
		{"no such login", `{"server":"mail","from":"a@example.com","auth":"magic"}`, "/auth"},
		{"no certificate", `{"server":"mail","from":"a@example.com","caCertificate":"none"}`, "/caCertificate"},
	} {
		errs := h.TryConfigure("x", "notifier/email", json.RawMessage(tt.config), nil)
		if len(errs) == 0 || errs[0].Path != tt.path {
			t.Errorf("%s: got %v, want an error at %s", tt.name, errs, tt.path)
		}
	}
}
