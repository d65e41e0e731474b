package apprise

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/plugins/internal/conformtest"
	"github.com/pulse-hub/pulse/plugins/internal/readmetest"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/plugintest"
)

func TestMain(m *testing.M) { conformtest.Main(m, New) }

// TestThePluginConforms runs the plugin as a program against recording servers.
func TestThePluginConforms(t *testing.T) {
	conformtest.Check(t, New, "notifier/apprise", func() conformance.Sample {
		keeper := func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-API-KEY") != testKey {
				w.WriteHeader(http.StatusForbidden)
			}
		}
		sample := func() json.RawMessage { return settings(t, record(t, keeper).URL) }
		return conformance.Sample{
			Config: sample(), Variants: []json.RawMessage{sample()}, Secrets: map[string]string{"/apiKey": testKey, "/targets": "json://hook/with-a-token"},
		}
	})
}

const testKey = "a long enough key"

// settings is the configuration for a server, as a hub keeps it.
func settings(t *testing.T, url string) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(map[string]any{"mode": "http", "serverUrl": url})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheReadmeSaysWhatThePluginIs(t *testing.T) {
	readmetest.CheckConfig(t, New(), *update)
}

// TestTheHubHearsWhatBecomesOfAMessage runs the plugin as a hub does.
func TestTheHubHearsWhatBecomesOfAMessage(t *testing.T) {
	r := record(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	h := plugintest.Start(t, New())
	id := h.Configure("notifier/apprise", settings(t, r.URL), nil)
	if got := h.Send(id, message(notification.PhaseFiring, cpu())); got.Outcome != notification.OutcomeRetry || got.Status != 429 {
		t.Errorf("got %+v", got)
	}
	id = h.Configure("notifier/apprise", settings(t, "http://169.254.169.254"), nil)
	if got := h.Send(id, message(notification.PhaseTest)); got.Outcome != notification.OutcomeRejected || got.Status != 0 {
		t.Errorf("metadata service: got %+v", got)
	}
}

func TestFaultyConfigurationsAreRefused(t *testing.T) {
	h := plugintest.Start(t, New())
	for _, tt := range []struct{ name, config, targets, path string }{
		{"program without targets", `{}`, "", "/targets"},
		{"target with a control character", `{}`, "json://a\x00b", "/targets"},
		{"too many targets", `{}`, targets(maxTargets + 1), "/targets"},
		{"no server", `{"mode":"http"}`, "", "/serverUrl"},
		{"another scheme", `{"mode":"http","serverUrl":"ftp://host"}`, "", "/serverUrl"},
		{"login in the URL", `{"mode":"http","serverUrl":"http://a:b@host"}`, "", "/serverUrl"},
		{"no header", `{"mode":"http","serverUrl":"http://host","apiKeyHeader":"a b"}`, "", "/apiKeyHeader"},
		{"no such way", `{"mode":"smoke"}`, "", "/mode"},
		{"no time", `{"timeoutSeconds":1}`, "", "/timeoutSeconds"},
	} {
		errs := h.TryConfigure("x", "notifier/apprise", json.RawMessage(tt.config), map[string]string{"/targets": tt.targets})
		if len(errs) == 0 || errs[0].Path != tt.path {
			t.Errorf("%s: got %v, want an error at %s", tt.name, errs, tt.path)
		}
	}
}

// targets makes up targets.
func targets(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "json://host/%d\n", i)
	}
	return b.String()
}
