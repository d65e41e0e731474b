package download_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/download"
)

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]download.Target{
		"linux-amd64": "linux-amd64", "AMD64": "linux-amd64", "x86_64": "linux-amd64",
		"linux-arm64": "linux-arm64", "arm64": "linux-arm64", "aarch64": "linux-arm64",
		"armv7": "linux-armv7", "armv7l": "linux-armv7", "armhf": "linux-armv7", "armv6": "linux-armv6",
		"386": "linux-386", "i386": "linux-386", "I686": "linux-386",
		"macos-amd64": "darwin-amd64", "macos-arm64": "darwin-arm64", "Darwin-ARM64": "darwin-arm64",
		"windows-amd64": "windows-amd64", "windows-arm64": "windows-arm64", "windows-386": "windows-386",
		"freebsd-amd64": "freebsd-amd64", "freebsd-arm64": "freebsd-arm64",
		"": "", "sparc": "", "../linux-amd64": "", "linux": "",
	} {
		if got, ok := download.ParseTarget(text); got != want || ok != (want != "") {
			t.Errorf("ParseTarget(%q) = %q, %v; want %q", text, got, ok, want)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"linux-amd64", "AARCH64", "../../etc/passwd", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, ok := download.ParseTarget(text)
		if !ok {
			return
		}
		for _, name := range download.Names(target) {
			if filepath.Base(name) != name {
				t.Errorf("%q leads to the file %q", text, name)
			}
		}
	})
}

func TestNamesOfPrograms(t *testing.T) {
	if diff := cmp.Diff([]string{"pulse-agent-windows-386.exe", "pulse-agent-windows-386"}, download.Names("windows-386")); diff != "" {
		t.Error(diff)
	}
	own := download.Names(download.Target(runtime.GOOS + "-" + runtime.GOARCH))
	if own[len(own)-2] != "pulse-agent" {
		t.Errorf("the hub's own system gets %v, without the generic program", own)
	}
	if got := download.Asset("windows-arm64"); got != "pulse-agent-windows-arm64.exe" {
		t.Errorf("asset is %q", got)
	}
}

func write(t *testing.T, content string, path ...string) string {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.WriteFile(file, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t *testing.T, library *download.Library, names ...string) (content, sum string) {
	t.Helper()
	program, err := library.Open(names...)
	if err != nil {
		t.Fatalf("Open(%v) = %v", names, err)
	}
	defer program.Close()
	raw, err := io.ReadAll(program)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), program.SHA256
}

func TestFirstNameAndFirstFolderWin(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	write(t, "second a", second, "a")
	write(t, "first b", first, "b")
	write(t, "first a", first, "a")
	if err := os.Mkdir(filepath.Join(first, "c"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, "second c", second, "c")
	library := download.New([]string{first, second})
	for want, names := range map[string][]string{"first a": {"x", "a", "b"}, "first b": {"b", "a"}, "second c": {"c"}} {
		if got, _ := read(t, library, names...); got != want {
			t.Errorf("Open(%v) reads %q, want %q", names, got, want)
		}
	}
	if _, err := library.Open("x", "y"); !errors.Is(err, download.ErrNotFound) {
		t.Errorf("error is %v, want ErrNotFound", err)
	}
}

func TestChecksumFollowsTheFile(t *testing.T) {
	dir := t.TempDir()
	file := write(t, "one", dir, "a")
	library := download.New([]string{dir})
	sumOf := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	for range 2 {
		if content, sum := read(t, library, "a"); content != "one" || sum != sumOf("one") {
			t.Errorf("read %q with checksum %s", content, sum)
		}
	}
	write(t, "two", dir, "a")
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(file, later, later); err != nil {
		t.Fatal(err)
	}
	if content, sum := read(t, library, "a"); content != "two" || sum != sumOf("two") {
		t.Errorf("after a change read %q with checksum %s", content, sum)
	}
}

func TestChecksumIsReadOnce(t *testing.T) {
	dir := t.TempDir()
	file := write(t, "one", dir, "a")
	at := time.Now().Add(-time.Hour)
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
	library := download.New([]string{dir})
	_, before := read(t, library, "a")
	write(t, "two", dir, "a") // of the same size, and then of the same time
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
	if _, after := read(t, library, "a"); after != before {
		t.Error("a file that looks unchanged was read again")
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), make([]byte, 8<<20), 0o755); err != nil {
		b.Fatal(err)
	}
	library := download.New([]string{dir})
	b.ReportAllocs()
	for b.Loop() {
		program, err := library.Open("a")
		if err != nil {
			b.Fatal(err)
		}
		_ = program.Close()
	}
}
