package app_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/app"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

// ask sends a GET as an administrator and returns status and body.
func ask(t *testing.T, address string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestHubAnswersPrometheusClients(t *testing.T) {
	h := start(t, t.TempDir())
	for path, want := range map[string]string{
		"/api/v1/status/buildinfo":    `"status":"success"`,
		"/api/v1/query?query=1%2B1":   `"resultType":"scalar"`,
		"/api/v1/query?query=sum(":    `"errorType":"bad_data"`,
		"/api/v1/label/kind/values":   `"data":[]`,
		"/metrics":                    "\ngo_goroutines ",
		"/api/metrics-store/history?": "resourceType",
	} {
		// Until the recent past is read back, queries are turned away.
		deadline := time.After(30 * time.Second)
		status, body := ask(t, h.url+path)
		for status == http.StatusServiceUnavailable {
			select {
			case <-deadline:
				t.Fatalf("%s: still %s", path, body)
			default:
			}
			status, body = ask(t, h.url+path)
		}
		if !strings.Contains(body, want) {
			t.Errorf("%s: %d %s lacks %s", path, status, body, want)
		}
	}
}

func TestATakenMetricsPortIsNoEnd(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	settings, err := config.Load(config.Source{
		Args: []string{
			"--data-dir", t.TempDir(), "--bind-address", "127.0.0.1", "--port", "0", "--metrics-address", taken.Addr().String(),
		},
		Environ: []string{"API_TOKENS=" + token}, Output: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	one := app.New(settings, app.Build{Version: "5.1.0"}, hclog.NewNullLogger())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- one.Run(ctx) }()
	select {
	case <-one.Ready():
	case <-time.After(30 * time.Second):
		t.Error("hub is not ready")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
