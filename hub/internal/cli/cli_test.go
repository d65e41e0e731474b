package cli

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pulse-hub/pulse"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
)

// typed is one command as it is typed, and what came of it.
type typed struct {
	environ     map[string]string
	input       string
	interactive bool

	code        int
	out, errors string
}

// run runs the command with the words of the line as its arguments.
func (c *typed) run(t *testing.T, args ...string) *typed {
	t.Helper()
	var out, errors bytes.Buffer
	c.code = Run(t.Context(), Environment{
		Terminal:  &terminal.Terminal{In: strings.NewReader(c.input), Out: &out, Err: &errors, Interactive: c.interactive},
		LookupEnv: func(name string) (string, bool) { value, ok := c.environ[name]; return value, ok },
		Environ:   os.Environ(), Version: "1.2.3", Program: os.Args[0], Source: pulse.Source(),
		HubHelp: func(w io.Writer) { io.WriteString(w, "  --port   the hub's own settings\n") },
	}, args)
	c.out, c.errors = out.String(), errors.String()
	return c
}

// must fails the test if the command did not do its work.
func (c *typed) must(t *testing.T) *typed {
	t.Helper()
	if c.code != 0 {
		t.Fatalf("exit code %d\n%s%s", c.code, c.out, c.errors)
	}
	return c
}

func run(t *testing.T, args ...string) *typed {
	t.Helper()
	return (&typed{}).run(t, args...)
}

func TestWhichArgumentsAreCommands(t *testing.T) {
	for line, want := range map[string]bool{
		"": false, "--port 80": false, "-port 80": false, "--data-dir /x": false,
		"plugin ls": true, "version": true, "--version": true, "help": true, "--help": true, "-h": true, "serve": true,
	} {
		if got := IsCommand(strings.Fields(line)); got != want {
			t.Errorf("%q: got %v, want %v", line, got, want)
		}
	}
}

func TestVersionAndHelp(t *testing.T) {
	for _, line := range []string{"version", "--version"} {
		if got := run(t, line); got.code != 0 || got.out != "pulse 1.2.3\n" {
			t.Errorf("%s: got %+v", line, got)
		}
	}
	for _, line := range []string{"help", "--help", "-h"} {
		got := run(t, line)
		for _, want := range []string{"plugin ", "completion ", "version ", "Exit codes", "the hub's own settings"} {
			if got.code != 0 || !strings.Contains(got.out, want) {
				t.Errorf("%s lacks %q:\n%s", line, want, got.out)
			}
		}
	}
	got := run(t, "plugin")
	for _, want := range []string{"Plugins of a hub:", "Writing plugins:", "approve ", "keygen "} {
		if got.code != 0 || !strings.Contains(got.out, want) {
			t.Errorf("plugin lacks %q:\n%s", want, got.out)
		}
	}
}

func TestWrongArgumentsEndWithTwo(t *testing.T) {
	for line, want := range map[string]string{
		"serve":                             `"serve" is not a command`,
		"plugin ist":                        "did you mean ls",
		"plugin info":                       "plugin info ID",
		"plugin info a b":                   "plugin info ID",
		"plugin ls --loud":                  "--loud",
		"plugin new sink acme.x1":           "none of the kinds",
		"plugin new source truenas":         "acme.truenas",
		"plugin install x --sha256 12":      "64 hexadecimal digits",
		"plugin test . --level slow":        "--level",
		"plugin test . --check nonsense":    "--check",
		"plugin test . --json --tap":        "json",
		"plugin call . Nonsense":            "Source/Collect",
		`plugin call . Collect {"x":1}`:     "not a request",
		"plugin rm acme.x1 --data burn":     "--data",
		"plugin rm acme.x1":                 "--yes",
		"plugin ls --url ftp://x":           "http",
		"plugin verify x --pubkey nonsense": "--pubkey",
		"plugin pack . --out a.pulseplugin --platform linux-amd64,linux-arm64": "--out must be a folder",
	} {
		got := run(t, strings.Fields(line)...)
		if got.code != ExitUsage || !strings.Contains(got.errors, want) || !strings.Contains(got.errors, "--help") {
			t.Errorf("%s: got exit code %d and %q, want %d and %q", line, got.code, got.errors, ExitUsage, want)
		}
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := run(t, "completion", shell); got.code != 0 || !strings.Contains(got.out, "pulse") {
			t.Errorf("%s: exit code %d, %d bytes", shell, got.code, len(got.out))
		}
	}
	if got := run(t, "__complete", "plugin", "new", ""); !strings.Contains(got.out, "source\nnotifier\nai\n") {
		t.Errorf("got %q", got.out)
	}
}

// newPlugin writes a plugin the way its author would.
func newPlugin(t *testing.T, kind string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "plugin")
	got := run(t, "plugin", "new", kind, "acme.my-thing", "--dir", dir).must(t)
	if !strings.Contains(got.out, "main.go") || strings.Contains(got.out, "third_party/pulse/sdk") {
		t.Errorf("it says %q", got.out)
	}
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "-mod=readonly")
	t.Setenv("GOTOOLCHAIN", "local")
	return dir
}

// TestAuthorsDay goes the whole way of the tutorial with one plugin.
func TestAuthorsDay(t *testing.T) {
	dir := newPlugin(t, "ai")
	sample := filepath.Join(dir, "sample.json")

	got := run(t, "plugin", "manifest", dir).must(t)
	if !strings.Contains(got.out, `"id": "acme.my-thing"`) || !strings.Contains(got.out, `"path": "bin/my-thing"`) {
		t.Errorf("manifest is\n%s", got.out)
	}

	program := filepath.Join(dir, "my-thing") // commands take programs, too
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	request := `{"messages": [{"role": "ROLE_USER", "parts": [{"text": "good morning"}]}]}`
	got = run(t, "plugin", "call", program, "chat", request, "--config", sample).must(t)
	if !strings.Contains(got.out, `"text": "morning "`) {
		t.Errorf("the answer is\n%s", got.out)
	}
	if got := run(t, "plugin", "call", program, "AI/Models"); got.code != ExitFailed || !strings.Contains(got.errors, "NotFound") {
		t.Errorf("without an instance: got %+v", got)
	}

	got = run(t, "plugin", "test", program, "--config", sample, "--check", "handshake,manifest-describe,instances-isolated", "--tap").must(t)
	if strings.Count(got.out, "\nok ") != 3 {
		t.Errorf("the report is\n%s", got.out)
	}
	got = run(t, "plugin", "test", dir, "--config", sample, "--check", "handshake").must(t)
	if !strings.Contains(got.out, "1 passed, 0 failed") {
		t.Errorf("the report is\n%s", got.out)
	}
	tape := filepath.Join(t.TempDir(), "some.pulserec")
	run(t, "plugin", "record", program, "--config", sample, "--out", tape).must(t)
	got = run(t, "plugin", "replay", tape, program).must(t)
	if !strings.Contains(got.out, " 0 differences") {
		t.Errorf("replay says\n%s", got.out)
	}
	packSignVerify(t, dir)
}

func packSignVerify(t *testing.T, dir string) {
	t.Helper()
	folder := t.TempDir()
	key, stranger := filepath.Join(folder, "acme.key"), filepath.Join(folder, "stranger.key")
	run(t, "plugin", "keygen", key).must(t)
	run(t, "plugin", "keygen", stranger).must(t)
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret key: %v, %v", info, err)
	}
	if got := run(t, "plugin", "keygen", key); got.code != ExitFailed {
		t.Error("a key was written over another")
	}

	run(t, "plugin", "pack", dir, "--key", key, "--out", folder, "--platform", "linux-amd64,windows-amd64").must(t)
	for platform, program := range map[string]string{"linux_amd64": "bin/my-thing", "windows_amd64": "bin/my-thing.exe"} {
		file := filepath.Join(folder, "acme.my-thing_0.1.0_"+platform+".pulseplugin")
		got := run(t, "plugin", "verify", file, "--pubkey", key+".pub").must(t)
		if !strings.Contains(got.out, "signed, key ") || !strings.Contains(got.out, strings.ReplaceAll(platform, "_", "-")) {
			t.Errorf("it says\n%s", got.out)
		}
		if got := run(t, "plugin", "manifest", file).must(t); !strings.Contains(got.out, program) {
			t.Errorf("manifest of %s is\n%s", file, got.out)
		}
		if got := run(t, "plugin", "verify", file, "--pubkey", stranger+".pub"); got.code != ExitFailed {
			t.Errorf("with a stranger's key: %+v", got)
		}
	}
	again := filepath.Join(folder, "again.pulseplugin")
	run(t, "plugin", "pack", dir, "--key", key, "--out", again, "--platform", "linux-amd64").must(t)
	first, err := os.ReadFile(filepath.Join(folder, "acme.my-thing_0.1.0_linux_amd64.pulseplugin"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(again)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("the same sources give another package (%v)", err)
	}
	second[len(second)/2] ^= 1
	if err := os.WriteFile(again, second, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(t, "plugin", "verify", again); got.code != ExitFailed {
		t.Errorf("a damaged package: %+v", got)
	}
}

// TestRecordingFindsTheChange records a notifier and its server, and plays that to another version.
func TestRecordingFindsTheChange(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(server.Close)
	dir := newPlugin(t, "notifier")
	sample, tape := filepath.Join(dir, "own.json"), filepath.Join(dir, "some.pulserec")
	if err := os.WriteFile(sample, []byte(`{"url":"`+server.URL+`/topic","token":"hunter22"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t, "plugin", "record", dir, "--config", sample, "--out", tape, "--rounds", "1").must(t)
	if asked.Load() != 1 || !strings.Contains(got.out, "1 exchanges") {
		t.Errorf("the server was asked %d times; it says %s", asked.Load(), got.out)
	}
	server.Close()
	run(t, "plugin", "replay", tape, dir).must(t)
	main := filepath.Join(dir, "main.go")
	program, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(main, bytes.Replace(program, []byte("n.URL"), []byte(`n.URL+"/elsewhere"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	got = run(t, "plugin", "replay", tape, dir)
	if got.code != ExitFailed || !strings.Contains(got.out, "not in the recording: POST /topic/elsewhere") {
		t.Errorf("after a change: %+v", got)
	}
	if got := run(t, "plugin", "record", dir); got.code != ExitUsage {
		t.Errorf("without a configuration: %+v", got)
	}
}

func TestFailingPluginEndsWithOne(t *testing.T) {
	dir := newPlugin(t, "source")
	main := filepath.Join(dir, "main.go")
	program, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	chatty := bytes.Replace(program, []byte("func main() {"), []byte("func main() { println(); print(); os.Stdout.WriteString(\"hello\\n\");"), 1)
	chatty = bytes.Replace(chatty, []byte("import ("), []byte("import (\n\"os\""), 1)
	if err := os.WriteFile(main, chatty, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(t, "plugin", "test", dir); got.code != ExitFailed || !strings.Contains(got.errors, "manifest") {
		t.Errorf("a program that talks: %+v", got)
	}
	if err := os.WriteFile(main, []byte("package main\nfunc main() { nonsense }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(t, "plugin", "test", dir); got.code != ExitFailed || !strings.Contains(got.errors, "nonsense") {
		t.Errorf("a program that does not build: %+v", got)
	}
	if got := run(t, "plugin", "test", t.TempDir()); got.code != ExitFailed || !strings.Contains(got.errors, "there is no plugin") {
		t.Errorf("an empty folder: %+v", got)
	}
}

func TestPythonPlugin(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || exec.CommandContext(t.Context(), python, "-c", "import grpc, cryptography, google.protobuf").Run() != nil {
		t.Skip("python3 with grpcio, protobuf and cryptography is not installed")
	}
	dir := filepath.Join(t.TempDir(), "plugin")
	run(t, "plugin", "new", "source", "acme.py-thing", "--dir", dir, "--lang", "python").must(t)
	got := run(t, "plugin", "call", dir, "Collect", "--config", filepath.Join(dir, "sample.json")).must(t)
	if !strings.Contains(got.out, `"id": "127.0.0.1:22"`) {
		t.Errorf("the answer is\n%s", got.out)
	}
	run(t, "plugin", "pack", dir, "--out", filepath.Dir(dir)).must(t)
	run(t, "plugin", "verify", filepath.Join(filepath.Dir(dir), "acme.py-thing_0.1.0_any.pulseplugin")).must(t)
}
