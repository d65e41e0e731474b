package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pulse-hub/pulse/plugins/apprise"
	"github.com/pulse-hub/pulse/plugins/demo"
	"github.com/pulse-hub/pulse/plugins/email"
	"github.com/pulse-hub/pulse/plugins/mqtt"
	"github.com/pulse-hub/pulse/plugins/pbs"
	"github.com/pulse-hub/pulse/plugins/pmg"
	"github.com/pulse-hub/pulse/plugins/proxmox"
	"github.com/pulse-hub/pulse/plugins/shoutrrr"
	"github.com/pulse-hub/pulse/plugins/webhook"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// asProgram makes the test binary be the program itself.
const asProgram = "PULSE_PLUGINS_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

func TestFirstArgumentChoosesThePlugin(t *testing.T) {
	for _, id := range []string{
		apprise.ID, demo.ID, email.ID, mqtt.ID, pbs.ID, pmg.ID, proxmox.ID, shoutrrr.ID, webhook.ID,
	} {
		out, err := program(t, id, "manifest").Output()
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		m, err := manifest.Decode(out)
		if err != nil || m.ID != id {
			t.Errorf("%s: manifest of %+v, error %v", id, m, err)
		}
	}
}

func TestUnknownPluginIsRefused(t *testing.T) {
	for _, args := range [][]string{nil, {"acme.unknown"}} {
		cmd := program(t, args...)
		if out, err := cmd.Output(); err == nil || cmd.ProcessState.ExitCode() != 2 || len(out) > 0 {
			t.Errorf("arguments %q: %v, on standard output %q", args, err, out)
		}
	}
}

func TestManifestsAreWrittenWhereTheHubLooks(t *testing.T) {
	folder := t.TempDir()
	if out, err := program(t, "manifests", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(folder, demo.ID, manifest.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if m, err := manifest.Decode(data); err != nil || m.ID != demo.ID {
		t.Errorf("manifest of %+v, error %v", m, err)
	}
}
