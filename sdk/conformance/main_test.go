package conformance_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pulse-hub/pulse/sdk/launcher"
)

// binaries is the folder that TestMain builds the plugins of this repository
// into, by their paths: the sdk imports no plugin.
var binaries string

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == asPlugin {
		servePlanted(os.Args[2])
		os.Exit(0)
	}
	if len(os.Args) == 2 && os.Args[1] == launcher.Argument {
		os.Exit(launcher.Main())
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "conformance")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	binaries = folder
	for _, path := range []string{"examples/hello-source", "examples/hello-notifier", "examples/hello-ai", "demo/cmd"} {
		build := exec.Command("go", "build", "-o", filepath.Join(folder, filepath.Base(path)), "./../../plugins/"+path)
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n", path, err)
			return 1
		}
	}
	return m.Run()
}
