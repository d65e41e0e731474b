package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/internal/conformtest"
	"github.com/pulse-hub/pulse/plugins/internal/goldentest"
	"github.com/pulse-hub/pulse/plugins/internal/notifytest"
	"github.com/pulse-hub/pulse/plugins/internal/readmetest"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/plugintest"
)

const component = "notifier/webhook"

func TestFaultyConfigurationsAreRefused(t *testing.T) {
	h := plugintest.Start(t, New())
	type secrets = map[string]string
	const ok = "https://hooks.example.com/x"
	for _, tt := range []struct {
		name, config string
		secrets      secrets
		path         string
	}{
		{"no url", `{}`, nil, "/url"},
		{"no scheme", `{}`, secrets{"/url": "hooks.example.com/x"}, "/url"},
		{"another scheme", `{}`, secrets{"/url": "ftp://hooks.example.com/x"}, "/url"},
		{"no host", `{}`, secrets{"/url": "https:///x"}, "/url"},
		{"template in the host", `{}`, secrets{"/url": "https://{{.Node}}.example.com/x"}, "/url"},
		{"template that is none", `{}`, secrets{"/url": "https://hooks.example.com/{{.Node"}, "/url"},
		{"this machine", `{}`, secrets{"/url": "http://localhost:7655/"}, "/url"},
		{"private", `{}`, secrets{"/url": "http://10.0.0.1/"}, "/url"},
		{"private, another allowed", `{"allowedPrivateNetworks":"192.168.0.0/16"}`, secrets{"/url": "http://10.0.0.1/"}, "/url"},
		{"no network", `{"allowedPrivateNetworks":"10.0.0.0/33"}`, secrets{"/url": ok}, "/allowedPrivateNetworks"},
		{"unknown service", `{"service":"fax"}`, secrets{"/url": ok}, "/service"},
		{"unknown method", `{"method":"BREW"}`, secrets{"/url": ok}, "/method"},
		{"timeout too long", `{"timeoutSeconds":3600}`, secrets{"/url": ok}, "/timeoutSeconds"},
		{"template", `{"template":"{{.Node"}`, secrets{"/url": ok}, "/template"},
		{"headers are a list", `{}`, secrets{"/url": ok, "/headers": `["a"]`}, "/headers"},
		{"headers are null", `{}`, secrets{"/url": ok, "/headers": `null`}, "/headers"},
		{"header with a line break", `{}`, secrets{"/url": ok, "/headers": `{"X":"a\r\nY: b"}`}, "/headers"},
		{"header with a bad name", `{}`, secrets{"/url": ok, "/headers": `{"X Y":"a"}`}, "/headers"},
		{"fields with numbers", `{}`, secrets{"/url": ok, "/customFields": `{"a":1}`}, "/customFields"},
		{"no chat", `{"service":"telegram"}`, secrets{"/url": "https://api.telegram.org/bot1:a/sendMessage"}, "/url"},
		{"chat by name", `{"service":"telegram"}`, secrets{"/url": "https://api.telegram.org/bot1:a/sendMessage?chat_id=@ops"}, "/url"},
		{"no routing key", `{"service":"pagerduty"}`, secrets{"/url": ok}, "/customFields"},
		{"no user", `{"service":"pushover"}`, secrets{"/url": ok, "/customFields": `{"token":"a"}`}, "/customFields"},
		{"no token", `{"service":"pushover"}`, secrets{"/url": ok, "/customFields": `{"user":"a"}`}, "/customFields"},
		{"bad priority", `{"service":"pushover"}`, secrets{"/url": ok, "/customFields": `{"user":"a","token":"b","priority":"high"}`}, "/customFields"},
	} {
		errs := h.TryConfigure("x", component, json.RawMessage(tt.config), tt.secrets)
		if len(errs) == 0 || errs[0].Path != tt.path {
			t.Errorf("%s: got %v, want an error at %s", tt.name, errs, tt.path)
		}
	}
}

// TestTheHubSendsThroughThePlugin runs the plugin as a hub does.
func TestTheHubSendsThroughThePlugin(t *testing.T) {
	r := receive(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "no ", r.Header.Get("X-Key"))
	})
	h := plugintest.Start(t, newPlugin(surroundings{now: clock}))
	settings := map[string]any{"service": "slack", "allowedPrivateNetworks": "127.0.0.1"}
	secrets := map[string]string{"/url": r.URL + "/services/T000/B000/abcdefghijklmnopqrst", "/headers": `{"X-Key":"opensesame"}`}
	got := h.Send(h.Configure(component, settings, secrets), firing(cpuAlert("g1", 85)))
	want := notification.Result{
		Outcome: notification.OutcomeRejected, Error: "the server answers 418 I'm a teapot", Status: 418, Answer: "no ***",
		PayloadBytes: len(r.take()[0].body),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestTheReadmeSaysWhatCanBeSet(t *testing.T) {
	readmetest.CheckConfig(t, New(), *update)
}

// TestTheHubServesTheseTemplates compares the hub's copy of the list.
func TestTheHubServesTheseTemplates(t *testing.T) {
	list, err := Templates()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(list); err != nil {
		t.Fatal(err)
	}
	const path = "../../hub/internal/view/notifications/catalogue/templates.json"
	if *update {
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	served, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(text.String(), "\n"), strings.Split(string(served), "\n")); diff != "" {
		t.Errorf("plugin (-) and hub (+) differ; run the test with -update:\n%s", diff)
	}
}

// TestListedTemplatesCanBeWrittenIntoASetting sends with each template of the
// list as if an operator had copied it, and without.
func TestListedTemplatesCanBeWrittenIntoASetting(t *testing.T) {
	list, err := Templates()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		var bodies []string
		for _, template := range []string{one.PayloadTemplate, ""} {
			r := receive(t, nil)
			c := configFor(one.Service, r.URL)
			c.Template = template
			if got := notifytest.Deliver(t.Context(), open(t, c), over(cpuAlert("g1", 85))); got.Error != "" {
				t.Fatalf("%s: %s", one.Service, got.Error)
			}
			bodies = append(bodies, string(r.take()[0].body))
		}
		if bodies[0] != bodies[1] {
			t.Errorf("%s: the copied template makes\n%s\ninstead of\n%s", one.Service, bodies[0], bodies[1])
		}
	}
}

func TestTheGenericTemplate(t *testing.T) {
	r := receive(t, nil)
	c := configFor(serviceGeneric, r.URL)
	text, err := source(serviceGeneric)
	if err != nil {
		t.Fatal(err)
	}
	c.Template = text
	if got := notifytest.Deliver(t.Context(), open(t, c), firing(cpuAlert("g1", 85))); got.Error != "" {
		t.Fatal(got.Error)
	}
	goldentest.Check(t, "generic-template.txt", transcript(t, r.take()), *update)
}

func TestMain(m *testing.M) { conformtest.Main(m, New) }

// TestThePluginConforms runs the plugin as a program.
func TestThePluginConforms(t *testing.T) {
	conformtest.Check(t, New, component, func() conformance.Sample {
		r := receive(t, nil)
		return conformance.Sample{
			Config:   json.RawMessage(`{"allowedPrivateNetworks":"127.0.0.1"}`),
			Variants: []json.RawMessage{json.RawMessage(`{"allowedPrivateNetworks":"127.0.0.1","service":"slack"}`)},
			Secrets:  map[string]string{"/url": r.URL + "/hook/abcdefghijklmnop", "/headers": `{"X-Key":"opensesame"}`},
		}
	})
}
