// Package sysfstest makes folders that look like the kernel's, for tests.
package sysfstest

import (
	"os"
	"path/filepath"
	"testing"
)

// Tree writes files below a new folder, given as path and text, and returns the folder.
func Tree(tb testing.TB, files map[string]string) string {
	tb.Helper()
	root := tb.TempDir()
	for path, text := range files {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text+"\n"), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return root
}
