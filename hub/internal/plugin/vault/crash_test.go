package vault_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive/archivetest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/vault"
)

// victimEnv makes the test binary admit a package: "<inbox>\n<vault>\n<id>\n<version>\n<digest>".
const victimEnv = "VAULT_TEST_VICTIM"

func TestMain(m *testing.M) {
	if order := os.Getenv(victimEnv); order != "" {
		os.Exit(victim(strings.Split(order, "\n")))
	}
	os.Exit(m.Run())
}

func victim(order []string) int {
	root, err := os.OpenRoot(order[0])
	if err != nil {
		return 1
	}
	source, err := archive.Open(root, "x.pulseplugin", archive.DefaultLimits())
	if err != nil {
		return 1
	}
	opened, err := vault.Open(order[1], archive.DefaultLimits())
	if err != nil {
		return 1
	}
	ref := vault.Ref{ID: order[2], Version: order[3], Digest: archive.Digest(order[4])}
	if _, err := opened.Admit(context.Background(), source, ref); err != nil {
		return 1
	}
	return 0
}

// seen counts what is in the vault.
func seen(dir string) int {
	count := 0
	_ = filepath.WalkDir(dir, func(string, os.DirEntry, error) error { // names come and go meanwhile
		count++
		return nil
	})
	return count
}

func TestKilledAtAnyPointLeavesNothingOrTheWhole(t *testing.T) {
	files := archivetest.Plugin("acme.nas", "1.2.0")
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		files["data/"+name] = strings.Repeat(name, 1<<18)
	}
	nothing, whole := 0, 0
	for stage := range 19 { // the last one is never reached: it may finish
		b := newBench(t)
		_, ref := b.drop(t, files)
		killAt(t, b, ref, stage)

		opened, err := vault.Open(b.dir, archive.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		switch _, err := opened.Verify(t.Context(), ref); {
		case err == nil:
			whole++
		case errors.Is(err, vault.ErrNotStored):
			nothing++
		default:
			t.Errorf("stage %d: %v", stage, err)
		}
		if err := opened.Sweep(t.Context(), []vault.Ref{ref}); err != nil {
			t.Errorf("stage %d: sweep: %v", stage, err)
		}
		for name := range b.tree(t) {
			if strings.Contains(name, "/.") {
				t.Errorf("stage %d: left behind: %s", stage, name)
			}
		}
		opened.Close()
	}
	t.Logf("killed with nothing stored %d times, with the whole %d times", nothing, whole)
	if nothing == 0 || whole == 0 {
		t.Error("it was never killed before the end, or never got there")
	}
}

// killAt starts a process that admits the package and kills it when the vault holds so many names.
func killAt(t *testing.T, b *bench, ref vault.Ref, names int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), victimEnv+"="+strings.Join([]string{b.inbox, b.dir, ref.ID, ref.Version, string(ref.Digest)}, "\n"))
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = child.Wait(); close(ended) }()
	deadline := time.Now().Add(20 * time.Second)
	for seen(b.dir) < names && time.Now().Before(deadline) {
		select {
		case <-ended:
			return
		default:
		}
	}
	if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	<-ended
}

func TestSweepRemovesWhatNobodyNames(t *testing.T) {
	b := newBench(t)
	kept := b.admit(t, archivetest.Plugin("acme.nas", "1.2.0"))
	orphan := b.admit(t, archivetest.Plugin("acme.nas", "1.3.0"))
	b.admit(t, archivetest.Plugin("acme.ups", "1.0.0"))
	archivetest.Files{
		"acme.nas/.incoming-01/bin/plugin": "half", "acme.nas/.discarded-01/plugin.json": "half",
		".discarded-02/x/y": "half", "NOTES": "not ours",
	}.Write(t, b.dir)
	for range 2 {
		if err := b.Sweep(t.Context(), []vault.Ref{kept}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Verify(t.Context(), kept); err != nil {
		t.Errorf("the one to keep: %v", err)
	}
	if _, err := b.Verify(t.Context(), orphan); !errors.Is(err, vault.ErrNotStored) {
		t.Errorf("the orphan: %v", err)
	}
	for name := range b.tree(t) {
		if name != "NOTES" && name != "acme.nas" && !strings.HasPrefix(name, "acme.nas/1.2.0+") {
			t.Errorf("left: %s", name)
		}
	}
}
