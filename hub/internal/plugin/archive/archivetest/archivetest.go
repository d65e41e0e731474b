// Package archivetest makes plugin packages, good and bad ones, for tests.
package archivetest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
)

// Manifest returns the plugin.json of a small plugin whose executable for the
// running platform is bin/plugin. The needs are JSON, "{}" for none.
func Manifest(id, version, needs string) string {
	return `{"manifest":1,"id":"` + id + `","version":"` + version + `","name":"Test plugin",
"author":{"name":"Acme"},"protocol":{"min":1,"max":1},"needs":` + needs + `,
"exec":{"` + archive.Platform() + `":{"path":"bin/plugin"}},
"components":[{"kind":"notifier","type":"test","name":"Test","config":{"type":"object"}}]}`
}

// Files are the files of a plugin by name.
type Files map[string]string

// Plugin returns the files of a small plugin, before it is packed.
func Plugin(id, version string) Files {
	return Files{
		"plugin.json": Manifest(id, version, "{}"),
		"bin/plugin":  "#!/bin/sh\necho " + id + " " + version + "\n",
		"README.md":   "# " + id + "\n",
	}
}

// Write writes the files below dir, which may exist.
func (f Files) Write(t testing.TB, dir string) {
	t.Helper()
	for name, content := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Pack returns the package of the files; the signer may be nil.
func (f Files) Pack(t testing.TB, signer archive.Signer) []byte {
	t.Helper()
	dir := t.TempDir()
	f.Write(t, dir)
	var packed bytes.Buffer
	if _, err := archive.Pack(t.Context(), &packed, Root(t, dir), signer); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// Root opens a folder until the test ends.
func Root(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// Entry is one entry of an archive that no honest packer would make.
type Entry struct {
	tar.Header
	Content string
}

// Text returns the entry of a regular file.
func Text(name, content string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}, Content: content}
}

// Tarball returns the compressed archive of the entries.
func Tarball(t testing.TB, entries ...Entry) []byte {
	t.Helper()
	return Compress(t, Tar(t, entries...))
}

// Tar returns the archive of the entries.
func Tar(t testing.TB, entries ...Entry) []byte {
	t.Helper()
	var archived bytes.Buffer
	writer := tar.NewWriter(&archived)
	for _, entry := range entries {
		entry.Size = int64(len(entry.Content))
		if err := writer.WriteHeader(&entry.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write([]byte(entry.Content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return archived.Bytes()
}

// Compress returns the data as gzip does.
func Compress(t testing.TB, data []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// Entries takes a package apart, in the order of its entries.
func Entries(t testing.TB, packed []byte) []Entry {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	reader := tar.NewReader(zip)
	var entries []Entry
	for {
		header, err := reader.Next()
		if header == nil {
			return entries
		}
		var content bytes.Buffer
		if _, readErr := content.ReadFrom(reader); err != nil || readErr != nil {
			t.Fatal(err, readErr)
		}
		entries = append(entries, Entry{Header: *header, Content: content.String()})
	}
}
