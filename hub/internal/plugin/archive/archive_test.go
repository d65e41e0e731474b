package archive_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive/archivetest"
)

func read(t testing.TB, packed []byte) (*archive.Content, error) {
	t.Helper()
	return archive.ReadPackage(t.Context(), bytes.NewReader(packed), archive.DefaultLimits(), archive.Discard{})
}

type signer string

func (s signer) Sign([]byte) ([]byte, error) { return []byte(s), nil }

func TestPackAndReadAgree(t *testing.T) {
	dir := t.TempDir()
	archivetest.Plugin("acme.nas", "1.2.0").Write(t, dir)
	var packed bytes.Buffer
	written, err := archive.Pack(t.Context(), &packed, archivetest.Root(t, dir), signer("signature"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t, packed.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written, got); diff != "" {
		t.Errorf("read (-written +read):\n%s", diff)
	}
	want := []string{"README.md", "bin/plugin", "checksums.txt", "checksums.txt.minisig", "plugin.json"}
	var names []string
	for _, file := range got.Files {
		names = append(names, file.Name)
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(archive.FormatChecksums(got.Files))); sum != string(got.Digest) {
		t.Errorf("digest %s is not that of the list of files, %s", got.Digest, sum)
	}
	if name := archive.FileName(got.Manifest, "linux-amd64"); name != "acme.nas_1.2.0_linux_amd64.pulseplugin" {
		t.Errorf("file name %s", name)
	}
}

func TestPackIsDeterministic(t *testing.T) {
	files := archivetest.Plugin("acme.nas", "1.2.0")
	dir := t.TempDir()
	files.Write(t, dir)
	old := archivetest.Files{"checksums.txt": "stale", "checksums.txt.minisig": "stale"}
	old.Write(t, dir)
	if err := os.Chmod(filepath.Join(dir, "bin", "plugin"), 0o777); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if _, err := archive.Pack(t.Context(), &again, archivetest.Root(t, dir), nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(files.Pack(t, nil), again.Bytes()) {
		t.Error("the same files gave two packages")
	}
}

func TestUnpackedFolderIsThePackage(t *testing.T) {
	dir := t.TempDir()
	packed := archivetest.Plugin("acme.nas", "1.2.0").Pack(t, nil)
	if err := os.WriteFile(filepath.Join(dir, "nas.pulseplugin"), packed, 0o644); err != nil {
		t.Fatal(err)
	}
	root := archivetest.Root(t, dir)
	source, err := archive.Open(root, "nas.pulseplugin", archive.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if err := root.Mkdir("out", 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // so that the folder can be removed
		for _, folder := range []string{"out", "out/bin"} {
			if err := os.Chmod(filepath.Join(dir, folder), 0o700); err != nil {
				t.Error(err)
			}
		}
	})
	content, err := source.Unpack(t.Context(), archivetest.Root(t, filepath.Join(dir, "out")))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := archive.Open(root, "out", archive.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	again, err := folder.Read(t.Context(), archive.Discard{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(content, again); diff != "" {
		t.Errorf("folder (-package +folder):\n%s", diff)
	}
	for name, want := range map[string]string{"bin/plugin": "-r-xr-xr-x", "plugin.json": "-r--r--r--", "bin": "dr-xr-xr-x", ".": "dr-xr-xr-x"} {
		if info, err := os.Stat(filepath.Join(dir, "out", name)); err != nil || info.Mode().String() != want {
			t.Errorf("mode of %s is %s, want %s", name, info.Mode(), want)
		}
	}
}

// change returns the entries of a good package after a change to them.
func change(t *testing.T, how func([]archivetest.Entry) []archivetest.Entry) []byte {
	t.Helper()
	packed := archivetest.Plugin("acme.nas", "1.2.0").Pack(t, signer("signature"))
	return archivetest.Tarball(t, how(archivetest.Entries(t, packed))...)
}

// flip changes one byte of a file.
func flip(name string) func([]archivetest.Entry) []archivetest.Entry {
	return func(entries []archivetest.Entry) []archivetest.Entry {
		for i := range entries {
			if entries[i].Name == name {
				content := []byte(entries[i].Content)
				content[len(content)/2] ^= 1
				entries[i].Content = string(content)
			}
		}
		return entries
	}
}

func add(entry archivetest.Entry) func([]archivetest.Entry) []archivetest.Entry {
	return func(entries []archivetest.Entry) []archivetest.Entry { return append(entries, entry) }
}

func drop(name string) func([]archivetest.Entry) []archivetest.Entry {
	return func(entries []archivetest.Entry) []archivetest.Entry {
		return slices.DeleteFunc(entries, func(e archivetest.Entry) bool { return e.Name == name })
	}
}

func special(kind byte, name, target string) archivetest.Entry {
	return archivetest.Entry{Header: tar.Header{Typeflag: kind, Name: name, Linkname: target}}
}

func TestTamperedPackagesAreRefused(t *testing.T) {
	tests := map[string]struct {
		change func([]archivetest.Entry) []archivetest.Entry
		want   error
		names  string
	}{
		"byte of the binary":       {flip("bin/plugin"), archive.ErrMismatch, "bin/plugin"},
		"byte of the manifest":     {flip("plugin.json"), nil, "plugin.json"},
		"byte of the checksums":    {flip("checksums.txt"), archive.ErrMismatch, "bin/plugin"},
		"byte of the readme":       {flip("README.md"), archive.ErrMismatch, "README.md"},
		"extra file":               {add(archivetest.Text("bin/more", "x")), archive.ErrUnlisted, "bin/more"},
		"missing file":             {drop("README.md"), archive.ErrMissing, "README.md"},
		"no manifest":              {drop("plugin.json"), archive.ErrNoManifest, ""},
		"no checksums":             {drop("checksums.txt"), archive.ErrNoChecksums, ""},
		"no executable":            {drop("bin/plugin"), archive.ErrNoExecutable, ""},
		"soft link":                {add(special(tar.TypeSymlink, "bin/link", "/etc/passwd")), archive.ErrKind, "bin/link"},
		"hard link":                {add(special(tar.TypeLink, "bin/link", "bin/plugin")), archive.ErrKind, "bin/link"},
		"character device":         {add(special(tar.TypeChar, "null", "")), archive.ErrKind, "null"},
		"block device":             {add(special(tar.TypeBlock, "disk", "")), archive.ErrKind, "disk"},
		"pipe":                     {add(special(tar.TypeFifo, "pipe", "")), archive.ErrKind, "pipe"},
		"parent folder":            {add(archivetest.Text("../evil", "x")), archive.ErrName, "../evil"},
		"parent folder within":     {add(archivetest.Text("bin/../../evil", "x")), archive.ErrName, "evil"},
		"absolute":                 {add(archivetest.Text("/etc/evil", "x")), archive.ErrName, "/etc/evil"},
		"drive of Windows":         {add(archivetest.Text("C:evil", "x")), archive.ErrName, "C:evil"},
		"backslash":                {add(archivetest.Text(`bin\..\..\evil`, "x")), archive.ErrName, "evil"},
		"device of Windows":        {add(archivetest.Text("bin/NUL.txt", "x")), archive.ErrName, "NUL"},
		"trailing dot":             {add(archivetest.Text("README.md.", "x")), archive.ErrName, "README.md."},
		"control character":        {add(archivetest.Text("a\nb", "x")), archive.ErrName, ""},
		"letters beyond ASCII":     {add(archivetest.Text("bin/plugın", "x")), archive.ErrName, ""},
		"long name":                {add(archivetest.Text(strings.Repeat("a", 201), "x")), archive.ErrName, ""},
		"deep name":                {add(archivetest.Text(strings.Repeat("a/", 16)+"a", "x")), archive.ErrName, ""},
		"twice":                    {add(archivetest.Text("README.md", "x")), archive.ErrDuplicate, "README.md"},
		"twice, dotted":            {add(archivetest.Text("./README.md", "x")), archive.ErrDuplicate, "README.md"},
		"twice in other case":      {add(archivetest.Text("readme.md", "x")), archive.ErrDuplicate, "readme.md"},
		"file in the place of bin": {add(archivetest.Text("bin", "x")), archive.ErrDuplicate, "bin"},
		"file below a file":        {add(archivetest.Text("README.md/x", "x")), archive.ErrDuplicate, "README.md"},
		"folder in other case":     {add(archivetest.Text("BIN/x", "x")), archive.ErrDuplicate, "BIN"},
		"signature beyond its limit": {func(entries []archivetest.Entry) []archivetest.Entry {
			return append(drop("checksums.txt.minisig")(entries), archivetest.Text("checksums.txt.minisig", strings.Repeat("a", 20<<10)))
		}, archive.ErrTooLarge, "checksums.txt.minisig"},
		"executable of another sha256": {func(entries []archivetest.Entry) []archivetest.Entry {
			for i := range entries {
				entries[i].Content = strings.Replace(entries[i].Content, `{"path":"bin/plugin"}`,
					`{"path":"bin/plugin","sha256":"`+strings.Repeat("0", 64)+`"}`, 1)
			}
			return entries
		}, archive.ErrMismatch, "plugin.json"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			content, err := read(t, change(t, test.change))
			if content != nil || err == nil {
				t.Fatalf("accepted: %+v", content)
			}
			if test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.names) {
				t.Errorf("got %q, want %q that names %q", err, test.want, test.names)
			}
		})
	}
}

func TestEveryByteOfChecksumsCounts(t *testing.T) {
	entries := archivetest.Entries(t, archivetest.Plugin("acme.nas", "1.2.0").Pack(t, nil))
	good, err := read(t, archivetest.Tarball(t, entries...))
	if err != nil {
		t.Fatal(err)
	}
	list := slices.IndexFunc(entries, func(e archivetest.Entry) bool { return e.Name == "checksums.txt" })
	text := entries[list].Content
	for i := range text {
		changed := []byte(text)
		changed[i] ^= 1
		entries[list].Content = string(changed)
		if content, err := read(t, archivetest.Tarball(t, entries...)); err == nil {
			t.Errorf("byte %d changed: accepted with digest %s (before %s)", i, content.Digest, good.Digest)
		}
	}
}

func TestSwappedSignatureChangesTheDigest(t *testing.T) {
	files := archivetest.Plugin("acme.nas", "1.2.0")
	digests := map[archive.Digest]bool{}
	for _, by := range []archive.Signer{nil, signer("a"), signer("b")} {
		content, err := read(t, files.Pack(t, by))
		if err != nil {
			t.Fatal(err)
		}
		digests[content.Digest] = true
	}
	if len(digests) != 3 {
		t.Errorf("got %d digests for 3 signatures", len(digests))
	}
}

func TestEveryCutIsNoticed(t *testing.T) {
	packed := archivetest.Plugin("acme.nas", "1.2.0").Pack(t, nil)
	for length := range packed {
		if _, err := read(t, packed[:length]); err == nil {
			t.Fatalf("accepted the first %d of %d bytes", length, len(packed))
		} else if length > 20 && !errors.Is(err, archive.ErrTruncated) {
			t.Errorf("cut at %d: %v", length, err)
		}
	}
}

func TestDamagedArchives(t *testing.T) {
	good := archivetest.Plugin("acme.nas", "1.2.0").Pack(t, nil)
	corrupt := bytes.Clone(good)
	corrupt[len(corrupt)-6] ^= 1 // in the checksum of the data
	unzipped := archivetest.Tar(t, archivetest.Entries(t, good)...)
	tests := map[string]struct {
		packed []byte
		want   error
	}{
		"empty":                  {nil, archive.ErrTruncated},
		"text":                   {[]byte("this is not an archive at all"), archive.ErrNotPackage},
		"text in gzip":           {archivetest.Compress(t, bytes.Repeat([]byte("text "), 200)), archive.ErrDamaged},
		"checksum":               {corrupt, archive.ErrDamaged},
		"second archive behind":  {slices.Concat(good, good), archive.ErrTrailing},
		"byte behind":            {append(bytes.Clone(good), 0), archive.ErrTrailing},
		"byte behind in gzip":    {archivetest.Compress(t, append(bytes.Clone(unzipped), 'x')), archive.ErrTrailing},
		"archive behind in gzip": {archivetest.Compress(t, slices.Concat(unzipped, unzipped)), archive.ErrTrailing},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := read(t, test.packed); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	if _, err := read(t, archivetest.Compress(t, append(bytes.Clone(unzipped), make([]byte, 8<<10)...))); err != nil {
		t.Errorf("with more padding: %v", err)
	}
}

// zeros is an archive with one file of zeros, as large as the reader wants it.
func zeros(t *testing.T, size int64) io.Reader {
	t.Helper()
	from, to := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		to.CloseWithError(writeZeros(to, size))
	}()
	t.Cleanup(func() { from.Close(); <-done })
	return from
}

func TestBombsAreStopped(t *testing.T) {
	limits := archive.Limits{Bytes: 1 << 20, Entries: 50}
	many := make([]archivetest.Entry, 60)
	for i := range many {
		many[i] = archivetest.Text(fmt.Sprintf("f%d", i), "")
	}
	folders := make([]archivetest.Entry, 60)
	for i := range folders {
		folders[i] = special(tar.TypeDir, fmt.Sprintf("d%d/", i), "")
	}
	tests := map[string]struct {
		packed io.Reader
		want   error
	}{
		"one huge file":   {zeros(t, 1<<40), archive.ErrTooLarge},
		"many files":      {bytes.NewReader(archivetest.Tarball(t, many...)), archive.ErrTooMany},
		"many folders":    {bytes.NewReader(archivetest.Tarball(t, folders...)), archive.ErrTooMany},
		"endless padding": {bytes.NewReader(archivetest.Compress(t, make([]byte, 8<<20))), archive.ErrTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			counted := &counter{}
			_, err := archive.ReadPackage(t.Context(), test.packed, limits, counted)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if counted.bytes > limits.Bytes+1 {
				t.Errorf("%d bytes were handed over", counted.bytes)
			}
		})
	}
}

// counter is a Sink that counts.
type counter struct{ bytes int64 }

func (c *counter) Create(string) (io.WriteCloser, error) { return c, nil }
func (c *counter) Close() error                          { return nil }
func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}

func TestReadingEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	packed := archivetest.Plugin("acme.nas", "1.2.0").Pack(t, nil)
	if _, err := archive.ReadPackage(ctx, bytes.NewReader(packed), archive.DefaultLimits(), archive.Discard{}); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkReadPackage(b *testing.B) {
	files := archivetest.Plugin("acme.nas", "1.2.0")
	files["bin/plugin"] = strings.Repeat("0123456789abcdef", 1<<20)
	packed := files.Pack(b, nil)
	b.ReportAllocs()
	b.SetBytes(16 << 20)
	for b.Loop() {
		if _, err := read(b, packed); err != nil {
			b.Fatal(err)
		}
	}
}

func writeZeros(out io.Writer, size int64) error {
	zip, archived := newTarGz(out)
	if err := archived.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "bin/bomb", Size: size}); err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for range size >> 20 {
		if _, err := archived.Write(block); err != nil {
			return err
		}
	}
	return errors.Join(archived.Close(), zip.Close())
}
