// Package conformtest runs a bundled plugin as a program of its own, from its tests, against the conformance checks of the
// SDK.
package conformtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// asPlugin makes the test binary be the plugin.
const asPlugin = "PULSE_TEST_RUN_AS_PLUGIN"

// Main is what TestMain of a plugin calls: it runs the tests, or is the plugin when Check has started it. It does not
// return.
func Main(m *testing.M, plugin func() *sdk.Plugin) {
	if os.Getenv(asPlugin) != "" {
		sdk.Main(plugin())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Check runs the quick conformance checks on one component ("notifier/email") with a sample of its configuration, and fails
// the test if the plugin does not conform. It is skipped with -short.
func Check(t *testing.T, plugin func() *sdk.Plugin, component string, sample func() conformance.Sample) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes")
	}
	report := conformance.Run(t.Context(), conformance.Options{
		Command: []string{os.Args[0]}, Env: []string{asPlugin + "=1"}, ManifestPath: manifestFile(t, plugin()),
		Level: conformance.LevelQuick, Samples: map[string]conformance.Sample{component: sample()},
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

// manifestFile writes the manifest that a package of the plugin would have.
func manifestFile(t *testing.T, plugin *sdk.Plugin) string {
	t.Helper()
	m, err := plugin.Manifest()
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
