package mqtt

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/plugins/internal/conformtest"
	"github.com/pulse-hub/pulse/plugins/internal/readmetest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/plugintest"
)

func TestMain(m *testing.M) { conformtest.Main(m, New) }

// TestThePluginConforms runs the plugin as a program against real brokers.
func TestThePluginConforms(t *testing.T) {
	conformtest.Check(t, New, "notifier/mqtt", func() conformance.Sample {
		sample := func() json.RawMessage { return settings(t, startMosquitto(t)) }
		return conformance.Sample{
			Config: sample(), Variants: []json.RawMessage{sample()}, Secrets: map[string]string{"/password": testPassword}, Idempotent: true,
		}
	})
}

// settings is the configuration for a broker, as a hub keeps it.
func settings(t *testing.T, b *mosquitto) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(map[string]any{"url": b.config().URL, "username": testUser, "homeAssistant": "homeassistant"})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheReadmeSaysWhatThePluginIs(t *testing.T) {
	readmetest.CheckConfig(t, New(), *update)
}

// TestSensorsOutliveThePlugin ends an alert in another process than the one
// that told of it: which alerts last is kept by the hub.
func TestSensorsOutliveThePlugin(t *testing.T) {
	b := startMosquitto(t)
	h := plugintest.Start(t, New())
	secrets := map[string]string{"/password": testPassword}
	if tested := h.Test("notifier/mqtt", settings(t, b), secrets); !tested.GetOk() {
		t.Errorf("test: %v", tested)
	}
	id := h.Configure("notifier/mqtt", settings(t, b), secrets)
	send := func(m *sdk.Notification) {
		t.Helper()
		if got := h.Send(id, m); got.Outcome != notification.OutcomeDelivered {
			t.Fatalf("got %+v", got)
		}
	}
	sensors := func() (n int) {
		for _, p := range b.listen(t).all(t) {
			if strings.HasPrefix(p.Topic, "homeassistant/binary_sensor/") {
				n++
			}
		}
		return n
	}
	send(message(notification.PhaseFiring, cpu(), memory()))
	h.Remove(id)
	if faults := h.TryConfigure(id, "notifier/mqtt", settings(t, b), secrets); len(faults) > 0 {
		t.Fatal(faults)
	}
	send(message(notification.PhaseResolved, cpu()))
	if n := sensors(); n != 1 {
		t.Errorf("got %d sensors while one alert lasts, want 1", n)
	}
	send(message(notification.PhaseResolved, memory()))
	if n := sensors(); n != 0 {
		t.Errorf("got %d sensors when all alerts are over, want none", n)
	}
}

func TestFaultyConfigurationsAreRefused(t *testing.T) {
	h := plugintest.Start(t, New())
	for _, tt := range []struct{ name, config, path string }{
		{"no broker", `{}`, "/url"},
		{"no URL", `{"url":"broker"}`, "/url"},
		{"another scheme", `{"url":"http://broker"}`, "/url"},
		{"login in the URL", `{"url":"mqtt://user:password@broker"}`, "/url"},
		{"topic with a wildcard", `{"url":"mqtt://broker","topicPrefix":"a/+/b"}`, "/topicPrefix"},
		{"topic of the broker", `{"url":"mqtt://broker","topicPrefix":"$SYS"}`, "/topicPrefix"},
		{"discovery with an empty level", `{"url":"mqtt://broker","homeAssistant":"homeassistant/"}`, "/homeAssistant"},
		{"no such quality", `{"url":"mqtt://broker","qos":3}`, "/qos"},
		{"no certificate", `{"url":"mqtts://broker","caCertificate":"none"}`, "/caCertificate"},
	} {
		errs := h.TryConfigure("x", "notifier/mqtt", json.RawMessage(tt.config), nil)
		if len(errs) == 0 || errs[0].Path != tt.path {
			t.Errorf("%s: got %v, want an error at %s", tt.name, errs, tt.path)
		}
	}
}
