// Package roadtest drives the agent and the hub as their users have them, each
// in a process of its own: real container engines are reported, processes are
// killed, and the API is asked what has come of it.
package roadtest

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// The programs under test.
const (
	hubProgram   = "pulse"
	agentProgram = "pulse-agent"
)

// folder is where the programs are, once a test needs them.
var folder string

// programs builds the programs once, as releases have them.
var programs = sync.OnceValue(build)

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "16") // they wait most of the time
	code := m.Run()
	if folder != "" {
		_ = os.RemoveAll(folder) // it is in the folder for temporary files
	}
	os.Exit(code)
}

func build() (err error) {
	if folder, err = os.MkdirTemp("", "pulse-agent-road"); err != nil {
		return err
	}
	for program, source := range map[string]string{
		hubProgram:   "github.com/pulse-hub/pulse/hub/cmd/pulse",
		agentProgram: "github.com/pulse-hub/pulse/agent/cmd/pulse-agent",
	} {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=5.1.0", "-o", filepath.Join(folder, program), source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w: %s", program, err, output)
		}
	}
	return nil
}

// program returns the path of one of the programs.
func program(t testing.TB, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and starts programs")
	}
	if err := programs(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, name)
}
