package catalog_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/catalog"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
)

const good = `{"manifest":1,"id":"pulse.demo","version":"1.0.0","name":"Demo","protocol":{"min":1,"max":1},
 "components":[{"kind":"source","type":"pve","name":"Proxmox VE","config":{"type":"object","properties":{}},
 "datasets":[{"name":"status","interval":"10s","min_interval":"5s","timeout":"10s"}],
 "presets":[{"name":"lab/1","config":{}}]}]}`

// write makes a bundle of manifests by folder and an empty executable.
func write(t *testing.T, manifests map[string]string) catalog.Bundle {
	t.Helper()
	dir := t.TempDir()
	for folder, content := range manifests {
		path := filepath.Join(dir, "plugins", folder)
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "plugin.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "pulse-plugins"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	bundle, err := catalog.FindBundle("", filepath.Join(dir, "pulse"), "")
	if err != nil {
		t.Fatal(err)
	}
	return bundle
}

func TestLoad(t *testing.T) {
	bundle := write(t, map[string]string{
		"pulse.demo":   good,
		"pulse.second": strings.Replace(good, "pulse.demo", "pulse.second", 1),
		"pulse.future": strings.NewReplacer("pulse.demo", "pulse.future", `"min":1,"max":1`, `"min":2,"max":3`).Replace(good),
		"pulse.other":  good,
		"pulse.broken": `{"manifest":1`,
	})
	if err := os.Mkdir(filepath.Join(bundle.Manifests, "pulse.empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	loaded, err := catalog.Load(bundle)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{"pulse.demo", "pulse.second"} {
		entry := loaded.Entries()[i]
		want := catalog.Program{Bundle: bundle, ID: id}
		if entry.Manifest.ID != id || entry.Program() != want || entry.SHA256() != bundle.SHA256 {
			t.Errorf("entry %d is %s, run as %+v", i, entry.Manifest.ID, entry.Program())
		}
	}
	reasons := map[string]error{}
	for _, invalid := range loaded.Invalid() {
		reasons[invalid.Folder] = invalid.Err
	}
	if len(reasons) != 4 || !errors.Is(reasons["pulse.future"], catalog.ErrIncompatible) ||
		!errors.Is(reasons["pulse.other"], catalog.ErrMismatch) || !errors.Is(reasons["pulse.empty"], os.ErrNotExist) {
		t.Errorf("invalid are %v", reasons)
	}
	if _, ok := loaded.Find("pulse.second"); !ok {
		t.Error("pulse.second is not found")
	}
	if _, ok := loaded.Find("pulse.broken"); ok {
		t.Error("pulse.broken is found")
	}
}

func TestPresets(t *testing.T) {
	loaded, err := catalog.Load(write(t, map[string]string{"pulse.demo": good}))
	if err != nil {
		t.Fatal(err)
	}
	want := []instance.Instance{{
		ID: "preset-pve-lab-1", Plugin: "pulse.demo", Component: "source/pve", Name: "lab/1", Config: []byte("{}"), Enabled: true, Revision: 1,
	}}
	if diff := cmp.Diff(want, loaded.Presets()); diff != "" {
		t.Errorf("presets (-want +got):\n%s", diff)
	}
}

func TestNoBundle(t *testing.T) {
	if _, err := catalog.FindBundle(t.TempDir(), "/usr/bin/pulse", ""); !errors.Is(err, catalog.ErrNoBundle) {
		t.Errorf("no executable: %v", err)
	}
	if _, err := catalog.Load(catalog.Bundle{Manifests: filepath.Join(t.TempDir(), "none")}); !errors.Is(err, catalog.ErrNoBundle) {
		t.Errorf("no manifests: %v", err)
	}
}
