package health

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
)

func get(t *testing.T, handler http.Handler, path string) (int, string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return recorder.Code, recorder.Body.String()
}

func TestProbes(t *testing.T) {
	tests := []struct {
		path   string
		ready  bool
		status int
		body   string
	}{
		{"/healthz", false, 200, "ok"},
		{"/readyz", false, 503, "not ready"},
		{"/readyz", true, 200, "ok"},
	}
	for _, test := range tests {
		server := New(Options{Snapshot: func() Snapshot { return Snapshot{Ready: test.ready} }, Logger: hclog.NewNullLogger()})
		if status, body := get(t, server.Handler(), test.path); status != test.status || body != test.body {
			t.Errorf("GET %s (ready %v) = %d %q, want %d %q", test.path, test.ready, status, body, test.status, test.body)
		}
	}
}

func TestMetrics(t *testing.T) {
	values := make([]uint64, len(runtimeMetrics))
	values[0] = 12
	got := string(encode(
		Info{Version: "1.2\"3\\\n", Host: true, Started: time.UnixMilli(1795411793500)},
		Snapshot{Ready: true, Collectors: []Collector{{"host", "cpu", 1500 * time.Microsecond, true}, {"host", "disks", 2 * time.Second, false}}, Sent: 3, Failed: 2, Dropped: 1, Queued: 4, SpoolBytes: 5, SpoolDropped: 6},
		values))
	var samples []string
	for line := range strings.Lines(got) {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "go_info") {
			samples = append(samples, strings.TrimSuffix(line, "\n"))
		}
	}
	want := []string{
		`pulse_agent_info{version="1.2\"3\\\n",host_enabled="true",docker_enabled="false",kubernetes_enabled="false"} 1`,
		`pulse_agent_up 1`,
		`pulse_agent_ready 1`,
		`pulse_agent_reports_sent_total 3`,
		`pulse_agent_report_failures_total 2`,
		`pulse_agent_reports_dropped_total 1`,
		`pulse_agent_reports_queued 4`,
		`pulse_agent_spool_bytes 5`,
		`pulse_agent_spool_dropped_total 6`,
		`pulse_agent_collector_duration_seconds{module="host",collector="cpu"} 0.0015`,
		`pulse_agent_collector_duration_seconds{module="host",collector="disks"} 2`,
		`pulse_agent_collector_success{module="host",collector="cpu"} 1`,
		`pulse_agent_collector_success{module="host",collector="disks"} 0`,
		`process_start_time_seconds 1.7954117935e+09`,
		`go_goroutines 12`,
	}
	if diff := cmp.Diff(want, samples[:len(want)]); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if len(samples) != len(want)+len(runtimeMetrics)-1 {
		t.Errorf("got %d samples", len(samples))
	}
}

func TestRuntimeKnowsEveryMetric(t *testing.T) {
	for i, value := range readRuntime() {
		if name := runtimeMetrics[i].name; value == 0 && !strings.Contains(name, "released") && !strings.Contains(name, "cycles") && !strings.Contains(name, "idle") {
			t.Errorf("%s (%s) = 0; does this version of Go still have it?", name, runtimeMetrics[i].source)
		}
	}
}

func TestPortInUseIsAWarning(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	var log strings.Builder
	server := New(Options{Addr: taken.Addr().String(), Logger: hclog.New(&hclog.LoggerOptions{Output: &log})})
	if err := server.Run(t.Context()); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if !strings.Contains(log.String(), "[WARN]") {
		t.Errorf("no warning in %q", log.String())
	}
}

func TestServesUntilTheContextEnds(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := New(Options{Snapshot: func() Snapshot { return Snapshot{} }, Logger: hclog.NewNullLogger()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.serve(ctx, listener) }()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listener.Addr().String()+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || !strings.Contains(string(body), "pulse_agent_up 1\n") {
		t.Errorf("GET /metrics = %q, %v", body, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("serve = %v", err)
	}
}
