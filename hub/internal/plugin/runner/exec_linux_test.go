package runner

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// exitCode is what the test binary ends with when it is run as the plugin.
const exitCode = 42

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "run-as-plugin" {
		os.Exit(exitCode)
	}
	os.Exit(m.Run())
}

func TestVerifiedFileIsRunAfterItsPathIsSwapped(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "plugin")
	if err := os.Link(self, path); err != nil {
		t.Skipf("the test binary is on another file system: %v", err)
	}
	file, err := OpenVerified(path, "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: path, Args: []string{path, "run-as-plugin"}, Env: []string{"PATH="}}
	execute(cmd, file)
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != exitCode {
		t.Errorf("got %v, want exit code %d of the verified file", err, exitCode)
	}
}

// silent is an Output that nobody reads.
type silent struct{}

func (silent) Stdout([]byte) {}
func (silent) Stderr([]byte) {}

func TestProcessOutlivesTheThreadsOfTheHub(t *testing.T) {
	process := New(running(t), Command{Path: "/bin/sleep", Args: []string{"60"}}, silent{})
	if err := process.Start(t.Context()); err != nil {
		t.Skipf("no sleep here: %v", err)
	}
	defer func() {
		_ = process.Kill(context.Background())
		<-process.Done()
	}()
	churnThreads()
	limited, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	if err := process.Wait(limited); err == nil {
		t.Errorf("the process ended with a thread of the hub: %s", process.Exit())
	}
}

// churnThreads makes threads and ends them: a goroutine that ends with its
// thread locked takes the thread along.
func churnThreads() {
	var threads sync.WaitGroup
	for range 50 {
		threads.Go(runtime.LockOSThread)
	}
	threads.Wait()
}
