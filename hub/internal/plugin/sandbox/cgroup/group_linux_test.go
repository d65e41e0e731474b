package cgroup

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	runAs    = "linger"
	patience = 10 * time.Second
)

// TestMain makes the test binary a process that starts another in a session
// of its own; both hold standard output open for ever.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == runAs {
		if os.Args[2] == "parent" {
			child := &exec.Cmd{
				Path: "/proc/self/exe", Args: []string{"child", runAs, "child"}, Env: []string{}, Stdout: os.Stdout,
				SysProcAttr: &syscall.SysProcAttr{Setsid: true},
			}
			if child.Start() != nil {
				os.Exit(1)
			}
			_ = child.Wait()
		}
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt) // an empty select may be taken for a deadlock
		_, _ = os.Stdout.WriteString("here")
		<-signals
	}
	os.Exit(m.Run())
}

func TestKillReachesWhatLeftItsSession(t *testing.T) {
	tree, err := Open()
	if errors.Is(err, ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
	})
	group, err := tree.Make("acme.nas", Limits{MemoryBytes: 64 << 20, Threads: 64, Processors: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tree.Controllers(), group.Limiting()); diff != "" {
		t.Errorf("limits (-there are +kept):\n%s", diff)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{"parent", runAs, "parent"}, Env: []string{}, Stdout: write,
		SysProcAttr: &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(group.Folder().Fd())},
	}
	err = cmd.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	if err := read.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(read, make([]byte, len("here"))); err != nil { // the grandchild's
		t.Fatal(err)
	}
	for range 2 {
		if err := group.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := io.ReadAll(read); err != nil { // it ends when nobody holds it any more
		t.Errorf("somebody lives on: %v", err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the process ended by itself")
	}
	if group.Folder() != nil {
		t.Error("a closed group has a folder")
	}
}

// TestLimitsAreWritten uses a plain folder in the place of a control group's.
func TestLimitsAreWritten(t *testing.T) {
	all := map[string]string{
		"memory.max": "67108864", "memory.oom.group": "1", "pids.max": "64", "cpu.max": "50000 100000",
	}
	for _, c := range []struct {
		name        string
		controllers []string
		limits      Limits
		want        []string
	}{
		{"all", []string{Memory, Pids, CPU}, Limits{64 << 20, 64, 0.5}, []string{"memory.max", "memory.oom.group", "pids.max", "cpu.max"}},
		{"no controller", nil, Limits{64 << 20, 64, 0.5}, nil},
		{"one controller", []string{Pids}, Limits{64 << 20, 64, 0.5}, []string{"pids.max"}},
		{"no limits", []string{Memory, Pids, CPU}, Limits{}, nil},
	} {
		dir := t.TempDir()
		for file := range all {
			if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		g := &Group{path: dir}
		if err := g.limit(c.controllers, c.limits); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for file, value := range all {
			text, err := os.ReadFile(filepath.Join(dir, file))
			want := ""
			if slices.Contains(c.want, file) {
				want = value
			}
			if err != nil || string(text) != want {
				t.Errorf("%s: %s holds %q, %v; want %q", c.name, file, text, err, want)
			}
		}
	}
	if err := (&Group{path: t.TempDir()}).limit([]string{Memory}, Limits{MemoryBytes: 1}); err == nil ||
		!strings.Contains(err.Error(), Memory) {
		t.Errorf("a limit that cannot be written: %v", err)
	}
}

func TestNamesStayWithinTheFolder(t *testing.T) {
	tree := &Tree{path: t.TempDir()}
	for _, name := range []string{"", "..", "../x", "a/b", "/a"} {
		if g, err := tree.Make(name, Limits{}); err == nil {
			t.Errorf("%q: made %s", name, g.path)
		}
	}
}
