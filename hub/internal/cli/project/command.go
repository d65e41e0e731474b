package project

import (
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

// anyPlatform is what plugin.json calls an executable that runs everywhere.
const anyPlatform = "any"

// executableOf returns what the manifest says to start on the platform.
func executableOf(m *manifest.Manifest, platform string) (manifest.Executable, error) {
	for _, key := range []string{platform, anyPlatform} {
		if executable, ok := m.Exec[key]; ok {
			return executable, nil
		}
	}
	return manifest.Executable{}, fmt.Errorf("%w: %s has no executable for %s", ErrPlatform, m.ID, platform)
}

// commandOf returns how an executable of a folder is started here. The interpreter
// is the one the caller's PATH finds: an author has it there.
func commandOf(executable manifest.Executable, folder string) ([]string, error) {
	path := filepath.Join(folder, filepath.FromSlash(executable.Path))
	if executable.Interpreter == "" {
		return []string{path}, nil
	}
	interpreter, err := exec.LookPath(executable.Interpreter)
	if err != nil {
		return nil, fmt.Errorf("find interpreter: %w", err)
	}
	return []string{interpreter, path}, nil
}
