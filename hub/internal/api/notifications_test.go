package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup/setuptest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// pipeline is a real one that does not run, with dead letters that are made up.
type pipeline struct {
	*notify.Pipeline
	letters          []notify.DeadLetter
	stats            notify.Stats
	retried, deleted string
}

func (p *pipeline) Stats() notify.Stats { return p.stats }
func (p *pipeline) DeadLetters(_ context.Context, limit int) ([]notify.DeadLetter, error) {
	return p.letters[:min(limit, len(p.letters))], nil
}

func (p *pipeline) Retry(_ context.Context, id string) error {
	p.retried = id
	return p.known(id)
}

func (p *pipeline) Delete(_ context.Context, id string) error {
	p.deleted = id
	return p.known(id)
}

func (p *pipeline) known(id string) error {
	for _, letter := range p.letters {
		if letter.ID == id {
			return nil
		}
	}
	return notify.ErrNotFound
}

// channelHub is the API over channels that are played.
type channelHub struct {
	*hub
	*setuptest.World
	pipeline *pipeline
}

func startChannels(t *testing.T) *channelHub {
	t.Helper()
	h := &channelHub{World: setuptest.New(t)}
	h.pipeline = &pipeline{Pipeline: notify.New(notify.Options{
		Records: h.Store, Channels: h.Channels, Sender: h.Channels, Grouping: func() notify.Grouping { return notify.Grouping{} },
		PublicURL: func() string { return "https://pulse.example.com" },
		Values:    func(*alert.Alert) (string, string) { return "", "" }, Logger: hclog.NewNullLogger(),
	})}
	around := newWall(t, config.SignIn{}, nil,
		auth.Token{ID: "all"},
		auth.Token{ID: "writer", Scopes: []auth.Scope{auth.ScopeSettingsWrite}},
		auth.Token{ID: "reader", Scopes: []auth.Scope{auth.ScopeSettingsRead, auth.ScopeMonitoringRead}},
	)
	handler, routes := behind(around, api.Parts{ChannelSettings: h.World, Channels: h.Channels, Notifications: h.pipeline})
	h.hub = &hub{routes: routes, Handler: handler}
	return h
}

const below = "/api/notifications/"

// ask calls below the area and returns the body, which must come with the status.
func (h *channelHub) ask(t *testing.T, method, path, body string, status int) string {
	t.Helper()
	w := h.call(method, below+path, "all", body)
	if w.Code != status {
		t.Errorf("%s %s %.200s gave %d %s, want %d", method, path, body, w.Code, w.Body, status)
	}
	return w.Body.String()
}

// same compares a JSON answer with a recorded one.
func same(t *testing.T, recording, got string) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join("testdata", "notifications", recording))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(valueOf(t, string(want)), valueOf(t, got)); diff != "" {
		t.Errorf("%s: %s", recording, diff)
	}
}

func valueOf(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	return value
}

const mail = `{"enabled":true,"provider":"Custom SMTP Server","server":"127.0.0.1","port":2,"username":"u","password":"geheim",
	"from":"pulse@example.com","to":["ops@example.com"],"tls":false,"startTLS":false}`

func TestEmailRoutes(t *testing.T) {
	h := startChannels(t)
	same(t, "email-default.json", h.ask(t, "GET", "email", "", 200))
	same(t, "success.json", h.ask(t, "PUT", "email", mail, 200))
	same(t, "email-configured.json", h.ask(t, "GET", "email", "", 200))
	if got := h.ask(t, "PUT", "email", "", 400); got != "unexpected end of JSON input\n" {
		t.Errorf("a malformed body gave %q", got)
	}
	if got := h.ask(t, "PUT", "email", `{"server":"`+strings.Repeat("x", 33<<10)+`"}`, 400); got != "http: request body too large\n" {
		t.Errorf("a large body gave %q", got)
	}
	h.Refuse = func(instance.Instance) []supervise.FieldError {
		return []supervise.FieldError{{Path: "/from", Message: "must be an email address"}}
	}
	if got := h.ask(t, "PUT", "email", mail, 400); got != "Invalid configuration: /from: must be an email address\n" {
		t.Errorf("a bad sender gave %q", got)
	}
	h.Missing = true
	h.ask(t, "PUT", "email", mail, 503)
}

func TestAppriseRoutes(t *testing.T) {
	h := startChannels(t)
	same(t, "apprise-default.json", h.ask(t, "GET", "apprise", "", 200))
	body := `{"enabled":true,"mode":"http","targets":["discord://a/b"," DISCORD://A/B"],"timeoutSeconds":1,
		"serverUrl":"http://apprise.example.com:8000/","configKey":"main","apiKey":"geheim"}`
	answer := h.ask(t, "PUT", "apprise", body, 200)
	same(t, "apprise-http.json", answer)
	same(t, "apprise-http.json", h.ask(t, "GET", "apprise", "", 200))
	h.ask(t, "PUT", "apprise", answer, 200)
	if secrets := h.Saved(t)[0].Secrets; secrets["/apiKey"] != "geheim" || secrets["/targets"] != "discord://a/b" {
		t.Errorf("what was masked became %v", secrets)
	}
	if got := h.ask(t, "PUT", "apprise", `{"apiKey":"***REDACTED***","targets":["***REDACTED***/7"]}`, 400); !strings.HasPrefix(got, "targets: ") {
		t.Errorf("an unknown target gave %q", got)
	}
}

const hook = `{"name":"Ops generic","url":"http://hooks.example.com/hook","method":"POST","headers":{"X-Auth":"geheim"},"enabled":true,
	"service":"generic","template":"","customFields":{"team":"ops"},"extra":"kept-in-response"}`

// addHook adds a webhook and returns its id.
func (h *channelHub) addHook(t *testing.T, body string) string {
	t.Helper()
	made, _ := valueOf(t, h.ask(t, "POST", "webhooks", body, 200)).(map[string]any)
	id, _ := made["id"].(string)
	return id
}

func TestWebhookRoutes(t *testing.T) {
	h := startChannels(t)
	if got := h.ask(t, "GET", "webhooks", "", 200); got != "[]" {
		t.Errorf("no webhooks are %s", got)
	}
	answer := h.ask(t, "POST", "webhooks", hook, 200)
	made, _ := valueOf(t, answer).(map[string]any)
	id, _ := made["id"].(string)
	if !strings.HasPrefix(id, "webhook-") || len(id) != len("webhook-")+36 {
		t.Errorf("the id is %q", id)
	}
	at := func(answer string) string { return strings.ReplaceAll(answer, id, "webhook-1") }
	same(t, "webhook-create.json", at(answer))
	same(t, "webhooks-list.json", at(h.ask(t, "GET", "webhooks", "", 200)))
	body := `{"name":"Ops generic 2","url":"http://hooks.example.com/hook","method":"POST","headers":{"X-Auth":"***REDACTED***"},"enabled":true,"service":"generic"}`
	same(t, "webhook-update.json", at(h.ask(t, "PUT", "webhooks/"+id, body, 200)))
	if one := h.Saved(t)[0]; one.Secrets["/headers"] != `{"X-Auth":"geheim"}` || one.Secrets["/customFields"] != "" || one.Name != "Ops generic 2" {
		t.Errorf("the instance is %+v", one)
	}
	if got := h.addHook(t, `{"id":"own","name":"x","url":"https://example.com/"}`); got != "own" {
		t.Errorf("the id that was given became %q", got)
	}
	h.ask(t, "POST", "webhooks", `{"id":"own","url":"https://example.com/"}`, 409)
	same(t, "success.json", h.ask(t, "DELETE", "webhooks/"+id, "", 200))
	for _, method := range []string{"PUT", "DELETE"} {
		if got := h.ask(t, method, "webhooks/none", `{"url":"https://example.com/"}`, 404); got != "webhook not found: none\n" {
			t.Errorf("%s of an unknown webhook gave %q", method, got)
		}
	}
	for _, bad := range []string{"", "[]", "null", `"x"`, `{"name":1}`} {
		h.ask(t, "POST", "webhooks", bad, 400)
	}
}

// inward is what the plugin finds wrong with some addresses.
func inward(one instance.Instance) []supervise.FieldError {
	for part, reason := range map[string]string{
		"127.0.0.1": "address is refused: 127.0.0.1 is loopback", "10.0.0.5": "address is refused: 10.0.0.5 is private",
	} {
		if strings.Contains(one.Secrets["/url"], part) {
			return []supervise.FieldError{{Path: "/url", Message: reason}}
		}
	}
	return nil
}

func TestAddressesOfWebhooksAreRefused(t *testing.T) {
	h := startChannels(t)
	h.Refuse = inward
	id := h.addHook(t, hook)
	for address, want := range map[string]string{
		"":                        "webhook URL cannot be empty",
		"http://127.0.0.1:1/":     "webhook URLs pointing to localhost are not allowed for security reasons",
		"http://10.0.0.5/":        "webhook URL resolves to private IP 10.0.0.5 - private networks are not allowed for security (configure allowlist in System Settings)",
		"http://nosuch.invalid/x": "failed to resolve webhook hostname nosuch.invalid: lookup nosuch.invalid: no such host (DNS resolution required for security)",
	} {
		body := `{"name":"x","enabled":true,"url":"` + address + `"}`
		for method, path := range map[string]string{"POST": "webhooks", "PUT": "webhooks/" + id} {
			if got := h.ask(t, method, path, body, 400); got != "Invalid webhook URL: "+want+"\n" {
				t.Errorf("%s of %q gave %q", method, address, got)
			}
		}
		got := valueOf(t, h.ask(t, "POST", "webhooks/test", body, 400))
		if diff := cmp.Diff(map[string]any{"error": "webhook URL validation failed: " + want, "response": "", "status": 0.0, "success": false}, got); diff != "" {
			t.Errorf("testing %q: %s", address, diff)
		}
	}
}

func TestUnknownNotificationPaths(t *testing.T) {
	h := startChannels(t)
	for _, call := range []string{
		"POST email", "DELETE email", "GET test", "GET nothing", "PATCH nothing", "POST webhooks/x", "GET webhooks/x", "GET webhooks/test", "GET email/more", "PUT health",
	} {
		method, path, _ := strings.Cut(call, " ")
		if got := h.ask(t, method, path, "{}", 404); got != "Not found\n" {
			t.Errorf("%s gave %q", call, got)
		}
	}
	for _, call := range []string{"POST queue/stats", "PUT dlq", "GET dlq/retry", "GET dlq/delete", "PUT dlq/delete"} {
		method, path, _ := strings.Cut(call, " ")
		h.ask(t, method, path, "{}", 405)
	}
}

func TestScopesOfNotifications(t *testing.T) {
	h := startChannels(t)
	for call, want := range map[string]int{
		"GET email": 200, "GET dlq": 200, "PUT email": 403, "POST test": 403, "POST webhooks": 403, "POST dlq/retry": 403, "DELETE dlq/delete": 403, "PUT routes": 403,
	} {
		method, path, _ := strings.Cut(call, " ")
		if got := h.call(method, below+path, "reader", "{}").Code; got != want {
			t.Errorf("%s gave a reader %d, want %d", call, got, want)
		}
	}
	if got := h.call("GET", below+"email", "writer", "").Code; got != http.StatusOK {
		t.Errorf("who may write may not read: %d", got)
	}
}

func TestChannelTests(t *testing.T) {
	h := startChannels(t)
	const done = `{"status":"success","message":"Test notification sent"}`
	refused := map[string]string{
		`{"method":"bogus"}`: "unknown notification method: bogus",
		`{"config":{}}`:      "unknown notification method: ",
		`{"method":"email"}`: "email notifications are not enabled",
		`{"method":"email","config":{"enabled":false}}`:   "email notifications are not enabled in the provided configuration",
		`{"type":"email","config":{"enabled":true}}`:      "email configuration is incomplete: SMTP host and from address are required",
		`{"method":"apprise"}`:                            "apprise notifications are not enabled",
		`{"method":"apprise","config":{"enabled":false}}`: "apprise notifications are not enabled in the provided configuration",
		`{"method":"apprise","config":{"enabled":true}}`:  "apprise notifications are not enabled in the provided configuration: at least one target is required for CLI mode",
		`{"method":"webhook"}`:                            "no webhooks configured",
		`{}`:                                              "no enabled notification channels found",
	}
	for body, want := range refused {
		if got := h.ask(t, "POST", "test", body, 400); got != want+"\n" {
			t.Errorf("%s gave %q", body, got)
		}
	}
	if got := h.ask(t, "POST", "test", `{"method":"webhook","webhookId":"none"}`, 404); got != "Webhook not found\n" {
		t.Errorf("an unknown webhook gave %q", got)
	}
	off := h.addHook(t, `{"name":"off","url":"https://example.com/off"}`)
	if got := h.ask(t, "POST", "test", `{"method":"webhook"}`, 400); got != "no enabled webhooks found\n" {
		t.Errorf("without an enabled webhook: %q", got)
	}
	id := h.addHook(t, hook)
	h.ask(t, "PUT", "email", mail, 200)
	for i, test := range []struct{ body, to string }{
		{`{"method":"webhook"}`, id},
		{`{"method":"webhook","webhookId":"` + off + `"}`, "trial-"},
		{`{"method":"email","config":null}`, "notify-email"},
		{`{"method":"email","config":{"enabled":true,"server":"127.0.0.1","username":"u","from":"a@example.com"}}`, "trial-"},
		{`{"method":"apprise","config":{"enabled":true,"targets":["a://b"]}}`, "trial-"},
	} {
		if diff := cmp.Diff(valueOf(t, done), valueOf(t, h.ask(t, "POST", "test", test.body, 200))); diff != "" {
			t.Errorf("%s: %s", test.body, diff)
		}
		sent := h.Sent()
		if len(sent) != i+1 || !strings.HasPrefix(sent[i].To.ID, test.to) || sent[i].Message.Phase != notification.PhaseTest {
			t.Fatalf("%s: there were %d messages, the last to %s", test.body, len(sent), sent[len(sent)-1].To.ID)
		}
	}
	if sent := h.Sent(); sent[3].To.Secrets["/password"] != "geheim" {
		t.Errorf("the stored password was not used: %+v", sent[3].To)
	}
	if stored := h.Saved(t); len(stored) != 3 {
		t.Errorf("tests left something: %d instances", len(stored))
	}
}

func TestTestsTellWhatBecameOfThem(t *testing.T) {
	h := startChannels(t)
	h.addHook(t, hook)
	h.ask(t, "PUT", "email", mail, 200)
	h.ask(t, "POST", "test", "", 200)
	if sent := h.Sent(); len(sent) != 2 {
		t.Errorf("%d channels were tested", len(sent))
	}
	h.Answer = func(one instance.Instance) (notification.Result, error) {
		if one.Plugin == "pulse.email" {
			return notification.Result{Outcome: notification.OutcomeRejected, Error: "the server refuses the password"}, nil
		}
		return notification.Result{Outcome: notification.OutcomeRetry, Status: 500, Answer: "boom"}, nil
	}
	if got := h.ask(t, "POST", "test", `{"method":"email"}`, 400); got != "the server refuses the password\n" {
		t.Errorf("a refusal is told as %q", got)
	}
	if got := h.ask(t, "POST", "test", "{}", 400); got != "Email: the server refuses the password\nOps generic: the service answered 500\n" {
		t.Errorf("refusals are told as %q", got)
	}
	want := map[string]any{"error": "Webhook returned HTTP 500: boom", "response": "boom", "status": 500.0, "success": false}
	w := h.call("POST", below+"webhooks/test", "all", hook)
	if diff := cmp.Diff(want, valueOf(t, w.Body.String())); diff != "" || w.Code != 400 || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %s: %s", w.Code, w.Header(), diff)
	}
	h.Answer = nil
	same(t, "webhook-test-success.json", h.ask(t, "POST", "webhooks/test", hook, 200))
	h.Answer = func(instance.Instance) (notification.Result, error) {
		return notification.Result{}, context.DeadlineExceeded
	}
	h.ask(t, "POST", "webhooks/test", hook, 400)
	h.ask(t, "POST", "test", `{"method":"webhook"}`, 400)
}

func TestUnsavedWebhooksAreTestedWithWhatIsMasked(t *testing.T) {
	h := startChannels(t)
	id := h.addHook(t, hook)
	h.ask(t, "POST", "webhooks/test", `{"id":"`+id+`","url":"http://hooks.example.com/hook","headers":{"X-Auth":"***REDACTED***"}}`, 200)
	if sent := h.Sent(); sent[0].To.Secrets["/headers"] != `{"X-Auth":"geheim"}` {
		t.Errorf("the message went to %+v", sent[0].To)
	}
	h.ask(t, "POST", "webhooks/test", `{"url":"http://hooks.example.com/hook","headers":{"X-Auth":"***REDACTED***"}}`, 400)
	if len(h.Sent()) != 1 {
		t.Error("what is masked was sent")
	}
}

func TestDeliveriesAreShown(t *testing.T) {
	h := startChannels(t)
	for _, path := range []string{"webhook-history", "deliveries", "dlq"} {
		if got := h.ask(t, "GET", path, "", 200); got != "[]" {
			t.Errorf("%s of nothing is %s", path, got)
		}
	}
	h.addHook(t, `{"name":"Ops","url":"https://example.com/t0ken99","enabled":true,"service":"discord"}`)
	h.ask(t, "PUT", "email", mail, 200)
	h.ask(t, "POST", "test", `{"method":"email"}`, 200)
	h.ask(t, "POST", "test", `{"method":"webhook"}`, 200)
	list, _ := valueOf(t, h.ask(t, "GET", "webhook-history", "", 200)).([]any)
	if len(list) != 1 {
		t.Fatalf("the history is %v", list)
	}
	line, _ := list[0].(map[string]any)
	delete(line, "timestamp")
	want := map[string]any{
		"webhookName": "Ops", "webhookUrl": "https://example.com/REDACTED", "service": "discord", "alertId": "", "statusCode": 200.0, "success": true,
		"retryAttempts": 0.0, "payloadSize": 0.0,
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Error(diff)
	}
	if list, _ := valueOf(t, h.ask(t, "GET", "deliveries", "", 200)).([]any); len(list) != 2 {
		t.Errorf("the deliveries are %v", list)
	}
	if list, _ := valueOf(t, h.ask(t, "GET", "deliveries?limit=1", "", 200)).([]any); len(list) != 1 {
		t.Errorf("one delivery is %v", list)
	}
}

func TestHealthOfNotifications(t *testing.T) {
	h := startChannels(t)
	health, _ := valueOf(t, h.ask(t, "GET", "health", "", 200)).(map[string]any)
	delete(health, "channels")
	want := map[string]any{
		"queue": map[string]any{"pending": 0.0, "sending": 0.0, "sent": 0.0, "failed": 0.0, "dlq": 0.0, "healthy": true},
		"email": map[string]any{"enabled": false, "configured": false}, "webhooks": map[string]any{"total": 0.0, "enabled": 0.0},
		"encryption": map[string]any{"enabled": true}, "overall_healthy": true,
	}
	if diff := cmp.Diff(want, health); diff != "" {
		t.Error(diff)
	}
	id := h.addHook(t, hook)
	h.addHook(t, `{"url":"https://example.com/off"}`)
	h.ask(t, "PUT", "email", mail, 200)
	health, _ = valueOf(t, h.ask(t, "GET", "health", "", 200)).(map[string]any)
	channels, _ := health["channels"].([]any)
	ofHook := map[string]any{"id": id, "name": "Ops generic", "kind": "webhook", "service": "generic", "enabled": true, "waiting": 0.0, "sending": false, "failures": 0.0, "broken": false}
	if len(channels) != 3 || !cmp.Equal(ofHook, channels[1]) {
		t.Errorf("the channels are %v", channels)
	}
	if diff := cmp.Diff(map[string]any{"total": 2.0, "enabled": 1.0}, health["webhooks"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"enabled": true, "configured": true}, health["email"]); diff != "" {
		t.Error(diff)
	}
	if got := h.ask(t, "GET", "queue/stats", "", 200); got != "{}" {
		t.Errorf("stats of nothing are %s", got)
	}
	h.pipeline.stats = notify.Stats{Dead: 1, Sent: 9}
	same(t, "queue-stats.json", h.ask(t, "GET", "queue/stats", "", 200))
}

func TestDeadLetters(t *testing.T) {
	h := startChannels(t)
	id := h.addHook(t, strings.Replace(hook, ".com/hook", ".com/fail", 1))
	at := time.Date(2026, 11, 23, 5, 32, 56, 507228119, time.UTC)
	h.pipeline.letters = []notify.DeadLetter{{
		ID: "n1", Channel: notify.Channel{ID: id, Name: "Ops generic", Kind: notify.Webhook, Service: "generic"}, Reason: "tried too often",
		LastError: "webhook returned HTTP 500: boom", Tries: 3, MaxTries: 3, Created: at, LastTry: at.Add(10 * time.Second), Next: at.Add(9 * time.Second), Ended: at.Add(10 * time.Second),
		Message: &notification.Message{Phase: notification.PhaseFiring, Alerts: []notification.Alert{{
			ID: "host-db1-machine-raid-md2", Rule: "raid", Severity: "critical", ResourceID: "host-db1-machine-raid-md2", ResourceName: "Database 1 - /dev/md2 (raid1)",
			Node: "db1", Instance: "linux", Message: "RAID array /dev/md2 has 1 failed device(s)", Value: 1, Started: at, LastSeen: at, Metadata: `{"metric":"raid"}`,
		}}},
	}, {
		ID: "n2", Channel: notify.Channel{ID: "gone", Name: "Gone", Kind: notify.Email}, Reason: "no such channel", Created: at, Ended: at, MaxTries: 3,
		Message: &notification.Message{Phase: notification.PhaseResolved},
	}}
	answer := h.ask(t, "GET", "dlq", "", 200)
	same(t, "dlq.json", strings.ReplaceAll(answer, id, "webhook-1"))
	if strings.Contains(answer, "geheim") {
		t.Errorf("dead letters show a secret: %s", answer)
	}
	if list, _ := valueOf(t, h.ask(t, "GET", "dlq?limit=1", "", 200)).([]any); len(list) != 1 {
		t.Errorf("one dead letter is %v", list)
	}
	same(t, "dlq-retry.json", h.ask(t, "POST", "dlq/retry", `{"id":"n1"}`, 200))
	same(t, "dlq-delete.json", h.ask(t, "DELETE", "dlq/delete", `{"id":"n1"}`, 200))
	same(t, "dlq-delete.json", h.ask(t, "POST", "dlq/delete", `{"id":"n1"}`, 200))
	if h.pipeline.retried != "n1" || h.pipeline.deleted != "n1" {
		t.Errorf("retried %q and deleted %q", h.pipeline.retried, h.pipeline.deleted)
	}
	for _, path := range []string{"dlq/retry", "dlq/delete"} {
		for body, want := range map[string]string{"{}": "400 Missing notification ID\n", "{": "400 Invalid request body\n", `{"id":"none"}`: "404 Notification not found\n"} {
			if w := h.call("POST", below+path, "all", body); http.StatusText(w.Code) == "" || w.Body.String() != want[4:] {
				t.Errorf("%s %s gave %d %q, want %q", path, body, w.Code, w.Body, want)
			}
		}
	}
}

func TestRoutingIsKept(t *testing.T) {
	h := startChannels(t)
	if got := h.ask(t, "GET", "routes", "", 200); got != `{"rules":[],"digests":{}}` {
		t.Errorf("without rules there is %s", got)
	}
	h.ask(t, "PUT", "routes", `{"digests":{"notify-email":"daily"}}`, 200)
	const want = `{"rules":[{"name":"db","channels":["w"],"minLevel":"critical"}],"digests":{"notify-email":"daily"}}`
	if got := h.ask(t, "PUT", "routes", `{"rules":[{"name":"db","channels":["w"],"minLevel":"critical"}]}`, 200); got != want {
		t.Errorf("got %s", got)
	}
	h.ask(t, "PUT", "routes", `{"rules":[{"minLevel":"odd"}]}`, 400)
	h.ask(t, "PUT", "routes", `{"digests":{"x":"often"}}`, 400)
	if got := h.ask(t, "GET", "routes", "", 200); got != want {
		t.Errorf("what was refused was kept: %s", got)
	}
}

func TestKnownServices(t *testing.T) {
	h := startChannels(t)
	providers, _ := valueOf(t, h.ask(t, "GET", "email-providers", "", 200)).([]any)
	templates, _ := valueOf(t, h.ask(t, "GET", "webhook-templates", "", 200)).([]any)
	if len(providers) != 11 || len(templates) != 10 {
		t.Errorf("there are %d providers and %d templates", len(providers), len(templates))
	}
}

func TestMaskedMarkIsThatOfTheContract(t *testing.T) {
	if notifications.Redacted != "***REDACTED***" {
		t.Errorf("the mark is %q", notifications.Redacted)
	}
}
