package webhook

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/notification"
)

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Minute: "0s", 0: "0s", 45 * time.Second: "45s", 5*time.Minute + 59*time.Second: "5m", 2*time.Hour + 5*time.Minute: "2h 5m",
		23*time.Hour + 59*time.Minute: "23h 59m", 76*time.Hour + 30*time.Minute: "3d 4h",
	} {
		if got := durationText(d); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}

func TestLinks(t *testing.T) {
	for _, tt := range []struct {
		texts []string
		want  string
	}{
		{[]string{"http://pulse.example.lan:7655"}, "http://pulse.example.lan:7655"},
		{[]string{"", "linux", "https://10.0.0.1/x"}, "https://10.0.0.1/x"},
		{[]string{"http://[fd00::1]:7655/a(b)[c] d_e"}, "http://[fd00::1]:7655/a%28b%29%5Bc%5D%20d%5Fe"},
		{[]string{`http://a"b/`, "javascript:alert(1)", "ftp://h/"}, ""},
		{[]string{"http://h/" + strings.Repeat("x", maxURL), "http://short"}, "http://short"},
	} {
		if got := firstURL(tt.texts...); got != tt.want {
			t.Errorf("%.60q: got %q, want %q", tt.texts, got, tt.want)
		}
	}
}

func TestALongGroupIsCounted(t *testing.T) {
	var many []notification.Alert
	for range 1000 {
		many = append(many, cpuAlert("g1", 85))
	}
	c := open(t, configFor(serviceNtfy, "http://127.0.0.1"))
	d := newData(firing(many...), c.settings, told)
	if lines := strings.Count(d.Message, "\n• "); lines != maxListed || !strings.Contains(d.Message, "All 1000 alerts:") ||
		!strings.HasSuffix(d.Message, "… and 975 more") {
		t.Errorf("got %d lines:\n%s", lines, d.Message)
	}
}

func TestTheLevelOfAGroupIsItsHighest(t *testing.T) {
	c := open(t, configFor(serviceSlack, "http://127.0.0.1"))
	if got := newData(messages()["grouped"], c.settings, told).Level; got != "critical" {
		t.Errorf("got %q", got)
	}
}

// TestSendSaysTheSame compares Send with Deliver.
func TestSendSaysTheSame(t *testing.T) {
	for status, want := range map[int]*fault.Error{
		200: nil, 404: {Code: fault.CodeRejected}, 429: {Code: fault.CodeRateLimited, Transient: true, RetryAfter: 9 * time.Second},
	} {
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "9")
			w.WriteHeader(status)
		})
		err := open(t, configFor(serviceSlack, r.URL)).Send(t.Context(), firing(cpuAlert("g1", 85)))
		if want == nil {
			if err != nil {
				t.Errorf("%d: %v", status, err)
			}
			continue
		}
		got, ok := errors.AsType[*fault.Error](err)
		if !ok || got.Code != want.Code || got.Transient != want.Transient || got.RetryAfter != want.RetryAfter {
			t.Errorf("%d: got %+v", status, got)
		}
	}
}
