//go:build unix

package recovery

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// traps puts something in the place of a file that must not be taken for one.
func traps(t *testing.T) map[string]func(path string) error {
	traps := map[string]func(path string) error{
		"a link": func(path string) error {
			target := filepath.Join(t.TempDir(), "target")
			return errors.Join(os.WriteFile(target, []byte(strings.Repeat("a", 48)), 0o600), os.Symlink(target, path))
		},
		"a link to nothing": func(path string) error { return os.Symlink(filepath.Join(t.TempDir(), "none"), path) },
		"a folder":          func(path string) error { return os.Mkdir(path, 0o700) },
		"a pipe":            func(path string) error { return syscall.Mkfifo(path, 0o600) },
	}
	if os.Geteuid() == 0 {
		traps["a stranger's file"] = func(path string) error {
			return errors.Join(os.WriteFile(path, []byte(strings.Repeat("a", 48)), 0o600), os.Chown(path, 12345, 12345))
		}
	}
	return traps
}

func TestBootstrapTakesNoTrap(t *testing.T) {
	for name, set := range traps(t) {
		b := NewBootstrap(t.TempDir())
		if err := set(b.Path()); err != nil {
			t.Fatal(err)
		}
		before, err := os.Lstat(b.Path())
		if err != nil {
			t.Fatal(err)
		}
		token, _, err := b.Prepare()
		if !errors.Is(err, ErrUnsafe) || token != "" || b.Pending() {
			t.Errorf("%s gave %q, %v", name, token, err)
		}
		if after, err := os.Lstat(b.Path()); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s was touched: %v", name, err)
		}
	}
}

func TestTrapTurnsNoModeOn(t *testing.T) {
	for name, set := range traps(t) {
		b := newBench(t)
		if err := set(filepath.Join(b.dir, ".auth_recovery")); err != nil {
			t.Fatal(err)
		}
		if err := b.follow(t.Context()); !errors.Is(err, ErrUnsafe) || b.On() {
			t.Errorf("%s gave %v, on %v", name, err, b.On())
		}
	}
}

func TestTrapInPlaceOfTheFileEndsTheMode(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(b.dir, ".auth_recovery")
	if err := b.TurnOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(path), os.Symlink(os.DevNull, path)); err != nil {
		t.Fatal(err)
	}
	if err := b.follow(t.Context()); err != nil || b.On() {
		t.Errorf("got %v, on %v", err, b.On())
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the link is still there: %v", err)
	}
}

// TestFileThatCannotBeRemoved ends the mode for good, also over a restart.
func TestFileThatCannotBeRemoved(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root can remove every file")
	}
	b := newBench(t)
	if err := b.TurnOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(b.dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(b.dir, 0o700) })
	if err := b.TurnOff(t.Context()); !errors.Is(err, fs.ErrPermission) || b.On() {
		t.Errorf("turning off gave %v, on %v", err, b.On())
	}
	if err := b.follow(t.Context()); err != nil || b.On() {
		t.Errorf("the old file turned it on: %v", err)
	}
	if b.restart(); b.On() {
		t.Error("the old file turned it on at the next start")
	}
	if err := os.Chmod(b.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(b.path, b.now, b.now); err != nil { // as touch does
		t.Fatal(err)
	}
	if err := b.follow(t.Context()); err != nil || !b.On() {
		t.Errorf("touching the file gave %v, on %v", err, b.On())
	}
}
