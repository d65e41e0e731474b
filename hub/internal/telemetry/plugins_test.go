package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	"github.com/pulse-hub/pulse/hub/internal/telemetry"
)

func TestPluginsAreMeasured(t *testing.T) {
	measured := telemetry.New()
	measured.Plugins(func() []supervise.Status {
		return []supervise.Status{{
			ID: "acme.nas",
			Processes: []supervise.ProcessStatus{
				{Name: "acme.nas/1", Pid: 7, Sampled: time.Unix(1, 0), CPU: 0.25, MemoryBytes: 1 << 20, Restarts: 3},
				{Name: "acme.nas/2"},
			},
			Calls: []usage.MethodStats{{Method: "Source/Collect", Count: 9, Errors: 2, P50: time.Millisecond, P99: time.Second}},
		}}
	})
	w := httptest.NewRecorder()
	measured.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range []string{
		`pulse_plugin_up{plugin="acme.nas",process="acme.nas/1"} 1`,
		`pulse_plugin_up{plugin="acme.nas",process="acme.nas/2"} 0`,
		`pulse_plugin_cpu_ratio{plugin="acme.nas",process="acme.nas/1"} 0.25`,
		`pulse_plugin_memory_bytes{plugin="acme.nas",process="acme.nas/1"} 1.048576e+06`,
		`pulse_plugin_restarts_total{plugin="acme.nas",process="acme.nas/1"} 3`,
		`pulse_plugin_calls_total{method="Source/Collect",plugin="acme.nas"} 9`,
		`pulse_plugin_call_errors_total{method="Source/Collect",plugin="acme.nas"} 2`,
		`pulse_plugin_call_duration_seconds{method="Source/Collect",plugin="acme.nas",quantile="0.99"} 1`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
	if strings.Contains(w.Body.String(), `pulse_plugin_memory_bytes{plugin="acme.nas",process="acme.nas/2"}`) {
		t.Error("what was not measured is there")
	}
}
