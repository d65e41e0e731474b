package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// PayloadImage is the image that [Daemon.Import] makes: its containers run "/payload wait", and other commands of the payload.
const PayloadImage = "payload:1"

// Daemon is an engine of its own for a test.
type Daemon struct {
	// Socket is where it listens.
	Socket string

	arguments []string
	process   *exec.Cmd
	log       string
}

// Docker starts a Docker engine without networks that ends with the test. It skips the test when that is not possible.
func Docker(t testing.TB) *Daemon {
	t.Helper()
	need(t, "dockerd")
	folder := shortDir(t)
	daemon := &Daemon{Socket: filepath.Join(folder, "s"), log: filepath.Join(folder, "log"), arguments: []string{
		"dockerd", "--data-root", filepath.Join(folder, "data"), "--exec-root", filepath.Join(folder, "exec"),
		"--pidfile", filepath.Join(folder, "pid"), "-H", "unix://" + filepath.Join(folder, "s"),
		"--bridge=none", "--iptables=false", "--ip6tables=false",
	}}
	t.Cleanup(func() { daemon.Stop(t) })
	daemon.Start(t)
	return daemon
}

// Podman starts the service of a Podman with storage of its own.
func Podman(t testing.TB) *Daemon {
	t.Helper()
	need(t, "podman")
	need(t, "runc")
	folder := shortDir(t)
	daemon := &Daemon{Socket: filepath.Join(folder, "s"), log: filepath.Join(folder, "log"), arguments: []string{
		"podman", "--root", filepath.Join(folder, "data"), "--runroot", filepath.Join(folder, "run"), "--cgroup-manager", "cgroupfs",
		"--runtime", "runc", // of Docker; the other one runs on fewer kernels
		"system", "service", "--time=0", "unix://" + filepath.Join(folder, "s"),
	}}
	t.Cleanup(func() { daemon.Stop(t) })
	daemon.Start(t)
	return daemon
}

// need skips a test that needs a program and root.
func need(t testing.TB, program string) {
	t.Helper()
	if testing.Short() {
		t.Skip("an engine takes seconds to start")
	}
	if _, err := exec.LookPath(program); err != nil || os.Getuid() != 0 {
		t.Skip(program, "is not installed, or this is not root")
	}
}

// shortDir returns a new directory whose path leaves room for that of a socket.
func shortDir(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "eng")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		Eventually(t, "what the engine left is removed", func() bool {
			unmount(folder) // each time: what cleans up after a container may mount once more
			return os.RemoveAll(folder) == nil
		})
	})
	return folder
}

// unmount takes away the mounts that engines leave behind when they end.
func unmount(folder string) {
	text, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return // not Linux, and no engines either
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 && strings.HasPrefix(words[1], folder+"/") {
			_ = exec.CommandContext(context.Background(), "umount", "-l", words[1]).Run() // what is left is told when the folder is removed
		}
	}
}

// Start starts the engine and waits until it answers.
func (d *Daemon) Start(t testing.TB) {
	t.Helper()
	log, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	d.process = exec.CommandContext(context.Background(), d.arguments[0], d.arguments[1:]...)
	d.process.Stdout, d.process.Stderr = log, log
	if err := d.process.Start(); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the engine answers", func() bool {
		_, err := d.call(t.Context(), http.MethodGet, "/_ping", nil)
		return err == nil
	})
}

// Stop removes the containers and ends the engine.
func (d *Daemon) Stop(t testing.TB) {
	t.Helper()
	if d.process == nil {
		return
	}
	process := d.process
	d.process = nil
	for _, id := range d.list() {
		_, _ = d.call(context.Background(), http.MethodDelete, "/containers/"+id+"?force=1", nil)
	}
	_ = process.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { _ = process.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		_ = process.Process.Kill()
		<-done
	}
	if t.Failed() {
		text, _ := os.ReadFile(d.log)
		t.Logf("log of the engine:\n%s", text[max(len(text)-4000, 0):])
	}
}

func (d *Daemon) list() (ids []string) {
	answer, err := d.call(context.Background(), http.MethodGet, "/containers/json?all=1", nil)
	if err != nil {
		return nil
	}
	var list []struct{ ID string }
	_ = json.Unmarshal(answer, &list)
	for _, each := range list {
		ids = append(ids, each.ID)
	}
	return ids
}

// Try makes a call of the API without a body.
func (d *Daemon) Try(method, path string) error {
	_, err := d.call(context.Background(), method, path, nil)
	return err
}

// Restart ends the engine, calls away, and starts it again with what it had.
func (d *Daemon) Restart(t testing.TB, away func()) {
	t.Helper()
	process := d.process
	_ = process.Process.Signal(syscall.SIGTERM)
	_ = process.Wait()
	away()
	d.Start(t)
}

// call makes a call of the API and returns the answer.
func (d *Daemon) call(ctx context.Context, method, path string, body any) ([]byte, error) {
	var reader io.Reader = http.NoBody
	kind := "application/json"
	switch body := body.(type) {
	case nil:
	case []byte:
		reader, kind = bytes.NewReader(body), "application/x-tar"
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(text)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://engine/v1.41"+path, reader)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", kind)
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", d.Socket)
	}}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %d: %s", method, path, response.StatusCode, answer)
	}
	return answer, err
}

// Call makes a call of the API and decodes the answer unless into is nil.
func (d *Daemon) Call(t testing.TB, method, path string, body, into any) {
	t.Helper()
	answer, err := d.call(t.Context(), method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatalf("%s: %v: %s", path, err, answer)
	}
}

// Import makes an image of that name and tag whose only program is the payload. The text makes the image different from
// others.
func (d *Daemon) Import(t testing.TB, repository, tag, text string) {
	t.Helper()
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for name, content := range map[string][]byte{"payload": payload(t), "text": []byte(text)} {
		header := &tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}
		if err := writer.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	query := url.Values{"fromSrc": {"-"}, "repo": {repository}, "tag": {tag}}
	var made struct{ Status string }
	d.Call(t, http.MethodPost, "/images/create?"+query.Encode(), archive.Bytes(), &made)
	query.Del("fromSrc") // Podman does not name what it imports
	d.Call(t, http.MethodPost, "/images/"+strings.TrimSpace(made.Status)+"/tag?"+query.Encode(), nil, nil)
}

// payload builds the program.
func payload(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "payload")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-o", path, "github.com/pulse-hub/pulse/agent/internal/docker/enginetest/payload")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build payload: %v\n%s", err, output)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Run makes a container of that name and starts it. The configuration is what the API takes beyond the image, which is
// [PayloadImage] unless it says otherwise.
func (d *Daemon) Run(t testing.TB, name string, configuration map[string]any) (id string) {
	t.Helper()
	body := map[string]any{"Image": PayloadImage, "Cmd": []string{"/payload", "wait"}, "HostConfig": map[string]any{"NetworkMode": "none"}}
	for member, value := range configuration {
		body[member] = value
	}
	var created struct{ ID string }
	d.Call(t, http.MethodPost, "/containers/create?name="+name, body, &created)
	d.Call(t, http.MethodPost, "/containers/"+created.ID+"/start", nil, nil)
	return created.ID
}

// Eventually waits until a condition of another process holds.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("in a minute it did not come about that %s", what)
		}
	}
}
