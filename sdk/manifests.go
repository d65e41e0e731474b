package sdk

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

// writeManifests writes <folder>/<id>/plugin.json for each plugin of a
// multi-call binary: what a hub reads to know of them without running them.
func writeManifests(folder string, plugins map[string]func() *Plugin) error {
	for id, make := range plugins {
		m, err := make().Manifest()
		if err != nil {
			return fmt.Errorf("describe %s: %w", id, err)
		}
		data, err := m.Encode()
		if err != nil {
			return fmt.Errorf("encode manifest of %s: %w", id, err)
		}
		if err := os.MkdirAll(filepath.Join(folder, id), 0o755); err != nil { //nolint:gosec // G301: manifests are public
			return fmt.Errorf("make folder of %s: %w", id, err)
		}
		if err := os.WriteFile(filepath.Join(folder, id, manifest.FileName), data, 0o644); err != nil { //nolint:gosec // G306,G703: manifests are public, and the author says where they go
			return fmt.Errorf("write manifest of %s: %w", id, err)
		}
	}
	return nil
}
