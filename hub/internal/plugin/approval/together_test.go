package approval_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive/archivetest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/inbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
)

// TestFromTheInboxToTheExecutable runs the parts together, as a hub does.
func TestFromTheInboxToTheExecutable(t *testing.T) {
	w := newWorld(t)
	seen := make(chan struct{}, 10)
	watched := inbox.New(inbox.Options{
		Folder: filepath.Join(w.dir, "plugins"), Judge: w.ring, Interval: time.Millisecond,
		Changed: func(ctx context.Context, candidates []inbox.Candidate) {
			if err := w.Observe(ctx, candidates); err != nil {
				t.Error(err)
			}
			seen <- struct{}{}
		},
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	done := make(chan error)
	go func() { done <- watched.Run(ctx) }()
	digest := w.put(t, "a", archivetest.Plugin("acme.nas", "1.0.0"), w.acme)
	for {
		if _, err := w.Get(ctx, "acme.nas"); err == nil {
			break
		}
		select {
		case <-seen:
		case <-ctx.Done():
			t.Fatal("the plugin was never offered")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	w.approve(t, "acme.nas", digest)
	step(t)(w.Enable(t.Context(), "acme.nas", "admin"))
	executable, _, err := w.Executable(t.Context(), "acme.nas")
	if err != nil {
		t.Fatal(err)
	}
	defer executable.Close()

	starter := runner.NewStarter()
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- starter.Run(running) }()
	process := runner.New(starter, runner.Command{File: executable.File, Path: executable.Path, Dir: t.TempDir()}, output{})
	if err := process.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-process.Done()
	stop()
	<-ended
	if got := process.FirstLine(); got != "acme.nas 1.0.0" {
		t.Errorf("it printed %q and ended with %s", got, process.Exit())
	}
}

// output drops what a process prints after its first line.
type output struct{}

func (output) Stdout([]byte) {}
func (output) Stderr([]byte) {}
