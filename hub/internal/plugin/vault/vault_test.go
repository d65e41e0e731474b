package vault_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive/archivetest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/vault"
)

// bench is a vault beside an inbox.
type bench struct {
	inbox, dir string
	*vault.Vault
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{inbox: t.TempDir(), dir: filepath.Join(t.TempDir(), "plugin-store")}
	opened, err := vault.Open(b.dir, archive.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	b.Vault = opened
	t.Cleanup(func() {
		// The test's own context is done by now, and its folder cannot be removed while it is read-only.
		if err := opened.Sweep(context.Background(), nil); err != nil {
			t.Error(err)
		}
		opened.Close()
	})
	return b
}

// drop puts a package into the inbox and returns its name there and its Ref.
func (b *bench) drop(t testing.TB, files archivetest.Files) (*archive.Source, vault.Ref) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.inbox, "x.pulseplugin"), files.Pack(t, nil), 0o644); err != nil {
		t.Fatal(err)
	}
	source, err := archive.Open(archivetest.Root(t, b.inbox), "x.pulseplugin", archive.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	content, err := source.Read(t.Context(), archive.Discard{})
	if err != nil {
		t.Fatal(err)
	}
	return source, vault.Ref{ID: content.Manifest.ID, Version: content.Manifest.Version, Digest: content.Digest}
}

func (b *bench) admit(t testing.TB, files archivetest.Files) vault.Ref {
	t.Helper()
	source, ref := b.drop(t, files)
	if _, err := b.Admit(t.Context(), source, ref); err != nil {
		t.Fatal(err)
	}
	return ref
}

// folder is where a package must be.
func (b *bench) folder(ref vault.Ref) string {
	return filepath.Join(b.dir, ref.ID, ref.Version+"+"+string(ref.Digest)[:12])
}

// tree lists all that is in the vault, with modes.
func (b *bench) tree(t testing.TB) map[string]string {
	t.Helper()
	tree := map[string]string{}
	err := filepath.WalkDir(b.dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == b.dir {
			return err
		}
		info, err := entry.Info()
		relative, _ := filepath.Rel(b.dir, name)
		tree[relative] = info.Mode().String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestAdmitStoresWhatWasApproved(t *testing.T) {
	b := newBench(t)
	source, ref := b.drop(t, archivetest.Plugin("acme.nas", "1.2.0+build.7"))
	for range 2 { // the second finds it there
		content, err := b.Admit(t.Context(), source, ref)
		if err != nil || content.Digest != ref.Digest {
			t.Fatalf("got %+v, %v", content, err)
		}
	}
	at := "acme.nas/1.2.0+build.7+" + ref.Digest.Short()
	want := map[string]string{
		"acme.nas": "drwxr-xr-x", at: "dr-xr-xr-x", at + "/bin": "dr-xr-xr-x", at + "/bin/plugin": "-r-xr-xr-x",
		at + "/plugin.json": "-r--r--r--", at + "/README.md": "-r--r--r--", at + "/checksums.txt": "-r--r--r--",
	}
	if diff := cmp.Diff(want, b.tree(t)); diff != "" {
		t.Errorf("vault (-want +got):\n%s", diff)
	}
	if _, err := b.Verify(t.Context(), ref); err != nil {
		t.Errorf("verify: %v", err)
	}
}

func TestReplacedAfterTheScanIsRefused(t *testing.T) {
	for name, later := range map[string]archivetest.Files{
		"other content": func() archivetest.Files {
			files := archivetest.Plugin("acme.nas", "1.2.0")
			files["bin/plugin"] = "#!/bin/sh\necho evil\n"
			return files
		}(),
		"other version": archivetest.Plugin("acme.nas", "1.2.1"),
		"other plugin":  archivetest.Plugin("acme.nes", "1.2.0"),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			_, approved := b.drop(t, archivetest.Plugin("acme.nas", "1.2.0"))
			source, _ := b.drop(t, later)
			if _, err := b.Admit(t.Context(), source, approved); !errors.Is(err, vault.ErrChanged) {
				t.Errorf("got %v, want %v", err, vault.ErrChanged)
			}
			if diff := cmp.Diff(map[string]string{"acme.nas": "drwxr-xr-x"}, b.tree(t)); diff != "" {
				t.Errorf("left behind (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheWholeDigestCounts(t *testing.T) {
	b := newBench(t)
	source, ref := b.drop(t, archivetest.Plugin("acme.nas", "1.2.0"))
	if _, err := b.Admit(t.Context(), source, ref); err != nil {
		t.Fatal(err)
	}
	twin := ref
	twin.Digest = archive.Digest(ref.Digest.Short() + strings.Repeat("0", 52))
	if _, err := b.Verify(t.Context(), twin); !errors.Is(err, vault.ErrTampered) {
		t.Errorf("verify by the same first digits: %v", err)
	}
	if _, err := b.Admit(t.Context(), source, twin); !errors.Is(err, vault.ErrChanged) {
		t.Errorf("admit by the same first digits: %v", err)
	}
	if _, err := b.Verify(t.Context(), ref); err != nil {
		t.Errorf("the package that was there: %v", err)
	}
}

func TestNamesThatAreNoNames(t *testing.T) {
	b := newBench(t)
	source, good := b.drop(t, archivetest.Plugin("acme.nas", "1.2.0"))
	for name, spoil := range map[string]func(*vault.Ref){
		"id":      func(r *vault.Ref) { r.ID = "../acme.nas" },
		"version": func(r *vault.Ref) { r.Version = "../../1.2.0" },
		"digest":  func(r *vault.Ref) { r.Digest = "../" + r.Digest[3:] },
		"empty":   func(r *vault.Ref) { *r = vault.Ref{} },
	} {
		ref := good
		spoil(&ref)
		_, admitErr := b.Admit(t.Context(), source, ref)
		_, verifyErr := b.Verify(t.Context(), ref)
		_, openErr := b.Executable(t.Context(), ref, archive.Platform())
		for _, err := range []error{admitErr, verifyErr, openErr} {
			if !errors.Is(err, vault.ErrRef) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	if err := b.Prune(t.Context(), ".."); !errors.Is(err, vault.ErrRef) {
		t.Errorf("prune: %v", err)
	}
}

func TestTamperingIsNoticed(t *testing.T) {
	flip := func(name string) func(string) error {
		return func(folder string) error {
			file := filepath.Join(folder, name)
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			content[len(content)/2] ^= 1
			return overwrite(file, content)
		}
	}
	tests := map[string]struct {
		tamper func(folder string) error
		names  string
	}{
		"binary":    {flip("bin/plugin"), "bin/plugin"},
		"manifest":  {flip("plugin.json"), "plugin.json"},
		"readme":    {flip("README.md"), "README.md"},
		"checksums": {flip("checksums.txt"), "bin/plugin"}, // in the middle of which it is listed
		"missing": {func(folder string) error {
			return change(folder, func() error { return os.Remove(filepath.Join(folder, "README.md")) })
		}, "README.md"},
		"extra": {func(folder string) error {
			return change(folder, func() error { return os.WriteFile(filepath.Join(folder, "preload.so"), nil, 0o644) })
		}, "preload.so"},
		"link": {func(folder string) error {
			return change(folder, func() error {
				return errors.Join(os.Rename(filepath.Join(folder, "README.md"), folder+".moved"), os.Symlink(folder+".moved", filepath.Join(folder, "README.md")))
			})
		}, "README.md"},
		"binary and its checksum": {func(folder string) error {
			return errors.Join(overwrite(filepath.Join(folder, "bin/plugin"), []byte("evil")), overwriteList(folder))
		}, "checksums.txt"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			ref := b.admit(t, archivetest.Plugin("acme.nas", "1.2.0"))
			if err := test.tamper(b.folder(ref)); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Verify(t.Context(), ref); !errors.Is(err, vault.ErrTampered) || !strings.Contains(err.Error(), test.names) {
				t.Errorf("verify: got %v, want %v that names %s", err, vault.ErrTampered, test.names)
			}
			if _, err := b.Executable(t.Context(), ref, archive.Platform()); !errors.Is(err, vault.ErrTampered) {
				t.Errorf("executable: got %v, want %v", err, vault.ErrTampered)
			}
			if again := b.admit(t, archivetest.Plugin("acme.nas", "1.2.0")); again != ref {
				t.Errorf("again: %+v", again)
			}
			if _, err := b.Verify(t.Context(), ref); err != nil {
				t.Errorf("after it was admitted again: %v", err)
			}
		})
	}
}

// overwrite does what somebody with the rights of the hub could do.
func overwrite(file string, content []byte) error {
	return errors.Join(os.Chmod(file, 0o644), os.WriteFile(file, content, 0o644), os.Chmod(file, 0o444))
}

func overwriteList(folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	content, err := archive.Pack(context.Background(), io.Discard, root, nil)
	if err != nil {
		return err
	}
	return overwrite(filepath.Join(folder, "checksums.txt"), content.Checksums)
}

// change does something to a folder that cannot be written.
func change(folder string, how func() error) error {
	return errors.Join(os.Chmod(folder, 0o755), how(), os.Chmod(folder, 0o555))
}

func TestExecutableIsTheVerifiedFile(t *testing.T) {
	b := newBench(t)
	files := archivetest.Plugin("acme.nas", "1.2.0")
	ref := b.admit(t, files)
	executable, err := b.Executable(t.Context(), ref, archive.Platform())
	if err != nil {
		t.Fatal(err)
	}
	defer executable.Close()
	if executable.Path != filepath.Join(b.folder(ref), "bin", "plugin") || executable.Folder != b.folder(ref) {
		t.Errorf("path %s in %s", executable.Path, executable.Folder)
	}
	if listed, _ := executable.Content.File("bin/plugin"); listed.SHA256 != executable.SHA256 {
		t.Errorf("sha256 %s, listed %s", executable.SHA256, listed.SHA256)
	}
	// Another file in its place is not what is run.
	bin := filepath.Join(b.folder(ref), "bin")
	err = change(bin, func() error {
		return errors.Join(os.Remove(executable.Path), os.WriteFile(executable.Path, []byte("evil"), 0o555))
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(executable.File)
	if err != nil || !bytes.Equal(got, []byte(files["bin/plugin"])) {
		t.Errorf("open file holds %q, %v", got, err)
	}
	if _, err := b.Executable(t.Context(), ref, archive.Platform()); !errors.Is(err, vault.ErrTampered) {
		t.Errorf("next start: %v", err)
	}
}

func TestExecutableOfAnotherPlatform(t *testing.T) {
	b := newBench(t)
	ref := b.admit(t, archivetest.Plugin("acme.nas", "1.2.0"))
	if _, err := b.Executable(t.Context(), ref, "plan9-mips"); !errors.Is(err, vault.ErrNoExecutable) {
		t.Errorf("got %v", err)
	}
	ref.Version = "9.9.9"
	if _, err := b.Executable(t.Context(), ref, archive.Platform()); !errors.Is(err, vault.ErrNotStored) {
		t.Errorf("not stored: got %v", err)
	}
}

func TestPruneKeepsWhatIsNamed(t *testing.T) {
	b := newBench(t)
	var refs []vault.Ref
	for _, version := range []string{"1.0.0", "1.1.0", "1.2.0"} {
		refs = append(refs, b.admit(t, archivetest.Plugin("acme.nas", version)))
	}
	other := b.admit(t, archivetest.Plugin("acme.ups", "1.0.0"))
	if err := b.Prune(t.Context(), "acme.nas", refs[1:]...); err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{vault.ErrNotStored, nil, nil} {
		if _, err := b.Verify(t.Context(), refs[i]); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", refs[i].Version, err, want)
		}
	}
	for range 2 {
		if err := b.Prune(t.Context(), "acme.nas"); err != nil {
			t.Fatal(err)
		}
	}
	for name := range b.tree(t) {
		if !strings.HasPrefix(name, "acme.ups") {
			t.Errorf("left: %s", name)
		}
	}
	if _, err := b.Verify(t.Context(), other); err != nil {
		t.Errorf("another plugin: %v", err)
	}
}

func BenchmarkVerify(bb *testing.B) {
	b := newBench(bb)
	files := archivetest.Plugin("acme.nas", "1.2.0")
	files["bin/plugin"] = strings.Repeat("0123456789abcdef", 1<<20)
	ref := b.admit(bb, files)
	bb.ReportAllocs()
	bb.SetBytes(16 << 20)
	for bb.Loop() {
		if _, err := b.Verify(bb.Context(), ref); err != nil {
			bb.Fatal(err)
		}
	}
}
