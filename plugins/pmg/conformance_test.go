package pmg

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// asPlugin makes the test binary be the plugin.
const asPlugin = "PULSE_PMG_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asPlugin) != "" {
		sdk.Main(New())
		return
	}
	os.Exit(m.Run())
}

// TestThePluginConforms runs the plugin as a program against played servers.
func TestThePluginConforms(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	sample := func() json.RawMessage {
		w := watch(t, mx(t))
		return settings(t, map[string]string{"url": w.URL(""), "ca": w.CA, "user": user})
	}
	secrets := map[string]string{"/password": password}
	report := conformance.Run(t.Context(), conformance.Options{
		Command: []string{os.Args[0]}, Env: []string{asPlugin + "=1"}, ManifestPath: manifestFile(t), Level: conformance.LevelQuick,
		Samples: map[string]conformance.Sample{
			"source/pmg": {Config: sample(), Variants: []json.RawMessage{sample()}, Secrets: secrets},
		},
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

func settings(t *testing.T, values map[string]string) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
