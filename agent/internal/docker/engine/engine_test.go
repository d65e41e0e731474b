package engine_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/enginetest"
)

func TestEndpoints(t *testing.T) {
	files := map[string][]string{
		"/var/run/docker.sock":               {"/var/run/docker.sock"},
		"/run/user/*/docker.sock":            {"/run/user/1000/docker.sock", "/run/user/1001/docker.sock"},
		"/run/user/1000/docker.sock":         {"/run/user/1000/docker.sock"},
		"/run/podman/podman.sock":            {"/run/podman/podman.sock"},
		"/run/user/*/podman/podman.sock":     {"/run/user/1000/podman/podman.sock"},
		"/home/bob/.docker/run/docker.sock":  {},
		"/run/user/1000/podman/podman.sock":  {"/run/user/1000/podman/podman.sock"},
		"/somewhere/else/podman/podman.sock": {},
	}
	unix := func(paths ...string) (list []engine.Endpoint) {
		for _, path := range paths {
			list = append(list, engine.Endpoint{Address: "unix://" + path})
		}
		return list
	}
	tests := []struct {
		name, runtime string
		environment   map[string]string
		want          []engine.Endpoint
	}{
		{"what exists", "auto", nil, unix("/var/run/docker.sock", "/run/user/1000/docker.sock", "/run/user/1001/docker.sock", "/run/podman/podman.sock", "/run/user/1000/podman/podman.sock")},
		{"one's own first", "docker", map[string]string{"XDG_RUNTIME_DIR": "/run/user/1000"}, unix("/var/run/docker.sock", "/run/user/1000/docker.sock", "/run/user/1001/docker.sock")},
		{"podman only", "podman", map[string]string{"DOCKER_HOST": "unix:///d"}, unix("/run/podman/podman.sock", "/run/user/1000/podman/podman.sock")},
		{"named", "auto", map[string]string{"DOCKER_HOST": "unix:///d", "PODMAN_HOST": "unix:///p"}, unix("/d", "/p")},
		{"named for podman", "podman", map[string]string{"CONTAINER_HOST": "unix:///c"}, unix("/c")},
		{"encrypted", "auto", map[string]string{"DOCKER_HOST": "tcp://h:2376", "DOCKER_CERT_PATH": "/certs"}, []engine.Endpoint{{Address: "tcp://h:2376", CertPath: "/certs"}}},
		{"encrypted, usual folder", "auto", map[string]string{"DOCKER_HOST": "tcp://h:2376", "DOCKER_TLS_VERIFY": "1", "HOME": "/home/bob"}, []engine.Endpoint{{Address: "tcp://h:2376", CertPath: "/home/bob/.docker"}}},
		{"plain", "auto", map[string]string{"DOCKER_HOST": "tcp://h:2375"}, []engine.Endpoint{{Address: "tcp://h:2375"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := engine.Endpoints(test.runtime, engine.System{
				Getenv: func(name string) string { return test.environment[name] },
				Glob:   func(pattern string) ([]string, error) { return files[pattern], nil },
			})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("endpoints (-want +got):\n%s", diff)
			}
		})
	}
}

func dial(t *testing.T, fake *enginetest.Fake) (*engine.Client, error) {
	t.Helper()
	client, err := engine.Dial(t.Context(), engine.Endpoint{Address: "unix://" + fake.Socket})
	if err == nil {
		t.Cleanup(client.Close)
	}
	return client, err
}

func TestVersionIsNegotiated(t *testing.T) {
	tests := []struct {
		said, used string
		err        error
	}{
		{"1.41", "/v1.41/info", nil}, {"1.99", "/v1.47/info", nil}, {"", "/v1.24/info", nil}, {"1.12", "", engine.ErrTooOld}, {"1.x", "", engine.ErrTooOld},
	}
	for _, test := range tests {
		t.Run(test.said, func(t *testing.T) {
			fake := enginetest.NewFake(t)
			fake.Header.Set("Api-Version", test.said)
			last := ""
			fake.Fault = func(request *http.Request) int { last = request.URL.Path; return 0 }
			client, err := dial(t, fake)
			if !errors.Is(err, test.err) {
				t.Fatalf("Dial = %v", err)
			}
			if err != nil {
				return
			}
			if _, err := client.Info(t.Context()); err != nil || last != test.used {
				t.Errorf("Info = %v, asked %s, want %s", err, last, test.used)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	fake := enginetest.NewFake(t)
	client, err := dial(t, fake)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Container(t.Context(), "none"); !engine.Missing(err) || err.Error() != "no such container" {
		t.Errorf("Container = %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Info(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Info after the end = %v", err)
	}
	fake.Close()
	if _, err := client.Info(t.Context()); !errors.Is(err, engine.ErrUnreachable) {
		t.Errorf("Info without the engine = %v", err)
	}
	for _, address := range []string{"ssh://host", "npipe://x", "fd://"} {
		if _, err := engine.Dial(t.Context(), engine.Endpoint{Address: address}); err == nil {
			t.Errorf("Dial(%s) worked", address)
		}
	}
}

func TestHungEngineTimesOut(t *testing.T) {
	fake := enginetest.NewFake(t)
	fake.Fault = func(request *http.Request) int { <-request.Context().Done(); return http.StatusTeapot }
	began := time.Now()
	if _, err := dial(t, fake); !errors.Is(err, engine.ErrTimeout) {
		t.Errorf("Dial = %v", err)
	}
	if took := time.Since(began); took > 2*engine.CallTimeout {
		t.Errorf("it took %s", took)
	}
}

func TestEncryptedEndpoint(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Api-Version", "1.41")
	}))
	t.Cleanup(server.Close)
	endpoint := engine.Endpoint{Address: "tcp://" + server.Listener.Addr().String(), CertPath: t.TempDir()}
	if _, err := engine.Dial(t.Context(), endpoint); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Dial without certificates = %v", err)
	}
	certificate := server.TLS.Certificates[0]
	for name, block := range map[string]*pem.Block{
		"ca.pem":   {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]},
		"cert.pem": {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: privateKey(t, certificate.PrivateKey)},
	} {
		if err := os.WriteFile(filepath.Join(endpoint.CertPath, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	client, err := engine.Dial(t.Context(), endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if client.Local() {
		t.Error("an engine elsewhere is taken for one of this machine")
	}
}

func privateKey(t *testing.T, key any) []byte {
	t.Helper()
	text, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPullSaysWhatWentWrong(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if strings.HasSuffix(request.URL.Path, "/create") {
			if request.Header.Get("X-Registry-Auth") == "" {
				t.Error("credentials are not sent")
			}
			_, _ = writer.Write([]byte(`{"status":"Pulling"}` + "\n" + `{"error":"denied","errorDetail":{"message":"denied"}}`))
		}
	}))
	t.Cleanup(server.Close)
	client, err := engine.Dial(t.Context(), engine.Endpoint{Address: strings.Replace(server.URL, "http", "tcp", 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Pull(t.Context(), "a:1", engine.Credentials{Username: "bob"}); err == nil || !strings.Contains(err.Error(), "denied") {
		t.Errorf("Pull = %v", err)
	}
}

// FuzzAnswers decodes what an engine may say into what is asked for.
func FuzzAnswers(f *testing.F) {
	f.Add(`[{"Id":"a","Names":["/x"],"Created":1767225600,"Ports":[{}],"Labels":{}}]`)
	f.Add(`{"Id":"a","State":{"StartedAt":"0001-01-01T00:00:00Z","Health":{"Log":[{"End":"2026-01-01T00:00:00Z"}]}}}`)
	f.Add(`{"read":"2026-01-01T00:00:00Z","blkio_stats":{"io_service_bytes_recursive":[{"op":"read","value":1}]}}`)
	f.Add(`[{"Created":"2026-01-01T00:00:00Z"}]`)
	f.Fuzz(func(_ *testing.T, text string) {
		for _, into := range []any{
			&[]engine.Summary{}, &engine.Container{}, &engine.Stats{}, &engine.Info{}, &engine.Image{}, &[]engine.Task{}, &[]engine.Service{}, &[]engine.Node{},
		} {
			_ = json.Unmarshal([]byte(text), into) // whatever comes of it, it does not panic
		}
	})
}
