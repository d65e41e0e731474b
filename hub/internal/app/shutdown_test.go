//go:build linux

package app_test

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin"
)

// endLimit is how long a hub may take to end when it is asked to.
const endLimit = 5 * time.Second

func TestAskedToEndTheHubKeepsWhatItAccepted(t *testing.T) {
	tests := []struct {
		name    string
		sources map[string]faultplugin.Config
	}{
		{"quick plugin", map[string]faultplugin.Config{"a": {Resources: 100, Metrics: 5}}},
		{"plugin that does not answer", map[string]faultplugin.Config{"a": {Fail: "hang"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir, posted := shortDir(t), newLoad()
			misbehave(t, dir, faultplugin.Good)
			configure(t, dir, test.sources)
			h := spawn(t, dir, "--bundled-plugins", bundle(t, 30*time.Second))
			h.watch(t)
			plugin := h.pluginUntil(t, "the plugin is healthy", healthy).PID
			var posting sync.WaitGroup
			posting.Go(func() { posted.run(context.Background(), h.url) })
			until(t, "reports are posted", func() bool { count, _ := posted.count(); return count > 500 })

			asked := time.Now()
			if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			select {
			case <-h.ended:
			case <-time.After(3 * endLimit):
				t.Fatalf("the hub has not ended after %s", 3*endLimit)
			}
			posting.Wait()
			if took := time.Since(asked); took > endLimit {
				t.Errorf("the hub took %s to end", took)
			}
			if code := h.cmd.ProcessState.ExitCode(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			if alive(plugin) {
				t.Error("the plugin is still there")
			}
			if left := socketFolders(t, dir); len(left) != 0 {
				t.Errorf("socket folders %v are still there", left)
			}
			posted.verify(t, dir)
			count, _ := posted.count()
			t.Logf("ended after %s, %d accepted reports looked for", time.Since(asked), count)
		})
	}
}
