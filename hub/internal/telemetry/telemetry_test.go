package telemetry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHandlerTellsWhatWasMeasured(t *testing.T) {
	measured := New()
	measured.Answered("/api/state", "GET", 200, 3*time.Millisecond)
	measured.Answered("/api/state", "BREW", 418, time.Millisecond)
	measured.Gauge("pulse_pages", "Pages connected.", func() float64 { return 7 })
	answer := httptest.NewRecorder()
	measured.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`pulse_http_requests_total{method="GET",route="/api/state",status="200"} 1`,
		`pulse_http_request_errors_total{method="other",route="/api/state",status_class="4xx"} 1`,
		`pulse_http_request_duration_seconds_count{method="GET",route="/api/state"} 1`,
		"pulse_pages 7", "go_goroutines",
	} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}
