package email

import (
	"encoding/json"
	"testing"

	"github.com/pulse-hub/pulse/plugins/internal/conformtest"
	"github.com/pulse-hub/pulse/plugins/internal/readmetest"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/plugintest"
)

func TestMain(m *testing.M) { conformtest.Main(m, New) }

// TestThePluginConforms runs the plugin as a program against real mail servers.
func TestThePluginConforms(t *testing.T) {
	conformtest.Check(t, New, "notifier/email", func() conformance.Sample {
		sample := func() json.RawMessage {
			return settings(t, (&mailServer{encryption: "starttls", mechanisms: []string{"PLAIN"}}).start(t))
		}
		return conformance.Sample{
			Config: sample(), Variants: []json.RawMessage{sample()}, Secrets: map[string]string{"/password": testPassword}, Idempotent: true,
		}
	})
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

func TestTheReadmeSaysWhatThePluginIs(t *testing.T) {
	readmetest.CheckConfig(t, New(), *update)
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
