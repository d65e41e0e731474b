package scaffold

import (
	"errors"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

var update = flag.Bool("update", false, "write modules.txt")

// repository is the folder of the whole source tree.
const repository = "../../../.."

// offline is the environment of a build that fetches nothing.
func offline() []string {
	return append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off", "GOWORK=off", "GONOSUMDB=*", "GOTOOLCHAIN=local")
}

func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir, command.Env = dir, offline()
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestModulesAreThoseOfTheSDK compares the list with what the packages import,
// on whatever system.
func TestModulesAreThoseOfTheSDK(t *testing.T) {
	const format = `{{.ImportPath}} {{with .Module}}{{.Path}}{{end}} {{join .Imports ","}}`
	direct, all, owner := map[string]bool{}, map[string]bool{}, map[string]string{}
	var imported []string
	for _, system := range []string{"linux", "darwin", "windows"} {
		t.Setenv("GOOS", system)
		for line := range strings.Lines(goCommand(t, repository, "list", "-deps", "-f", format, "./sdk/...", "./proto/gen/...")) {
			fields := strings.SplitN(strings.TrimRight(line, "\n"), " ", 3)
			switch owner[fields[0]] = fields[1]; fields[1] {
			case "": // the standard library
			case "github.com/pulse-hub/pulse":
				imported = append(imported, strings.Split(fields[2], ",")...)
			default:
				all[fields[1]] = true
			}
		}
	}
	for _, path := range imported {
		direct[owner[path]] = true
	}
	var want strings.Builder
	for _, path := range slices.Sorted(maps.Keys(all)) {
		want.WriteString(path)
		if direct[path] {
			want.WriteString(" direct")
		}
		want.WriteString("\n")
	}
	if *update {
		if err := os.WriteFile("modules.txt", []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("modules.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("modules.txt is not what the SDK imports (rewrite it: go test ./hub/internal/cli/scaffold -run Modules -update):\n%s", diff)
	}
}

// TestGoPluginsBuildOutside builds, tests and runs each new plugin without a network.
func TestGoPluginsBuildOutside(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new")
			if _, err := Write(Options{Kind: kind, Language: Go, ID: "acme.my-thing", Dir: dir, Source: pulse.Source()}); err != nil {
				t.Fatal(err)
			}
			checkPlugin(t, dir, kind)
		})
	}
}

func TestGoPluginBuildsWithACheckout(t *testing.T) {
	dir := t.TempDir()
	options := Options{Kind: "source", Language: Go, ID: "acme.my-thing", Dir: dir, Source: pulse.Source(), SDK: repository}
	if _, err := Write(options); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "third_party")); err == nil {
		t.Error("the sources of the SDK are there although there is a checkout")
	}
	checkPlugin(t, dir, "source")
}

func checkPlugin(t *testing.T, dir, kind string) {
	t.Helper()
	goCommand(t, dir, "vet", ".")
	goCommand(t, dir, "test", ".")
	goCommand(t, dir, "build", "-o", "program", ".")
	out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "program"), "manifest").Output()
	if err != nil {
		t.Fatal(err)
	}
	described, err := manifest.Decode(out)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := described.Component(kind + "/my-thing"); !ok || described.ID != "acme.my-thing" {
		t.Errorf("it describes itself as\n%s", out)
	}
	unformatted, err := exec.CommandContext(t.Context(), "gofmt", "-l", filepath.Join(dir, "main.go"), filepath.Join(dir, "plugin_test.go")).Output()
	if err != nil || len(unformatted) > 0 {
		t.Errorf("not formatted: %s (%v)", unformatted, err)
	}
}

func TestOtherLanguagesDescribeThemselves(t *testing.T) {
	for _, language := range []string{Node, Python} {
		dir := t.TempDir()
		names, err := Write(Options{Kind: "source", Language: language, ID: "acme.my-thing", Dir: dir, Source: pulse.Source()})
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, manifest.FileName))
		if err != nil {
			t.Fatal(err)
		}
		described, err := manifest.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := described.Component("source/my-thing"); !ok || described.ID != "acme.my-thing" {
			t.Errorf("%s: it describes itself as\n%s", language, text)
		}
		for _, name := range names {
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, old := range []string{"acme.node", "acme.python", "node-hello", "python-hello", "source/tcp"} {
				if strings.Contains(string(content), old) {
					t.Errorf("%s: %s still has %q", language, name, old)
				}
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		options Options
		want    error
	}{
		{"bad id", Options{Kind: "source", Language: Go, ID: "truenas"}, ErrID},
		{"bad kind", Options{Kind: "sink", Language: Go, ID: "acme.x1"}, ErrChoice},
		{"bad language", Options{Kind: "source", Language: "cobol", ID: "acme.x1"}, ErrChoice},
		{"no such beginning", Options{Kind: "ai", Language: Node, ID: "acme.x1"}, ErrChoice},
		{"folder in use", Options{Kind: "source", Language: Python, ID: "acme.x1", Dir: full}, ErrNotEmpty},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.options.Source = pulse.Source()
			if tt.options.Dir == "" {
				tt.options.Dir = filepath.Join(t.TempDir(), "new")
			}
			if _, err := Write(tt.options); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}
