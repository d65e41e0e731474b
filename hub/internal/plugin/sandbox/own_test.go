//go:build unix

package sandbox

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/pulse-hub/pulse/sdk/launcher"
)

func TestOwnGivesTheFolderAndNothingElse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	base := t.TempDir()
	data, database := filepath.Join(base, "data"), filepath.Join(base, "pulse.db")
	for _, err := range []error{
		os.MkdirAll(filepath.Join(data, "deep"), 0o700),
		os.WriteFile(filepath.Join(data, "deep", "state"), nil, 0o600),
		os.WriteFile(database, nil, 0o600),
		os.Symlink(database, filepath.Join(data, "symbolic")),
		os.Link(database, filepath.Join(data, "hard")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := Own(data, &launcher.Identity{UID: 61001, GID: 61001}); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]uint32{
		data: 61001, filepath.Join(data, "deep"): 61001, filepath.Join(data, "deep", "state"): 61001,
		filepath.Join(data, "symbolic"): 61001, filepath.Join(data, "hard"): 0, database: 0,
	} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Sys().(*syscall.Stat_t).Uid; got != want {
			t.Errorf("%s belongs to %d, want %d", path, got, want)
		}
	}
	if err := Own(data, nil); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(filepath.Join(data, "deep", "state"))
	if err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("not given back: %v, %v", info, err)
	}
}
