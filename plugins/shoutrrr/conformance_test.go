package shoutrrr

import (
	"encoding/json"
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

// TestThePluginConforms runs the plugin as a program against a recording server.
func TestThePluginConforms(t *testing.T) {
	conformtest.Check(t, New, "notifier/shoutrrr", func() conformance.Sample {
		secrets := map[string]string{"/url": generic(serve(t, func(http.ResponseWriter, *http.Request) {}))}
		return conformance.Sample{
			Config: json.RawMessage(`{}`), Secrets: secrets,
		}
	})
}

func TestTheReadmeSaysWhatThePluginIs(t *testing.T) {
	readmetest.CheckConfig(t, New(), *update)
}

// TestTheHubHearsWhatBecomesOfAMessage runs the plugin as a hub does.
func TestTheHubHearsWhatBecomesOfAMessage(t *testing.T) {
	h := plugintest.Start(t, New())
	url := generic(serve(t, status(http.StatusTooManyRequests, "", "")))
	id := h.Configure("notifier/shoutrrr", map[string]any{}, map[string]string{"/url": url})
	if got := h.Send(id, firing()); got.Outcome != notification.OutcomeRetry || got.Status != 429 {
		t.Errorf("got %+v", got)
	}
}

func TestFaultyConfigurationsAreRefused(t *testing.T) {
	h := plugintest.Start(t, New())
	for name, url := range map[string]string{
		"no URL": "", "no scheme": "host/token", "no service": "carrier-pigeon://coop", "line break": "generic://host/\n",
		"program": "script:///bin/sh", "mail": "smtp://host", "connects by itself": "gotify://host/token",
	} {
		errs := h.TryConfigure("x", "notifier/shoutrrr", json.RawMessage(`{}`), map[string]string{"/url": url})
		if len(errs) == 0 || errs[0].Path != "/url" || strings.Contains(errs[0].Message, "token") {
			t.Errorf("%s: got %v, want an error at /url", name, errs)
		}
	}
}
