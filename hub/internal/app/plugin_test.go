//go:build linux

package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/stream"
	"github.com/pulse-hub/pulse/hub/internal/view/platform"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// bundle makes a folder of bundled plugins whose program is the faulty one.
// In mock mode its plugin has one source, "made-up". Sources are polled every
// so often, and may take as long to answer.
func bundle(t *testing.T, interval time.Duration) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Symlink(buildProgram(t), filepath.Join(folder, "pulse-plugins")); err != nil {
		t.Fatal(err)
	}
	described := manifest.Manifest{
		Manifest: manifest.FormatVersion, ID: faultplugin.ID, Version: faultplugin.Version, Name: "Faulty",
		Protocol: manifest.Range{Min: 1, Max: 1},
		Components: []manifest.Component{{
			Kind: manifest.KindSource, Type: "thing", Name: "Things", Config: json.RawMessage(`{"type":"object"}`),
			Datasets: []manifest.Dataset{{
				Name: "things", Interval: manifest.Duration(interval), MinInterval: manifest.Duration(interval),
				Timeout: manifest.Duration(interval),
			}},
			Presets: []manifest.Preset{{Name: "made-up", Config: faultplugin.Config{Resources: 3}.JSON()}},
		}},
	}
	data, err := described.Encode()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "plugins", faultplugin.ID, manifest.FileName), data)
	return folder
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// misbehave says how the plugin of a hub behaves from its next start on.
func misbehave(t *testing.T, dir string, mode faultplugin.Mode) {
	t.Helper()
	write(t, filepath.Join(dir, "plugin-data", faultplugin.ID, faultplugin.ModeFile), []byte(mode))
}

// configure writes sources into the settings of a data folder that no hub uses.
func configure(t *testing.T, dir string, sources map[string]faultplugin.Config) {
	t.Helper()
	settings, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	defer settings.Close()
	for name, config := range sources {
		_, err := instance.NewRepository(settings).Put(t.Context(), instance.Instance{
			ID: name, Plugin: faultplugin.ID, Component: "source/thing", Name: name, Config: config.JSON(), Enabled: true,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// plugin returns what the API tells of the plugin.
func (h *hub) plugin(t *testing.T) platform.Plugin {
	t.Helper()
	list := get[api.PluginList](t, h, "/api/plugins").Plugins
	if len(list) != 1 {
		t.Fatalf("there are %d plugins, want 1", len(list))
	}
	return list[0]
}

// pluginUntil waits until what the API tells of the plugin meets a condition.
func (h *hub) pluginUntil(t *testing.T, what string, condition func(platform.Plugin) bool) platform.Plugin {
	t.Helper()
	var last platform.Plugin
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("waiting until %s, the plugin was last seen as %+v", what, last)
		}
	})
	until(t, what, func() bool {
		last = h.plugin(t)
		return condition(last)
	})
	return last
}

func healthy(p platform.Plugin) bool { return p.State == "healthy" && p.PID != 0 }

// healths are the healths of sources that a page was told, in order.
type healths struct {
	mu   sync.Mutex
	told map[string][]string
}

// seen takes in a frame of the live feed.
func (f *healths) seen(raw []byte) {
	var frame struct {
		Data struct {
			Sources []struct{ ID, Health, Message string }
		}
	}
	if json.Unmarshal(raw, &frame) != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, source := range frame.Data.Sources {
		f.told[source.ID] = append(f.told[source.ID], source.Health+" "+source.Message)
	}
}

// await waits until a source was told to be in these healths, one after the other.
func (f *healths) await(t *testing.T, source string, want ...string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("of %s the page was told %q", source, f.told[source])
		}
	})
	until(t, "the page sees "+source+" as "+strings.Join(want, ", then "), func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		rest := want
		for _, told := range f.told[source] {
			if len(rest) > 0 && strings.HasPrefix(told, rest[0]) {
				rest = rest[1:]
			}
		}
		return len(rest) == 0
	})
}

// clear forgets what was told.
func (f *healths) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.told)
}

// polled returns what the scheduler tells of a source.
func (h *hub) polled(t *testing.T, source string) api.PolledInstance {
	t.Helper()
	for _, one := range get[api.SchedulerHealth](t, h, "/api/monitoring/scheduler/health").Instances {
		if one.Instance == source {
			return one
		}
	}
	t.Fatalf("the scheduler does not know %s", source)
	return api.PolledInstance{}
}

// withPlugin runs a hub with a plugin in a mode and a page that follows it.
func withPlugin(t *testing.T, mode faultplugin.Mode, sources map[string]faultplugin.Config) (*child, string, *healths) {
	t.Helper()
	dir := shortDir(t)
	misbehave(t, dir, mode)
	configure(t, dir, sources)
	h, page := spawn(t, dir, "--bundled-plugins", bundle(t, time.Second)), &healths{told: map[string][]string{}}
	h.follow(t, stream.Protocol, page.seen)
	return h, dir, page
}

// goesOn checks that the hub does what it does without plugins.
func (h *hub) goesOn(t *testing.T) {
	t.Helper()
	h.report(t, 50, time.Now())
	if _, state := h.do(t, "GET", "/api/state", nil); !strings.Contains(string(state), `"hostname":"web"`) {
		t.Errorf("state lacks the host: %s", state)
	}
}

func TestPluginThatEndsOrHangsIsReplaced(t *testing.T) {
	tests := []struct {
		name   string
		signal syscall.Signal
		error  string
	}{
		{"killed", syscall.SIGKILL, "killed"},
		{"stopped", syscall.SIGSTOP, "does not answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, _, page := withPlugin(t, faultplugin.Good, map[string]faultplugin.Config{"a": {Resources: 3}})
			before := h.pluginUntil(t, "the plugin is healthy", healthy)
			page.await(t, "a", "ok")
			page.clear()
			if err := syscall.Kill(before.PID, test.signal); err != nil {
				t.Fatal(err)
			}
			page.await(t, "a", "failed")
			if message := h.polled(t, "a").PollStatus.LastError.Message; strings.Count(message, "not running") > 1 {
				t.Errorf("the failure is told twice: %s", message)
			}
			h.goesOn(t)
			after := h.pluginUntil(t, "another process is healthy", func(p platform.Plugin) bool { return healthy(p) && p.PID != before.PID })
			if after.LastExit == nil || after.LastExit.PID != before.PID || after.LastExit.Signal != "killed" || after.Restarts == 0 {
				t.Errorf("last exit %+v, %d restarts", after.LastExit, after.Restarts)
			}
			if !strings.Contains(after.LastError, test.error) {
				t.Errorf("last error is %q, want %q in it", after.LastError, test.error)
			}
			page.await(t, "a", "failed", "ok")
			until(t, "polling works again", func() bool { return h.polled(t, "a").PollStatus.ConsecutiveFailures == 0 })
			if polled := h.polled(t, "a"); polled.PollStatus.LastError == nil || polled.PollStatus.LastError.Category != "transient" {
				t.Errorf("the scheduler shows the last error as %+v", polled.PollStatus.LastError)
			}
			if alive(before.PID) {
				t.Error("the first process is still there")
			}
		})
	}
}

func TestPluginThatPrintsGarbageIsTriedAgain(t *testing.T) {
	h, dir, page := withPlugin(t, faultplugin.Garbage, map[string]faultplugin.Config{"a": {Resources: 3}})
	h.pluginUntil(t, "it is in backoff and says why", func(p platform.Plugin) bool {
		return p.State == "backoff" && p.NextStart != nil && strings.Contains(p.LastError, "Welcome to the faulty plugin!")
	})
	page.await(t, "a", "failed")
	if failed := h.polled(t, "a").PollStatus.LastError; failed == nil || !strings.Contains(failed.Message, "not running") {
		t.Errorf("the scheduler shows %+v", failed)
	}
	h.goesOn(t)
	misbehave(t, dir, faultplugin.Good)
	h.pluginUntil(t, "it is healthy", healthy)
	page.await(t, "a", "failed", "ok")
}

func TestPanicInCollectIsShown(t *testing.T) {
	h, _, page := withPlugin(t, faultplugin.Authored, map[string]faultplugin.Config{"bad": {Fail: "panic"}, "good": {Resources: 2}})
	before := h.pluginUntil(t, "the plugin is healthy", healthy)
	page.await(t, "bad", "failed")
	page.await(t, "good", "ok")
	h.goesOn(t)
	after := h.pluginUntil(t, "the stack is in the log", func(p platform.Plugin) bool {
		return slices.ContainsFunc(p.Log, func(line platform.LogLine) bool { return strings.Contains(line.Message, "the author made a mistake") })
	})
	if after.PID != before.PID || after.Restarts != 0 {
		t.Errorf("process %d became %d after %d restarts", before.PID, after.PID, after.Restarts)
	}
	bad := h.polled(t, "bad")
	if bad.PollStatus.LastError == nil || bad.PollStatus.LastError.Category != "permanent" || !bad.DeadLetter.Present {
		t.Errorf("the scheduler shows %+v and %+v", bad.PollStatus.LastError, bad.DeadLetter)
	}
}

func TestPluginThatCrashesInEachCallIsGivenUp(t *testing.T) {
	h, _, page := withPlugin(t, faultplugin.Good, map[string]faultplugin.Config{"a": {Fail: "crash"}})
	looping := h.pluginUntil(t, "it is in a crash loop", func(p platform.Plugin) bool { return p.State == "crash-loop" })
	if looping.LastExit == nil || looping.LastExit.Code != 3 || looping.Restarts != 2 || looping.NextStart == nil {
		t.Errorf("last exit %+v, %d restarts, next start %v", looping.LastExit, looping.Restarts, looping.NextStart)
	}
	page.await(t, "a", "failed")
	h.goesOn(t)
}

func TestKilledHubLeavesNoPlugin(t *testing.T) {
	for _, mode := range []faultplugin.Mode{faultplugin.Good, faultplugin.Hermit, faultplugin.Authored} {
		t.Run(string(mode), func(t *testing.T) {
			dir, plugins := shortDir(t), bundle(t, time.Second)
			misbehave(t, dir, mode)
			first := spawn(t, dir, "--mock-mode", "--bundled-plugins", plugins)
			pid := first.pluginUntil(t, "the plugin is healthy", healthy).PID
			if !alive(pid) {
				t.Fatalf("process %d is not there", pid)
			}
			t.Cleanup(func() {
				if alive(pid) { // the test has failed
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			})
			killed := time.Now()
			first.kill()
			until(t, "the plugin is gone", func() bool { return !alive(pid) })
			if took := time.Since(killed); took > 2*time.Second {
				t.Errorf("the plugin was gone after %s", took)
			}
			if left := socketFolders(t, dir); len(left) == 0 {
				t.Error("the killed hub left no sockets: nothing to clear away")
			}
			second := spawn(t, dir, "--mock-mode", "--bundled-plugins", plugins)
			second.pluginUntil(t, "the next plugin is healthy", healthy)
			if left := socketFolders(t, dir); len(left) != 1 {
				t.Errorf("after the next start there are %v, want its own folder only", left)
			}
		})
	}
}

// socketFolders returns the folders of hubs' sockets.
func socketFolders(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}
