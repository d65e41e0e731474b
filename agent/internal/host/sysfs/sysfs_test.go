package sysfs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/sysfs"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs/sysfstest"
)

func TestValues(t *testing.T) {
	root := sysfstest.Tree(t, map[string]string{"text": " two words ", "minus": "-5", "long": strings.Repeat("7", 10000), "empty": ""})
	tests := []struct {
		file, line string
		number     int64
		ok         bool
	}{
		{"text", "two words", 0, false}, {"minus", "-5", -5, true}, {"none", "", 0, false}, {"empty", "", 0, false},
	}
	for _, test := range tests {
		path := filepath.Join(root, test.file)
		number, ok := sysfs.Int(path)
		if line := sysfs.Line(path); line != test.line || ok != test.ok || ok && number != test.number {
			t.Errorf("%s: %q, %d, %v; want %q, %d, %v", test.file, line, number, ok, test.line, test.number, test.ok)
		}
	}
	if length := len(sysfs.Line(filepath.Join(root, "long"))); length != 4096 {
		t.Errorf("read %d bytes of an endless line, want the bound of 4096", length)
	}
	if _, err := sysfs.Uint(filepath.Join(root, "minus")); err == nil {
		t.Error("Uint took a negative number")
	}
}

func TestList(t *testing.T) {
	root := sysfstest.Tree(t, map[string]string{"hwmon1/name": "b", "hwmon0/name": "a", "other": ""})
	want := []string{filepath.Join(root, "hwmon0"), filepath.Join(root, "hwmon1")}
	if diff := cmp.Diff(want, sysfs.List(root, "hwmon")); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if got := sysfs.List(filepath.Join(root, "none"), ""); got != nil {
		t.Errorf("List of no folder = %v", got)
	}
}
