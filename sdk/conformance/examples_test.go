package conformance_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

// run fails the test if a check failed, and if one that is named did not pass.
func run(t *testing.T, options conformance.Options, mustPass ...string) conformance.Report {
	t.Helper()
	options.Confine = sandbox()
	report := conformance.Run(t.Context(), options)
	if err := report.WriteTAP(t.Output()); err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Results {
		if result.Outcome == conformance.Failed {
			t.Errorf("%s: %s", result.ID, result.Reason)
		}
	}
	for _, id := range mustPass {
		if result := find(t, report, id); seen(id) && result.Outcome != conformance.Passed {
			t.Errorf("%s: got %s (%s), want it to pass", id, result.Outcome, result.Reason)
		}
	}
	return report
}

// seen tells whether a check is made on this system.
func seen(id string) bool {
	linuxOnly := id == "nothing-leaks" || id == "parent-gone" || id == "needs-declared"
	return !linuxOnly || runtime.GOOS == "linux" && (id != "needs-declared" || launcher.LandlockABI() >= 6)
}

func find(t *testing.T, report conformance.Report, id string) conformance.Result {
	t.Helper()
	for _, result := range report.Results {
		if result.ID == id {
			return result
		}
	}
	t.Fatalf("there is no check %q", id)
	return conformance.Result{}
}

// manifestOf writes the plugin.json that a Go plugin prints.
func manifestOf(t *testing.T, binary string) string {
	t.Helper()
	output, err := exec.Command(binary, "manifest").Output()
	if err != nil {
		t.Fatalf("print manifest: %v", err)
	}
	return writeFile(t, "plugin.json", output)
}

func writeFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// listeners returns configurations of the TCP probes: addresses that answer.
func listeners(t *testing.T) []json.RawMessage {
	t.Helper()
	var configs []json.RawMessage
	for range 3 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		configs = append(configs, json.RawMessage(fmt.Sprintf(`{"address":%q}`, listener.Addr())))
	}
	return configs
}

func TestHelloSourceConforms(t *testing.T) {
	t.Parallel()
	configs := listeners(t)
	binary := filepath.Join(binaries, "hello-source")
	run(t, conformance.Options{
		Command: []string{binary}, ManifestPath: manifestOf(t, binary),
		Samples: map[string]conformance.Sample{"source/tcp": {Config: configs[0], Variants: configs[1:]}},
	}, "required-missing", "instances-isolated", "collect-ids", "collect-chunks", "cancel", "deadline", "remove-frees", "stdin-eof",
		"parent-gone", "hostile-request", "needs-declared")
}

func TestHelloNotifierConforms(t *testing.T) {
	t.Parallel()
	const token = "tk_conformance_1"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(server.Close)
	binary := filepath.Join(binaries, "hello-notifier")
	run(t, conformance.Options{
		Command: []string{binary}, ManifestPath: manifestOf(t, binary),
		Samples: map[string]conformance.Sample{"notifier/ntfy": {
			Config:  json.RawMessage(fmt.Sprintf(`{"url":%q}`, server.URL)),
			Secrets: map[string]string{"/token": token},
		}},
	}, "required-missing", "cancel", "secrets-kept", "unknown-instance", "hostile-request", "needs-declared")
}

func TestHelloAIConforms(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(binaries, "hello-ai")
	run(t, conformance.Options{Command: []string{binary}, ManifestPath: manifestOf(t, binary)},
		"unknown-instance", "instances-isolated", "hostile-config", "hostile-request", "needs-declared", "nothing-leaks")
}

func TestDemoConforms(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(binaries, "cmd")
	run(t, conformance.Options{
		Command: []string{binary}, ManifestPath: manifestOf(t, binary), Level: conformance.LevelQuick,
	}, "instances-isolated", "collect-ids", "collect-parents", "collect-values", "collect-chunks", "hostile-request", "needs-declared")
}

func TestWhatCannotBeRun(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "plugin.json", []byte(`{"manifest":1}`))
	for name, options := range map[string]conformance.Options{
		"no command":  {ManifestPath: path},
		"no program":  {Command: []string{"/no/such/program"}, ManifestPath: path},
		"no manifest": {Command: []string{"/bin/false"}},
	} {
		report := conformance.Run(t.Context(), options)
		if report.Conforms || find(t, report, "manifest-valid").Outcome != conformance.Failed {
			t.Errorf("%s: got %+v", name, report)
		}
		if got := find(t, report, "handshake"); got.Outcome != conformance.Failed || got.Reason == "" {
			t.Errorf("%s: got %+v", name, got)
		}
		if got := find(t, report, "shutdown"); got.Outcome != conformance.NotApplicable || !strings.Contains(got.Reason, "does not start") {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
