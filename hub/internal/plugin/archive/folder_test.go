package archive_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive/archivetest"
)

func newTarGz(out io.Writer) (*gzip.Writer, *tar.Writer) {
	zip := gzip.NewWriter(out)
	return zip, tar.NewWriter(zip)
}

// unpacked returns a folder with a good plugin in its folder "nas".
func unpacked(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files := archivetest.Files{}
	for _, entry := range archivetest.Entries(t, archivetest.Plugin("acme.nas", "1.2.0").Pack(t, nil)) {
		files["nas/"+entry.Name] = entry.Content
	}
	files.Write(t, dir)
	return dir
}

func TestFoldersFollowTheRulesOfPackages(t *testing.T) {
	tests := map[string]struct {
		spoil func(nas string) error
		want  error
	}{
		"good":         {func(string) error { return nil }, nil},
		"extra file":   {func(nas string) error { return os.WriteFile(filepath.Join(nas, ".DS_Store"), nil, 0o644) }, archive.ErrUnlisted},
		"missing file": {func(nas string) error { return os.Remove(filepath.Join(nas, "README.md")) }, archive.ErrMissing},
		"changed file": {func(nas string) error { return os.WriteFile(filepath.Join(nas, "bin/plugin"), nil, 0o644) }, archive.ErrMismatch},
		"link to outside": {func(nas string) error {
			return errors.Join(os.Remove(filepath.Join(nas, "README.md")), os.Symlink("/etc/passwd", filepath.Join(nas, "README.md")))
		}, archive.ErrKind},
		"link within": {func(nas string) error { return os.Symlink("bin", filepath.Join(nas, "sbin")) }, archive.ErrKind},
		"by hand":     {func(nas string) error { return os.Remove(filepath.Join(nas, "checksums.txt")) }, nil},
		"signed, but nothing": {func(nas string) error {
			return os.Rename(filepath.Join(nas, "checksums.txt"), filepath.Join(nas, "checksums.txt.minisig"))
		}, archive.ErrNoChecksums},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := unpacked(t)
			if err := test.spoil(filepath.Join(dir, "nas")); err != nil {
				t.Fatal(err)
			}
			source, err := archive.Open(archivetest.Root(t, dir), "nas", archive.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			defer source.Close()
			if _, err := source.Read(t.Context(), archive.Discard{}); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := unpacked(t)
	archivetest.Files{"notes.txt": "x", "real.pulseplugin": "x"}.Write(t, dir)
	for link, target := range map[string]string{"a.pulseplugin": "real.pulseplugin", "folder": "nas"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		name string
		want error
	}{
		"link to a file":   {"a.pulseplugin", archive.ErrKind},
		"link to a folder": {"folder", archive.ErrKind},
		"another file":     {"notes.txt", archive.ErrNotPackage},
		"nothing":          {"nothing", os.ErrNotExist},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := archive.Open(archivetest.Root(t, dir), test.name, archive.DefaultLimits()); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}
