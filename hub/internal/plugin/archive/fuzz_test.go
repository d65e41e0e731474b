package archive_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive/archivetest"
)

func FuzzReadPackage(f *testing.F) {
	entries := archivetest.Entries(f, archivetest.Plugin("acme.nas", "1.2.0").Pack(f, nil))
	f.Add(archivetest.Tar(f, entries...), true)
	f.Add(archivetest.Tar(f, archivetest.Text("../x", "x")), true)
	f.Add(archivetest.Tarball(f, entries...), false)
	limits := archive.Limits{Bytes: 1 << 20, Entries: 50}
	f.Fuzz(func(t *testing.T, data []byte, compress bool) {
		if compress {
			data = archivetest.Compress(t, data) // past gzip, to the archive itself
		}
		counted := &counter{}
		content, err := archive.ReadPackage(t.Context(), bytes.NewReader(data), limits, counted)
		if counted.bytes > limits.Bytes+1 {
			t.Errorf("%d bytes were handed over", counted.bytes)
		}
		if (content == nil) != (err != nil) {
			t.Errorf("got %v and %v", content, err)
		}
		if content != nil && len(content.Files) > limits.Entries {
			t.Errorf("%d files", len(content.Files))
		}
	})
}

func FuzzParseChecksums(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  bin/plugin\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		files, err := archive.ParseChecksums(text)
		if err != nil {
			return
		}
		if written := archive.FormatChecksums(files); !bytes.Equal(text, written) {
			t.Errorf("read %q, wrote %q", text, written)
		}
		again, err := archive.ParseChecksums(archive.FormatChecksums(files))
		if err != nil || !cmp.Equal(files, again) {
			t.Errorf("again: %v, %v", again, err)
		}
	})
}
