package webhook

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

var update = flag.Bool("update", false, "rewrite the golden files, the generated parts of README.md and the hub's list of services")

// began is when the alerts of the tests began, told is when they are told.
var (
	began = time.Date(2026, 11, 23, 5, 38, 46, 0, time.UTC)
	told  = began.Add(6 * time.Second)
)

func clock() time.Time { return told }

// services are all services.
func services() []string {
	return []string{
		serviceGeneric, serviceDiscord, serviceSlack, serviceTeams, serviceAdaptive, serviceTelegram, servicePagerDuty,
		servicePushover, serviceGotify, serviceNtfy, serviceMattermost,
	}
}

// seen is a request that a receiver got.
type seen struct {
	method, uri string
	header      http.Header
	body        []byte
}

// receiver is a server that remembers what it is sent.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	got  []seen
	play http.HandlerFunc // nil: 200 "ok"
}

func receive(t testing.TB, play http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{play: play}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	r.got = append(r.got, seen{request.Method, request.RequestURI, request.Header, body})
	r.mu.Unlock()
	if r.play != nil {
		r.play(w, request)
		return
	}
	_, _ = io.WriteString(w, "ok")
}

func (r *receiver) take() []seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// paths are where services are posted to.
func pathOf(service string) string {
	return map[string]string{
		serviceTelegram: "/bot123:AAsecret/sendMessage?chat_id=-100123", serviceGotify: "/message?token=AGotifyToken",
	}[service]
}

func fieldsFor(service string) map[string]string {
	return map[string]map[string]string{
		servicePagerDuty: {"routing_key": "RK"}, servicePushover: {"app_token": "AT", "user_token": "UT"},
	}[service]
}

func configFor(service, base string) config {
	return config{
		URL: sdk.Secret(base + pathOf(service)), Service: service, Allowed: "127.0.0.1",
		CustomFields: sdk.Secret(jsonOf(fieldsFor(service))),
	}
}

func jsonOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	if string(text) == "null" {
		return ""
	}
	return string(text)
}

func open(t testing.TB, c config) *channel {
	t.Helper()
	c.Instance.Log = hclog.NewNullLogger()
	opened, err := newChannel(c, surroundings{now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	return opened
}

func cpuAlert(name string, value float64) notification.Alert {
	return notification.Alert{
		ID: "host:" + name + "-cpu", Rule: "cpu", Severity: "warning",
		ResourceID: "host:" + name, ResourceName: "web-" + name, ResourceKind: "host", Node: name, Instance: "linux",
		Message: fmt.Sprintf("Host cpu at %.1f%%", value), Value: value + 0.04, Threshold: 80,
		ValueText: fmt.Sprintf("%.1f%%", value), ThresholdText: "80%",
		Started: began, LastSeen: told, Metadata: `{"resourceType":"Host","clearThreshold":75,"monitorOnly":false}`,
	}
}

func offlineAlert() notification.Alert {
	return notification.Alert{
		ID: "node-offline-pve3", Rule: "connectivity", Severity: "critical", ResourceID: "node/pve3", ResourceName: "pve_3",
		ResourceKind: "node", Node: "pve_3", Instance: "lab", Message: "Node 'pve_3' is offline", Started: began.Add(-2 * time.Hour),
		Acknowledged: began, AcknowledgedBy: "alice",
	}
}

func firing(alerts ...notification.Alert) *notification.Message {
	return &notification.Message{
		DeliveryID: "d-1", Title: "Warning: web-g1", Text: "Host cpu at 85.0%", Markdown: "Host cpu at 85.0%",
		Severity: "warning", Phase: notification.PhaseFiring, Alerts: slices.Clone(alerts),
		HubURL: "http://pulse.example.lan:7655", Link: "http://pulse.example.lan:7655/alerts",
	}
}

// messages are one of each kind.
func messages() map[string]*notification.Message {
	offline := firing(offlineAlert())
	offline.Severity = "critical"
	grouped := firing(cpuAlert("g1", 85), cpuAlert("g2", 91.2), offlineAlert())
	grouped.Severity = "critical"
	escalated := firing(cpuAlert("g1", 85))
	escalated.Escalation = 2
	return map[string]*notification.Message{
		"single": firing(cpuAlert("g1", 85)), "state": offline, "grouped": grouped, "escalated": escalated,
		"resolved":         over(cpuAlert("g1", 85)),
		"resolved-grouped": over(cpuAlert("g1", 85), offlineAlert()),
		"digest":           digest(),
		"test": {
			DeliveryID: "d-test", Title: "Test message from Pulse", Text: "Notifications through ops work.",
			Severity: "info", Phase: notification.PhaseTest, HubURL: "http://pulse.example.lan:7655",
		},
	}
}

func over(alerts ...notification.Alert) *notification.Message {
	m := firing(alerts...)
	m.Phase, m.Severity, m.Title = notification.PhaseResolved, "info", "Resolved"
	for i := range m.Alerts {
		m.Alerts[i].Ended = told
	}
	return m
}

func digest() *notification.Message {
	ended := cpuAlert("g1", 85)
	ended.Ended = told
	m := firing(ended, offlineAlert())
	m.Phase, m.Severity = notification.PhaseInfo, "critical"
	m.Title, m.Text = "Hourly digest: 1 alert, 1 resolved", "pve_3: Node 'pve_3' is offline\nweb-g1: resolved"
	return m
}

// transcript writes requests as people review them.
func transcript(t testing.TB, requests []seen) string {
	t.Helper()
	var out strings.Builder
	for _, r := range requests {
		fmt.Fprintf(&out, "%s %s\n", r.method, r.uri)
		for _, name := range slices.Sorted(maps.Keys(r.header)) {
			if !slices.Contains([]string{"Accept-Encoding", "Content-Length"}, name) {
				fmt.Fprintf(&out, "%s: %s\n", name, strings.Join(r.header[name], ", "))
			}
		}
		body := r.body
		if json.Valid(body) {
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, body, "", "  "); err != nil {
				t.Fatal(err)
			}
			body = pretty.Bytes()
		}
		fmt.Fprintf(&out, "\n%s\n\n", strings.TrimSpace(string(body)))
	}
	return strings.TrimSuffix(out.String(), "\n")
}
