//go:build linux

package app_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/app"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

// local calls the hub of a folder over its socket.
func local(t *testing.T, dir, path string) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, "pulse.sock"))
		},
	}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://pulse"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestAdminSocketNeedsNoTokenAndIsForTheHubsUserOnly(t *testing.T) {
	dir := shortDir(t)
	h := start(t, dir)
	if status, body := local(t, dir, "/api/plugins"); status != http.StatusOK || !strings.Contains(body, `"plugins":[`) {
		t.Errorf("answer is %d %s", status, body)
	}
	info, err := os.Stat(filepath.Join(dir, "pulse.sock"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket is %v, %v", info, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".s-") {
			t.Errorf("%s is left", entry.Name())
		}
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pulse.sock")); !os.IsNotExist(err) {
		t.Errorf("after the end the socket is there: %v", err)
	}
}

func TestSocketOfAKilledHubIsReplaced(t *testing.T) {
	dir := shortDir(t)
	// What a killed process leaves is a socket that nobody listens on.
	address := &net.UnixAddr{Name: filepath.Join(dir, "pulse.sock"), Net: "unix"}
	listener, err := net.ListenUnix("unix", address)
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	listener.Close()
	start(t, dir)
	if status, body := local(t, dir, "/api/plugins"); status != http.StatusOK {
		t.Errorf("answer is %d %s", status, body)
	}
}

func TestWhatIsNoSocketIsNotReplaced(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, "pulse.sock")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := config.Load(config.Source{
		Args: []string{"--data-dir", dir, "--bind-address", "127.0.0.1", "--port", "0", "--metrics-address", "off"}, Output: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err = app.New(settings, app.Build{}, hclog.NewNullLogger()).Run(ctx)
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v", err)
	}
	if kept, err := os.ReadFile(path); err != nil || string(kept) != "precious" {
		t.Errorf("the file is %q, %v", kept, err)
	}
}
