package approval_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive/archivetest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/inbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/lockfile"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/hub/internal/plugin/vault"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// world is a desk with a real store, vault, inbox folder and publishers.
type world struct {
	*approval.Desk
	options approval.Options
	dir     string
	ring    *trust.Ring
	acme    *trust.SigningKey // a publisher that is known
	happens []string
}

// Happened is part of approval.Events.
func (w *world) Happened(_ context.Context, event approval.Event) {
	w.happens = append(w.happens, event.Actor+" "+event.What+" "+event.Plugin)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := vault.Open(filepath.Join(dir, "plugin-store"), archive.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "plugins"), 0o700); err != nil {
		t.Fatal(err)
	}
	w := &world{dir: dir, acme: generate(t)}
	w.ring = trust.NewRing(db, generate(t).Public())
	if _, err := w.ring.Add(t.Context(), "Acme", string(w.acme.Public()), "admin"); err != nil {
		t.Fatal(err)
	}
	w.options = approval.Options{
		Records: db, Inbox: inbox.New(inbox.Options{Folder: filepath.Join(dir, "plugins"), Judge: w.ring}), Vault: kept,
		Judge: w.ring, Events: w, DataRoot: filepath.Join(dir, "plugin-data"),
		Host: approval.Host{Version: "1.5.0", Protocol: 1, Platform: archive.Platform()},
	}
	w.Desk = approval.NewDesk(w.options)
	t.Cleanup(func() {
		if err := kept.Sweep(context.Background(), nil); err != nil { // what is read-only cannot be removed otherwise
			t.Error(err)
		}
		kept.Close()
		db.Close()
	})
	return w
}

func generate(t *testing.T) *trust.SigningKey {
	t.Helper()
	key, _, err := trust.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// put puts a package into the inbox and returns its digest. A nil key does not sign.
func (w *world) put(t *testing.T, name string, files archivetest.Files, key *trust.SigningKey) archive.Digest {
	t.Helper()
	var signer archive.Signer
	if key != nil {
		signer = key
	}
	packed := files.Pack(t, signer)
	if err := os.WriteFile(filepath.Join(w.dir, "plugins", name+archive.Extension), packed, 0o644); err != nil {
		t.Fatal(err)
	}
	content, err := archive.ReadPackage(t.Context(), strings.NewReader(string(packed)), archive.DefaultLimits(), archive.Discard{})
	if err != nil {
		t.Fatal(err)
	}
	return content.Digest
}

// look makes the desk see what is in the inbox.
func (w *world) look(t *testing.T) {
	t.Helper()
	root := archivetest.Root(t, filepath.Join(w.dir, "plugins"))
	entries, err := os.ReadDir(root.Name())
	if err != nil {
		t.Fatal(err)
	}
	var candidates []inbox.Candidate
	for _, entry := range entries {
		source, err := archive.Open(root, entry.Name(), archive.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		content, err := source.Read(t.Context(), archive.Discard{})
		if err != nil {
			t.Fatal(err)
		}
		source.Close()
		verdict, err := w.ring.Judge(t.Context(), content.Checksums, content.Signature)
		if err != nil {
			t.Fatal(err)
		}
		candidates = append(candidates, inbox.Candidate{Name: entry.Name(), State: inbox.Ready, Content: content, Verdict: verdict})
	}
	if err := w.Observe(t.Context(), candidates); err != nil {
		t.Fatal(err)
	}
}

// TestOffersOutliveAHubThatHasNotReadThemYet: what lies in the inbox at the
// start of a hub has to be read first, and is not gone until then.
func TestOffersOutliveAHubThatHasNotReadThemYet(t *testing.T) {
	w := newWorld(t)
	w.put(t, "nas", archivetest.Plugin("acme.nas", "1.0.0"), nil)
	w.look(t)
	before := len(w.happens)
	settling := []inbox.Candidate{{Name: "nas" + archive.Extension, State: inbox.Settling}}
	if err := w.Observe(t.Context(), settling); err != nil {
		t.Fatal(err)
	}
	w.look(t)
	if record := w.want(t, "acme.nas", "unapproved"); len(record.Offers) != 1 || len(w.happens) != before {
		t.Errorf("offers are %+v, and what happened is %q", record.Offers, w.happens[before:])
	}
	if err := w.Observe(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Get(t.Context(), "acme.nas"); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("what is gone is still offered: %v", err)
	}
}

func (w *world) approve(t *testing.T, id string, digest archive.Digest) {
	t.Helper()
	if _, err := w.Approve(t.Context(), approval.Approval{ID: id, Digest: digest, Actor: "admin"}); err != nil {
		t.Fatal(err)
	}
}

// want checks state, current and previous version of a plugin: "enabled 1.1.0 1.0.0".
func (w *world) want(t *testing.T, id, want string) approval.Record {
	t.Helper()
	record, err := w.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	got := string(record.State)
	for _, version := range []*approval.Version{record.Current, record.Previous} {
		if version != nil {
			got += " " + version.Version
		}
	}
	if got != want {
		t.Errorf("%s is %q, want %q", id, got, want)
	}
	return record
}

// step fails the test on an error of a change.
func step(t *testing.T) func(approval.Record, error) {
	return func(_ approval.Record, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tamper changes the stored executable of a plugin's version.
func (w *world) tamper(t *testing.T, id, version string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(w.dir, "plugin-store", id, version+"+*", "bin", "plugin"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if err := errors.Join(os.Chmod(found[0], 0o755), os.WriteFile(found[0], []byte("evil"), 0o755)); err != nil {
		t.Fatal(err)
	}
}

func TestLifeOfAnUnsignedPlugin(t *testing.T) {
	w := newWorld(t)
	ctx, id := t.Context(), "acme.nas"
	digest := w.put(t, "a", archivetest.Plugin(id, "1.0.0"), nil)
	w.look(t)
	w.look(t)
	w.want(t, id, "unapproved")
	if _, _, err := w.Executable(ctx, id); !errors.Is(err, approval.ErrState) {
		t.Errorf("executable before approval: %v", err)
	}
	if _, err := w.Enable(ctx, id, "admin"); !errors.Is(err, approval.ErrState) {
		t.Errorf("enable before approval: %v", err)
	}
	w.approve(t, id, digest)
	record := w.want(t, id, "approved 1.0.0")
	if record.Current.Level != approval.Pinned || record.Current.ApprovedBy != "admin" || len(record.Upgrades()) != 0 {
		t.Errorf("record %+v", record)
	}
	step(t)(w.Enable(ctx, id, "admin"))
	executable, version, err := w.Executable(ctx, id)
	if err != nil || version.Digest != digest {
		t.Fatalf("executable: %+v, %v", version, err)
	}
	executable.Close()

	second := w.put(t, "a", archivetest.Plugin(id, "1.1.0"), nil)
	w.look(t)
	w.want(t, id, "enabled 1.0.0") // offered, and no more
	w.approve(t, id, second)
	w.want(t, id, "enabled 1.1.0 1.0.0")
	step(t)(w.Rollback(ctx, id, "admin"))
	w.want(t, id, "enabled 1.0.0 1.1.0")
	step(t)(w.Disable(ctx, id, "admin"))
	w.want(t, id, "disabled 1.0.0 1.1.0")

	data := filepath.Join(w.dir, "plugin-data", id)
	outside := filepath.Join(w.dir, "outside")
	archivetest.Files{"x": "kept"}.Write(t, outside)
	archivetest.Files{"state": "x"}.Write(t, data)
	if err := os.Symlink(outside, filepath.Join(data, "link")); err != nil {
		t.Fatal(err)
	}
	if err := w.Remove(ctx, id, approval.DeleteData, "admin"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("data is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(outside, "x")); err != nil {
		t.Errorf("what a link pointed to: %v", err)
	}
	if left, _ := os.ReadDir(filepath.Join(w.dir, "plugin-store")); len(left) != 0 {
		t.Errorf("left in the vault: %v", left)
	}
	w.look(t)
	w.want(t, id, "unapproved") // it still lies in the inbox
	want := []string{
		"hub discovered acme.nas", "admin approved acme.nas", "admin enabled acme.nas", "hub offered acme.nas",
		"admin upgraded acme.nas", "admin rolled back acme.nas", "admin disabled acme.nas", "admin removed acme.nas",
		"hub discovered acme.nas",
	}
	if diff := cmp.Diff(want, w.happens); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestTheApprovedDigestWins(t *testing.T) {
	w := newWorld(t)
	digest := w.put(t, "a", archivetest.Plugin("acme.nas", "1.0.0"), nil)
	w.look(t)
	evil := archivetest.Plugin("acme.nas", "1.0.0")
	evil["bin/plugin"] = "evil"
	swapped := w.put(t, "a", evil, nil) // after the scan, before the approval
	if _, err := w.Approve(t.Context(), approval.Approval{ID: "acme.nas", Digest: digest, Actor: "admin"}); !errors.Is(err, vault.ErrChanged) {
		t.Errorf("got %v, want %v", err, vault.ErrChanged)
	}
	w.want(t, "acme.nas", "unapproved")
	if _, err := w.Approve(t.Context(), approval.Approval{ID: "acme.nas", Digest: swapped, Actor: "admin"}); !errors.Is(err, approval.ErrNotOffered) {
		t.Errorf("what was never shown: got %v, want %v", err, approval.ErrNotOffered)
	}
}

func TestUpgradesThatNeedNoQuestion(t *testing.T) {
	wider := archivetest.Plugin("acme.nas", "1.1.0")
	wider["plugin.json"] = archivetest.Manifest("acme.nas", "1.1.0", `{"network":["tcp:443"]}`)
	other := generate(t)
	tests := map[string]struct {
		files archivetest.Files
		by    func(w *world) *trust.SigningKey
		want  string
	}{
		"same key":         {archivetest.Plugin("acme.nas", "1.1.0"), func(w *world) *trust.SigningKey { return w.acme }, "enabled 1.1.0 1.0.0"},
		"older":            {archivetest.Plugin("acme.nas", "0.9.0"), func(w *world) *trust.SigningKey { return w.acme }, "enabled 1.0.0"},
		"wants more":       {wider, func(w *world) *trust.SigningKey { return w.acme }, "enabled 1.0.0"},
		"unsigned":         {archivetest.Plugin("acme.nas", "1.1.0"), func(*world) *trust.SigningKey { return nil }, "enabled 1.0.0"},
		"unknown key":      {archivetest.Plugin("acme.nas", "1.1.0"), func(*world) *trust.SigningKey { return generate(t) }, "enabled 1.0.0"},
		"other known key":  {archivetest.Plugin("acme.nas", "1.1.0"), func(*world) *trust.SigningKey { return other }, "enabled 1.0.0"},
		"key that left us": {archivetest.Plugin("acme.nas", "1.1.0"), nil, "enabled 1.0.0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			digest := w.put(t, "a", archivetest.Plugin("acme.nas", "1.0.0"), w.acme)
			w.look(t)
			w.want(t, "acme.nas", "unapproved") // a signature alone approves nothing
			w.approve(t, "acme.nas", digest)
			step(t)(w.Enable(t.Context(), "acme.nas", "admin"))
			if record := w.want(t, "acme.nas", "enabled 1.0.0"); record.Current.Level != approval.Signed || record.Current.Publisher != "Acme" {
				t.Errorf("current %+v", record.Current)
			}
			if _, err := w.ring.Add(t.Context(), "Other", string(other.Public()), "admin"); err != nil {
				t.Fatal(err)
			}
			by := w.acme
			if test.by != nil {
				by = test.by(w)
			} else if err := w.ring.Remove(t.Context(), w.acme.Public().ID()); err != nil {
				t.Fatal(err)
			}
			w.put(t, "b", test.files, by)
			w.look(t)
			w.want(t, "acme.nas", test.want)
		})
	}
}

func TestADeclinedUpgradeDoesNotComeBack(t *testing.T) {
	w := newWorld(t)
	w.approve2(t)
	step(t)(w.Rollback(t.Context(), "acme.nas", "admin"))
	if err := os.Remove(filepath.Join(w.dir, "plugins", "a.pulseplugin")); err != nil {
		t.Fatal(err)
	}
	w.look(t)
	w.want(t, "acme.nas", "approved 1.0.0 1.1.0")
	w.put(t, "a", archivetest.Plugin("acme.nas", "1.2.0"), w.acme)
	w.look(t)
	w.want(t, "acme.nas", "approved 1.2.0 1.0.0")
}

// approve2 approves 1.0.0 by hand, and has 1.1.0 follow by itself.
func (w *world) approve2(t *testing.T) {
	t.Helper()
	digest := w.put(t, "a", archivetest.Plugin("acme.nas", "1.0.0"), w.acme)
	w.look(t)
	w.approve(t, "acme.nas", digest)
	w.put(t, "b", archivetest.Plugin("acme.nas", "1.1.0"), w.acme)
	w.look(t)
	w.want(t, "acme.nas", "approved 1.1.0 1.0.0")
}

func TestTamperingEndsInQuarantine(t *testing.T) {
	w := newWorld(t)
	ctx, id := t.Context(), "acme.nas"
	w.approve2(t)
	step(t)(w.Enable(ctx, id, "admin"))
	w.tamper(t, id, "1.1.0")
	for range 2 {
		if _, _, err := w.Executable(ctx, id); !errors.Is(err, approval.ErrQuarantined) {
			t.Errorf("got %v, want %v", err, approval.ErrQuarantined)
		}
	}
	if record := w.want(t, id, "quarantined 1.1.0 1.0.0"); !strings.Contains(record.Reason, "bin/plugin") {
		t.Errorf("reason %q", record.Reason)
	}
	if _, err := w.Enable(ctx, id, "admin"); !errors.Is(err, approval.ErrState) {
		t.Errorf("enable: %v", err)
	}
	w.put(t, "c", archivetest.Plugin(id, "1.2.0"), w.acme)
	w.look(t)
	w.want(t, id, "quarantined 1.1.0 1.0.0") // it takes a person to leave quarantine
	step(t)(w.Rollback(ctx, id, "admin"))
	w.want(t, id, "approved 1.0.0")
	w.tamper(t, id, "1.0.0")
	if _, err := w.Rollback(ctx, id, "admin"); !errors.Is(err, approval.ErrNoPrevious) {
		t.Errorf("rollback to what was tampered with: %v", err)
	}
}

func TestRollbackWantsTheWholeOfIt(t *testing.T) {
	w := newWorld(t)
	w.approve2(t)
	w.tamper(t, "acme.nas", "1.0.0")
	if _, err := w.Rollback(t.Context(), "acme.nas", "admin"); !errors.Is(err, vault.ErrTampered) {
		t.Errorf("got %v, want %v", err, vault.ErrTampered)
	}
	w.want(t, "acme.nas", "approved 1.1.0 1.0.0")
}

func TestRemovedPackageFolderEndsInQuarantineAndIsApprovedAgain(t *testing.T) {
	w := newWorld(t)
	digest := w.put(t, "a", archivetest.Plugin("acme.nas", "1.0.0"), nil)
	w.look(t)
	w.approve(t, "acme.nas", digest)
	step(t)(w.Enable(t.Context(), "acme.nas", "admin"))
	if err := w.options.Vault.Prune(t.Context(), "acme.nas"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Executable(t.Context(), "acme.nas"); !errors.Is(err, approval.ErrQuarantined) {
		t.Errorf("got %v", err)
	}
	w.look(t)
	w.approve(t, "acme.nas", digest)
	w.want(t, "acme.nas", "approved 1.0.0")
}

func TestWhatCannotBeApproved(t *testing.T) {
	change := func(from, to string) archivetest.Files {
		files := archivetest.Plugin("acme.nas", "1.0.0")
		files["plugin.json"] = strings.Replace(files["plugin.json"], from, to, 1)
		return files
	}
	tests := map[string]struct {
		files  archivetest.Files
		reason string
	}{
		"protocol": {change(`{"min":1,"max":1}`, `{"min":2,"max":3}`), "protocol 2 to 3"},
		"hub":      {change(`"manifest":1`, `"manifest":1,"pulse":">=2.0.0"`), ">=2.0.0"},
		"platform": {change(archive.Platform(), "plan9-mips"), archive.Platform()},
		"runtime":  {change(`{"path":"bin/plugin"}`, `{"path":"bin/plugin","interpreter":"node"}`), "node"},
		"reserved": {change("acme.nas", "pulse.nas"), "pulse."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			digest := w.put(t, "a", test.files, w.acme)
			w.look(t)
			records, err := w.List(t.Context())
			if err != nil || len(records) != 1 {
				t.Fatal(records, err)
			}
			if r := records[0]; r.State != approval.Incompatible || !strings.Contains(r.Reason, test.reason) {
				t.Errorf("%s: %s", r.State, r.Reason)
			}
			_, err = w.Approve(t.Context(), approval.Approval{ID: records[0].ID, Digest: digest, Actor: "admin"})
			if !errors.Is(err, approval.ErrUnusable) {
				t.Errorf("approve: %v", err)
			}
		})
	}
}

func TestNothingIsGrantedThatIsNotWanted(t *testing.T) {
	w := newWorld(t)
	files := archivetest.Plugin("acme.nas", "1.0.0")
	files["plugin.json"] = archivetest.Manifest("acme.nas", "1.0.0", `{"network":["tcp:443","instance:url"],"host":["kv"]}`)
	digest := w.put(t, "a", files, nil)
	w.look(t)
	tests := map[string]struct {
		granted manifest.Needs
		want    error
	}{
		"network": {manifest.Needs{Network: []string{"tcp:22"}}, approval.ErrNeeds},
		"host":    {manifest.Needs{Host: []string{"secrets"}}, approval.ErrNeeds},
		"read":    {manifest.Needs{Read: []string{"/etc"}}, approval.ErrNeeds},
		"exec":    {manifest.Needs{Exec: true}, approval.ErrNeeds},
		"less":    {manifest.Needs{Network: []string{"instance:url"}}, nil},
	}
	for name, test := range tests {
		if name == "less" {
			continue
		}
		if _, err := w.Approve(t.Context(), approval.Approval{ID: "acme.nas", Digest: digest, Granted: test.granted}); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	less := tests["less"].granted
	record, err := w.Approve(t.Context(), approval.Approval{ID: "acme.nas", Digest: digest, Granted: less, Actor: "admin"})
	if err != nil || !cmp.Equal(record.Current.Granted, less) {
		t.Errorf("less: %+v, %v", record.Current, err)
	}
}

func TestLockFile(t *testing.T) {
	w := newWorld(t)
	digest := w.put(t, "a", archivetest.Plugin("acme.nas", "1.0.0"), nil)
	w.look(t)
	w.approve(t, "acme.nas", digest)
	file, err := w.ExportLock(t.Context(), (*lockfile.File)(nil).With("acme.nas", "1.0.0", "plan9-mips", digest))
	if err != nil {
		t.Fatal(err)
	}
	want := []lockfile.Plugin{{ID: "acme.nas", Version: "1.0.0", SHA256: map[string]archive.Digest{archive.Platform(): digest, "plan9-mips": digest}}}
	if diff := cmp.Diff(want, file.Plugins); diff != "" {
		t.Errorf("lock (-want +got):\n%s", diff)
	}

	fresh := newWorld(t)
	fresh.options.Lock, fresh.options.Events = file, fresh
	fresh.Desk = approval.NewDesk(fresh.options)
	fresh.put(t, "a", archivetest.Plugin("acme.nas", "1.0.0"), nil)
	other := fresh.put(t, "b", archivetest.Plugin("acme.nas", "1.1.0"), nil)
	stranger := fresh.put(t, "c", archivetest.Plugin("acme.ups", "1.0.0"), nil)
	fresh.look(t)
	if record := fresh.want(t, "acme.nas", "enabled 1.0.0"); record.Current.ApprovedBy != approval.ActorLock {
		t.Errorf("approved by %s", record.Current.ApprovedBy)
	}
	for id, digest := range map[string]archive.Digest{"acme.nas": other, "acme.ups": stranger} {
		if _, err := fresh.Approve(t.Context(), approval.Approval{ID: id, Digest: digest, Actor: "admin"}); !errors.Is(err, lockfile.ErrNotLocked) {
			t.Errorf("approve %s against the lock: %v", id, err)
		}
	}
}

func TestAdoptedPlugins(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	bundled := approval.Adoption{ID: "pulse.demo", Version: "1.0.0", Digest: archive.Digest(strings.Repeat("a", 64)), Level: approval.Bundled}
	step(t)(w.Adopt(ctx, bundled))
	w.want(t, "pulse.demo", "enabled 1.0.0")
	step(t)(w.Disable(ctx, "pulse.demo", "admin"))
	bundled.Version = "1.1.0"
	step(t)(w.Adopt(ctx, bundled))
	w.want(t, "pulse.demo", "disabled 1.1.0") // a newer hub does not overrule the administrator

	digest := w.put(t, "a", archivetest.Plugin("acme.nas", "1.0.0"), nil)
	w.look(t)
	w.approve(t, "acme.nas", digest)
	for _, wanted := range []approval.Adoption{
		{ID: "acme.nas", Version: "2.0.0", Level: approval.Dev},
		{ID: "acme.ups", Version: "2.0.0", Level: approval.Signed},
		{ID: "../ups", Version: "2.0.0", Level: approval.Dev},
	} {
		if _, err := w.Adopt(ctx, wanted); !errors.Is(err, approval.ErrOccupied) {
			t.Errorf("adopt %+v: %v", wanted, err)
		}
	}
}

func TestTidyKeepsWhatRecordsName(t *testing.T) {
	w := newWorld(t)
	w.approve2(t)
	archivetest.Files{"acme.nas/9.9.9+000000000000/plugin.json": "orphan", "acme.gone/1.0.0+000000000000/x": "orphan"}.
		Write(t, filepath.Join(w.dir, "plugin-store"))
	if err := w.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(w.dir, "plugin-store", "*", "*"))
	if len(left) != 2 {
		t.Errorf("left: %v", left)
	}
	step(t)(w.Rollback(t.Context(), "acme.nas", "admin"))
}

func TestWithdrawnOffersAreForgotten(t *testing.T) {
	w := newWorld(t)
	w.put(t, "a", archivetest.Plugin("acme.nas", "1.0.0"), nil)
	w.look(t)
	if err := os.Remove(filepath.Join(w.dir, "plugins", "a.pulseplugin")); err != nil {
		t.Fatal(err)
	}
	w.look(t)
	if _, err := w.Get(t.Context(), "acme.nas"); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}
