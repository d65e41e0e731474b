package confine

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

const repository = "../../../.."

func build(t *testing.T, output, folder string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "build", "-o", output, "./"+folder)
	command.Dir, command.Env = repository, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestUndeclaredNeedsAreFound tests a plugin that declares what it needs, and
// the same one with a manifest that does not.
func TestUndeclaredNeedsAreFound(t *testing.T) {
	if lacks := sandbox.Probe().Lacks(launcher.Confined); len(lacks) > 0 {
		t.Skip("there is no sandbox here: ", lacks)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	folder := t.TempDir()
	build(t, filepath.Join(folder, "pulse-plugins"), "plugins/cmd/pulse-plugins")
	build(t, filepath.Join(folder, "hello"), "plugins/examples/hello-source")
	declared, err := exec.CommandContext(t.Context(), filepath.Join(folder, "hello"), "manifest").Output()
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(declared, &members); err != nil {
		t.Fatal(err)
	}
	delete(members, "needs")
	undeclared, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]string{"address": listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		manifest []byte
		want     conformance.Outcome
	}{"declared": {declared, conformance.Passed}, "undeclared": {undeclared, conformance.Failed}} {
		path := filepath.Join(folder, name+".json")
		if err := os.WriteFile(path, tt.manifest, 0o600); err != nil {
			t.Fatal(err)
		}
		report := conformance.Run(t.Context(), conformance.Options{
			Command: []string{filepath.Join(folder, "hello")}, ManifestPath: path, Checks: []string{"needs-declared"},
			Samples: map[string]conformance.Sample{"source/tcp": {Config: config}},
			Confine: With(filepath.Join(folder, "pulse")),
		})
		if got := report.Results[0]; got.Outcome != tt.want {
			t.Errorf("%s: %s: %s", name, got.Outcome, got.Reason)
		}
	}
}

func TestNoLauncherNoSandbox(t *testing.T) {
	if With(filepath.Join(t.TempDir(), "pulse")) != nil {
		t.Error("there is a sandbox without a launcher")
	}
}
