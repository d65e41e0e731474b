package sdk_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// asPrograms makes the test binary a program with two plugins.
const asPrograms = "SDK_TEST_AS_PROGRAMS"

func TestMain(m *testing.M) {
	if os.Getenv(asPrograms) != "" {
		sdk.MainOf(map[string]func() *sdk.Plugin{
			"acme.machines": func() *sdk.Plugin { return machinesPlugin(&closeCount{}) },
			"acme.broken":   func() *sdk.Plugin { panic("a plugin nobody asked for was made") },
		})
	}
	os.Exit(m.Run())
}

func TestMainOf(t *testing.T) {
	run := func(args ...string) (string, error) {
		command := exec.Command(os.Args[0], args...)
		command.Env = append(os.Environ(), asPrograms+"=1")
		output, err := command.CombinedOutput()
		return string(output), err
	}
	output, err := run("acme.machines", "manifest")
	if err != nil {
		t.Fatalf("manifest: %v\n%s", err, output)
	}
	if m, err := manifest.Decode([]byte(output)); err != nil || m.ID != "acme.machines" {
		t.Errorf("manifest: got %v, %v", m, err)
	}
	for _, args := range [][]string{nil, {"acme.none"}} {
		output, err := run(args...)
		if err == nil || !strings.Contains(output, "acme.broken") || !strings.Contains(output, "acme.machines") {
			t.Errorf("%v: got %v\n%s", args, err, output)
		}
	}
	if output, err := run(launcher.Argument); err == nil || !strings.Contains(output, "hub starts") {
		t.Errorf("launcher by hand: got %v\n%s", err, output)
	}
	if output, err := run("acme.machines"); err == nil || !strings.Contains(output, "pulse plugin install") {
		t.Errorf("by hand: got %v\n%s", err, output)
	}
}

func TestManifestTellsWhatToMend(t *testing.T) {
	type unfit struct{ Callback func() }
	factory := func(unfit) (post, error) { return post{}, nil }
	if _, err := sdk.Notifier(sdk.New("acme.x1", "1.0.0"), "x", "X", factory).Manifest(); err == nil ||
		!strings.Contains(err.Error(), "notifier/x") || !strings.Contains(err.Error(), "Callback") {
		t.Errorf("configuration that fits no form: got %v", err)
	}
	if _, err := sdk.New("acme.x1", "1.0.0").Manifest(); err == nil {
		t.Error("a plugin without components has a manifest")
	}
	good := func(p post) (post, error) { return p, nil }
	if _, err := sdk.Notifier(sdk.New("X", "1.0.0"), "x", "X", good).Manifest(); err == nil {
		t.Error("a malformed id is accepted")
	}
}
