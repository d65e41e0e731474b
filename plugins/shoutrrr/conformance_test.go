package shoutrrr

import (
	"encoding/json"
	"net/http"
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
const asPlugin = "PULSE_SHOUTRRR_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asPlugin) != "" {
		sdk.Main(New())
		return
	}
	os.Exit(m.Run())
}

// TestThePluginConforms runs the plugin as a program against a recording server.
func TestThePluginConforms(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	secrets := map[string]string{"/url": generic(serve(t, func(http.ResponseWriter, *http.Request) {}))}
	report := conformance.Run(t.Context(), conformance.Options{
		Command: []string{os.Args[0]}, Env: []string{asPlugin + "=1"}, ManifestPath: manifestFile(t), Level: conformance.LevelQuick,
		Samples: map[string]conformance.Sample{"notifier/shoutrrr": {
			Config: json.RawMessage(`{}`), Secrets: secrets,
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
	h := plugintest.Start(t, New())
	url := generic(serve(t, status(http.StatusTooManyRequests, "", "")))
	id := h.Configure("notifier/shoutrrr", map[string]any{}, map[string]string{"/url": url})
	if got := h.Send(id, firing()); got.Outcome != notification.OutcomeRetry || got.Status != 429 {
		t.Errorf("got %+v", got)
	}
}

func TestFaultyConfigurationsAreRefused(t *testing.T) {
	h := plugintest.Start(t, New())
	for name, url := range map[string]string{
		"no URL": "", "no scheme": "host/token", "no service": "carrier-pigeon://coop", "line break": "generic://host/\n",
		"program": "script:///bin/sh", "mail": "smtp://host", "connects by itself": "gotify://host/token",
	} {
		errs := h.TryConfigure("x", "notifier/shoutrrr", json.RawMessage(`{}`), map[string]string{"/url": url})
		if len(errs) == 0 || errs[0].Path != "/url" || strings.Contains(errs[0].Message, "token") {
			t.Errorf("%s: got %v, want an error at /url", name, errs)
		}
	}
}
