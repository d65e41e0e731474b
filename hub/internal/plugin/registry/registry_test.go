package registry_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive/archivetest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/catalog"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// host is a fake that notes what it is to run.
type host struct {
	mu      sync.Mutex
	runs    map[string]supervise.Plugin
	refuses string // a version that does not start
}

var errRefused = errors.New("it crashes at start")

func (h *host) Put(ctx context.Context, plugin supervise.Plugin) error {
	executable, err := plugin.Program.Open(ctx)
	if err != nil {
		return err
	}
	defer executable.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	if plugin.Manifest.Version == h.refuses {
		return errRefused
	}
	h.runs[plugin.ID()] = plugin
	return nil
}

func (h *host) Drop(_ context.Context, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.runs, id)
	return nil
}

func (h *host) Restart(string) error { return nil }

func (h *host) Status() []supervise.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []supervise.Status
	for id := range h.runs {
		list = append(list, supervise.Status{ID: id, State: supervise.StateIdle})
	}
	return list
}

// version returns which version runs, empty for none.
func (h *host) version(id string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if plugin, ok := h.runs[id]; ok {
		return plugin.Manifest.Version
	}
	return ""
}

// instances is a fake that has so many of each plugin.
type instances struct {
	mu       sync.Mutex
	count    int
	attached []string
}

func (i *instances) Attach(_ context.Context, id string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.attached = append(i.attached, id)
	return nil
}

func (i *instances) Detach(_ context.Context, id string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.attached = slices.DeleteFunc(i.attached, func(s string) bool { return s == id })
	return nil
}

func (i *instances) Count(context.Context, string) (int, error) { return i.count, nil }

type kept struct{ forgot []string }

func (k *kept) Forget(_ context.Context, id string) error {
	k.forgot = append(k.forgot, id)
	return nil
}

// world is a registry over a real store, inbox and vault, and a fake host.
type world struct {
	*registry.Registry
	options   registry.Options
	host      *host
	instances *instances
	kept      *kept
	dir       string
}

func newWorld(t *testing.T, change func(*registry.Options)) *world {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(); makeWritable(t, dir) })
	w := &world{dir: dir, host: &host{runs: map[string]supervise.Plugin{}}, instances: &instances{}, kept: &kept{}}
	w.options = registry.Options{
		Settings: db, Inbox: filepath.Join(dir, "plugins"), Vault: filepath.Join(dir, "plugin-store"),
		Data: filepath.Join(dir, "plugin-data"), Bundled: &catalog.Catalog{}, Host: w.host, Kept: w.kept,
		Chronicle: audit.New(audit.Options{Records: db}), Mode: registry.All, Highest: launcher.Separate,
		Timing: registry.Timing{Inbox: 5 * time.Millisecond, Dev: 5 * time.Millisecond, Verify: 20 * time.Millisecond},
		Logger: hclog.NewNullLogger(),
	}
	if change != nil {
		change(&w.options)
	}
	w.start(t)
	return w
}

// start starts the registry of the options, as a hub does, and ends it with the test.
func (w *world) start(t *testing.T) (stop func()) {
	t.Helper()
	started, err := registry.New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	w.Registry = started
	ctx, cancel := context.WithCancel(context.Background())
	if err := started.Start(ctx, w.instances); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- started.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// makeWritable lets the test's folder be removed by others than root.
func makeWritable(t *testing.T, dir string) {
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			err = os.Chmod(path, 0o700)
		}
		return err
	})
	if err != nil {
		t.Log(err)
	}
}

// put puts a package into the inbox and returns its digest.
func (w *world) put(t *testing.T, files archivetest.Files, key *trust.SigningKey) archive.Digest {
	t.Helper()
	var signer archive.Signer
	if key != nil {
		signer = key
	}
	content, err := w.Upload(t.Context(), bytes.NewReader(files.Pack(t, signer)))
	if err != nil {
		t.Fatal(err)
	}
	return content.Digest
}

// until waits until a plugin's entry meets a condition.
func (w *world) until(t *testing.T, id, what string, condition func(registry.Entry) bool) registry.Entry {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		entry, err := w.Get(t.Context(), id)
		if err == nil && condition(entry) {
			return entry
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s; the plugin is %+v, %v", what, entry, err)
		}
		time.Sleep(2 * time.Millisecond) // between two looks at what another goroutine does to files
	}
}

func offers(digest archive.Digest) func(registry.Entry) bool {
	return func(e registry.Entry) bool {
		return slices.ContainsFunc(e.Offers, func(o approval.Offer) bool { return o.Digest == digest })
	}
}

// install approves a version and waits until it runs.
func (w *world) install(t *testing.T, version string) archive.Digest {
	t.Helper()
	digest := w.put(t, archivetest.Plugin("acme.nas", version), nil)
	w.until(t, "acme.nas", "the offer of "+version, offers(digest))
	w.approve(t, digest)
	if got := w.host.version("acme.nas"); got != version {
		t.Fatalf("version %q runs, want %s", got, version)
	}
	return digest
}

func (w *world) approve(t *testing.T, digest archive.Digest) {
	t.Helper()
	if err := w.Approve(t.Context(), approval.Approval{ID: "acme.nas", Digest: digest, Actor: "anna"}, true); err != nil {
		t.Fatal(err)
	}
}

func TestNothingRunsBeforeItIsApproved(t *testing.T) {
	w := newWorld(t, nil)
	digest := w.put(t, archivetest.Plugin("acme.nas", "1.0.0"), nil)
	entry := w.until(t, "acme.nas", "the offer", offers(digest))
	if entry.State != approval.Unapproved || entry.Manifest == nil || entry.Status != nil || w.host.version("acme.nas") != "" {
		t.Errorf("entry is %+v", entry)
	}
	w.approve(t, digest)
	entry, err := w.Get(t.Context(), "acme.nas")
	if err != nil || entry.State != approval.Enabled || entry.Status == nil {
		t.Errorf("after approval it is %+v, %v", entry, err)
	}
	ran := w.host.runs["acme.nas"]
	if ran.Level != launcher.Separate || !ran.Verified || ran.Digest != string(digest) {
		t.Errorf("it runs as %+v", ran)
	}
	if !slices.Equal(w.instances.attached, []string{"acme.nas"}) {
		t.Errorf("attached are %v", w.instances.attached)
	}
	events, err := w.Events(t.Context(), "acme.nas")
	if err != nil || len(events) != 3 || events[0].What != approval.WasEnabled || events[1].Actor != "anna" {
		t.Errorf("events are %+v, %v", events, err)
	}
}

func TestDecisionsOutliveTheHub(t *testing.T) {
	w := newWorld(t, nil)
	w.install(t, "1.0.0")
	number := w.host.runs["acme.nas"].Identity
	w.host.runs = map[string]supervise.Plugin{}
	if err := os.RemoveAll(w.options.Inbox); err != nil { // what was approved needs it no more
		t.Fatal(err)
	}
	w.start(t)
	if w.host.version("acme.nas") != "1.0.0" || w.host.runs["acme.nas"].Identity != number {
		t.Errorf("after a restart it runs as %+v", w.host.runs["acme.nas"])
	}
}

func TestUpgradeAndRollback(t *testing.T) {
	w := newWorld(t, nil)
	w.install(t, "1.0.0")
	w.install(t, "1.1.0")
	if err := w.Rollback(t.Context(), "acme.nas", "anna"); err != nil {
		t.Fatal(err)
	}
	if got := w.host.version("acme.nas"); got != "1.0.0" {
		t.Errorf("version %q runs after the rollback", got)
	}
}

func TestVersionThatDoesNotStartIsTakenBack(t *testing.T) {
	w := newWorld(t, nil)
	w.install(t, "1.0.0")
	w.host.refuses = "1.1.0"
	digest := w.put(t, archivetest.Plugin("acme.nas", "1.1.0"), nil)
	w.until(t, "acme.nas", "the offer", offers(digest))
	err := w.Approve(t.Context(), approval.Approval{ID: "acme.nas", Digest: digest, Actor: "anna"}, true)
	if !errors.Is(err, registry.ErrNotSwitched) || !errors.Is(err, errRefused) {
		t.Errorf("error is %v", err)
	}
	entry, err := w.Get(t.Context(), "acme.nas")
	if err != nil || entry.Current.Version != "1.0.0" || entry.State != approval.Enabled || w.host.version("acme.nas") != "1.0.0" {
		t.Errorf("it is %+v, %v", entry, err)
	}
}

func TestSignedUpgradeComesByItself(t *testing.T) {
	w := newWorld(t, nil)
	key, _, err := trust.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	added, err := w.AddPublisher(t.Context(), "Acme", string(key.Public()), "anna")
	if err != nil {
		t.Fatal(err)
	}
	digest := w.put(t, archivetest.Plugin("acme.nas", "1.0.0"), key)
	w.until(t, "acme.nas", "the offer", offers(digest))
	w.approve(t, digest)
	w.put(t, archivetest.Plugin("acme.nas", "1.0.1"), key)
	w.until(t, "acme.nas", "the upgrade", func(registry.Entry) bool { return w.host.version("acme.nas") == "1.0.1" })

	// One that does not work is taken back and does not come again.
	w.host.mu.Lock()
	w.host.refuses = "1.0.2"
	w.host.mu.Unlock()
	declined := w.put(t, archivetest.Plugin("acme.nas", "1.0.2"), key)
	entry := w.until(t, "acme.nas", "the refusal", func(e registry.Entry) bool { return slices.Contains(e.Declined, declined) })
	if entry.Current.Version != "1.0.1" || w.host.version("acme.nas") != "1.0.1" {
		t.Errorf("it is %+v", entry.Current)
	}

	// Nobody vouches for a publisher who was removed.
	if err := w.RemovePublisher(t.Context(), added.Key.ID(), "anna"); err != nil {
		t.Fatal(err)
	}
	later := w.put(t, archivetest.Plugin("acme.nas", "1.0.3"), key)
	entry = w.until(t, "acme.nas", "the offer", offers(later))
	if entry.Current.Version != "1.0.1" {
		t.Errorf("version %s came by itself", entry.Current.Version)
	}
}

func TestChangedByteIsQuarantined(t *testing.T) {
	w := newWorld(t, nil)
	w.install(t, "1.0.0")
	var binary string
	err := filepath.WalkDir(w.options.Vault, func(path string, entry os.DirEntry, err error) error {
		if strings.HasSuffix(path, "bin/plugin") {
			binary = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(binary, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, []byte("#!/bin/sh\necho changed\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	entry := w.until(t, "acme.nas", "quarantine", func(e registry.Entry) bool {
		return e.State == approval.Quarantined && w.host.version("acme.nas") == ""
	})
	if !strings.Contains(entry.Reason, "bin/plugin") {
		t.Errorf("reason is %q", entry.Reason)
	}
}

func TestDisableEnable(t *testing.T) {
	w := newWorld(t, nil)
	w.install(t, "1.0.0")
	if err := w.Disable(t.Context(), "acme.nas", "anna"); err != nil {
		t.Fatal(err)
	}
	if w.host.version("acme.nas") != "" || len(w.instances.attached) != 0 {
		t.Error("it runs although it is disabled")
	}
	if _, err := w.Component(t.Context(), "acme.nas", "source/nas"); !errors.Is(err, registry.ErrNoComponent) {
		t.Errorf("component: %v", err)
	}
	if err := w.Enable(t.Context(), "acme.nas", "anna"); err != nil {
		t.Fatal(err)
	}
	if w.host.version("acme.nas") != "1.0.0" {
		t.Error("it does not run although it is enabled")
	}
}

func TestRemove(t *testing.T) {
	for fate, forgotten := range map[approval.DataFate]int{approval.KeepData: 0, approval.DeleteData: 1} {
		t.Run(string(fate), func(t *testing.T) {
			w := newWorld(t, nil)
			w.install(t, "1.0.0")
			data := filepath.Join(w.options.Data, "acme.nas")
			if err := os.MkdirAll(data, 0o700); err != nil {
				t.Fatal(err)
			}
			w.instances.count = 2
			if err := w.Remove(t.Context(), "acme.nas", fate, "anna"); !errors.Is(err, registry.ErrInUse) || w.host.version("acme.nas") == "" {
				t.Errorf("with instances: %v", err)
			}
			w.instances.count = 0
			if err := os.RemoveAll(w.options.Inbox); err != nil {
				t.Fatal(err)
			}
			if err := w.Remove(t.Context(), "acme.nas", fate, "anna"); err != nil {
				t.Fatal(err)
			}
			_, err := os.Stat(data)
			if w.host.version("acme.nas") != "" || os.IsNotExist(err) != (fate == approval.DeleteData) || len(w.kept.forgot) != forgotten {
				t.Errorf("data folder: %v, forgotten: %v", err, w.kept.forgot)
			}
			entries, err := os.ReadDir(w.options.Vault)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				if entry.Name() == "acme.nas" {
					t.Error("the approved copy is still there")
				}
			}
		})
	}
}

func TestModes(t *testing.T) {
	w := newWorld(t, nil)
	w.install(t, "1.0.0")
	for _, mode := range []registry.Mode{registry.BundledOnly, registry.Off} {
		w.host.runs = map[string]supervise.Plugin{}
		w.options.Mode = mode
		w.start(t)
		if w.host.version("acme.nas") != "" {
			t.Errorf("mode %s runs it", mode)
		}
		if _, err := w.Upload(t.Context(), strings.NewReader("")); !errors.Is(err, registry.ErrOff) {
			t.Errorf("mode %s: upload: %v", mode, err)
		}
	}
}

func TestBadUploadsLeaveNothing(t *testing.T) {
	w := newWorld(t, nil)
	for name, body := range map[string][]byte{
		"nothing":  nil,
		"garbage":  []byte("garbage"),
		"outside":  archivetest.Tarball(t, archivetest.Text("../../evil", "x")),
		"cut off":  archivetest.Plugin("acme.nas", "1.0.0").Pack(t, nil)[:200],
		"unlisted": archivetest.Tarball(t, append(archivetest.Entries(t, archivetest.Plugin("acme.nas", "1.0.0").Pack(t, nil)), archivetest.Text("extra", "x"))...),
	} {
		if _, err := w.Upload(t.Context(), bytes.NewReader(body)); !archive.Refused(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	left, err := os.ReadDir(w.options.Inbox)
	if err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestDeveloperBuildsAreRunAsTheyCome(t *testing.T) {
	folder := t.TempDir()
	build := func(version string) {
		files := archivetest.Plugin("acme.nas", version)
		files["bin/plugin"] += "\n# " + version
		files.Write(t, folder)
	}
	build("0.1.0")
	w := newWorld(t, func(o *registry.Options) { o.Dev = map[string]string{"acme.nas": folder} })
	if w.host.version("acme.nas") != "0.1.0" || w.host.runs["acme.nas"].Verified {
		t.Errorf("it runs as %+v", w.host.runs["acme.nas"])
	}
	build("0.1.1")
	entry := w.until(t, "acme.nas", "the new build", func(registry.Entry) bool { return w.host.version("acme.nas") == "0.1.1" })
	if entry.Current.Level != approval.Dev {
		t.Errorf("its level is %s", entry.Current.Level)
	}
}

func TestPolicyChangesHowItRuns(t *testing.T) {
	w := newWorld(t, nil)
	w.install(t, "1.0.0")
	if err := w.SetPolicy(t.Context(), "acme.nas", registry.Policy{Isolation: manifest.IsolationInstance}, "anna"); err != nil {
		t.Fatal(err)
	}
	if got := w.host.runs["acme.nas"].Isolation; got != manifest.IsolationInstance {
		t.Errorf("isolation is %q", got)
	}
	if err := w.SetPolicy(t.Context(), "acme.nas", registry.Policy{Isolation: "jail"}, "anna"); !errors.Is(err, registry.ErrPolicy) {
		t.Errorf("error is %v", err)
	}
}

func TestChangesNameTheRequestTheyCameWith(t *testing.T) {
	w := newWorld(t, nil)
	w.install(t, "1.0.0")
	ctx := audit.With(t.Context(), audit.Caller{Actor: "anna", Via: "session", From: "192.0.2.1"})
	if err := w.Disable(ctx, "acme.nas", "anna"); err != nil {
		t.Fatal(err)
	}
	events, err := w.Events(t.Context(), "acme.nas")
	if err != nil || len(events) == 0 || events[0].Via != "session" || events[0].From != "192.0.2.1" || !audit.Noted(ctx) {
		t.Errorf("events are %+v, %v, noted %v", events, err, audit.Noted(ctx))
	}
}

func TestCrashLoopIsWrittenDownOnceAndItsEndToo(t *testing.T) {
	w := newWorld(t, nil)
	for _, change := range []supervise.Change{
		{From: supervise.StateStarting, To: supervise.StateHealthy},
		{From: supervise.StateHealthy, To: supervise.StateCrashLoop, Reason: "exit code 2"},
		{From: supervise.StateCrashLoop, To: supervise.StateStarting},
		{From: supervise.StateStarting, To: supervise.StateHealthy},
		{From: supervise.StateDegraded, To: supervise.StateHealthy},
	} {
		change.Plugin, change.Process = "acme.nas", "acme.nas"
		w.Changed(change)
	}
	events, err := w.Events(t.Context(), "acme.nas")
	if err != nil || len(events) != 2 || events[1].What != "keeps failing" || events[1].Detail != "exit code 2" || events[0].What != "works again" {
		t.Errorf("events are %+v, %v", events, err)
	}
}
