// Package remotetest runs real Prometheus and VictoriaMetrics servers for tests. Where the program is not installed, the
// test is skipped. On Debian: apt-get install prometheus victoria-metrics.
package remotetest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// startTimeout is how long a server may take until it answers.
const startTimeout = 60 * time.Second

// Prometheus starts a server with an empty store that takes remote writes, late samples of a day included, and returns
// its address without a slash at the end. It ends with the test.
func Prometheus(t testing.TB) string {
	t.Helper()
	program, dir := find(t, "prometheus"), t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	const content = "global: {}\nstorage:\n  tsdb:\n    out_of_order_time_window: 1d\n"
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	run(t, exec.CommandContext(t.Context(), program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--web.enable-remote-write-receiver", "--log.level=warn"))
	return await(t, "http://"+address, "/-/ready")
}

// VictoriaMetrics starts a server with an empty store and returns its address without a slash at the end. It ends with
// the test.
func VictoriaMetrics(t testing.TB) string {
	t.Helper()
	program, address := find(t, "victoria-metrics"), freeAddress(t)
	run(t, exec.CommandContext(t.Context(), program, "-storageDataPath="+filepath.Join(t.TempDir(), "data"), "-httpListenAddr="+address,
		"-search.latencyOffset=0s", "-search.disableCache", "-memory.allowedBytes=128MB", "-loggerLevel=ERROR"))
	return await(t, "http://"+address, "/health")
}

// Promtool returns the path of promtool.
func Promtool(t testing.TB) string {
	t.Helper()
	return find(t, "promtool")
}

// Until waits until a condition holds, and fails the test when that takes too long.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(startTimeout)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("waited %v in vain until %s", startTimeout, what)
		}
	}
}

func find(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// run runs a server until the test ends, and shows what it said when the test has failed.
func run(t testing.TB, server *exec.Cmd) {
	t.Helper()
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill() // it has nothing to keep
		_ = server.Wait()         // it was killed, so it can only fail
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(server.Path), said.Bytes())
		}
	})
}

func await(t testing.TB, address, path string) string {
	t.Helper()
	Until(t, fmt.Sprintf("%s answers", path), func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return address
}
