package conformance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pulse-hub/pulse/sdk/conformance"
)

// packaged returns a folder with an example in another language as it is
// packaged: with a copy of the protocol, and nothing outside that it needs.
func packaged(t *testing.T, name, protocol, as string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), name)
	for from, to := range map[string]string{
		filepath.Join("..", "..", "plugins", "examples", name): folder,
		filepath.Join("..", "..", "proto", protocol):           filepath.Join(folder, as),
	} {
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// probeConforms runs all checks on a TCP probe in another language.
func probeConforms(t *testing.T, folder string, command, env []string) {
	t.Helper()
	configs := listeners(t)
	run(t, conformance.Options{
		Command: command, Env: env, ManifestPath: filepath.Join(folder, "plugin.json"),
		Samples: map[string]conformance.Sample{"source/tcp": {Config: configs[0], Variants: configs[1:]}},
	}, "handshake", "manifest-describe", "health-service", "required-missing", "instances-isolated", "collect-chunks",
		"cancel", "deadline", "stdin-eof", "shutdown",
		"hostile-request", "parent-gone", "needs-declared")
}

func TestNodeHelloConforms(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat("../../plugins/examples/node-hello/node_modules/@grpc/grpc-js"); err != nil {
		t.Skip("its modules are not installed: run npm ci in plugins/examples/node-hello")
	}
	folder := packaged(t, "node-hello", "pulse", "proto/pulse")
	probeConforms(t, folder, []string{node, filepath.Join(folder, "plugin.js")}, nil)
}

// pythonPath names variables by which Python and its libraries can lie elsewhere.
func pythonPath() []string {
	var env []string
	for _, name := range []string{"PYTHONPATH", "LD_LIBRARY_PATH"} {
		if value := os.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func TestPythonHelloConforms(t *testing.T) {
	t.Parallel()
	python := "/usr/bin/python3" // the one that distributions install their modules for
	if err := exec.Command(python, "-c", "import grpc, google.protobuf, cryptography").Run(); err != nil {
		t.Skip("its modules are not installed: apt-get install python3-grpcio python3-protobuf python3-cryptography")
	}
	folder := packaged(t, "python-hello", "testdata", "")
	probeConforms(t, folder, []string{python, "-B", filepath.Join(folder, "plugin.py")}, pythonPath())
}
