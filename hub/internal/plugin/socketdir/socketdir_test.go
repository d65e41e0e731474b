//go:build unix

package socketdir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/socketdir"
)

func base(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "sd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func folders(t *testing.T, base string) []string {
	t.Helper()
	entries, err := os.ReadDir(base)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, entry := range entries {
		if entry.IsDir() {
			paths = append(paths, filepath.Join(base, entry.Name()))
		}
	}
	return paths
}

func TestHubsOnOneMachineDoNotDisturbEachOther(t *testing.T) {
	base := base(t)
	one, err := socketdir.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	two, err := socketdir.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{one.Path(), two.Path()}, folders(t, base)); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
	for range 2 { // Close may be called twice
		if err := one.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	if left := folders(t, base); len(left) != 0 {
		t.Errorf("after both are closed there are %v", left)
	}
}

func TestAbandonedFoldersAreRemoved(t *testing.T) {
	base := base(t)
	for _, name := range []string{"h123/lock", "h123/plugin-dir1/plugin2", "h456/plugin3", "other/file"} {
		path := filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := socketdir.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if diff := cmp.Diff([]string{dir.Path(), filepath.Join(base, "other")}, folders(t, base)); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
}

func TestRefusedFolders(t *testing.T) {
	open := base(t)
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		base string
		want error
	}{
		{"too long", "/tmp/" + strings.Repeat("a", 60), socketdir.ErrTooLong},
		{"others may write", open, socketdir.ErrNotOurs},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if dir, err := socketdir.Open(test.base); !errors.Is(err, test.want) {
				t.Errorf("got %v and error %v, want %v", dir, err, test.want)
			}
		})
	}
}

func TestLongestFolderLeavesRoomForASocket(t *testing.T) {
	const smallestAddress = 103 // of the systems that the hub runs on, without the closing zero
	longest := socketdir.MaxPlugin + len("/plugin") + 10
	if longest > smallestAddress {
		t.Errorf("a socket's path may have %d bytes, and %d fit", longest, smallestAddress)
	}
}
