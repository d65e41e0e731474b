package project

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
)

const describedText = `{"manifest":1,"id":"acme.some-thing","version":"1.0.0","name":"X","protocol":{"min":1,"max":1}%s,
	"components":[{"kind":"notifier","type":"x","name":"X","config":{"type":"object"}}]}`

// printing is a Go program that prints a manifest.
func printing(manifest string) string {
	return "package main\n\nimport \"os\"\n\nfunc main() {\n\tif len(os.Args) == 2 && os.Args[1] == \"manifest\" {\n" +
		"\t\tos.Stdout.WriteString(`" + manifest + "`)\n\t}\n}\n"
}

func plain() string { return strings.Replace(describedText, "%s", "", 1) }

// write writes files into a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func prepare(t *testing.T, path string) (*Runnable, error) {
	t.Helper()
	plugin, err := Open(path)
	if err != nil {
		return nil, err
	}
	return plugin.Prepare(t.Context(), t.TempDir())
}

func TestGoSourcesInEitherPlace(t *testing.T) {
	t.Setenv("GOTOOLCHAIN", "local")
	for _, main := range []string{"main.go", "cmd/main.go"} {
		files := map[string]string{"go.mod": "module x\n\ngo 1.26\n", main: printing(plain()), "README.md": "hello"}
		if main != "main.go" {
			files["plugin.go"] = "// Package x is one.\npackage x\n"
		}
		got, err := prepare(t, write(t, files))
		if err != nil {
			t.Fatalf("%s: %v", main, err)
		}
		executable := got.Manifest.Exec[archive.Platform()]
		if executable.Path != "bin/some-thing" || executable.SHA256 == "" || got.Command[0] != filepath.Join(got.Folder, "bin", "some-thing") {
			t.Errorf("%s: got %+v and %v", main, executable, got.Command)
		}
		if text, err := os.ReadFile(filepath.Join(got.Folder, "README.md")); err != nil || string(text) != "hello" {
			t.Errorf("%s: README.md is %q, %v", main, text, err)
		}
		// The program that was built is a plugin by itself.
		alone, err := prepare(t, got.Command[0])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got.Manifest, alone.Manifest); diff != "" {
			t.Error(diff)
		}
	}
}

func TestFolderWithInterpreter(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	text := strings.Replace(describedText, "%s", `,"exec":{"any":{"interpreter":"sh","path":"plugin.sh"}}`, 1)
	dir := write(t, map[string]string{
		"plugin.json": text, "plugin.sh": "exit 0", "lib/part.sh": "", ".git/config": "", "__pycache__/x.pyc": "", "old.pulseplugin": "",
	})
	got, err := prepare(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{shell, filepath.Join(dir, "plugin.sh")}; !slices.Equal(got.Command, want) || got.Interpreter != "sh" || got.Folder != dir {
		t.Errorf("got %+v, want the command %v", got, want)
	}
	plugin, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	platforms, err := plugin.Platforms()
	if err != nil || !slices.Equal(platforms, []string{"any"}) {
		t.Errorf("got platforms %v, %v", platforms, err)
	}
	content, err := plugin.Pack(t.Context(), &bytes.Buffer{}, "any", nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range content.Files {
		names = append(names, file.Name)
	}
	if want := []string{"checksums.txt", "lib/part.sh", "plugin.json", "plugin.sh"}; !slices.Equal(names, want) {
		t.Errorf("the package has %v, want %v", names, want)
	}
	if _, err := plugin.Pack(t.Context(), &bytes.Buffer{}, "plan9-amd64", nil); !errors.Is(err, ErrPlatform) {
		t.Errorf("for another platform: got %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Setenv("GOTOOLCHAIN", "local")
	module := "module x\n\ngo 1.26\n"
	tests := []struct {
		name  string
		files map[string]string
		want  error
	}{
		{"nothing", map[string]string{"notes.txt": ""}, ErrNoPlugin},
		{"a library", map[string]string{"go.mod": module, "x.go": "package x\n"}, ErrNoPlugin},
		{"only a test", map[string]string{"go.mod": module, "x_test.go": "package main\n"}, ErrNoPlugin},
		{"does not build", map[string]string{"go.mod": module, "main.go": "package main\n\nfunc main() { nonsense }\n"}, ErrBuild},
		{"no manifest", map[string]string{"go.mod": module, "main.go": "package main\n\nfunc main() { panic(1) }\n"}, ErrManifest},
		{"bad manifest", map[string]string{"go.mod": module, "main.go": printing("{}")}, ErrManifest},
		{"not for here", map[string]string{"plugin.json": strings.Replace(describedText, "%s", `,"exec":{"plan9-arm":{"path":"x"}}`, 1)}, ErrPlatform},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := prepare(t, write(t, tt.files)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := prepare(t, filepath.Join(write(t, map[string]string{"x": ""}), "x")); !errors.Is(err, ErrNoPlugin) {
		t.Errorf("a file that is not executable: got %v", err)
	}
}
